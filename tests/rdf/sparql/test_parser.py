"""A query is read as the engine reads it, and written so that every engine reads it alike."""

from pathlib import Path

import pytest
from pyoxigraph import QuerySolutions, Store

from parvis.errors import QueryError
from parvis.rdf.sparql.parser import parse

P = "PREFIX : <http://127.0.0.1:1/> PREFIX service: <http://example.org/> "

SERVICES = [
    "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "SELECT * { sErViCe SILENT ?x { ?s ?p ?o } }",
    "SELECT * { ?s ?p ?o FILTER EXISTS { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } } }",
    "SELECT * { ?s a <http://x>.SERVICE ?s {} }",
    "SELECT * { ?s ?p 'a'SERVICE ?s {} }",
    "SELECT * { ?s ?p 1SERVICE ?x {} }",
    "SELECT * { ?s ?p 1.e1SERVICE ?x {} }",
    "SELECT * { ?s ?p trueSERVICE ?x {} }",
    "SELECT * { ?s ?p ?o BIND(1 AS?x)SERVICE ?x {} }",
    "SELECT * { ?s ?p ?o } #\rSERVICE ?x {}",
    "SELECT * { ?a ?b ?c FILTER(?a<?b)SERVICE?x#>\n{ ?d ?e ?f } }",
    "SELECT * { ?a ?b ?c FILTER(?a<?b)SERVICE:x#>\n{ ?d ?e ?f } }",
    P + "SELECT * { SERVICE:y { ?s ?p ?o } }",
    P + "SELECT * { service:y # a comment\n { ?s ?p ?o } }",
    P + "SELECT * { ?s ?p trueSERVICE:y { ?s ?p ?o } }",
    "SELECT * { \\u0053ERVICE ?x { ?s ?p ?o } }",
    'SELECT * { ?s ?p """a""b\\"""""" SERVICE ?x {} }',
    "SELECT * { ?s ?p 'x'@fr SERVICE ?x {} }",
]

INNOCENT = [
    "SELECT * { ?s ?p '\\u0027 . SERVICE ?x { ?a ?b ?c } #' }",
    P + "SELECT * { ?s service:y ?o . service:y ?p ?o }",
    "SELECT ?service { ?service ?p $SERVICE }",
    P + "SELECT * { ?s service:x ?o }",
    P + "SELECT * { ?s a :Service ; :SERVICE ?o . ?o :a.SERVICE ?p }",
    P + "SELECT * { GRAPH service:g { ?s ?p ?o } }",
    "SELECT * { ?s ?p <http://example.org/service> }",
    "SELECT * { ?s ?p <http://example.org/a_(b)/c> }",
    "SELECT * { ?s ?p ?o } # SERVICE ?x {}",
    "SELECT * { ?s ?p 'SERVICE ?x {}' , \"a\\\"SERVICE\" , '''a'b'' SERVICE''' }",
    "SELECT * { ?s ?p _:SERVICE }",
    "SELECT * { VALUES ?x { '''a' } }",
    P + "SELECT * { ?s ?p :a\\-SERVICE , :%41SERVICE }",
    "SELECT * { ?s ?p ?o FILTER(?s<3)FILTER(?o>2) }",
]


# `<` is an operator for the engine, but begins an IRI for a parser that takes the longest token.
TWO_READINGS = [
    "SELECT * { ?a ?b ?c FILTER(?b<'x>')SERVICE<http://127.0.0.1:1/>{ ?s ?p ?o }}#'",
    "SELECT * { ?a ?b ?c FILTER(?b<1#>'''\n)SERVICE<http://127.0.0.1:1/>{ ?s ?p ?o }}#'''",
    "SELECT * { ?a ?b ?c FILTER(?a<?b)SERVICE?x#>\n{ ?d ?e ?f } }",
    'ASK { FILTER(1<"a>")SERVICE<http://127.0.0.1:1/>{}}#"',
    "ASK { FILTER(STR(?b)<'x>')SERVICE<http://127.0.0.1:1/>{}}#'",
    "ASK { FILTER(<http://a><'x>')SERVICE<http://127.0.0.1:1/>{}}#'",
    "SELECT ((?b<'x>')AS?y) { SERVICE<http://127.0.0.1:1/>{}}#'",
    "ASK { FILTER(1=1<'x>')SERVICE<http://127.0.0.1:1/>{}}#'",
]


def terminals(query: str) -> list[str]:
    return [token.terminal for token in parse(query, None, {"": "http://x/"}).tokens]


@pytest.mark.parametrize("query", [*SERVICES, *TWO_READINGS])
def test_a_service_cannot_be_disguised(query: str) -> None:
    """The keyword is recognised or the query is refused."""
    try:
        seen = terminals(query)
    except QueryError:
        return
    assert "SERVICE" in seen


