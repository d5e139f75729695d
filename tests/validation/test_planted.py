"""Planted violations are found by both engines, and nothing else."""

from collections import Counter
from pathlib import Path

import pytest
from planted import write_data

from parvis.config import knowledge
from parvis.pooling.staging_view import as_data, stage_files
from parvis.validation import load_shapes, validate

pytestmark = pytest.mark.once


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
