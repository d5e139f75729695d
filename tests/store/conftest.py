"""Graphs, stores and generations for the tests of the store."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from parvis.config import Limits
from parvis.store.generation.generation import Generation, GenerationContent, build, current
from parvis.store.query.pool import QueryPool

OPEN = "http://pool.example/graph/open"
OTHER = "http://pool.example/graph/other"
HIDDEN = "http://pool.example/graph/hidden"

WriteLines = Callable[..., Path]


@pytest.fixture
def write_lines(tmp_path: Path) -> WriteLines:
    """Return a function that writes lines of N-Triples to a file."""

    def write(name: str, *lines: str) -> Path:
        path = tmp_path / f"{name}.nt"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return write


def write_triple(graph: str) -> str:
    """Write a triple that identifies its graph."""
    return f'<http://pool.example/id/thing> <http://schema.org/name> "{graph.rpartition("/")[2]}" .'


@pytest.fixture(scope="session")
def generation_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the data folder of a generation of two open graphs and a hidden one."""
    folder = tmp_path_factory.mktemp("generation")
    files = {graph: folder / f"{graph.rpartition('/')[2]}.nt" for graph in (OPEN, OTHER, HIDDEN)}
    for graph, file in files.items():
        file.write_text(f"{write_triple(graph)}\n", encoding="utf-8")
    hidden = {HIDDEN: files.pop(HIDDEN)}
    build(folder / "data", GenerationContent(open=files, members=hidden, files={"a/b.txt": b"c"}))
    return folder / "data"


@pytest.fixture
def generation(generation_data: Path, tmp_path: Path) -> Generation:
    """Copy the generation, so that a test may change it."""
    return current(shutil.copytree(generation_data, tmp_path / "data"))


@pytest.fixture(scope="session")
def large_generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """Build a generation of 20,000 triples, which nobody changes."""
    folder = tmp_path_factory.mktemp("many")
    path = folder / "many.nt"
    lines = (
        f'<http://x/{number}> <http://schema.org/name> "Spectacle {number}"@fr .\n'
        for number in range(20_000)
    )
    path.write_text("".join(lines))
    return build(folder / "data", GenerationContent({"http://pool.example/graph/many": path}))


@pytest.fixture
def pool() -> Iterator[QueryPool]:
    """Start a pool of two workers."""
    with QueryPool(Limits(seconds=20, workers=2)) as pool:
        yield pool
