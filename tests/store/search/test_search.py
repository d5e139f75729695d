"""Things are found by their words, however these are written, and only where one may read."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.errors import QueryError, StoreError
from parvis.store.generation.generation import Generation, GenerationContent, build, verify
from parvis.store.generation.indexer import build as index
from parvis.store.query.pool import QueryPool
from parvis.store.query.request import QueryDataset, WorkerRequest
from parvis.store.query.search_pattern import expand_searches
from parvis.store.query.text import QueryText
from parvis.store.search.index import write
from parvis.store.search.search import TextIndex
from parvis.vocab.namespaces import PREFIXES
from tests.store.conftest import Written

NAME, ABOUT = "http://schema.org/name", "http://schema.org/description"
GRAPH = "http://pool.example/graph/"
A, B, SECRET = (f"{GRAPH}{name}" for name in ("a", "b", "secret"))


def said(thing: str, text: str, step: str = NAME, tag: str | None = "fr") -> str:
    """Write one text of a thing."""
    subject = ox.NamedNode(f"http://pool.example/id/{thing}")
    return f"{ox.Triple(subject, ox.NamedNode(step), ox.Literal(text, language=tag))} ."


FACTS = {
    A: [
        said("lanterne", "Théâtre de la Lanterne"),
        said("lanterne", "Lantern Theatre", tag="en"),
        said("atelier", "L’atelier d’été", tag=None),
        said("atelier", "Du théâtre pour les petits", ABOUT),
        said("danse", "Danses au Val-des-Pins"),
        '<http://pool.example/id/danse> <http://schema.org/startDate> "2026" .',
        '_:b <http://schema.org/name> "Théâtre sans nom" .',
    ],
    B: [said("lanterne", "Théâtre-Lanterne", tag=None), said("chevaux", "Le cheval et l’œuvre")],
    SECRET: [said("lanterne", "Théâtre secret"), said("secret", "Théâtre")],
}


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """Build a generation of two open graphs and one for members."""
    folder = tmp_path_factory.mktemp("generation")
    files = {}
    for graph, lines in FACTS.items():
        files[graph] = folder / f"{graph.rpartition('/')[2]}.nt"
        files[graph].write_text("\n".join([*lines, ""]), encoding="utf-8")
    hidden = {SECRET: files.pop(SECRET)}
    return build(folder / "data", GenerationContent(open=files, members=hidden))


@pytest.fixture(scope="module")
def texts(generation: Generation) -> Iterator[TextIndex]:
    """Give the members' index."""
    with closing(TextIndex.of(generation.members_store)) as texts:
        yield texts


def found(texts: TextIndex, query: str, graphs: list[str] | None = None) -> list[str]:
    """Give the last steps of the things that a query finds, the best first."""
    graphs = [A, B] if graphs is None else graphs
    return [hit.iri.rpartition("/")[2] for hit in texts.find(query, graphs, 100)]


@pytest.mark.parametrize(
    ("query", "things"),
    [
        ("théâtre", ["lanterne", "atelier"]),
        ("THEATRES", ["lanterne", "atelier"]),
        ("The\u0301a\u0302tre", ["lanterne", "atelier"]),
        ("lantern theatre", ["lanterne"]),
        ("theatres lanterne", ["lanterne"]),
        ("l'atelier d'été", ["atelier"]),
        ("ete", ["atelier"]),
        ("danse val-des-pins", ["danse"]),
        ("danser val pins", ["danse"]),
        ("chevaux oeuvres", ["chevaux"]),
        ("cheval théâtre", []),
        ("2026", []),
        ("sans nom", []),
        ("", []),
        ("  « » !? ", []),
    ],
)
def test_words_are_found_however_they_are_written(
    texts: TextIndex, query: str, things: list[str]
) -> None:
    """Accents, capitals, plurals, elisions, hyphens and ligatures make no difference."""
    assert found(texts, query) == things


HOSTILE = [
    '"',
    "théâtre OR",
    "NEAR(théâtre danse)",
    "names : théâtre",
    "théâtre*",
    "^théâtre",
    "-a",
]


@pytest.mark.parametrize("query", [*HOSTILE, "'; DROP TABLE thing; --", "théâtre " * 2_000, "\0"])
def test_a_query_is_words_and_nothing_else(texts: TextIndex, query: str) -> None:
    """Operators, quotation marks and long texts ask for nothing that words do not."""
    assert set(found(texts, query)) <= {"lanterne", "atelier"}
    assert found(texts, "théâtre") == ["lanterne", "atelier"]


@given(st.text(max_size=40))
def test_folding_a_query_changes_nothing(texts: TextIndex, query: str) -> None:
    """Whoever types without accents and capitals finds the same, whatever is typed."""
    assert found(texts, query.upper().lower()) == found(texts, query.lower())


