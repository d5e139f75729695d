"""A small mapping written beside its file, run in one call."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rdflib import Graph

from parvis.config import knowledge
from parvis.mapping import Concepts, Conversion, Sinks, convert, load

BASE = "https://pool.example/"


@pytest.fixture(scope="session")
def concepts() -> Concepts:
    """Give the shared code lists."""
    graph = Graph()
    for file in knowledge("ontology").glob("*.ttl"):
        graph.parse(file)
    return Concepts.from_graph(graph)


Run = Callable[[str, str, str | bytes], tuple[Graph, Conversion]]


@pytest.fixture
def run(tmp_path: Path, concepts: Concepts) -> Run:
    """Give a function that converts a file's text or bytes by a mapping's text."""

    def go(mapping: str, name: str, content: str | bytes) -> tuple[Graph, Conversion]:
        (tmp_path / "mapping.yml").write_text(mapping, encoding="utf-8")
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        out = io.StringIO()
        report = convert(
            load(tmp_path / "mapping.yml"), file, Sinks(out), base=BASE, concepts=concepts
        )
        return Graph().parse(data=out.getvalue(), format="nt"), Conversion(report)

    return go
