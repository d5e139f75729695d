"""Text indexes are lent: a publication closes none that is in use."""

from contextlib import closing
from pathlib import Path

import pytest

from parvis.errors import StoreError
from parvis.pooling.serving.search import TextIndexes
from parvis.store.search.index_process import build

GRAPH = "https://pool.example/graph/a"


def test_an_index_is_closed_when_nobody_uses_it_any_more(tmp_path: Path) -> None:
    (tmp_path / "a.nt").write_text('<https://x/a> <http://schema.org/name> "Danse" .\n')
    former, served = (tmp_path / name / "open" for name in ("1", "2"))
    for store in (former, served):
        source = GRAPH, str(tmp_path / "a.nt"), "content", "open"
        build(store.parent / "search", [], [source])
    with closing(TextIndexes()) as indexes:
        with indexes.lend(former) as index:
            with indexes.lend(served) as other, indexes.lend(served) as again:
                assert other is again is not index
            assert [hit.graph for hit in index.find("danse", None, 1)] == [GRAPH]
            assert other.count("danse", None) == 1
        with pytest.raises(StoreError):
            index.count("danse", None)
        assert other.count("danse", None) == 1
    with pytest.raises(StoreError):
        other.count("danse", None)
