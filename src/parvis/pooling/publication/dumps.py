"""Write the download files of published datasets: once for each content, then linked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parvis.catalog.distributions import DatasetFile
from parvis.catalog.entries import Dataset
from parvis.errors import LimitError, ParvisError
from parvis.i18n import both
from parvis.pooling.publication.state import Access, PoolState
from parvis.rdf.formats import DUMP_TYPES
from parvis.sandbox.client import ProcessClient
from parvis.store.files import sha256
from parvis.store.generation.generation import Generation
from parvis.vocab.iris import DatasetKey

NAME = "dumps.json"
"""The site file that lists a generation's download files, by dataset."""
FORMS = 1
"""The version of the file formats: a change of number rewrites every file."""


@dataclass(frozen=True)
class DatasetFiles:
    """The files of one dataset: of which content, and why a form is left out."""

    content: str
    files: dict[str, dict[str, Any]]
    left_out: dict[str, dict[str, str]]


@dataclass(frozen=True)
class DownloadFiles:
    """The download files of one publication.

    `index` is the content of `NAME`; `files` describes those of each dataset; `paths` is where
    each is now, by its name in the generation.
    """

    index: Mapping[DatasetKey, DatasetFiles]
    files: Mapping[DatasetKey, Sequence[DatasetFile]]
    paths: Mapping[str, Path]

    @property
    def left_out(self) -> list[dict[str, Any]]:
        """The forms that could not be written, and why."""
        return [
            {"dataset": str(key), "form": ending, "reason": reason}
            for key, entry in self.index.items()
            for ending, reason in entry.left_out.items()
        ]


def write_downloads(state: PoolState, access: Access, folder: Path) -> DownloadFiles:
    """Write every form of each dataset that is served; unchanged ones are linked, not copied."""
    pool, limits = state.pool, state.pool.settings.limits
    escapes = pool.settings.escape_formulas
    former = _read_served(state.served) if state.served else {}
    index: dict[DatasetKey, DatasetFiles] = {}
    paths: dict[str, Path] = {}
    with ProcessClient(
        "parvis.rdf.dumps",
        limits.conversion_seconds,
        memory=limits.conversion_memory,
        escape=escapes,
    ) as writer:
        for dataset, version in access.contents:
            # All that the bytes of the files depend on.
            content = f"{FORMS} {version.digest} {dataset.graph}" + " escaped" * escapes
            entry, entry_paths = former.get(str(dataset.key), (None, {}))
            if entry is None or entry.content != content:
                source = pool.record.path(version)
                entry, entry_paths = _write_forms(writer, dataset, source, content, folder)
            index[dataset.key] = entry
            paths |= entry_paths
    files = {
        key: [
            DatasetFile(ending, f"{pool.iris.base}dumps/{key}.{ending}", **file)
            for ending, file in entry.files.items()
        ]
        for key, entry in index.items()
    }
    return DownloadFiles(index, files, paths)


def _write_forms(
    writer: ProcessClient, dataset: Dataset, source: Path, content: str, folder: Path
) -> tuple[DatasetFiles, dict[str, Path]]:
    files, left_out, paths = {}, {}, {}
    too_much = LimitError("making it takes more memory or time than it may")
    for ending in DUMP_TYPES:
        name = f"{dataset.key}.{ending}"
        path = folder / "dumps" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        request = {"path": str(source), "dataset": dataset.iri, "graph": dataset.graph}
        try:
            writer.call(request | {"ending": ending, "to": str(path)}, too_much, too_much)
        except ParvisError as error:  # the limits of a sheet, or of the process
            left_out[ending] = both(error.template, **error.fields)
            continue
        files[ending] = {"size": path.stat().st_size, "sha256": sha256(path)}
        paths[name] = path
    return DatasetFiles(content, files, left_out), paths


def _read_served(generation: Generation) -> dict[str, tuple[DatasetFiles, dict[str, Path]]]:
    """Return the files of each dataset that has all of its own, with their paths."""
    file = generation.site / NAME
    # Generations of old versions have none.
    index = json.loads(file.read_bytes()) if file.is_file() else {}
    complete = {}
    for key, fields in index.items():
        entry = DatasetFiles(**fields)
        paths = {f"{key}.{ending}": generation.dumps / f"{key}.{ending}" for ending in entry.files}
        sizes = [path.stat().st_size if path.is_file() else -1 for path in paths.values()]
        if sizes == [file["size"] for file in entry.files.values()]:
            complete[key] = entry, paths
    return complete
