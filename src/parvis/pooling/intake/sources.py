"""Where a dataset's file comes from: a path, or another server's address.

What a server said by which to know its file again is kept in ``sources.json`` in the data folder,
with the digest of the file it spoke of: what was submitted since from elsewhere makes it void.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from parvis.catalog import Dataset
from parvis.config import Settings
from parvis.config.documents import Document
from parvis.fetch.address import Address, Source
from parvis.fetch.download import Validators, download
from parvis.pooling.intake.examination import sample
from parvis.store.files import read_object, replace_object, writing
from parvis.vocab.iris import DatasetKey

# A file to work on: a path, or what another server has at an address.


@dataclass(frozen=True)
class Brought:
    """A file that can be read, and where it was fetched from, if it was."""

    file: Path
    address: Address | None = None
    validators: Validators = field(default_factory=Validators)


@contextmanager
def brought(settings: Settings, source: Source) -> Iterator[Brought]:
    """Give a source as a file; one that is fetched is gone afterwards.

    Raises `AddressError`, `FetchError` or `LimitError` for an address that gives none.
    """
    if isinstance(source, Path):
        yield Brought(source)
        return
    with TemporaryDirectory(prefix="parvis-") as folder:
        found = download(source, Path(folder), settings.fetch)
        yield Brought(found.file, source, found.validators)


@contextmanager
def brought_if_changed(
    settings: Settings, source: Source, known: Validators
) -> Iterator[Brought | None]:
    """Give a source as `brought` does; None where its server says that it is the `known` one."""
    if isinstance(source, Path):
        yield Brought(source)
        return
    with TemporaryDirectory(prefix="parvis-") as folder:
        found = download(source, Path(folder), settings.fetch, known)
        yield None if found is None else Brought(found.file, source, found.validators)


def source_of(dataset: Dataset, given: Source | None = None) -> Source:
    """Give what the caller named, else the record's address, else the file beside the record.

    Raises `SourceError` where there is none.
    """
    return given or dataset.address or sample(dataset)


class Remembered:
    """What servers said of the files that datasets were submitted from."""

    def __init__(self, data: Path) -> None:
        """Use a data folder."""
        self._data = data
        self._file = data / "sources.json"

    def validators(self, key: DatasetKey, address: Address, digest: str) -> Validators:
        """Give what is known of an address's file; nothing if it was another address or file."""
        found = Document(self._all().get(str(key), {}), self._file.name).table()
        if (found.get("address"), found.get("digest")) != (address.url, digest):
            return Validators()
        return Validators(found.get("etag"), found.get("modified"))

    def remember(self, key: DatasetKey, found: Brought, digest: str) -> None:
        """Keep what a server said of a file, in one step; nothing of a file that was given."""
        if found.address is None:
            return
        one = {"address": found.address.url, "digest": digest, **asdict(found.validators)}
        with writing(self._data):
            whole = {**self._all(), str(key): one}
            replace_object(self._file, whole)

    def forget(self, key: DatasetKey) -> None:
        """Keep nothing of a dataset's files any more."""
        with writing(self._data):
            whole = self._all()
            if whole.pop(str(key), None) is not None:
                replace_object(self._file, whole)

    def _all(self) -> dict[str, Any]:
        """Read the whole file."""
        return read_object(self._file)
