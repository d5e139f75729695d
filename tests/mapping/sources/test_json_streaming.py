"""JSON gives the same rows streamed as whole, the same values followed as by the library."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.errors import SourceError
from parvis.mapping.engine.json_path import compile_path, member_names
from parvis.mapping.engine.rows import JsonRow, RowOrigin
from parvis.mapping.language.plan import LogicalSource
from parvis.mapping.sources.json import is_streamable, read_json
from parvis.report import Report

PATHS = ["$[*]", "$.*", "$.a[*]", "$.*[*]", "$.a.b[*]", "$['b']['a'][*].a", "$[*].*[0]", "$[*]..a"]
NAMES = st.sampled_from(["a", "b", "c'd", "é"])
NUMBERS = st.integers(-(10**20), 10**20) | st.decimals(-99, 99, places=2).map(float)
TREES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


def rows(source: LogicalSource, file: Path, large: int) -> list[tuple[object, ...]]:
    """Read a file, streamed from a given size."""
    json_rows = read_json(source, file, set(), Report(), large)
    return [(row.place, row.cells, row.derived) for row in json_rows]


@pytest.mark.parametrize("path", PATHS)
def test_a_stream_gives_the_same_rows(tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
    """With the same places, values and keys of the path."""
    file = tmp_path_factory.mktemp("stream") / "f.json"
    source = LogicalSource("x", "f.json", "jsonpath", iterator=path, key_as={"key": path})

    @given(TREES.filter(lambda tree: isinstance(tree, dict | list)))
    def check_tree(tree: object) -> None:
        file.write_text(json.dumps(tree), encoding="utf-8")
        assert is_streamable(source, file, "utf-8")
        assert rows(source, file, 0) == rows(source, file, 1 << 30)

    check_tree()


@given(
    st.dictionaries(st.sampled_from("ab"), TREES | st.dictionaries(st.sampled_from("ab"), TREES)),
    st.lists(st.sampled_from("ab"), min_size=2, max_size=3).map(".".join),
)
def test_members_of_members_are_followed_as_the_library_follows_them(
    item: dict[str, object], path: str
) -> None:
    """Most paths of partners are of members alone."""
    assert member_names(path) is not None
    values = JsonRow(RowOrigin("f"), 0, {"all": compile_path(path).findall(item)}).get("all")
    assert JsonRow(RowOrigin("f"), 0, item).get(path) == values


@pytest.mark.parametrize("path", ["$..a", "$[?@.a]", "$.a", "$['item'][*]", "$['a.b'][*]"])
def test_an_unstreamable_path_is_read_whole(tmp_path: Path, path: str) -> None:
    """Only names and wildcards can be streamed."""
    (tmp_path / "f.json").write_text("{}", encoding="utf-8")
    source = LogicalSource("x", "f.json", "jsonpath", iterator=path)
    assert not is_streamable(source, tmp_path / "f.json", "utf-8")


def test_a_key_with_a_dot_is_not_mistaken_for_the_path(tmp_path: Path) -> None:
    """The parser joins keys with dots; a key that contains one makes the file be read whole."""
    file = tmp_path / "f.json"
    file.write_text('{"a.b": [{"n": 1}], "a": {"b": [{"n": 2}]}}', encoding="utf-8")
    source = LogicalSource("x", "f.json", "jsonpath", iterator="$.a.b[*]")
    assert [cells for _, cells, _ in rows(source, file, 0)] == [{"n": 2}]


def test_a_broken_stream_reports_the_number_of_items_read(tmp_path: Path) -> None:
    """A truncated file is refused, although its first items were read."""
    file = tmp_path / "f.json"
    file.write_text('[{"n": 1}, {"n": 2}, {"n"', encoding="utf-8")
    source = LogicalSource("x", "f.json", "jsonpath", iterator="$[*]")
    with pytest.raises(SourceError, match=r"f\.json: not valid JSON, after 2 items \(.*EOF"):
        rows(source, file, 0)
