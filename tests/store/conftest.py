"""Graphs, stores and generations that several tests of the store need."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from parvis.config import Limits
from parvis.store.generation import Content, Generation, build
from parvis.store.pool import QueryPool

OPEN = "http://pool.example/graph/open"
OTHER = "http://pool.example/graph/other"
HIDDEN = "http://pool.example/graph/hidden"

Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Give a way to write lines of N-Triples to a file."""

    def write(name: str, *lines: str) -> Path:
        path = tmp_path / f"{name}.nt"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return write


def fact(graph: str) -> str:
    """Give the one triple that tells a graph from another."""
    return f'<http://pool.example/id/thing> <http://schema.org/name> "{graph.rpartition("/")[2]}" .'


@pytest.fixture
def generation(tmp_path: Path, written: Written) -> Generation:
    """Build a generation of two open graphs and a hidden one."""
    files = {graph: written(graph.rpartition("/")[2], fact(graph)) for graph in (OPEN, OTHER)}
    hidden = {HIDDEN: written("hidden", fact(HIDDEN))}
    return build(tmp_path / "data", Content(open=files, members=hidden, files={"a/b.txt": b"c"}))


@pytest.fixture
def pool() -> Iterator[QueryPool]:
    """Give a pool of two workers."""
    with QueryPool(Limits(seconds=20, workers=2)) as pool:
        yield pool