def test_a_word_without_end_is_indexed_and_found(tmp_path: Path) -> None:
    """Only its beginning counts, and nothing of it is remembered."""
    source, word = tmp_path / "long.nt", "zà" * 50_000
    source.write_text(said("long", word) + "\n", encoding="utf-8")
    assert index(tmp_path / "search", tmp_path, [(A, str(source), "open")]) == {}
    with closing(TextIndex(tmp_path, "open")) as texts:
        assert found(texts, word, [A]) == ["long"]
        assert found(texts, word[:1_000], [A]) == ["long"]
        assert found(texts, word[:60], [A]) == []


def test_names_come_before_descriptions(texts: TextIndex) -> None:
    """Both are told with their languages; the better hit is of the graph that says it best."""
    first, second = texts.find("théâtre", [A, B], 10)
    assert first.score > second.score > 0
    assert texts.told(second).descriptions == (("Du théâtre pour les petits", "fr"),)
    assert (first.graph, texts.told(first).names) == (B, (("Théâtre-Lanterne", None),))
    assert len(texts.find("théâtre", [A, B], 10, apart=True)) == 3


def test_the_open_index_holds_the_open_graphs_only(generation: Generation) -> None:
    """What only members may read is in none of its files; all files are in the manifest."""
    with closing(TextIndex.of(generation.open_store)) as texts:
        assert {hit.graph for hit in texts.find("théâtre", None, 10, apart=True)} == {A, B}
    files = [*(generation.folder / "search" / "open").iterdir()]
    assert not any(b"secret" in file.read_bytes() for file in files)
    assert {str(file.relative_to(generation.folder)) for file in files} < {
        *generation.manifest.files
    }
    verify(generation)


@given(st.sets(st.sampled_from([A, B, SECRET])), st.sampled_from(["théâtre", "lanterne", "t", ""]))
def test_an_answer_is_the_same_as_if_there_were_no_other_graphs(
    texts: TextIndex, tmp_path_factory: pytest.TempPathFactory, graphs: set[str], query: str
) -> None:
    """Neither hits nor their order, scores and counts tell anything of a graph that is hidden."""
    folder = tmp_path_factory.mktemp("alone")
    alone = []
    for graph in sorted(graphs):
        file = folder / f"{graph.rpartition('/')[2]}.nt"
        file.write_text("\n".join([*FACTS[graph], ""]), encoding="utf-8")
        alone.append((graph, str(file), "open"))
    assert index(folder / "search", folder, alone) == {}
    with closing(TextIndex(folder, "open")) as others:
        for apart in (True, False):
            hits = texts.find(query, graphs, 10, apart=apart)
            assert hits == others.find(query, None, 10, apart=apart)
            assert {hit.graph for hit in hits} <= graphs
        assert texts.count(query, graphs, 10) == others.count(query, None, 10)
        assert texts.complete(query, graphs, 10) == others.complete(query, None, 10)


def test_the_beginning_of_a_word_is_completed(texts: TextIndex) -> None:
    """The last word may be begun only; what it may stand for are the words of readable graphs."""
    names = [texts.told(hit).names[0][0] for hit in texts.complete("theatre lan", [A], 10)]
    assert names == ["Théâtre de la Lanterne"]
    assert texts.complete("sec", [A, B], 10) == []
    assert [hit.graph for hit in texts.complete("sec", None, 10)] == [SECRET]


def test_an_unchanged_graph_keeps_its_index(tmp_path: Path, written: Written) -> None:
    """The next generation takes the file over; a graph that changed gets another."""
    first = {A: written("a", *FACTS[A]), B: written("b", *FACTS[B])}
    one = build(tmp_path / "data", GenerationContent(first))
    two = build(tmp_path / "data", GenerationContent({**first, B: written("c", *FACTS[SECRET])}))
    before, after = (_inodes(generation) for generation in (one, two))
    assert before[A] == after[A]
    assert before[B] != after[B]
    with closing(TextIndex.of(two.open_store)) as texts:
        assert found(texts, "secret") == ["lanterne"]
        assert found(texts, "cheval") == []


def _inodes(generation: Generation) -> dict[str, int]:
    """Tell the file of each graph's index."""
    folder = generation.folder / "search" / "open"
    listed = json.loads((folder / "graphs.json").read_text())
    return {graph: (folder / name).stat().st_ino for graph, name in listed.items()}


