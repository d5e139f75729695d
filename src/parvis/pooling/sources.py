"""Where a dataset's file comes from: a path, or another server's address.

What a server said by which to know its file again is kept in ``sources.json`` in the data folder,
with the digest of the file it spoke of: what was submitted since from elsewhere makes it void.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from parvis.catalog import Dataset
from parvis.documents import Document
from parvis.fetch.address import Address, Source
from parvis.fetch.download import Validators
from parvis.pooling.bringing import Brought
from parvis.pooling.examine import sample
from parvis.store.durable import read_object, replace_object
from parvis.store.lock import writing
from parvis.vocab.iris import DatasetKey


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
