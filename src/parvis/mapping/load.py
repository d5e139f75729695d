"""Mapping documents, read by the ending of their file."""

from pathlib import Path

from parvis.errors import MappingError
from parvis.mapping import rml, yarrrml
from parvis.mapping.plan import Document

READERS = {".ttl": rml.load, ".yml": yarrrml.load, ".yaml": yarrrml.load}


def load(path: Path) -> Document:
    """Read and check a mapping document, RML or YARRRML; raises `MappingError`."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise MappingError(
            "{file}: a mapping ends in {known}", file=path.name, known=", ".join(READERS)
        )
    return reader(path)
