"""Mapping documents: languages that are read into one plan."""

from importlib import import_module
from pathlib import Path
from typing import cast

from parvis.errors import MappingError
from parvis.mapping.language.plan import MappingDocument

READERS = {".ttl": "rml.reader", ".yml": "language.yarrrml", ".yaml": "language.yarrrml"}
"""The module that reads each, imported on first use: few mappings are in RML."""


def load(path: Path) -> MappingDocument:
    """Read and check a mapping document, RML or YARRRML; raises `MappingError`."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise MappingError(
            "{file}: a mapping ends in {choices}", file=path.name, choices=", ".join(READERS)
        )
    return cast("MappingDocument", import_module(f"parvis.mapping.{reader}").load(path))
