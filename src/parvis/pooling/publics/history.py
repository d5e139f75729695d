"""The releases of pooled publics, stored in ``releases`` of the data folder.

One file each, which only its owner may read: it holds contributors' figures, so that every
release can be controlled against all before it. Beside it are its witness tables, the evidence that
no suppressed figure is determined.
"""

import gzip
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rdflib import Graph

from parvis.config.json_data import from_json, to_json, to_object
from parvis.errors import StoreError
from parvis.statistics.disclosure.release_snapshot import ReleaseSnapshot
from parvis.statistics.disclosure.witnesses import Witness
from parvis.store.files import replace_private
from parvis.vocab.iris import DatasetKey

FOLDER = "releases"
SURVEYS = "surveys"
"""The strata of a release of surveys, which is controlled apart from the portrait."""
PEOPLE = "people"
"""Those of a release of distinct people, which has noise and no figure of a contributor."""
TABLES = "-tables"
"""The folder, next to those of the third party's datasets, of tables that were asked for.

No dataset has a name that begins with a hyphen.
"""
_ENDING, _WITNESS = ".json.gz", ".witness.gz"


@dataclass(frozen=True)
class PortraitRelease:
    """One release: its number, the digests of its inputs by graph, and its figures.

    `basis` identifies all that it was computed from: inputs, code, thresholds, strata and
    parameters; `strata` the strata alone. `reasons` are the rules by which figures are suppressed,
    by place; `unfit` what could not be compared; `proved` and `unproved` count suppressed figures.
    `record` is its record of anonymisation, in N-Triples. `dataset` is the edition that it is of,
    `at` the instant of its computation, empty in releases of earlier versions.
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
    at: str = ""


@dataclass(frozen=True)
class Evidence:
    """The witness tables of a release, and of which releases they are, by dataset and number."""

    releases: Sequence[tuple[str, int]]
    witness: Witness


class Releases:
    def __init__(self, data: Path, key: DatasetKey) -> None:
        self._dataset = str(key)
        self._folder = data / FOLDER / key.partner / key.dataset

    def numbers(self) -> list[int]:
        """Return the numbers of the releases, in order."""
        files = self._folder.glob(f"*{_ENDING}")
        return sorted(int(file.name.removesuffix(_ENDING)) for file in files)

    def all(self) -> list[PortraitRelease]:
        """Return them, the oldest first. Raises `StoreError` for a file that is damaged."""
        return [self.read(number) for number in self.numbers()]

    def read(self, number: int) -> PortraitRelease:
        """Return a release; raises `StoreError` for a file that is damaged."""
        file = self._folder / f"{number}{_ENDING}"
        try:
            document = json.loads(gzip.decompress(file.read_bytes()))
            return replace(from_json(PortraitRelease, document), dataset=self._dataset)
        except (ValueError, KeyError, TypeError, OSError, EOFError) as error:
            raise StoreError("{file} is damaged: {reason}", file=file, reason=error) from error

    def add(self, release: PortraitRelease) -> None:
        """Write a release to a file of mode 0600, atomically."""
        self._write(f"{release.number}{_ENDING}", to_json(release))

    def put_evidence(self, number: int, evidence: "Evidence | None") -> None:
        """Write the evidence of a release before the release itself."""
        # An interrupted release may have left some, which is of other figures.
        if evidence is None:
            (self._folder / f"{number}{_WITNESS}").unlink(missing_ok=True)
        else:
            document = {"releases": evidence.releases, **to_object(evidence.witness)}
            self._write(f"{number}{_WITNESS}", document)

    def read_evidence(self, number: int) -> "Evidence | None":
        """Return the evidence of a release; None where there is none."""
        file = self._folder / f"{number}{_WITNESS}"
        try:
            document = json.loads(gzip.decompress(file.read_bytes()))
            return Evidence(
                [(str(dataset), int(number)) for dataset, number in document["releases"]],
                Witness(
                    tuple(
                        {
                            int(release): {int(place): by for place, by in moves.items()}
                            for release, moves in table.items()
                        }
                        for table in document["tables"]
                    ),
                    {
                        attacker: [(release, place) for release, place in places]
                        for attacker, places in document["settled"].items()
                    },
                ),
            )
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, OSError, EOFError) as error:
            raise StoreError("{file} is damaged: {reason}", file=file, reason=error) from error

    def _write(self, name: str, document: Mapping[str, Any]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self._folder / name
        text = json.dumps(document, ensure_ascii=False).encode()
        replace_private(file, gzip.compress(text, mtime=0))

    def forget(self, graphs: Collection[str]) -> set[tuple[str, int]]:
        """Remove contributors' figures from each release that some graphs went into.

        Return all releases without any, by dataset and number.
        """
        forgotten = set()
        for release in self.all():
            has_figures = release.snapshot.pooled is not None
            if has_figures and not release.inputs.keys().isdisjoint(graphs):
                has_figures = False
                self.add(
                    replace(release, snapshot=release.snapshot.without_contributions(), reasons={})
                )
            if not has_figures:
                forgotten.add((self._dataset, release.number))
        return forgotten

    def forget_witnesses(self, forgotten: Collection[tuple[str, int]]) -> None:
        """Delete the witness tables that are of some releases too: they are near real figures."""
        for file in self._folder.glob(f"*{_WITNESS}"):
            try:
                releases = json.loads(gzip.decompress(file.read_bytes()))["releases"]
                is_of_them = not {(key, number) for key, number in releases}.isdisjoint(forgotten)
            except (ValueError, KeyError, TypeError, OSError, EOFError):
                is_of_them = True  # it is damaged, and may hold anything
            if is_of_them:
                file.unlink()

    def records(self) -> Graph:
        graph = Graph()
        for release in self.all():
            graph.parse(data=release.record, format="nt")
        return graph


def read_all_releases(data: Path) -> list[PortraitRelease]:
    """Return the releases of all editions, the oldest first, discontinued editions included.

    Those without an instant come first, by name and age.
    """
    every = (release for releases in _list_releases(data) for release in releases.all())
    counted = [release for release in every if release.strata not in {SURVEYS, PEOPLE}]
    return sorted(counted, key=lambda release: release.at)


def repeat_evidence(
    data: Path,
    controlled: Sequence[tuple[str, int]],
    former: PortraitRelease,
    repeated: tuple[str, int],
) -> Evidence | None:
    """Return the evidence of a release with the figures of a former one; None where that has none.

    `controlled` are all releases before it, by dataset and number, as is `repeated` itself.
    """
    for dataset, number in reversed(controlled):
        evidence = Releases(data, DatasetKey(*dataset.split("/"))).read_evidence(number)
        # Tables of all releases together alone say what is known of them together.
        if evidence is not None and {*evidence.releases} == {*controlled}:
            places = [*evidence.releases]
            place = places.index((former.dataset, former.number))
            return Evidence([*places, repeated], evidence.witness.repeat(place, len(places)))
    return None


def forget_graphs(data: Path, graphs: Collection[str]) -> None:
    """Remove what deleted graphs brought to any release, and to the evidence of any."""
    every = _list_releases(data)
    forgotten = {release for releases in every for release in releases.forget(graphs)}
    for releases in every if forgotten else ():
        releases.forget_witnesses(forgotten)


def _list_releases(data: Path) -> list[Releases]:
    folders = sorted((data / FOLDER).glob("*/*"))
    return [Releases(data, DatasetKey(folder.parent.name, folder.name)) for folder in folders]
