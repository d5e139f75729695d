"""When each record last changed, told from one generation to the next."""

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self

from parvis.documents import Document
from parvis.errors import StoreError
from parvis.store import generation as store
from parvis.store.generation import Generation
from parvis.vocab.iris import DatasetKey

CHANGES = "changes.json"
"""Where a generation tells it, under ``site/``."""

RESTORED = "told"
"""Where a data folder has what harvesters were told last, from its restoration on."""


@dataclass(frozen=True)
class Change:
    """What a record is, by its digest, whether everyone may know of it, and since when it is so."""

    digest: str
    listed: bool
    since: datetime


@dataclass(frozen=True)
class Changes:
    """The state of the catalogue's own description, and of each record by its dataset's key.

    `left` is the last instant at which a dataset ceased to be one that everyone may know of.
    """

    catalog: Change | None = None
    records: Mapping[str, Change] = field(default_factory=dict)
    left: datetime | None = None

    def then(
        self,
        catalog: str,
        records: Mapping[DatasetKey, str],
        listed: Collection[DatasetKey],
        now: datetime,
    ) -> "Changes":
        """Give the state after this one, by digests: what stays the same keeps its instant."""
        before = self.listed()
        return Changes(
            _after(self.catalog, catalog, now, listed=True),
            {
                str(key): _after(self.records.get(str(key)), digest, now, listed=key in listed)
                for key, digest in records.items()
            },
            self.left if before <= set(map(str, listed)) else now,
        )

    def listed(self) -> set[str]:
        """Give the keys of the datasets that everyone may know of."""
        return {key for key, one in self.records.items() if one.listed}

    def to_json(self) -> bytes:
        """Write the state."""
        plain = {
            "catalog": self.catalog and _plain(self.catalog),
            "records": {key: _plain(one) for key, one in self.records.items()},
            "left": self.left and self.left.isoformat(),
        }
        return json.dumps(plain, indent=0).encode()

    @classmethod
    def read(cls, site: Path) -> Self:
        """Read what a generation's site tells; of one that tells nothing, nothing is known."""
        file = site / CHANGES
        if not file.is_file():
            return cls()
        found = Document.parse(file.read_bytes(), file)
        catalog, left = found.member("catalog"), found.member("left")
        return cls(
            catalog.optional(lambda: _change(catalog)),
            {key: _change(change) for key, change in found.member("records").members()},
            left.optional(left.instant),
        )


def last_told(data: Path) -> Path:
    """Give the folder of what harvesters were told last, which need not be there.

    It is the newest generation's, else what came back with a backup: generations do not.
    """
    newest = newest_generation(data)
    return data / RESTORED if newest is None else newest.site


def newest_generation(data: Path) -> Generation | None:
    """Give the newest generation that is not damaged, if there is any.

    What harvesters saw last was in it, even after a return to an earlier one.
    """
    for number in reversed(store.numbers(data)):
        with suppress(StoreError):
            found = store.kept(data, number)
            store.verify(found, wholly=False)
            return found
    return None


def _after(before: Change | None, digest: str, now: datetime, *, listed: bool) -> Change:
    """Give what a record is now."""
    same = before is not None and (before.digest, before.listed) == (digest, listed)
    return Change(digest, listed, before.since if before is not None and same else now)


def _plain(change: Change) -> dict[str, object]:
    return vars(change) | {"since": change.since.isoformat()}


def _change(found: Document) -> Change:
    return Change(
        found.member("digest").text(),
        found.member("listed").flag(),
        found.member("since").instant(),
    )
