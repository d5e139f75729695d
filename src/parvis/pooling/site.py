"""The small JSON files from which the site describes a generation.

They are written on publishing and read when the generation is served. The same content gives the
same bytes.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from parvis.config.json_data import to_json
from parvis.governance import Stratum

DATASETS = "datasets.json"
PARTNERS = "partners.json"
PROJECTS = "projects.json"
QUERIES = "queries.json"
TOMBSTONES = "tombstones.json"

STRATA = "strata.json"
"""The strata of each dataset's figures."""

RECEIVED = "received.json"
"""Since when the pool has held each dataset."""

MADE_OF = "made_of.json"
"""The datasets that went into each release that is not public."""


def encode_json(value: object) -> bytes:
    return json.dumps(to_json(value), ensure_ascii=False, indent=1).encode()


def read_rows(site: Path, name: str) -> list[dict[str, Any]]:
    """Read a list that every generation has."""
    content: list[dict[str, Any]] = json.loads((site / name).read_bytes())
    return content


def read_optional_rows(site: Path, name: str) -> list[dict[str, Any]]:
    # Generations of earlier releases lack it.
    return read_rows(site, name) if (site / name).is_file() else []


def read_receptions(site: Path) -> dict[str, datetime]:
    """Read since when the pool has held each dataset."""
    return {iri: datetime.fromisoformat(at) for iri, at in _later(site / RECEIVED).items()}


def read_release_sources(site: Path) -> dict[str, frozenset[str]]:
    """Read the datasets that went into each release that is not public."""
    return {iri: frozenset(datasets) for iri, datasets in _later(site / MADE_OF).items()}


def read_strata(site: Path) -> dict[str, frozenset[Stratum]]:
    return {iri: frozenset(map(tuple, rows)) for iri, rows in _later(site / STRATA).items()}


def _later(file: Path) -> dict[str, Any]:
    # Generations of earlier releases lack it.
    content: dict[str, Any] = json.loads(file.read_bytes()) if file.is_file() else {}
    return content
