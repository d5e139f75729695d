"""Records from the process that reads a foreign page are type-checked."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.catalog.portals.offered import OfferedDataset, OfferedFile
from parvis.config.json_data import to_json
from parvis.errors import SourceError

OFFERED = OfferedDataset(
    "i", "n", {"fr": "T"}, keywords={"fr": ["a"]}, downloads=(OfferedFile("u", "csv"),), terms={}
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(field=st.sampled_from(sorted(to_json(OFFERED))), value=VALUES)
def test_a_record_is_refused_or_read_exactly(field: str, value: object) -> None:
    """A list is never accepted as a text, and only typed errors are raised."""
    data: dict[str, Any] = json.loads(json.dumps(to_json(OFFERED))) | {field: value}
    try:
        dataset = OfferedDataset.from_json(data)
    except SourceError:
        return
    assert json.loads(json.dumps(to_json(dataset))) == data


@pytest.mark.parametrize("value", [None, [], "x", {}])
def test_anything_but_a_record_is_refused(value: Any) -> None:  # noqa: ANN401 - anything
    with pytest.raises(SourceError):
        OfferedDataset.from_json(value)
