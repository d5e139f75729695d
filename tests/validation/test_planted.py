"""Planted violations: all are found, and nothing else, by either engine."""

from collections import Counter
from pathlib import Path

import pytest
from planted import written

from parvis.config import knowledge
from parvis.pooling.staging_view import as_data, stage_files
from parvis.validation import load_shapes, validate

pytestmark = pytest.mark.once


@pytest.mark.parametrize("engine", ["compiled", "pyshacl"])
def test_what_was_planted_is_found_and_nothing_else(tmp_path: Path, engine: str) -> None:
    """Seventeen kinds of defects in ten thousand triples."""
    file = tmp_path / "season.nt"
    planted = written(file, 10_000)
    with stage_files([file]) as view:
        found = validate(as_data(view, [file]), load_shapes([knowledge("shapes")]), engine=engine)
    assert Counter((one.rule, one.focus) for one in found.findings) == planted
    assert set(found.engine.values()) == {engine}
