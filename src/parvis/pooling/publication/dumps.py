"""The files to take away of what is published: made once for each content, then linked."""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from parvis.catalog import Dataset, Download
from parvis.errors import NothingPublished
from parvis.i18n import both
from parvis.pooling.pool import Pool
from parvis.rdf.dumps.maker import Maker, Refused
from parvis.store.generation import generation as store
from parvis.store.generation.generation import Generation
from parvis.store.generation.manifest import sha256
from parvis.store.record.record import Version
from parvis.vocab import media
from parvis.vocab.iris import DatasetKey

NAME = "dumps.json"
"""Where a generation's site tells which files it has, of which content."""
FORMS = 1
"""The version of what is made: another number makes every file anew."""


@dataclass(frozen=True)
class Taken:
    """The files of one dataset: of which content, and why a form is left out."""

    content: str
    files: dict[str, dict[str, Any]]
    left_out: dict[str, dict[str, str]]


class Dumps:
    """The files of one publication; those of a content that the generation before has are its."""

    def __init__(self, pool: Pool, folder: Path) -> None:
        """Make nothing yet; what is made goes to a folder on the record's disk."""
        limits = pool.settings.limits
        self._pool, self._folder = pool, folder / "dumps"
        self._escapes = pool.settings.escape_formulas
        self._maker = Maker(
            limits.conversion_seconds, limits.conversion_memory, escape=self._escapes
        )
        self._taken: dict[DatasetKey, Taken] = {}
        self._paths: dict[str, Path] = {}

    def make(self, dataset: Dataset, version: Version) -> None:
        """Make, or take over, every form of a dataset's content."""
        content = f"{FORMS} {version.digest} {dataset.graph}" + " escaped" * self._escapes
        found = self._kept(dataset.key, content)
        self._taken[dataset.key] = found or self._made(dataset, version, content)

    def downloads(self, key: DatasetKey) -> list[Download]:
        """Tell the files of a dataset."""
        taken = self._taken.get(key)
        files = taken.files.items() if taken else ()
        base = self._pool.iris.base
        return [Download(ending, f"{base}dumps/{key}.{ending}", **one) for ending, one in files]

    @property
    def paths(self) -> dict[str, Path]:
        """Give where each file is now, by its name in the generation."""
        return self._paths

    def told(self) -> bytes:
        """Tell all files, for the site and for the next publication."""
        found = {str(key): asdict(one) for key, one in self._taken.items()}
        return json.dumps(found, ensure_ascii=False, indent=1).encode()

    def left_out(self) -> list[dict[str, Any]]:
        """List the forms that are not made, and why."""
        return [
            {"dataset": str(key), "form": ending, "reason": reason}
            for key, taken in self._taken.items()
            for ending, reason in taken.left_out.items()
        ]

    def close(self) -> None:
        """End the process that makes them."""
        self._maker.close()

    def _made(self, dataset: Dataset, version: Version, content: str) -> Taken:
        """Make every form anew."""
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
        return Taken(content, files, left_out)

    def _kept(self, key: DatasetKey, content: str) -> Taken | None:
        """Take over what the served generation has, if it is of the same content and there."""
        found = self._told.get(str(key))
        if found is None or self._before is None or found.content != content:
            return None
        paths = {f"{key}.{one}": self._before.dumps / f"{key}.{one}" for one in found.files}
        sizes = [one["size"] for one in found.files.values()]
        if list(_sizes(paths.values())) != sizes:
            return None
        self._paths |= paths
        return found

    @cached_property
    def _before(self) -> Generation | None:
        """Find the served generation."""
        with suppress(NothingPublished):
            return store.current(self._pool.settings.data)
        return None

    @cached_property
    def _told(self) -> dict[str, Taken]:
        """Read what the served generation tells of its files."""
        return taken(self._before) if self._before else {}


def taken(generation: Generation) -> dict[str, Taken]:
    """Read which files a generation has, by their dataset; older ones have none."""
    file = generation.site / NAME
    found = json.loads(file.read_bytes()) if file.is_file() else {}
    return {key: Taken(**one) for key, one in found.items()}


def _sizes(paths: Iterable[Path]) -> Iterator[int]:
    """Give the size of each file, -1 for one that is not there."""
    for path in paths:
        yield path.stat().st_size if path.is_file() else -1
