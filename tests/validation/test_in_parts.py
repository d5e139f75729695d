"""Data in parts are judged as in one store."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, note, settings
from planted import write_data
from rdflib import Graph

from parvis.config import knowledge
from parvis.errors import ShapesError
from parvis.pooling.texts import staging_view
from parvis.rdf.files import sorted_lines
from parvis.validation import Validation, load_shapes, validate
from tests.validation.cases import graphs, results, shapes

CASES = int(os.environ.get("PARVIS_CASES", "150"))


def validate_content(content: Path, rules: Graph, part: int) -> Validation | None:
    """Validate sorted lines in parts of some bytes, or whole for none; None for unusable shapes."""
    with (
        TemporaryDirectory() as folder,
        patch.multiple(staging_view, PART=part, LARGE=0 if part else 10**12),
        staging_view.stage_content(content, Path(folder)) as data,
    ):
        try:
            return validate(data, rules)
        except ShapesError:
            return None


def without_blank_nodes(graph: Graph) -> bytes:
    """Write a graph as the record holds what comes of a mapping, which makes no blank node."""
    lines = sorted_lines(graph).splitlines(keepends=True)
    return b"".join(line for line in lines if b"_:" not in line)


@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=graphs(), rules=shapes())
def test_parts_of_one_entity_give_the_same_results_as_one_store(data: Graph, rules: Graph) -> None:
    with TemporaryDirectory() as folder:
        content = Path(folder) / "content.nt"
        content.write_bytes(without_blank_nodes(data))
        whole, parts = (validate_content(content, rules, part) for part in (0, 1))
    if whole is None or parts is None:
        assert whole is parts
        return
    note(f"{data.serialize(format='nt')}\n{rules.serialize(format='turtle')}\n{whole.engine}")
    assert results(parts.graph) == results(whole.graph)
    assert parts.checked == whole.checked
    assert parts.conforms == whole.conforms


@pytest.mark.parametrize("part", [1_000, 100_000])
def test_planted_violations_are_reported_in_parts_as_in_one_store(
    tmp_path: Path, part: int
) -> None:
    file = tmp_path / "season.nt"
    write_data(file, 10_000)
    file.write_bytes(b"".join(sorted(file.read_bytes().splitlines(keepends=True))))
    rules = load_shapes([knowledge("shapes")])
    whole, parts = (validate_content(file, rules, size) for size in (0, part))
    assert whole is not None
    assert parts is not None
    assert parts.findings == whole.findings
    assert parts.checked == whole.checked
    assert parts.engine == whole.engine
