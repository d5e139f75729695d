"""parvis's own shapes, on their examples and the invented pool, with both engines."""

from functools import cache
from itertools import islice
from pathlib import Path

import pytest
from rdflib import Graph

from parvis.config import Settings, knowledge
from parvis.pooling.pool import Pool
from parvis.pooling.texts.staging_view import as_data, stage_files
from parvis.rdf.files import canonical_lines
from parvis.rdf.terms import triple_from_rdflib
from parvis.validation import Validation, load_own_shapes, load_shapes, validate
from parvis.validation.reference import refuse_broken
from parvis.validation.shapes import OwnShapes
from parvis.validation.wellformed import refuse_ill_formed
from tests.validation.cases import results

CASES = Path(__file__).parents[1] / "cases" / "shapes"
TRIPLES = 400
"""Of each dataset of the invented pool: the other engine takes a second for a thousand."""
SETS = {"submission": "", "records": "records", "published": "published"}


@cache
def shapes_in(folder: Path) -> Graph:
    """Load a set of shapes once."""
    return load_shapes([folder])


def validate_with_both(file: Path, shapes: Path) -> Validation:
    """Validate a file with both engines and return the compiled engine's results."""
    rules = shapes_in(shapes)
    with stage_files([file]) as view:
        data = as_data(view, [file])
        compiled, reference = (
            validate(data, rules, engine=engine) for engine in ("compiled", "pyshacl")
        )
    assert results(compiled.graph) == results(reference.graph), file
    assert compiled.checked == reference.checked
    texts = [
        sorted(finding.text["fr"] for finding in validation.findings)
        for validation in (compiled, reference)
    ]
    assert texts[0] == texts[1]
    return compiled


@pytest.mark.parametrize("name", SETS)
def test_own_shapes_have_no_error_that_a_validation_would_refuse(name: str) -> None:
    """Commands do not search them again: that would load pyshacl, and take half a second."""
    folder = knowledge("shapes") / SETS[name]
    own, read = load_own_shapes(folder), load_shapes([folder])
    assert isinstance(own, OwnShapes)
    assert own.size == sum(1 for _ in own)  # counted once: they never change
    own_lines, lines = (canonical_lines(map(triple_from_rdflib, g)) for g in (own, read))
    assert own_lines == lines
    refuse_ill_formed(read, len(read))
    refuse_broken(read, len(read))


FOLDERS = sorted({file.parent for name in SETS for file in (CASES / name).rglob("*.ttl")})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_engines_agree_on_every_example(folder: Path, tmp_path: Path) -> None:
    """All examples of a class at once: their violations do not interfere."""
    combined = tmp_path / "all.ttl"
    files = sorted(folder.glob("*.ttl"))
    combined.write_text("\n".join(file.read_text(encoding="utf-8") for file in files))
    validate_with_both(combined, knowledge("shapes") / SETS[folder.relative_to(CASES).parts[0]])


def test_the_engines_agree_on_the_invented_pool(tmp_path: Path) -> None:
    """Every shape compiles for data that parvis converted; what a cut leaves is found by both."""
    catalog = knowledge("catalog") / "demo"
    with Pool.open(Settings(data=tmp_path, catalog=catalog)) as pool:
        datasets = [
            dataset
            for dataset in map(pool.catalog.require, pool.catalog.datasets)
            if dataset.sources
        ]
        for dataset in datasets:
            source = dataset.sources[0]
            triples = tmp_path / "converted.nt"
            pool.converter.convert(dataset.mapping_for(source), source, triples)
            with triples.open("rb") as lines:
                begin = b"".join(islice(lines, TRIPLES))
            triples.write_bytes(begin)
            validation = validate_with_both(triples, knowledge("shapes"))
            assert set(validation.engine.values()) == {"compiled"}