def test_the_best_hits_of_many_are_found_without_weighing_all(tmp_path: Path) -> None:
    """Those with the word in a name are looked at first, the shortest first."""
    many = [said(f"{n}", f"Une pièce {n}") for n in range(300)]
    many += [said(f"{n}", "Du théâtre " + "et encore " * (n % 5), ABOUT) for n in range(300)]
    source = tmp_path / "many.nt"
    source.write_text("\n".join([*many, said("best", "Un long nom de grand théâtre"), ""]))
    (tmp_path / "search" / "open").mkdir(parents=True)
    assert write(source, tmp_path / "search" / "open" / "one.sqlite")
    (tmp_path / "search" / "open" / "graphs.json").write_text(json.dumps({A: "one.sqlite"}))
    with closing(TextIndex(tmp_path, "open")) as texts:
        assert found(texts, "théâtre", [A])[0] == "best"
        assert [hit.iri[-4:] for hit in texts.find("théâtre", None, 1)] == ["best"]
        assert texts.count("théâtre", None, 50) == 51


@given(
    st.lists(st.lists(st.integers(0, 6), max_size=12), min_size=1, max_size=6),
    st.integers(1, 12),
)
def test_among_many_graphs_the_best_are_still_found(
    tmp_path_factory: pytest.TempPathFactory, graphs: list[list[int]], limit: int
) -> None:
    """Weighing few rows of each first leaves nothing out that was to come, nor fewer than asked."""
    folder, built, total = tmp_path_factory.mktemp("many"), [], 0
    for graph, lengths in enumerate(graphs):
        file = folder / f"{graph}.nt"
        named = [said(f"{graph}-{n}", "théâtre " + "mot " * size) for n, size in enumerate(lengths)]
        file.write_text("".join(f"{line}\n" for line in named), encoding="utf-8")
        built.append((f"{GRAPH}{graph}", str(file), "open"))
        total += len(named)
    assert index(folder / "search", folder, built) == {}
    with closing(TextIndex(folder, "open")) as texts:
        every = texts.find("théâtre", None, total + 1)
        assert len(every) == total
        assert [hit.score for hit in texts.find("théâtre", None, limit)] == [
            hit.score for hit in every[:limit]
        ]


def test_a_generation_without_an_index_says_so(tmp_path: Path) -> None:
    """One that an older parvis built."""
    with pytest.raises(StoreError, match="publish once more"):
        TextIndex.of(tmp_path / "open")


def asked(pool: QueryPool, generation: Generation, query: str) -> list[list[str]]:
    """Give the values of every solution, as a reader of the open graphs."""
    request = WorkerRequest(query, allowed=QueryDataset.of([A, B]), base=GRAPH)
    answer = json.loads(b"".join(pool.ask(generation.members_store, request).chunks))
    names = answer["head"]["vars"]
    return [
        [row[name]["value"].rpartition("/")[2] for name in names if name in row]
        for row in answer["results"]["bindings"]
    ]


BOTH = 'parvis:search "lanterne" ; parvis:search "théâtre" FILTER(?x > .5)'
PATTERNS = [
    ('SELECT ?t { ?t parvis:search "theatres" }', ["atelier", "lanterne"]),
    ("SELECT ?t { ?t parvis:search '''Théâtre'''@fr . }", ["atelier", "lanterne"]),
    ('SELECT ?t { ?t parvis:search "th\\u00e9\\u00e2tre"^^xsd:string }', ["atelier", "lanterne"]),
    ('SELECT DISTINCT ?t { ?t parvis:search ("théâtre" 1) ; schema:name ?n }', ["lanterne"]),
    ('SELECT DISTINCT ?t { ?t schema:name ?n ; parvis:search "ete" . }', ["atelier"]),
    ('SELECT ?t { ?t parvis:search "ete" ; . FILTER(true) }', ["atelier"]),
    ("SELECT DISTINCT ?t { BIND(1.5 AS ?x) ?t schema:name ?n ; " + BOTH + " }", ["lanterne"]),
    ('SELECT ?t { ?t parvis:search "théâtre" ; parvis:search "petits" }', ["atelier"]),
    ('SELECT ?t { GRAPH <b> { ?t parvis:search "théâtre" } }', ["lanterne"]),
    ('SELECT ?t { GRAPH <secret> { ?t parvis:search "théâtre" } }', []),
    ('SELECT ?t FROM <b> { ?t parvis:search "théâtre" }', ["lanterne"]),
    ('SELECT ?t FROM <secret> { ?t parvis:search "théâtre" }', []),
    ('SELECT ?t FROM NAMED <a> { ?t parvis:search "théâtre" }', []),
    ('SELECT ?t { { SELECT ?t { ?t parvis:search "danse" } } }', ["danse"]),
    (
        'SELECT ?t { ?t schema:name "L’atelier d’été" OPTIONAL { ?t parvis:search "danse" } }',
        ["atelier"],
    ),
    ('SELECT ?t { ?t schema:name ?n FILTER EXISTS { ?t parvis:search "œuvre" } }', ["chevaux"]),
    ('PREFIX p: <https://w3id.org/parvis/ns#> SELECT ?t { ?t p:search "danse" }', ["danse"]),
    ('SELECT $t { $t <https://w3id.org/parvis/ns#search> "danse" }', ["danse"]),
    (
        'SELECT ?n { <../id/danse> parvis:search "danse" ; schema:name ?n }',
        ["Danses au Val-des-Pins"],
    ),
    ('SELECT ?n { <../id/danse> parvis:search "théâtre" ; schema:name ?n }', []),
    ('SELECT ?t { ?t parvis:search "" }', []),
    ('SELECT ?t { ?t schema:name ?n FILTER(STR(?n) = "parvis:search \\"x\\"") }', []),
    ("SELECT ?t { ?t parvis:search ?words }", []),
]