@pytest.mark.parametrize("query", INNOCENT)
def test_other_uses_of_the_word_service_are_accepted(query: str) -> None:
    """Variables, names, strings, comments and IRIs may contain the word; the engine agrees."""
    assert "SERVICE" not in terminals(query)
    Store().query(query)
    Store().query(parse(query, None, {}).write())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ASK{?a ?b ?c FILTER(?a<?b&&?c>3)}", "ASK { ?a ?b ?c FILTER ( ?a < ?b && ?c > 3 ) }"),
        ("ASK{?s <http://x>+1}", "ASK { ?s <http://x>+ 1 }"),
        ("ASK{?s <http://x> + 1}", "ASK { ?s <http://x> + 1 }"),
        ("ASK{?s ?p +1,-1}", "ASK { ?s ?p +1 , -1 }"),
        ("BASE <http://b/c> ASK{<#a:b> <./x:y> <?q=r:s>}", None),
        ("ASK{FILTER(?a<<http://x>)}", "ASK { FILTER ( ?a < <http://x> ) }"),
        ("ASK{FILTER(?a<=-1)}#<=", "ASK { FILTER ( ?a <= -1 ) }"),
        ("ASK{FILTER(?a-1<+2)}", "ASK { FILTER ( ?a - 1 < + 2 ) }"),
        ("prefix : <http://x/> ask{:a.b :\\-c :%20}", None),
        ("ASK{?s ?p 'a\\u0027\\n\"'@fr,'''it\n's'''}", 'ASK { ?s ?p "a\'\\n\\""@fr , "it\\n\'s" }'),
        ("ASK{?s ?p <http://x/\\u00e9>}", "ASK { ?s ?p <http://x/é> }"),
        (
            "BASE <http://b/c/> ASK{<../d> <?q> <#f>}",
            "ASK { <http://b/d> <http://b/c/?q> <http://b/c/#f> }",
        ),
        (
            "BASE <http://b/> ASK{FILTER(iri('c')=?x)}",
            'BASE <http://b/> ASK { FILTER ( IRI( "c" ) = ?x ) }',
        ),
        ("ASK{$s <http://x>+/^<http://y>? ?o}", "ASK { ?s <http://x>+ / ^ <http://y>? ?o }"),
        ("ASK{?s ?p[],( #c\n )}", "ASK { ?s ?p [] , () }"),
        ("ASK{?s ?p 1.}", "ASK { ?s ?p 1 . }"),
        ("ASK{?s ?p TRUE}", "ASK { ?s ?p true }"),
    ],
)
def test_a_query_is_written_in_one_form(query: str, expected: str | None) -> None:
    """Absolute IRIs, one kind of string, spaces between tokens; rewriting changes nothing."""
    written = parse(query, None, {}).write()
    assert expected is None or written == expected
    assert parse(written, None, {}).write() == written
    Store().query(written)


@pytest.mark.parametrize("verb", ["LOAD <http://x>", "insert data {}", "CLEAR ALL", "WITH <x> X"])
def test_updates_are_refused_as_such(verb: str) -> None:
    """An update is distinguished from a malformed query, even after a prologue."""
    with pytest.raises(QueryError, match="may not change data"):
        parse(f"PREFIX a: <http://a/> BASE <http://b/> {verb}", None, {})


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (
            "SELECT *\n{ ?s ?p 'a', 'b\n' SERVICE ?x {} }",
            "line 2, column 14, the text .* quotation mark",
        ),
        ("ASK { ?s a x:y }", "line 1, column 12.*prefix x:"),
        ("ASK { ?s ?p <rel> }", "line 1, column 13.*absolute"),
        ("ASK { ?s ?p <http://a b> }", "line 1, column 13"),
        ("ASK { ?s ?p '\\q' }", "line 1, column 13.*escape"),
        ("ASK { ?s ?p '\\uD800' }", "line 1, column 13.*escape"),
        ("ASK { ?s ?p '\\UFFFFFFFF' }", "line 1, column 13.*escape"),
        ("ASK { ?s ?p <http://x/\\U00110000> }", "line 1, column 13.*absolute"),
        ("ASK { VAR ?p ?o }", "line 1, column 7"),
        ("ASK { } $", "line 1, column 9"),
        ("", "line 1, column 1.*SELECT"),
    ],
)
def test_an_error_names_line_and_column(query: str, words: str) -> None:
    """Line and column of the token that is wrong."""
    with pytest.raises(QueryError, match=words):
        parse(query, None, {})


def test_queries_of_the_w3c_suite_are_valid_for_both_parsers() -> None:
    """The same W3C queries are valid, before and after rewriting."""
    suite = Path(__file__).parents[4] / "shared" / "suites" / "sparql11"
    if not suite.is_dir():
        pytest.skip("the public suites are not here")
    for file in sorted(suite.rglob("*.rq")):
        text = file.read_text(encoding="utf-8")
        try:
            written = parse(text, "http://b/", {}).write()
        except QueryError:
            assert not is_valid(text), file
        else:
            assert is_valid(written) == is_valid(text), file


def is_valid(text: str) -> bool:
    """Return whether the engine accepts a query."""
    try:
        answer = Store().query(text, base_iri="http://b/")
    except SyntaxError:
        return False
    except (RuntimeError, OSError):  # a function that it does not know, an endpoint
        return True
    return isinstance(answer, QuerySolutions) or answer is not None


def test_parsing_time_is_linear_in_the_length() -> None:
    """60 kB of what makes regular expressions backtrack."""
    for piece in (
        "'''\\",
        "a-",
        "a.",
        "<a",
        "''' ",
        '"\\',
        "?",
        "x:a..",
        "<?b)",
        "(",
        "# ",
        "1",
        "-1",
        "1.",
    ):
        with pytest.raises(QueryError):
            parse("ASK { ?s ?p " + piece * (60_000 // len(piece)), None, {})
