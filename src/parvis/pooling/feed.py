"""The feed of a generation: it takes up that of the one before, and is carried with the site."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from parvis.catalog.feed import Activity, continued
from parvis.pooling.changes import newest_generation
from parvis.rdf.joining import apart
from parvis.store.generation import Generation
from parvis.vocab.iris import DatasetKey

LOG, BODIES = "feed.json", "feed.nt"
"""The log, and the descriptions of all its activities one after the other, under ``site/``."""


@dataclass(frozen=True)
class Feed:
    """The log as it stands in a generation; descriptions are read when they are asked for."""

    folder: Path
    entries: Sequence[dict[str, Any]]

    @classmethod
    def of(cls, generation: Generation | None) -> "Feed":
        """Open a generation's feed; an older one, or none, has nothing in it."""
        folder = generation.site if generation else Path()
        log = folder / LOG
        known = generation is not None and log.is_file()
        return cls(folder, json.loads(log.read_bytes()) if known else [])

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
        with (self.folder / BODIES).open("rb") as file:
            return [_activity(entry, _part(file, entry)) for _, entry in chosen]


def feed_files(data: Path, records: Mapping[DatasetKey, bytes], now: datetime) -> dict[str, bytes]:
    """Write the feed after what happened since the newest generation.

    That one, though an earlier one may be served again: what was told cannot be untold.
    """
    before = Feed.of(newest_generation(data)).activities(described=True)
    last = max((one.number for one in before), default=0)
    entries, bodies, start = [], [], 0
    for one in continued(before, records, now):
        body = apart(one.lines, f"a{one.number}") if one.number > last else one.lines
        entries.append(_plain(one) | {"start": start, "length": len(body)})
        bodies.append(body)
        start += len(body)
    return {LOG: json.dumps(entries, indent=0).encode(), BODIES: b"".join(bodies)}


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


def _activity(entry: Mapping[str, Any], lines: bytes = b"") -> Activity:
    partner, _, dataset = entry["key"].partition("/")
    return Activity(
        number=entry["number"],
        kind=entry["kind"],
        key=DatasetKey(partner, dataset),
        published=datetime.fromisoformat(entry["published"]),
        digest=entry["digest"],
        lines=lines,
    )
