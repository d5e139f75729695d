"""Write the download files of published datasets: once for each content, then linked."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from parvis.catalog import Dataset, DatasetFile
from parvis.errors import NothingPublished
from parvis.i18n import both
from parvis.pooling.pool import Pool
from parvis.rdf.dumps.maker import DumpMaker, Refused
from parvis.store.generation import generation as store
from parvis.store.generation.generation import Generation
from parvis.store.generation.manifest import sha256
from parvis.store.record.record import GraphVersion
from parvis.vocab import media
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


class DownloadFiles:
    """The download files of one publication; unchanged ones are those of the served generation."""

    def __init__(self, pool: Pool, folder: Path) -> None:
        # The folder is on the record's disk: files are linked, not copied.
        limits = pool.settings.limits
        self._pool, self._folder = pool, folder / "dumps"
        self._escapes = pool.settings.escape_formulas
        self._maker = DumpMaker(
            limits.conversion_seconds, limits.conversion_memory, escape=self._escapes
        )
        self._files: dict[DatasetKey, DatasetFiles] = {}
        self._paths: dict[str, Path] = {}

    def make(self, dataset: Dataset, version: GraphVersion) -> None:
        """Write every form of a dataset's content, or reuse those of the served generation."""
        # All that the bytes of the files depend on.
        content = f"{FORMS} {version.digest} {dataset.graph}" + " escaped" * self._escapes
        if self._reuse(dataset.key, content):
            return
        files, left_out, source = {}, {}, self._pool.record.path(version)
        for ending in media.DUMPS:
            name = f"{dataset.key}.{ending}"
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._maker.make(source, dataset.iri, dataset.graph, ending, path)
            except Refused as error:
                left_out[ending] = both(error.template, **error.fields)
                continue
            files[ending] = {"size": path.stat().st_size, "sha256": sha256(path)}
            self._paths[name] = path
        self._files[dataset.key] = DatasetFiles(content, files, left_out)

    def downloads(self, key: DatasetKey) -> list[DatasetFile]:
        """Return the downloads of a dataset."""
        dataset_files = self._files.get(key)
        files = dataset_files.files.items() if dataset_files else ()
        base = self._pool.iris.base
        return [
            DatasetFile(ending, f"{base}dumps/{key}.{ending}", **file) for ending, file in files
        ]

    @property
    def paths(self) -> dict[str, Path]:
        """Return where each file is now, by its name in the generation."""
        return self._paths

    def told(self) -> bytes:
        """Return the list of all files as JSON, for the site and for the next publication."""
        index = {str(key): asdict(files) for key, files in self._files.items()}
        return json.dumps(index, ensure_ascii=False, indent=1).encode()

    def left_out(self) -> list[dict[str, Any]]:
        """List the forms that could not be written, and why."""
        return [
            {"dataset": str(key), "form": ending, "reason": reason}
            for key, files in self._files.items()
            for ending, reason in files.left_out.items()
        ]

    def close(self) -> None:
        """End the process that writes the files."""
        self._maker.close()

    def _reuse(self, key: DatasetKey, content: str) -> bool:
        """Reuse the served generation's files if they are of the same content and complete."""
        files = self._served_index.get(str(key))
        if files is None or self._served_generation is None or files.content != content:
            return False
        paths = {
            f"{key}.{ending}": self._served_generation.dumps / f"{key}.{ending}"
            for ending in files.files
        }
        sizes = [path.stat().st_size if path.is_file() else -1 for path in paths.values()]
        if sizes != [file["size"] for file in files.files.values()]:
            return False
        self._paths |= paths
        self._files[key] = files
        return True

    @cached_property
    def _served_generation(self) -> Generation | None:
        with suppress(NothingPublished):
            return store.current(self._pool.settings.data)
        return None

    @cached_property
    def _served_index(self) -> dict[str, DatasetFiles]:
        return read_download_files(self._served_generation) if self._served_generation else {}


def read_download_files(generation: Generation) -> dict[str, DatasetFiles]:
    """Return a generation's download files by dataset; generations of old versions have none."""
    file = generation.site / NAME
    index = json.loads(file.read_bytes()) if file.is_file() else {}
    return {key: DatasetFiles(**files) for key, files in index.items()}
