"""The feed of a generation: it takes up that of the one before, and is carried with the site."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Self

from parvis.catalog.feed import Activity, continued, gone
from parvis.config.documents import Document
from parvis.errors import StoreError
from parvis.pooling.publication.records import Portable
from parvis.rdf.joining import apart
from parvis.store.generation import generation as store
from parvis.store.generation.generation import Generation
from parvis.vocab.iris import DatasetKey

LOG, BODIES = "feed.json", "feed.nt"
"""The log, and the descriptions of all its activities one after the other, under ``site/``."""


@dataclass(frozen=True)
class Feed:
    """The log as it stands in a generation; descriptions are read when they are asked for."""

    folder: Path
    entries: Sequence[dict[str, Any]]

    @classmethod
    def of(cls, site: Path) -> Self:
        """Open the feed of a generation's site; an older one, or none, has nothing in it."""
        log = site / LOG
        if not log.is_file():
            return cls(site, [])
        return cls(site, list(map(_entry, Document.parse(log.read_bytes(), log).items())))

    def activities(self, *, described: bool, page: int | None = None) -> list[Activity]:
        """Give the activities of a page, or all, in the order in which they happened."""
        found = [_activity(one) for one in self.entries]
        chosen = [
            (activity, entry)
            for activity, entry in zip(found, self.entries, strict=True)
            if page in {None, activity.page}
        ]
        if not described or not chosen:
            return [activity for activity, _ in chosen]
        with self.reading() as read:
            return [_activity(entry, read(entry)) for _, entry in chosen]

    @contextmanager
    def reading(self) -> Iterator[Callable[[Mapping[str, Any]], bytes]]:
        """Read descriptions, each by its entry; one that is gone is empty."""
        if not any(entry["length"] for entry in self.entries):
            yield lambda _: b""
            return
        with (self.folder / BODIES).open("rb") as file:
            yield partial(_part, file)


def feed_files(
    before: Feed, records: Portable, seen: Collection[DatasetKey], now: datetime, folder: Path
) -> dict[str, bytes | Path]:
    """Write the feed after what happened since a former one; `seen` are known to everyone.

    Descriptions go to a file in a folder, one after the other: they never are in memory together.
    """
    bodies = folder / BODIES
    entries, start = [], 0
    with bodies.open("wb") as file:
        for entry, body in _continued(before, records, seen, now):
            file.write(body)
            entries.append(entry | {"start": start, "length": len(body)})
            start += len(body)
    return {LOG: json.dumps(entries, indent=0).encode(), BODIES: bodies}


def _continued(
    before: Feed, records: Portable, seen: Collection[DatasetKey], now: datetime
) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Give each entry of the log, with its description."""
    former = {entry["number"]: entry for entry in before.entries}
    digests = {key: records.digests[key] for key in seen}
    log = continued(before.activities(described=False), digests, now)
    without = gone(log)
    with before.reading() as read:
        for one in log:
            body = b""
            if one.key not in without and one.number in former:
                body = read(former[one.number])
            elif one.key not in without:
                body = apart(records.lines(one.key), f"a{one.number}")
            yield _plain(one), body


def _part(file: BinaryIO, entry: Mapping[str, Any]) -> bytes:
    """Read one description."""
    file.seek(entry["start"])
    return file.read(int(entry["length"]))


def _plain(one: Activity) -> dict[str, Any]:
    return {
        "number": one.number,
        "kind": one.kind,
        "key": str(one.key),
        "published": one.published.isoformat(),
        "digest": one.digest,
    }


def _entry(told: Document) -> dict[str, Any]:
    """Read an entry, which may have come with a backup or from another site."""
    numbers = {name: told.member(name).whole() for name in ("number", "start", "length")}
    texts = {name: told.member(name).text() for name in ("kind", "key", "digest")}
    return {**numbers, **texts, "published": told.member("published").instant().isoformat()}


def _activity(entry: Mapping[str, Any], lines: bytes = b"") -> Activity:
    return Activity(
        number=entry["number"],
        kind=entry["kind"],
        key=DatasetKey.parse(entry["key"]),
        published=datetime.fromisoformat(entry["published"]),
        digest=entry["digest"],
        lines=lines,
    )


# When each record last changed, told from one generation to the next.

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
            "catalog": self.catalog and _plain_entry(self.catalog),
            "records": {key: _plain_entry(one) for key, one in self.records.items()},
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


def _plain_entry(change: Change) -> dict[str, object]:
    return vars(change) | {"since": change.since.isoformat()}


def _change(found: Document) -> Change:
    return Change(
        found.member("digest").text(),
        found.member("listed").flag(),
        found.member("since").instant(),
    )
