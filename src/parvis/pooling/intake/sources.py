"""The source of a dataset's file: a path, or an address of another server.

The validators of a fetched file are stored in ``sources.json`` in the data folder, with its digest:
a later submission from elsewhere makes them void.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from parvis.catalog.entries import Dataset
from parvis.config import Settings
from parvis.config.documents import Document
from parvis.errors import SourceError
from parvis.fetch.address import Address, Source
from parvis.fetch.download import Validators, download
from parvis.store.files import read_object, replace_object, writing
from parvis.vocab.iris import DatasetKey


@dataclass(frozen=True)
class SourceFile:
    """A file that can be read, and where it was fetched from, if it was."""

    file: Path
    address: Address | None = None
    validators: Validators = field(default_factory=Validators)


@contextmanager
def open_source(settings: Settings, source: Source) -> Iterator[SourceFile]:
    """Yield a source as a file; a fetched one is deleted afterwards.

    Raises `AddressError`, `FetchError` or `LimitError` for an address that gives none.
    """
    if isinstance(source, Path):
        yield SourceFile(source)
        return
    with TemporaryDirectory(prefix="parvis-") as folder:
        response = download(source, Path(folder), settings.fetch)
        yield SourceFile(response.file, source, response.validators)


@contextmanager
def open_if_changed(
    settings: Settings, source: Source, validators: Validators
) -> Iterator[SourceFile | None]:
    """Yield a source as `open_source` does; None where its server reports no change."""
    if isinstance(source, Path):
        yield SourceFile(source)
        return
    with TemporaryDirectory(prefix="parvis-") as folder:
        response = download(source, Path(folder), settings.fetch, validators)
        yield None if response is None else SourceFile(response.file, source, response.validators)


def source_of(dataset: Dataset, source: Source | None = None) -> Source:
    """Return the caller's source, else the record's address, else the file in its folder.

    Raises `SourceError` where there is none.
    """
    return source or dataset.address or sample(dataset)


def sample(dataset: Dataset) -> Path:
    """Return the file in the folder of a dataset's record: invented samples have one."""
    files = dataset.sources
    if not files:
        raise SourceError("no file is given for {dataset}", dataset=dataset.key)
    return files[0] if len(files) == 1 else files[0].parent


class SourceValidators:
    """The validators of the files that datasets were submitted from."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._file = data / "sources.json"

    def validators(self, key: DatasetKey, address: Address, digest: str) -> Validators:
        """Return the validators of an address's file; none for another address or file."""
        stored = Document(self._all().get(str(key), {}), self._file.name).table()
        if (stored.get("address"), stored.get("digest")) != (address.url, digest):
            return Validators()
        return Validators(stored.get("etag"), stored.get("modified"))

    def remember(self, key: DatasetKey, file: SourceFile, digest: str) -> None:
        """Store the validators of a fetched file, in one step."""
        if file.address is None:
            return
        entry = {"address": file.address.url, "digest": digest, **asdict(file.validators)}
        with writing(self._data):
            replace_object(self._file, {**self._all(), str(key): entry})

    def forget(self, key: DatasetKey) -> None:
        """Delete the validators of a dataset's file."""
        with writing(self._data):
            entries = self._all()
            if entries.pop(str(key), None) is not None:
                replace_object(self._file, entries)

    def _all(self) -> dict[str, Any]:
        return read_object(self._file)
