"""The shared vocabulary, and functions that propose a mapping for a text."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rdflib import Graph

from parvis.config import knowledge
from parvis.mapping.proposing import Vocabulary
from parvis.mapping.proposing.drafting import draft
from parvis.mapping.proposing.proposals import propose_columns
from parvis.mapping.proposing.row_class import RowClassChoice, choose
from parvis.mapping.proposing.sampling import read_samples

Drafted = Callable[[str, str], str]


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    """Load the vocabulary of submissions."""
    ontology, shapes = Graph(), Graph()
    for file in knowledge("ontology").glob("*.ttl"):
        ontology.parse(file)
    for file in knowledge("shapes").glob("*.ttl"):
        shapes.parse(file)
    return Vocabulary.from_graphs(ontology, shapes)


@pytest.fixture
def chosen(tmp_path: Path, vocabulary: Vocabulary) -> Callable[[str, str], RowClassChoice]:
    """Return a function that chooses the row class for the text of a file."""

    def choose_class(name: str, text: str) -> RowClassChoice:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return choose(propose_columns(read_samples(tmp_path / name)[0], vocabulary), vocabulary)

    return choose_class


@pytest.fixture
def drafted(tmp_path: Path, vocabulary: Vocabulary) -> Drafted:
    """Return a function that drafts an English mapping for the text of a file."""

    def draft_mapping(name: str, text: str) -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        sample = read_samples(tmp_path / name)[0]
        return draft(
            sample, choose(propose_columns(sample, vocabulary), vocabulary), vocabulary, "en"
        )

    return draft_mapping
