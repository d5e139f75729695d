"""Invalid shapes get one clear line in both languages and exit code 2, without delay."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from parvis.validation import ENGINES

Run = Callable[..., CompletedProcess[str]]

PREFIXES = """
@prefix ex: <https://x.example/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
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
