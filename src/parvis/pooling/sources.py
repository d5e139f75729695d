"""Where a dataset's file comes from: a path, or another server's address.

What a server said by which to know its file again is kept in ``sources.json`` in the data folder,
with the digest of the file it spoke of: what was submitted since from elsewhere makes it void.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from parvis.catalog import Dataset
from parvis.errors import StoreError
from parvis.fetch.address import Address
from parvis.fetch.download import Validators
from parvis.pooling.bringing import Brought, Source
from parvis.pooling.examine import sample
from parvis.store.durable import replace
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
        found = self._all().get(str(key), {})
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
            text = json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True)
            replace(self._file, text.encode())

    def forget(self, key: DatasetKey) -> None:
        """Keep nothing of a dataset's files any more."""
        with writing(self._data):
            whole = self._all()
            if whole.pop(str(key), None) is not None:
                text = json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True)
                replace(self._file, text.encode())

    def _all(self) -> dict[str, Any]:
        """Read the whole file."""
        try:
            found: dict[str, Any] = json.loads(self._file.read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise StoreError(
                "{file} is damaged: {reason}", file=self._file, reason=error
            ) from error
        return found
