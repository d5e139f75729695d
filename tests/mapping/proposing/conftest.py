"""The shared vocabulary, and a file written beside its test."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rdflib import Graph

from parvis.config import knowledge
from parvis.mapping.proposing import (
    RowClassChoice,
    Vocabulary,
    choose,
    draft,
    propose_columns,
    read_sample,
)

Drafted = Callable[[str, str], str]


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    """Give the properties of submissions."""
    ontology, shapes = Graph(), Graph()
    for file in knowledge("ontology").glob("*.ttl"):
        ontology.parse(file)
    for file in knowledge("shapes").glob("*.ttl"):
        shapes.parse(file)
    return Vocabulary.from_graphs(ontology, shapes)


@pytest.fixture
def chosen(tmp_path: Path, vocabulary: Vocabulary) -> Callable[[str, str], RowClassChoice]:
    """Give a function that says what is chosen for a file's text."""

    def go(name: str, text: str) -> RowClassChoice:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return choose(propose_columns(read_sample(tmp_path / name), vocabulary), vocabulary)

    return go


@pytest.fixture
def drafted(tmp_path: Path, vocabulary: Vocabulary) -> Drafted:
    """Give a function that drafts a mapping, in English, for a file's text."""

    def go(name: str, text: str) -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        found = read_sample(tmp_path / name)
        return draft(
            found, choose(propose_columns(found, vocabulary), vocabulary), vocabulary, "en"
        )

    return go
