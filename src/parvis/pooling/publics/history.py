"""The releases of pooled publics, stored in ``releases`` of the data folder.

One file each, which only its owner may read: it holds contributors' figures, so that every
release can be controlled against all before it.
"""

import gzip
import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rdflib import Graph

from parvis.config.json_data import from_json, to_json
from parvis.errors import StoreError
from parvis.statistics.disclosure.release_snapshot import ReleaseSnapshot
from parvis.store.files import replace as replace_file
from parvis.vocab.iris import DatasetKey

FOLDER = "releases"
SURVEYS = "surveys"
"""The strata of a release of surveys, which is controlled apart from the portrait."""
PEOPLE = "people"
"""Those of a release of distinct people, which has noise and no figure of a contributor."""
_ENDING = ".json.gz"


@dataclass(frozen=True)
class PortraitRelease:
    """One release: its number, the digests of its inputs by graph, and its figures.

    `basis` identifies all that it was computed from: inputs, code, thresholds, strata and
    parameters; `strata` the strata alone. `reasons` are the rules by which figures are suppressed,
    by place; `unfit` what could not be compared; `proved` and `unproved` count suppressed figures.
    `record` is its record of anonymisation, in N-Triples. `dataset` is the edition that it is of.
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
    snapshot: ReleaseSnapshot = field(metadata={"json": "kept"})
    dataset: str = ""


class Releases:
    def __init__(self, data: Path, key: DatasetKey) -> None:
        self._dataset = str(key)
        self._folder = data / FOLDER / key.partner / key.dataset

    def all(self) -> list[PortraitRelease]:
        """Return them, the oldest first. Raises `StoreError` for a file that is damaged."""
        files = self._folder.glob(f"*{_ENDING}")
        # Numbers are not padded: 10 comes after 9.
        ordered = sorted(files, key=lambda file: int(file.name.removesuffix(_ENDING)))
        releases = []
        for file in ordered:
            try:
                document = json.loads(gzip.decompress(file.read_bytes()))
                releases.append(
                    replace(from_json(PortraitRelease, document), dataset=self._dataset)
                )
            except (ValueError, KeyError, TypeError, OSError, EOFError) as error:
                raise StoreError("{file} is damaged: {reason}", file=file, reason=error) from error
        return releases

    def add(self, release: PortraitRelease) -> None:
        """Write a release to a file of mode 0600, atomically."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self._folder / f"{release.number}{_ENDING}"
        text = json.dumps(to_json(release), ensure_ascii=False).encode()
        umask = os.umask(0o077)
        try:
            replace_file(file, gzip.compress(text, mtime=0))
            file.chmod(0o600)
        finally:
            os.umask(umask)

    def forget(self, graphs: Collection[str]) -> None:
        """Remove contributors' figures from each release that some graphs went into."""
        for release in self.all():
            has_figures = release.snapshot.pooled is not None
            if has_figures and not release.inputs.keys().isdisjoint(graphs):
                self.add(
                    replace(release, snapshot=release.snapshot.without_contributions(), reasons={})
                )

    def records(self) -> Graph:
        graph = Graph()
        for release in self.all():
            graph.parse(data=release.record, format="nt")
        return graph


def read_all_releases(data: Path) -> list[PortraitRelease]:
    """Return the releases of all editions, by name and age, discontinued editions included."""
    every = (release for releases in _list_releases(data) for release in releases.all())
    return [release for release in every if release.strata not in {SURVEYS, PEOPLE}]


def forget_graphs(data: Path, graphs: Collection[str]) -> None:
    """Remove what deleted graphs brought to any release."""
    for releases in _list_releases(data):
        releases.forget(graphs)


def _list_releases(data: Path) -> list[Releases]:
    folders = sorted((data / FOLDER).glob("*/*"))
    return [Releases(data, DatasetKey(folder.parent.name, folder.name)) for folder in folders]
