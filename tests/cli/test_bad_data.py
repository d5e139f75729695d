"""Invalid data gets an exact and readable report without delay."""

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


def test_many_violations_are_counted_exactly_and_listed_in_part(run: Run, tmp_path: Path) -> None:
    """In every format; the SHACL report says that it is truncated."""
    total = MOST + 500
    data = "".join(f"ex:e{i} a ex:C ; ex:p 'soon' .\n" for i in range(total))
    shape = "ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:property"
    arguments = write_files(tmp_path, data, f"{shape} [ sh:path ex:p ; sh:datatype xsd:date ] .")
    summary = run(*arguments, "--lang", "en")
    assert f"violation · S · {total:,}" in summary.stdout
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