@pytest.mark.parametrize(("query", "things"), PATTERNS)
def test_a_pattern_stands_for_what_the_index_answers(
    pool: QueryPool, generation: Generation, query: str, things: list[str]
) -> None:
    """Wherever a triple may stand, within what the reader may read and the query asks for."""
    assert sorted(row[0] for row in asked(pool, generation, query)) == sorted(things)


def test_a_pattern_gives_the_scores_of_the_index(
    pool: QueryPool, generation: Generation, texts: TextIndex
) -> None:
    """Things, scores and graphs are those that the index gives."""
    rows = asked(
        pool,
        generation,
        'SELECT ?t ?s { ?t parvis:search ("théâtre" ?s) } ORDER BY DESC(?s)',
    )
    hits = texts.find("théâtre", [A, B], 100)
    assert [(t, float(s)) for t, s in rows] == [(h.iri.rpartition("/")[2], h.score) for h in hits]
    rows = asked(
        pool,
        generation,
        'SELECT ?t ?g { GRAPH ?g { ?t parvis:search "théâtre" ; schema:name ?n } }',
    )
    apart = texts.find("théâtre", [A, B], 100, apart=True)
    wanted = {(hit.iri.rpartition("/")[2], hit.graph.rpartition("/")[2]) for hit in apart}
    assert {tuple(row) for row in rows} == wanted


def test_a_template_and_a_label_are_no_searches(pool: QueryPool, generation: Generation) -> None:
    """CONSTRUCT may make triples of the predicate; only where it is matched does it search."""
    query = 'CONSTRUCT { ?t parvis:search "danse" } WHERE { ?t parvis:search "danse" }'
    request = WorkerRequest(query, allowed=QueryDataset.of([A]), graph="nt")
    answer = b"".join(pool.ask(generation.members_store, request).chunks).decode()
    assert answer.split() == [
        "<http://pool.example/id/danse>",
        "<https://w3id.org/parvis/ns#search>",
        '"danse"',
        ".",
    ]


REFUSED = [
    '[] parvis:search "x"',
    '[ parvis:search "x" ]',
    '_:b a schema:Event ; parvis:search "x"',
    '?t parvis:search "x" , "y"',
    '?t parvis:search ("x" "y")',
    '?t parvis:search ("x" 5 ?s)',
    '?t parvis:search ("x" 0)',
    '?t parvis:search ("x" 10001)',
    f'?t parvis:search "{" ".join(map(str, range(17)))}"',
    " ".join(f'?t{n} parvis:search "x" .' for n in range(9)),
]


@pytest.mark.parametrize("pattern", REFUSED)
def test_a_search_that_cannot_be_answered_is_refused(
    pool: QueryPool, generation: Generation, pattern: str
) -> None:
    """In words, rather than by an answer without rows."""
    with pytest.raises(QueryError, match="search"):
        asked(pool, generation, f"SELECT * {{ {pattern} }}")


def test_a_malformed_query_is_placed_in_the_text_that_was_sent(
    pool: QueryPool, generation: Generation
) -> None:
    """The hits written into it move nothing."""
    with pytest.raises(QueryError, match="line 2") as caught:
        asked(pool, generation, 'SELECT * { ?t parvis:search "théâtre" .\n ?t ! }')
    assert caught.value.fields["line"] == 2


@given(st.text(max_size=30), st.sampled_from(["", " ; schema:name ?n", " FILTER(true)"]))
def test_no_words_become_a_piece_of_the_query(texts: TextIndex, words: str, more: str) -> None:
    """Whatever is searched for, nothing of it is left in the text that the engine is given."""
    written = str(ox.Literal(f"{words} lanterne"))
    query = QueryText.read(f"SELECT * {{ ?t parvis:search {written}{more} }}", prefixes=PREFIXES)
    text = expand_searches(query, QueryDataset.of([A]), lambda: texts).parsed.write()
    table = text.removeprefix("SELECT * { VALUES (?t) { ").partition("}")
    assert {*table[0].split()} <= {"(<http://pool.example/id/lanterne>)"}
    assert "lanterne" not in table[2]
