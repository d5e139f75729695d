"""The compiled engine: what it judges, what it leaves to the reference, and how it says so."""

from collections.abc import Collection
from pathlib import Path

import pytest
from rdflib import Graph

from parvis.errors import UsageError
from parvis.pooling.staging_view import as_data, stage_files
from parvis.validation import PlaceOf, Validation, validate
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
    "SELECT $this WHERE { { SELECT $this WHERE { $this ex:p 3 } } }": "pyshacl",
}
LEFT = [
    r'ex:S sh:targetClass ex:C ; sh:property [ sh:path ex:p ; sh:pattern "^\\w" ] .',
    "ex:S sh:targetClass ex:C ; sh:property [ sh:path ex:p ; sh:minCount 9 ] .",
    "ex:S sh:targetClass ex:C ; sh:property [ sh:path ex:q ; sh:minCount 1 ] .",
    'ex:S sh:targetClass ex:C ; sh:property [ sh:path ex:p ; sh:in ( "01"^^xsd:integer ) ] .',
]


def judged(folder: Path, rules: str, engine: str, data: str = DATA) -> Validation:
    """Validate through a file."""
    files = [folder / "data.ttl"]
    files[0].write_text(PREFIXES + data, encoding="utf-8")
    with keep_lexical_forms():
        shapes = Graph().parse(data=PREFIXES + rules, format="turtle")
    with stage_files(files) as view:
        return validate(as_data(view, files), shapes, engine=engine)


@pytest.mark.parametrize("select", SELECTS)
def test_a_query_is_compiled_only_where_that_is_sound(tmp_path: Path, select: str) -> None:
    """Joining the focus nodes is not the same as binding them first where groups stand apart."""
    data = DATA.replace('"007"', '"7"')
    rules = f"""ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:sparql [
        sh:prefixes <onto> ; sh:select "{select}" ] .
        <onto> sh:declare [ sh:prefix "ex" ; sh:namespace "https://x.example/"^^xsd:anyURI ] ."""
    fast, slow = (judged(tmp_path, rules, engine, data) for engine in ("compiled", "pyshacl"))
    assert fast.engine == {"S": SELECTS[select]}
    facts = [{(one.focus, one.value, one.path) for one in each.findings} for each in (fast, slow)]
    assert facts[0] == facts[1] != set()


@pytest.mark.parametrize("rules", LEFT)
def test_what_does_not_compile_is_left_to_the_reference(tmp_path: Path, rules: str) -> None:
    """Never skipped, and the answer names who judged."""
    assert both_engines(tmp_path, rules) == {"S": "pyshacl"}


@pytest.mark.parametrize("rules", LEFT)
def test_a_shape_without_focus_nodes_is_left_to_nobody(tmp_path: Path, rules: str) -> None:
    """Nothing is compiled of it: there is nothing in which it could be broken."""
    assert both_engines(tmp_path, rules.replace("ex:C", "ex:Other")) == {"S": "compiled"}


def both_engines(folder: Path, rules: str) -> dict[str, str]:
    """Check that the engines agree, conforming or not; give who judged."""
    fast, slow = (judged(folder, rules, engine) for engine in ("compiled", "pyshacl"))
    assert fast.conforms == slow.conforms
    assert len(fast.findings) == len(slow.findings)
    return fast.engine


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ('sh:pattern "^a$"', ["a\n", "a\nb"]),
        ('sh:pattern "^a$" ; sh:flags "m"', []),
        ('sh:pattern "^[$a].?b?$"', ["a\n", "a\nb"]),
        ('sh:pattern "^a.?b?$" ; sh:flags "s"', []),
    ],
)
def test_patterns_mean_the_same_at_the_ends_of_lines(
    tmp_path: Path, form: str, found: list[str]
) -> None:
    """As in XPath: without the flag m, `$` is the end and nothing else."""
    data = r'ex:a ex:p "a" , "a\n" , "a\nb" .'
    rules = f"ex:S a sh:NodeShape ; sh:targetObjectsOf ex:p ; {form} ."
    for engine in ("auto", "pyshacl"):
        values = sorted(one.value or "" for one in judged(tmp_path, rules, engine, data).findings)
        assert values == found


def test_a_report_of_both_engines_is_one_report(tmp_path: Path) -> None:
    """One shape compiles, the other does not."""
    rules = """ex:S sh:targetClass ex:C ; sh:property [ sh:path ex:p ; sh:maxCount 1 ] .
        ex:T sh:targetClass ex:C ; sh:property [ sh:path ex:q ; sh:maxInclusive 3 ] ."""
    found = judged(tmp_path, rules, "auto")
    assert found.engine == {"S": "compiled", "T": "pyshacl"}
    assert found.checked == {"S": 2, "T": 2}
    assert sum(results(found.graph).values()) == 2
    assert [one.value for one in found.findings] == [None, "007"]


def test_blank_nodes_are_named_by_the_way_to_them(tmp_path: Path) -> None:
    """Nobody knows a label; the nearest IRI above says where to look."""
    rules = "ex:S sh:targetClass ex:D ; sh:property [ sh:path ex:p ; sh:minCount 1 ] ."
    (finding,) = judged(tmp_path, rules, "compiled").findings
    assert finding.focus == "https://x.example/b https://x.example/part https://x.example/deep"


def test_places_are_asked_for_all_at_once(tmp_path: Path) -> None:
    """One look-up for all subjects of the results."""
    files = [tmp_path / "data.ttl"]
    files[0].write_text(PREFIXES + DATA, encoding="utf-8")
    rules = "ex:S sh:targetClass ex:C ; sh:property [ sh:path ex:r ; sh:minCount 1 ] ."
    asked: list[Collection[str]] = []

    def locate(subjects: Collection[str]) -> PlaceOf:
        asked.append(subjects)
        return no_place

    shapes = Graph().parse(data=PREFIXES + rules, format="turtle")
    with stage_files(files) as view:
        validate(as_data(view, files), shapes, locate=locate)
    assert asked == [{"https://x.example/a", "https://x.example/b"}]


def test_a_graph_alone_cannot_be_compiled() -> None:
    """The engine asks a view."""
    with pytest.raises(UsageError, match="queried"):
        validate(Graph(), Graph(), engine="compiled")
