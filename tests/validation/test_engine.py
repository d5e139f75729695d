"""The compiled engine: what it validates, and what it leaves to the reference engine."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
from rdflib import Graph

from parvis.errors import UsageError
from parvis.pooling.texts.staging_view import as_data, stage_files
from parvis.validation import PlaceOf, Validation, validate
from parvis.validation.compile.constraints import queries
from parvis.validation.data import keep_lexical_forms
from parvis.validation.results import no_place
from tests.validation.cases import results

PREFIXES = """
@base <https://x.example/> .
@prefix ex: <https://x.example/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix schema: <http://schema.org/> .
"""
DATA = """
<a> a ex:C ; ex:p 1 , 2 ; ex:q "007"^^xsd:integer ; schema:name "A"@fr .
<b> a ex:C ; ex:p 3 ; ex:part [ schema:name "bit" ; ex:deep [ a ex:D ] ] .
"""
SELECTS = {
    "SELECT $this ?value WHERE { $this ex:p ?value . FILTER (?value > 1) }": "compiled",
    "SELECT $this (MAX(?p) AS ?value) WHERE { $this ex:p ?p } GROUP BY $this "
    "HAVING (COUNT(?p) > 1)": "compiled",
    "SELECT $this WHERE { $this a ex:C FILTER NOT EXISTS { $this ex:part ?x } }": "compiled",
    "SELECT $this ?path WHERE { $this ?path 3 . }": "compiled",
    "SELECT $this ?value WHERE { { $this ex:p ?value } UNION { $this ex:r ?value } }": "pyshacl",
    "SELECT $this WHERE { $this a ex:C . { ?x ex:p ?y FILTER (?x = $this) } }": "pyshacl",
    "SELECT * WHERE { $this ex:p 3 }": "pyshacl",
    "SELECT $this WHERE { { SELECT $this WHERE { $this ex:p 3 } } }": "pyshacl",
}
UNCOMPILABLE = [
    r'ex:S sh:targetClass ex:C ; sh:property [ sh:path ex:p ; sh:pattern "^\\w" ] .',
    "ex:S sh:targetClass ex:C ; sh:property [ sh:path ex:p ; sh:minCount 9 ] .",
    "ex:S sh:targetClass ex:C ; sh:property [ sh:path ex:q ; sh:minCount 1 ] .",
    'ex:S sh:targetClass ex:C ; sh:property [ sh:path ex:p ; sh:in ( "01"^^xsd:integer ) ] .',
]


def validate_rules(folder: Path, rules: str, engine: str, data: str = DATA) -> Validation:
    """Validate data through a file."""
    files = [folder / "data.ttl"]
    files[0].write_text(PREFIXES + data, encoding="utf-8")
    with keep_lexical_forms():
        shapes = Graph().parse(data=PREFIXES + rules, format="turtle")
    with stage_files(files) as view:
        return validate(as_data(view, files), shapes, engine=engine)


@pytest.mark.parametrize("select", SELECTS)
def test_a_query_is_compiled_only_if_that_is_sound(tmp_path: Path, select: str) -> None:
    """Joining focus nodes differs from binding them first in separate groups."""
    data = DATA.replace('"007"', '"7"')
    rules = f"""ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:sparql [
        sh:prefixes <onto> ; sh:select "{select}" ] .
        <onto> sh:declare [ sh:prefix "ex" ; sh:namespace "https://x.example/"^^xsd:anyURI ] ."""
    compiled, reference = (
        validate_rules(tmp_path, rules, engine, data) for engine in ("compiled", "pyshacl")
    )
    assert compiled.engine == {"S": SELECTS[select]}
    facts = [
        {(finding.focus, finding.value, finding.path) for finding in validation.findings}
        for validation in (compiled, reference)
    ]
    assert facts[0] == facts[1] != set()


@pytest.mark.parametrize("rules", UNCOMPILABLE)
def test_shapes_that_do_not_compile_are_left_to_the_reference(tmp_path: Path, rules: str) -> None:
    """Shapes are never skipped, and the engine used is reported."""
    assert compare_engines(tmp_path, rules) == {"S": "pyshacl"}


@pytest.mark.parametrize("rules", UNCOMPILABLE)
def test_a_shape_without_focus_nodes_needs_no_reference(tmp_path: Path, rules: str) -> None:
    """Without focus nodes there is nothing to validate."""
    assert compare_engines(tmp_path, rules.replace("ex:C", "ex:Other")) == {"S": "compiled"}


def compare_engines(folder: Path, rules: str) -> dict[str, str]:
    """Check that the engines agree; return the engine of each shape."""
    compiled, reference = (
        validate_rules(folder, rules, engine) for engine in ("compiled", "pyshacl")
    )
    assert compiled.conforms == reference.conforms
    assert len(compiled.findings) == len(reference.findings)
    return compiled.engine


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ('sh:pattern "^a$"', ["a\n", "a\nb"]),
        ('sh:pattern "^a$" ; sh:flags "m"', []),
        ('sh:pattern "^[$a].?b?$"', ["a\n", "a\nb"]),
        ('sh:pattern "^a.?b?$" ; sh:flags "s"', []),
    ],
)
def test_patterns_mean_the_same_at_line_ends(
    tmp_path: Path, form: str, expected: list[str]
) -> None:
    """As in XPath: without the flag m, `$` matches only at the end."""
    data = r'ex:a ex:p "a" , "a\n" , "a\nb" .'
    rules = f"ex:S a sh:NodeShape ; sh:targetObjectsOf ex:p ; {form} ."
    for engine in ("auto", "pyshacl"):
        values = sorted(
            finding.value or ""
            for finding in validate_rules(tmp_path, rules, engine, data).findings
        )
        assert values == expected


def test_results_of_both_engines_are_merged(tmp_path: Path) -> None:
    """One shape compiles, the other does not."""
    rules = """ex:S sh:targetClass ex:C ; sh:property [ sh:path ex:p ; sh:maxCount 1 ] .
        ex:T sh:targetClass ex:C ; sh:property [ sh:path ex:q ; sh:maxInclusive 3 ] ."""
    validation = validate_rules(tmp_path, rules, "auto")
    assert validation.engine == {"S": "compiled", "T": "pyshacl"}
    assert validation.checked == {"S": 2, "T": 2}
    assert sum(results(validation.graph).values()) == 2
    assert [finding.value for finding in validation.findings] == [None, "007"]


def test_blank_nodes_are_identified_by_their_path(tmp_path: Path) -> None:
    """Labels are meaningless; the nearest IRI above shows where to look."""
    rules = "ex:S sh:targetClass ex:D ; sh:property [ sh:path ex:p ; sh:minCount 1 ] ."
    (finding,) = validate_rules(tmp_path, rules, "compiled").findings
    assert finding.focus == "https://x.example/b https://x.example/part https://x.example/deep"


def test_places_are_looked_up_together(tmp_path: Path) -> None:
    """One look-up for all subjects of the results."""
    files = [tmp_path / "data.ttl"]
    files[0].write_text(PREFIXES + DATA, encoding="utf-8")
    rules = "ex:S sh:targetClass ex:C ; sh:property [ sh:path ex:r ; sh:minCount 1 ] ."
    lookups: list[Collection[str]] = []

    def locate(subjects: Collection[str]) -> PlaceOf:
        lookups.append(subjects)
        return no_place

    shapes = Graph().parse(data=PREFIXES + rules, format="turtle")
    with stage_files(files) as view:
        validate(as_data(view, files), shapes, locate=locate)
    assert lookups == [{"https://x.example/a", "https://x.example/b"}]


def test_a_plain_graph_cannot_be_validated_by_the_compiled_engine() -> None:
    with pytest.raises(UsageError, match="queried"):
        validate(Graph(), Graph(), engine="compiled")


REUSED = """
ex:S sh:targetClass ex:C ; sh:property ex:P , ex:Q , ex:R .
ex:P sh:path ex:p ; sh:maxCount 1 ; sh:datatype xsd:integer .
ex:Q sh:path ex:q ; sh:minCount 1 .
ex:R sh:path ex:part ; sh:class ex:D .
"""
FILES = [
    "<a> a ex:C ; ex:p 1 ; ex:q 1 .",
    "<b> a ex:C ; ex:p 2 , 3 .",
    '<c> a ex:C ; ex:p "x" ; ex:part <d> . <d> a ex:D .',
    "<e> a ex:C ; ex:part <f> . <f> a ex:E .",
    "<g> a ex:C ; ex:q 1 ; ex:part <h> . <h> a ex:E . ex:E rdfs:subClassOf ex:D .",
    '<i> a ex:F ; ex:q 1 ; ex:p "001"^^xsd:integer , 1 . ex:F rdfs:subClassOf ex:C .',
]
"""Files of different classes and columns."""


def validate_file(folder: Path, shapes: Graph, data: str) -> tuple[Collection[object], bool]:
    """Validate a file by shapes that may have judged others; return the results."""
    files = [folder / "data.ttl"]
    prefixes = f"{PREFIXES}@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
    files[0].write_text(prefixes + data, encoding="utf-8")
    with stage_files(files) as view:
        validation = validate(as_data(view, files), shapes)
    return results(validation.graph), validation.conforms


def read_rules(rules: str) -> Graph:
    with keep_lexical_forms():
        return Graph().parse(data=PREFIXES + rules, format="turtle")


def test_shapes_that_judged_other_files_judge_the_next_as_if_it_were_the_first(
    tmp_path: Path,
) -> None:
    """What a shape became for one file serves for another only where it would become the same."""
    alone = [validate_file(tmp_path, read_rules(REUSED), data) for data in FILES]
    shapes = read_rules(REUSED)
    for order in (range(6), range(5, -1, -1), (0, 3, 1, 4, 2, 5)):
        for number in order:
            assert validate_file(tmp_path, shapes, FILES[number]) == alone[number]


def test_a_shape_is_compiled_once_for_files_with_the_same_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes, compiled = read_rules(REUSED), []
    compile_shape = queries

    def note(*arguments: Any) -> Any:  # noqa: ANN401 - passed on
        compiled.append(arguments)
        return compile_shape(*arguments)

    monkeypatch.setattr("parvis.validation.engine.queries", note)
    for number in range(3):
        validate_file(tmp_path, shapes, f"<{number}> a ex:C ; ex:p {number} ; ex:q 1 .")
    assert len(compiled) == 1
