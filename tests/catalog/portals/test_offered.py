"""What the process that reads a stranger's page hands over is read by type."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.catalog.portals.offered import OfferedDataset, OfferedFile
from parvis.errors import SourceError

WHOLE = OfferedDataset(
    "i", "n", {"fr": "T"}, keywords={"fr": ["a"]}, downloads=(OfferedFile("u", "csv"),), terms={}
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(place=st.sampled_from(sorted(WHOLE.to_json())), value=VALUES)
def test_a_record_is_refused_or_is_what_it_says(place: str, value: object) -> None:
    """No list stands for a text, and nothing but a typed error comes of one."""
    told: dict[str, Any] = json.loads(json.dumps(WHOLE.to_json())) | {place: value}
    try:
        found = OfferedDataset.from_json(told)
    except SourceError:
        return
    assert json.loads(json.dumps(found.to_json())) == told


@pytest.mark.parametrize("value", [None, [], "x", {}])
def test_what_is_no_record_is_refused(value: Any) -> None:  # noqa: ANN401 - anything
    """Whatever it is."""
    with pytest.raises(SourceError):
        OfferedDataset.from_json(value)
