"""The results of the last validation of a dataset, so that the next need not find them again."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import parvis
from parvis.catalog import Dataset
from parvis.config import knowledge
from parvis.pooling.digest import digest
from parvis.pooling.pool import Pool
from parvis.rdf.lines import canonical_triples
from parvis.store.changes import Changes
from parvis.store.durable import replace
from parvis.validation import Before


@dataclass(frozen=True)
class Kept:
    """What validating a content (by its digest) found, shape by shape."""

    content: str
    results: dict[str, Any]

    def write(self, data: Path, dataset: Dataset) -> None:
        """Keep it in a data folder, instead of what was kept of the dataset before."""
        file = _file(data, dataset)
        file.parent.mkdir(parents=True, exist_ok=True)
        told = {"content": self.content, "rules": _rules(), "results": self.results}
        replace(file, json.dumps(told, ensure_ascii=False).encode())


def known_before(pool: Pool, dataset: Dataset, changes: Changes | None) -> Before | None:
    """Give what is known from the last submission, if that is what the record holds.

    Nothing if it was of other shapes, or if the changes are too many.
    """
    version = pool.record.versions().get(dataset.graph)
    if version is None or changes is None or changes.lines is None:
        return None
    try:
        told = json.loads(_file(pool.settings.data, dataset).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    if (told["content"], told["rules"]) != (version.digest, _rules()):
        return None
    try:
        return Before.of(told["results"], canonical_triples(changes.lines))
    except SyntaxError:  # staging will say which line it is
        return None


def _file(data: Path, dataset: Dataset) -> Path:
    return data / "incoming" / str(dataset.key) / "validated.json"


def _rules() -> str:
    """Digest what judges: the shapes, and this version of parvis."""
    return f"{parvis.__version__} {digest(knowledge('shapes'))}"
