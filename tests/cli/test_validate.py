"""Invalid data get an exact report, and invalid shapes one clear line, without delay."""

import json
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib.namespace import RDFS, SH

from parvis.report import MOST
from parvis.validation import ENGINES
from tests.cli.conftest import Run

PREFIXES = """
@prefix ex: <https://x.example/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
SHAPES = """ex:S a sh:NodeShape ; sh:targetClass ex:C ;
    sh:property [ sh:path ex:p ; sh:datatype xsd:date ; sh:maxLength 10 ; sh:pattern "^2" ] ."""
ILL_TYPED = [
    '"soon"^^xsd:date',
    '"2025-13-45"^^xsd:date',
    '"x"^^xsd:integer',
    '"1e999999999"^^xsd:double',
    f'"{"9" * 5000}"^^xsd:integer',
    '"2025-01-01T99:00:00Z"^^xsd:dateTime',
    '"maybe"^^xsd:boolean',
    '"zz"^^xsd:hexBinary',
    '"<a>"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral>',
    '"P1Z"^^xsd:duration',
]
COMPARING = """ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:property
    [ sh:path ex:p ; sh:minInclusive "2025-01-01"^^xsd:date ; sh:lessThan ex:q ;
      sh:in ( 1 2 ) ] ."""


def write_files(folder: Path, data: str, shapes: str) -> list[object]:
    """Write data and shapes, and return the arguments that validate them."""
    (folder / "data.ttl").write_text(PREFIXES + data, encoding="utf-8")
    (folder / "shapes.ttl").write_text(PREFIXES + shapes, encoding="utf-8")
    return ["validate", folder / "data.ttl", "--shapes", folder / "shapes.ttl"]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("value", ILL_TYPED)
@pytest.mark.parametrize("shapes", [SHAPES, COMPARING])
def test_ill_typed_literals_are_reported(
    run: Run, tmp_path: Path, value: str, shapes: str, engine: str
) -> None:
    """Quote each as the partner wrote it, and never abort the run."""
    arguments = write_files(tmp_path, f"ex:a a ex:C ; ex:p {value} ; ex:q 3 .", shapes)
    result = run(*arguments, "--engine", engine, "-f", "json")
    assert (result.returncode, result.stderr) == (1, "")
    values = {finding.get("value") for finding in json.loads(result.stdout)["findings"]}
    assert any(text and value.startswith(f'"{text.removesuffix("…")}') for text in values)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_literal_of_ten_megabytes_leaves_the_report_readable(
    run: Run, tmp_path: Path, engine: str
) -> None:
    """Only its beginning is shown."""
    arguments = write_files(tmp_path, f'ex:a a ex:C ; ex:p "{"long " * 2_000_000}" .', SHAPES)
    result = run(*arguments, "--engine", engine)
    assert (result.returncode, result.stderr) == (1, "")
    assert len(result.stdout) < 10_000
    assert "long long" in result.stdout


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "Nothing to correct"), ("fr", "Rien à corriger")]
)
def test_data_with_notices_alone_have_nothing_to_correct(
    run: Run, tmp_path: Path, lang: str, words: str
) -> None:
    """They do not conform by SHACL’s own word, which the report says as such beside the score."""
    shape = "ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:property"
    notice = f"{shape} [ sh:path ex:p ; sh:minCount 1 ; sh:severity sh:Info ] ."
    arguments = write_files(tmp_path, "ex:a a ex:C .", notice)
    result = run(*arguments, "--lang", lang)
    assert result.returncode == 1
    assert result.stdout.splitlines()[-1].startswith(words)
    assert "--fail-on warning" in result.stdout
    assert run(*arguments, "--fail-on", "warning").returncode == 0
    assert json.loads(run(*arguments, "-f", "json").stdout)["conforms"] is False


def test_many_violations_are_counted_exactly_and_listed_in_part(run: Run, tmp_path: Path) -> None:
    """In every format; the SHACL report says that it is truncated."""
    total = MOST + 500
    data = "".join(f"ex:e{i} a ex:C ; ex:p 'soon' .\n" for i in range(total))
    shape = "ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:property"
    arguments = write_files(tmp_path, data, f"{shape} [ sh:path ex:p ; sh:datatype xsd:date ] .")
    summary = run(*arguments, "--lang", "en")
    assert f"to correct · C × {total:,}" in summary.stdout
    assert len(summary.stdout.splitlines()) < 20
    turtle = run(*arguments, "-f", "turtle").stdout
    triples = list(ox.parse(turtle, ox.RdfFormat.TURTLE))  # rdflib takes forty times as long
    (report,) = {
        triple.subject for triple in triples if triple.object.value == str(SH.ValidationReport)
    }
    statements = [
        (triple.predicate.value, triple.object) for triple in triples if triple.subject == report
    ]
    assert sum(predicate == str(SH.result) for predicate, _ in statements) == MOST
    comments = sorted(
        text.value for predicate, text in statements if predicate == str(RDFS.comment)
    )
    assert [text for text in comments if text.endswith("there are 500 more.")]
    assert len(comments) == 2


DATA = f"""
ex:a a ex:C ; ex:p 1 , "007"^^xsd:integer , "{"a" * 60}!" , "{"x1" * 60}!" .
"""
NODE, PATH = "ex:S a sh:NodeShape ; sh:targetClass ex:C ;", "sh:property [ sh:path ex:p ;"
BROKEN = {
    "ex:S a sh:NodeShape ; ; ?!": "line",
    f"{NODE} sh:node ex:Nowhere .": "sh:node to https://x.example/Nowhere",
    f"{NODE} sh:node 'x' .": "sh:node to x",
    f"{NODE} sh:node ex:P . ex:P sh:path ex:p .": "sh:node refers to https://x.example/P",
    f"{NODE} sh:property ex:Nowhere .": "sh:property to https://x.example/Nowhere",
    f"{NODE} sh:property [ sh:path 'p' ] .": "S needs exactly one sh:path",
    f"{NODE} sh:property [ sh:path [ sh:inversePath ex:p , ex:q ] ] .": "sh:path",
    f"{NODE} sh:property [ sh:path _:x ] . _:x sh:inversePath _:x .": "sh:path",
    f"{NODE} sh:property [ sh:path {'[ sh:inversePath ' * 900} ex:p {']' * 900} ] .": "sh:path",
    f"{NODE} {PATH} sh:node ex:S ] .": "circle",
    f"{NODE} sh:not ex:T . ex:T sh:or ( [ sh:node ex:S ] [ sh:nodeKind sh:IRI ] ) .": "/S",
    f"{NODE} sh:not {'[ sh:not ' * 900} [ sh:nodeKind sh:IRI ] {']' * 900} .": "deep",
    f"{NODE} sh:in _:l . _:l rdf:first 1 ; rdf:rest _:l .": "list",
    f"{NODE} sh:or _:l . _:l rdf:first [ sh:nodeKind sh:IRI ] ; rdf:rest _:l .": "list",
    f"{NODE} sh:in 1 .": "list",
    f"{NODE} sh:closed 'yes' .": "sh:closed",
    f"{NODE} sh:severity 'high' .": "sh:severity",
    f"{NODE} {PATH} sh:minCount 'x' ] .": "sh:minCount",
    f"{NODE} {PATH} sh:minCount 1 , 2 ] .": "minCount",
    f"{NODE} {PATH} sh:maxLength -1 ] .": "sh:maxLength",
    f"{NODE} {PATH} sh:nodeKind ex:Kind ] .": "sh:nodeKind",
    f"{NODE} {PATH} sh:minInclusive ex:p ] .": "sh:minInclusive",
    f"{NODE} {PATH} sh:minInclusive 'x'^^xsd:integer ] .": "sh:minInclusive",
    f"{NODE} {PATH} sh:lessThan [] ] .": "“[]”",
    f"{NODE} {PATH} sh:pattern 5 ] .": "sh:pattern",
    f"{NODE} {PATH} sh:pattern '(a' ] .": "“(a”",
    f"{NODE} {PATH} sh:pattern '\\\\p{{Lu}}' ] .": "pattern",
    f"{NODE} {PATH} sh:pattern '[a-z-[aeiou]]' ] .": "pattern",
    f"{NODE} {PATH} sh:pattern 'a' ; sh:flags 'x' ] .": "flags",
    f"{NODE} {PATH} sh:pattern '^(a+)+$' ] .": "for ever",
    f"{NODE} {PATH} sh:pattern '^(\\\\w+)+$' ] .": "for ever",
    f"{NODE} {PATH} sh:pattern '^(x|x1|1)*$' ] .": "for ever",
    f"{NODE} {PATH} sh:pattern '^((a{{1,300}}){{1,300}}){{1,300}}$' ] .": "for ever",
    "ex:S sh:select 3 . ex:T a sh:NodeShape ; sh:sparql ex:S .": "sh:select",
    "ex:C sh:validator [ sh:ask 'ASK { ?? }' ] .": "cannot be read",
}
QUERIES = {
    "SELECT $this { SERVICE <http://127.0.0.1:9/> { $this ex:p ?v } }": "SERVICE",
    "SELECT $this { FILTER EXISTS { SERVICE SILENT ?x { $this ex:p ?v } } }": "SERVICE",
    "SELECT $this FROM <file:///etc/passwd> { $this ex:p ?v }": "FROM",
    "SELECT $this { $this ex:p ?v MINUS { $this ex:q ?v } }": "MINUS",
    "SELECT $this { VALUES ?v { 1 } $this ex:p ?v }": "VALUES",
    "SELECT $this { $this ex:p ?v } ; DROP ALL": "end of text",
    "DELETE WHERE { ?s ?p ?o }": "DELETE",
    "LOAD <file:///etc/passwd>": "LOAD",
    "ASK { $this ex:p ?v }": "begin with SELECT",
    "SELECT ?v { ?s ex:p ?v }": "$this",
    "SELECT $this { $this foo:p ?v }": "“foo”",
    "SELECT $this { $this ex:p ?v": "cannot be read",
    "SELECT $this { $this $PATH ?v }": "$PATH",
    "SELECT $this { $this ex:p ?v FILTER(REGEX(STR(?v), '^(a+)+$')) }": "for ever",
    "SELECT $this { $this ex:p ?v FILTER(REGEX(STR(?v), '(')) }": "“(”",
}
DECLARED = {
    '"ex" ; sh:namespace "https://x.example/> SELECT * { SERVICE <http://x/> { } } #"': "ex",
    '"ex: <x> SELECT * { } #" ; sh:namespace "https://x.example/"': "ex: <x> SELECT",
    '"ex"': "ex",
}


def shape_with_query(query: str, declared: str = '"ex" ; sh:namespace "https://x.example/"') -> str:
    """Write a shape with a SPARQL constraint."""
    return (
        f'{NODE} sh:sparql [ sh:prefixes ex:o ; sh:select "{query}" ] .'
        f"ex:o sh:declare [ sh:prefix {declared} ] ."
    )


CASES = [
    *BROKEN.items(),
    *((shape_with_query(query), expected) for query, expected in QUERIES.items()),
    *(
        (shape_with_query("SELECT $this { }", declared), expected)
        for declared, expected in DECLARED.items()
    ),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("shapes", "expected"), CASES)
def test_invalid_shapes_are_refused_in_one_line(
    run: Run, tmp_path: Path, shapes: str, expected: str, engine: str
) -> None:
    """In each language and by every engine; nothing is fetched, and nothing else is printed."""
    (tmp_path / "data.ttl").write_text(PREFIXES + DATA, encoding="utf-8")
    (tmp_path / "shapes.ttl").write_text(PREFIXES + shapes, encoding="utf-8")
    arguments = ("validate", tmp_path / "data.ttl", "--shapes", tmp_path / "shapes.ttl")
    english, french = (run(*arguments, "--engine", engine, "--lang", lang) for lang in ("en", "fr"))
    for result in (english, french):
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr.count("\n") == 1
    assert expected in english.stderr
    assert english.stderr != french.stderr or "line" in expected


def test_the_compiled_engine_accepts_a_pattern_that_others_refuse(run: Run, tmp_path: Path) -> None:
    """It reads each text once, whatever the pattern repeats."""
    (tmp_path / "data.ttl").write_text(f"{PREFIXES} ex:a a ex:C ; ex:p '{'a' * 60}!' .")
    shapes = f"{PREFIXES} {NODE} {PATH} sh:pattern '^(a+)+$' ] ."
    (tmp_path / "shapes.ttl").write_text(shapes, encoding="utf-8")
    result = run("validate", tmp_path / "data.ttl", "--shapes", tmp_path / "shapes.ttl")
    assert result.returncode == 1
