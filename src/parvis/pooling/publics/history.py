"""The releases of pooled publics that were made, kept in ``releases`` of the data folder.

One file each, which its owner alone may read: it holds what figures were made of, so that every
release is held against all before it.
"""

import gzip
import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from rdflib import Graph

from parvis.errors import StoreError
from parvis.statistics.kept import Kept
from parvis.store.files import replace as replaced
from parvis.vocab.iris import DatasetKey

FOLDER = "releases"
_ENDING = ".json.gz"


@dataclass(frozen=True)
class Release:
    """One release: its number, the digests of what went in by graph, and what it told.

    `basis` names all that it was computed from: inputs, code, thresholds, strata and parameters;
    `strata` the strata alone. `reasons` are the rules by which figures are not told, by place;
    `unfit` what could not be compared; `proved` and `unproved` count what is not told. `record` is
    its record of anonymisation, in N-Triples. `dataset` is the edition that it is of.
    """

    number: int
    inputs: Mapping[str, str]
    basis: str
    strata: str
    record: str
    reasons: Mapping[str, list[int]]
    unfit: Sequence[Sequence[Any]]
    proved: int
    unproved: int
    kept: Kept
    dataset: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return vars(self) | {"kept": self.kept.to_json(), "inputs": dict(self.inputs)}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Read it back."""
        return cls(**{**found, "kept": Kept.from_json(found["kept"])})


class Releases:
    """Those of one dataset."""

    def __init__(self, data: Path, key: DatasetKey) -> None:
        """Use a data folder."""
        self._dataset = str(key)
        self._folder = data / FOLDER / key.partner / key.dataset

    def all(self) -> list[Release]:
        """Give them, the oldest first. Raises `StoreError` for a file that is damaged."""
        files = sorted(self._folder.glob(f"*{_ENDING}"), key=_number)
        return [replace(_read(file), dataset=self._dataset) for file in files]

    def add(self, release: Release) -> None:
        """Keep one."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(self._folder / f"{release.number}{_ENDING}", release)

    def forget(self, graphs: Collection[str]) -> None:
        """Forget what figures were made of in each release that some graphs went into."""
        for one in self.all():
            if one.kept.pooled is not None and not one.inputs.keys().isdisjoint(graphs):
                self.add(replace(one, kept=one.kept.forgotten(), reasons={}))

    def records(self) -> Graph:
        """Give the records of anonymisation of all."""
        graph = Graph()
        for one in self.all():
            graph.parse(data=one.record, format="nt")
        return graph


def every(data: Path) -> list[Release]:
    """Give the releases of all editions, by name and age, those that are made no more included."""
    folders = sorted((data / FOLDER).glob("*/*"))
    keys = (DatasetKey(one.parent.name, one.name) for one in folders)
    return [one for key in keys for one in Releases(data, key).all()]


def forget_made_of(data: Path, graphs: Collection[str]) -> None:
    """Forget what some graphs brought to any release, as they are deleted."""
    for folder in sorted((data / FOLDER).glob("*/*")):
        Releases(data, DatasetKey(folder.parent.name, folder.name)).forget(graphs)


def _number(file: Path) -> int:
    return int(file.name.removesuffix(_ENDING))


def _read(file: Path) -> Release:
    try:
        return Release.from_json(json.loads(gzip.decompress(file.read_bytes())))
    except (ValueError, KeyError, TypeError, OSError, EOFError) as error:
        raise StoreError("{file} is damaged: {reason}", file=file, reason=error) from error


def _write(file: Path, release: Release) -> None:
    """Write a file of mode 0600, in one step."""
    text = json.dumps(release.to_json(), ensure_ascii=False).encode()
    old = os.umask(0o077)
    try:
        replaced(file, gzip.compress(text, mtime=0))
        file.chmod(0o600)
    finally:
        os.umask(old)
