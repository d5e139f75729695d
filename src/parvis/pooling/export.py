"""A mapping taken elsewhere: written as RML, which other engines read."""

from dataclasses import dataclass
from pathlib import Path

from parvis.mapping.load import load
from parvis.mapping.rml_writing import PREFIXES, to_rml
from parvis.rdf.files import serialise


@dataclass(frozen=True)
class ExportedMapping:
    """A mapping in Turtle, and what it lost on the way, a sentence in each language."""

    text: str
    losses: tuple[dict[str, str], ...]


def export_mapping(mapping: Path) -> ExportedMapping:
    """Write a mapping document as RML; raises `MappingError`, or `UsageError` if it is RML."""
    found = to_rml(load(mapping))
    return ExportedMapping(serialise(found.graph, "ttl", PREFIXES).decode(), found.losses)
