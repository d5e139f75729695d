"""Data that are as bad as can be: the report is exact, readable and soon there."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pyoxigraph as ox
import pytest
from rdflib.namespace import RDFS, SH

from parvis.report import MOST
from parvis.validation import ENGINES

Run = Callable[..., CompletedProcess[str]]

PREFIXES = """
@prefix ex: <https://x.example/> .
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


def written(folder: Path, data: str, shapes: str) -> list[object]:
    """Write data and shapes, and give the command that validates them."""
    (folder / "data.ttl").write_text(PREFIXES + data, encoding="utf-8")
    (folder / "shapes.ttl").write_text(PREFIXES + shapes, encoding="utf-8")
    return ["validate", folder / "data.ttl", "--shapes", folder / "shapes.ttl"]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("value", ILL_TYPED)
@pytest.mark.parametrize("shapes", [SHAPES, COMPARING])
def test_ill_typed_literals_are_findings(
    run: Run, tmp_path: Path, value: str, shapes: str, engine: str
) -> None:
    """Quoted as the partner wrote them, and never the end of the run."""
    words = written(tmp_path, f"ex:a a ex:C ; ex:p {value} ; ex:q 3 .", shapes)
    found = run(*words, "--engine", engine, "-f", "json")
    assert (found.returncode, found.stderr) == (1, "")
    told = {one.get("value") for one in json.loads(found.stdout)["findings"]}
    assert any(one and value.startswith(f'"{one.removesuffix("…")}') for one in told)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_literal_of_ten_megabytes_leaves_the_report_readable(
    run: Run, tmp_path: Path, engine: str
) -> None:
    """Its beginning says which it is."""
    words = written(tmp_path, f'ex:a a ex:C ; ex:p "{"long " * 2_000_000}" .', SHAPES)
    found = run(*words, "--engine", engine)
    assert (found.returncode, found.stderr) == (1, "")
    assert len(found.stdout) < 10_000
    assert "long long" in found.stdout


def test_many_violations_are_counted_exactly_and_told_in_part(run: Run, tmp_path: Path) -> None:
    """In every form; SHACL's own report says that it is cut."""
    many = MOST + 500
    data = "".join(f"ex:e{i} a ex:C ; ex:p 'soon' .\n" for i in range(many))
    shape = "ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:property"
    words = written(tmp_path, data, f"{shape} [ sh:path ex:p ; sh:datatype xsd:date ] .")
    told = run(*words, "--lang", "en")
    assert f"violation · S · {many:,}" in told.stdout
    assert len(told.stdout.splitlines()) < 20
    turtle = run(*words, "-f", "turtle").stdout
    triples = list(ox.parse(turtle, ox.RdfFormat.TURTLE))  # rdflib takes forty times as long
    (report,) = {one.subject for one in triples if one.object.value == str(SH.ValidationReport)}
    said = [(one.predicate.value, one.object) for one in triples if one.subject == report]
    assert sum(step == str(SH.result) for step, _ in said) == MOST
    comments = sorted(text.value for step, text in said if step == str(RDFS.comment))
    assert [text for text in comments if text.endswith("there are 500 more.")]
    assert len(comments) == 2
