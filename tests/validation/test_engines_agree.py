"""Both engines give the same results on random graphs and shapes, and find what was planted."""

import os
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from planted import write_data
from rdflib import Graph, URIRef

from parvis.config import knowledge
from parvis.errors import ShapesError
from parvis.pooling.texts.staging_view import as_data, stage_files
from parvis.validation import Validation, load_shapes, prepare_shapes, validate
from parvis.validation import engine as compiled_engine
from tests.validation.cases import graphs, results, shapes, write_graph

CASES = int(os.environ.get("PARVIS_CASES", "150"))


def validate_rules(data: Graph, rules: Graph, engine: str) -> Validation | None:
    """Validate a graph through a file; return None for unusable shapes."""
    with TemporaryDirectory() as folder:
        files = [write_graph(data, Path(folder) / "data.nt")]
        with stage_files(files) as view:
            try:
                return validate(as_data(view, files), rules, engine=engine)
            except ShapesError:
                return None


@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=graphs(), rules=shapes())
def test_both_engines_give_the_same_results(data: Graph, rules: Graph) -> None:
    """As a multiset, with the number of focus nodes of each shape."""
    reference, compiled = (validate_rules(data, rules, engine) for engine in ("pyshacl", "auto"))
    if reference is None or compiled is None:
        assert reference is compiled
        return
    note(f"{data.serialize(format='nt')}\n{rules.serialize(format='turtle')}\n{compiled.engine}")
    assert results(compiled.graph) == results(reference.graph)
    assert compiled.checked == reference.checked
    assert compiled.conforms == reference.conforms


@settings(max_examples=CASES // 2, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=graphs(), rules=shapes(), most=st.sampled_from([2, 10_000]))
def test_a_search_finds_what_a_visit_to_every_focus_node_finds(
    data: Graph, rules: Graph, most: int
) -> None:
    """Of more results than a report has, the same ones."""
    with TemporaryDirectory() as folder:
        try:
            visit, search = judge_both_ways(write_graph(data, Path(folder) / "n.nt"), rules, most)
        except ShapesError:
            return
    note(f"{data.serialize(format='nt')}\n{rules.serialize(format='turtle')}")
    assert search == visit


def judge_both_ways(file: Path, rules: Graph, most: int) -> list[tuple[object, ...]]:
    """Judge by visits to the focus nodes only, and by searches only; report so many results."""
    outcomes: list[tuple[object, ...]] = []
    on_top = prepare_shapes(rules)
    with pytest.MonkeyPatch.context() as patch, stage_files([file]) as view:
        patch.setattr(compiled_engine, "MOST", most)
        for triples in (-1, 1_000_000):
            patch.setattr(compiled_engine, "_TRIPLES_READ", triples)
            outcome = compiled_engine.judge(as_data(view, [file]), view, on_top)
            counted = Counter(
                (r.query.constraint, r.focus, r.value, r.path) for r in outcome.results
            )
            outcomes.append((counted, outcome.more, outcome.checked))
    return outcomes


SEVERAL = """
<x:1> a <x:B> ; <x:name> "a"@fr , "b"@FR ; <x:place> <x:p> , "q" ; <x:date> 1 , 2 , 3 .
<x:2> a <x:A> ; <x:name> "c"@fr , "d"@en ; <x:place> "r" ; <x:date> 1 , 2 .
<x:3> a <x:B> ; <x:name> "e" , "f" ; <x:place> "s" .
<x:4> a <x:A> ; <x:name> "g"@en , "h"@en , "i"@fr , "j"@fr ; <x:place> "t" , <x:p> .
<x:5> a <x:C> ; <x:name> "k"@fr , "l"@fr ; <x:place> "u" , "v" ; <x:date> 1 , 2 , 3 .
"""
LIMITS = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
<x:S> a sh:NodeShape ; sh:targetClass <x:A> , <x:B> ;
  sh:property [ sh:path <x:name> ; sh:uniqueLang true ] , [ sh:path <x:name> ; sh:minLength 2 ] ,
    [ sh:path <x:name> ; sh:qualifiedMaxCount 1 ; sh:qualifiedValueShape [ sh:languageIn ( "fr" ) ]
    ] , [ sh:path <x:place> ; sh:nodeKind sh:IRI ; sh:maxCount 1 ] ,
    [ sh:path <x:date> ; sh:maxCount 2 ] .
"""


@pytest.mark.parametrize("most", [1, 2, 10_000])
def test_a_search_finds_nodes_of_several_values(tmp_path: Path, most: int) -> None:
    """The first results of the first class, also where the data mention another first."""
    file = tmp_path / "several.ttl"
    file.write_text(SEVERAL, encoding="utf-8")
    visit, search = judge_both_ways(file, Graph().parse(data=LIMITS, format="turtle"), most)
    assert search == visit
    assert visit[2] == {URIRef("x:S"): 4}


CLAIMS = """
<x:e> a <x:Event> ; <x:name> <<( <x:a> <x:b> "c" )>> , "Nuit"@fr--ltr ;
  <x:place> <<( <x:a> <x:b> _:z )>> ; <x:start> "2026" ~ <x:r> {| <x:since> "2025" |} .
"""
RULES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
<x:S> a sh:NodeShape ; sh:targetClass <x:Event> ;
  sh:property [ sh:path <x:name> ; sh:nodeKind sh:Literal ; sh:uniqueLang true ; sh:maxCount 2 ] ,
    [ sh:path <x:place> ; sh:class <x:Place> ] , [ sh:path <x:start> ; sh:maxCount 1 ] .
"""


@pytest.mark.parametrize("engine", ["compiled", "pyshacl"])
def test_statements_about_statements_are_neither_texts_nor_things(
    tmp_path: Path, engine: str
) -> None:
    """No shape reads within them."""
    file = tmp_path / "claims.ttl"
    file.write_text(CLAIMS, encoding="utf-8")
    rules = Graph().parse(data=RULES, format="turtle")
    with stage_files([file]) as view:
        validation = validate(as_data(view, [file]), rules, engine=engine)
    assert Counter(finding.path for finding in validation.findings) == {"x:name": 1, "x:place": 1}
    assert '<<( <x:a> <x:b> "c" )>>' in {str(finding.value) for finding in validation.findings}


@pytest.mark.parametrize("engine", ["compiled", "pyshacl"])
def test_planted_violations_are_found_and_nothing_else(tmp_path: Path, engine: str) -> None:
    """Seventeen kinds of defects in ten thousand triples."""
    file = tmp_path / "season.nt"
    planted = write_data(file, 10_000)
    with stage_files([file]) as view:
        validation = validate(
            as_data(view, [file]), load_shapes([knowledge("shapes")]), engine=engine
        )
    assert Counter((finding.rule, finding.focus) for finding in validation.findings) == planted
    assert set(validation.engine.values()) == {engine}
