"""parvis's own shapes, over their examples and the invented pool, with both engines."""

from functools import cache
from pathlib import Path

import pytest
from rdflib import Graph

from parvis.config import Settings, knowledge
from parvis.pooling.pool import Pool
from parvis.pooling.staging_view import as_data, stage_files
from parvis.validation import Validation, load_shapes, validate
from tests.validation.cases import results

pytestmark = pytest.mark.once(long=True)

CASES = Path(__file__).parents[1] / "cases" / "shapes"
SETS = {"submission": "", "records": "records", "published": "published"}


@cache
def shapes_in(folder: Path) -> Graph:
    """Read a set of shapes, once."""
    return load_shapes([folder])


def agree(file: Path, shapes: Path) -> Validation:
    """Judge a file with both engines; give what the compiled one found."""
    rules = shapes_in(shapes)
    with stage_files([file]) as view:
        data = as_data(view, [file])
        fast, slow = (validate(data, rules, engine=one) for one in ("compiled", "pyshacl"))
    assert results(fast.graph) == results(slow.graph), file
    assert fast.checked == slow.checked
    texts = [sorted(one.text["fr"] for one in each.findings) for each in (fast, slow)]
    assert texts[0] == texts[1]
    return fast


FOLDERS = sorted({file.parent for name in SETS for file in (CASES / name).rglob("*.ttl")})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_engines_agree_on_every_example(folder: Path, tmp_path: Path) -> None:
    """All of a class at once: what each breaks is broken together too."""
    whole = tmp_path / "all.ttl"
    files = sorted(folder.glob("*.ttl"))
    whole.write_text("\n".join(file.read_text(encoding="utf-8") for file in files))
    agree(whole, knowledge("shapes") / SETS[folder.relative_to(CASES).parts[0]])


def test_the_engines_agree_on_the_invented_pool(tmp_path: Path) -> None:
    """And every shape of a submission compiles on what parvis itself converts."""
    catalog = knowledge("catalog") / "demo"
    with Pool.open(Settings(data=tmp_path, catalog=catalog)) as pool:
        given = [one for one in map(pool.catalog.require, pool.catalog.datasets) if one.sources]
        for dataset in given:
            source = dataset.sources[0]
            triples = tmp_path / "converted.nt"
            pool.converter.convert(dataset.mapping_for(source), source, triples)
            found = agree(triples, knowledge("shapes"))
            assert set(found.engine.values()) == {"compiled"}
