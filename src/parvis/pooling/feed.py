"""The feed of a generation: it takes up that of the one before, and is carried with the site."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Self

from parvis.catalog.feed import Activity, continued, gone
from parvis.documents import Document
from parvis.pooling.portable import Portable
from parvis.rdf.joining import apart
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
