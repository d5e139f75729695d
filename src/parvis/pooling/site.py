"""The small files of plain data from which the site speaks of a generation.

They are written on publishing and read when the generation is served; what older generations do
not tell is empty. The same content gives the same bytes.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from parvis.governance import Stratum

T = TypeVar("T", str, Stratum)

DATASETS = "datasets.json"
PARTNERS = "partners.json"
PROJECTS = "projects.json"
QUERIES = "queries.json"
TOMBSTONES = "tombstones.json"

STRATA = "strata.json"
"""Of which strata the figures of each dataset are."""

RECEIVED = "received.json"
"""Since when the pool has held each dataset."""

MADE_OF = "made_of.json"
"""Which datasets went into each release that is not everyone's."""


def written(value: object) -> bytes:
    """Write plain data."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def instants_written(found: Mapping[str, datetime]) -> bytes:
    """Write the instant of each thing."""
    return written({iri: found[iri].isoformat() for iri in sorted(found)})


def sets_written(found: Mapping[str, frozenset[T]]) -> bytes:
    """Write the set of each thing, in an order of its own."""
    return written({iri: sorted(found[iri]) for iri in sorted(found)})


def rows(site: Path, name: str) -> list[dict[str, Any]]:
    """Read a list of plain data that every generation has."""
    found: list[dict[str, Any]] = json.loads((site / name).read_bytes())
    return found


def later_rows(site: Path, name: str) -> list[dict[str, Any]]:
    """Read a list of plain data that older generations do not have."""
    return rows(site, name) if (site / name).is_file() else []


def received(site: Path) -> dict[str, datetime]:
    """Read since when the pool has held each dataset."""
    return {iri: datetime.fromisoformat(at) for iri, at in _later(site / RECEIVED).items()}


def made_of(site: Path) -> dict[str, frozenset[str]]:
    """Read what releases that are not everyone's were made of."""
    return {iri: frozenset(datasets) for iri, datasets in _later(site / MADE_OF).items()}


def strata(site: Path) -> dict[str, frozenset[Stratum]]:
    """Read of which strata the figures of each dataset are."""
    return {iri: frozenset(map(tuple, found)) for iri, found in _later(site / STRATA).items()}


def _later(file: Path) -> dict[str, Any]:
    """Read what older generations do not have."""
    found: dict[str, Any] = json.loads(file.read_bytes()) if file.is_file() else {}
    return found
