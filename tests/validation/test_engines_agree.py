"""Both engines give the same results on random graphs and shapes, and find what was planted."""

import os
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, note, settings
from planted import write_data
from rdflib import Graph

from parvis.config import knowledge
from parvis.errors import ShapesError
from parvis.pooling.texts.staging_view import as_data, stage_files
from parvis.validation import Validation, load_shapes, validate
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
