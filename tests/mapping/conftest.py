"""A small mapping and its file, converted in one call."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rdflib import Graph

from parvis.catalog.ontology import concepts as load_concepts
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.converter import Conversion
from parvis.mapping.engine.program import Sinks
from parvis.mapping.language import load

BASE = "https://pool.example/"


@pytest.fixture(scope="session")
def concepts() -> Concepts:
    """Load the shared code lists."""
    return load_concepts()


Run = Callable[[str, str, str | bytes], tuple[Graph, Conversion]]


@pytest.fixture
def run(tmp_path: Path, concepts: Concepts) -> Run:
    """Return a function that converts the text or bytes of a file with a mapping."""

    def convert_text(mapping: str, name: str, content: str | bytes) -> tuple[Graph, Conversion]:
        (tmp_path / "mapping.yml").write_text(mapping, encoding="utf-8")
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        out = io.BytesIO()
        report = convert(
            load(tmp_path / "mapping.yml"), file, Sinks(out), base=BASE, concepts=concepts
        )
        return Graph().parse(data=out.getvalue(), format="nt"), Conversion(report)

    return convert_text
