"""Both engines find the same, on random graphs and random shapes."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, note, settings
from rdflib import Graph

from parvis.errors import ShapesError
from parvis.pooling.staging_view import as_data, stage_files
from parvis.validation import Validation, validate
from tests.validation.cases import graphs, results, shapes, written

pytestmark = pytest.mark.once

CASES = int(os.environ.get("PARVIS_CASES", "150"))


def judged(data: Graph, rules: Graph, engine: str) -> Validation | None:
    """Validate a graph through a file; None for shapes that cannot be used."""
    with TemporaryDirectory() as folder:
        files = [written(data, Path(folder) / "data.nt")]
        with stage_files(files) as view:
            try:
                return validate(as_data(view, files), rules, engine=engine)
            except ShapesError:
                return None


@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=graphs(), rules=shapes())
def test_both_engines_give_the_same_results(data: Graph, rules: Graph) -> None:
    """As a multiset, with the focus nodes that each shape looked at."""
    reference, fast = (judged(data, rules, engine) for engine in ("pyshacl", "auto"))
    if reference is None or fast is None:
        assert reference is fast
        return
    note(f"{data.serialize(format='nt')}\n{rules.serialize(format='turtle')}\n{fast.engine}")
    assert results(fast.graph) == results(reference.graph)
    assert fast.checked == reference.checked
    assert fast.conforms == reference.conforms
