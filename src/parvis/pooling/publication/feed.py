"""Continue the feed of activities and the dates of change from generation to generation."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from parvis.catalog.feed import Activity, deleted_datasets, extend_log
from parvis.config.documents import Document, read_fields
from parvis.config.json_data import to_object
from parvis.errors import StoreError
from parvis.pooling.publication.records import CatalogRecords
from parvis.pooling.publication.state import PoolState
from parvis.rdf.joining import prefix_blank_nodes
from parvis.store.generation import generation as store
from parvis.store.generation.generation import Generation
from parvis.vocab.iris import DatasetKey

LOG, BODIES = "feed.json", "feed.nt"
"""The log under ``site/``, and the descriptions of its activities, one after the other."""


@dataclass(frozen=True)
class Feed:
    """The log of a generation; descriptions are read on demand."""

    folder: Path
    entries: Sequence[dict[str, Any]]

    @classmethod
    def of(cls, site: Path) -> Self:
        """Open the feed of a generation's site; one without a log is empty."""
        log = site / LOG
        if not log.is_file():
            return cls(site, [])
        # Entries are validated: the log may come from a backup or from another site.
        entries = []
        for document in Document.parse(log.read_bytes(), log).items():
            numbers = {
                name: document.member(name).whole() for name in ("number", "start", "length")
            }
            texts = {name: document.member(name).text() for name in ("kind", "key", "digest")}
            published = document.member("published").instant().isoformat()
            entries.append({**numbers, **texts, "published": published})
        return cls(site, entries)

    def activities(self, *, described: bool, page: int | None = None) -> list[Activity]:
        """Return the activities of a page, or all, in the order in which they happened."""
        entries = [e for e in self.entries if page in {None, _activity(e).page}]
        if not described or not entries:
            return [_activity(entry) for entry in entries]
        with self.open_bodies() as read:
            return [_activity(entry, read(entry)) for entry in entries]

    @contextmanager
    def open_bodies(self) -> Iterator[Callable[[Mapping[str, Any]], bytes]]:
        """Yield the function that reads an entry's description; an erased one is empty."""
        if not any(entry["length"] for entry in self.entries):
            yield lambda _: b""
            return
        with (self.folder / BODIES).open("rb") as file:

            def read(entry: Mapping[str, Any]) -> bytes:
                file.seek(entry["start"])
                return file.read(int(entry["length"]))

            yield read


def write_feed(
    state: PoolState, records: CatalogRecords, site: Path, folder: Path
) -> dict[str, bytes | Path]:
    """Continue the last published feed and dates of change, those of a site; return their files."""
    changes = CatalogChanges.read(site).advance(
        sha256(records.catalog).hexdigest(), records.digests, records.listed, state.now
    )
    before = Feed.of(site)
    former = {entry["number"]: entry for entry in before.entries}
    log = extend_log(before.activities(described=False), records.listed, state.now)
    without_body = deleted_datasets(log)
    entries, start = [], 0
    # Descriptions are copied one after the other: they are never all in memory.
    with (folder / BODIES).open("wb") as file, before.open_bodies() as read:
        for activity in log:
            body = b""
            if activity.key not in without_body and activity.number in former:
                body = read(former[activity.number])
            elif activity.key not in without_body:
                body = prefix_blank_nodes(records.lines(activity.key), f"a{activity.number}")
            file.write(body)
            entries.append(
                {
                    "number": activity.number,
                    "kind": activity.kind,
                    "key": str(activity.key),
                    "published": activity.published.isoformat(),
                    "digest": activity.digest,
                    "start": start,
                    "length": len(body),
                }
            )
            start += len(body)
    return {
        CHANGES: changes.to_json(),
        LOG: json.dumps(entries, indent=0).encode(),
        BODIES: folder / BODIES,
    }


def _activity(entry: Mapping[str, Any], lines: bytes = b"") -> Activity:
    return Activity(
        number=entry["number"],
        kind=entry["kind"],
        key=DatasetKey.parse(entry["key"]),
        published=datetime.fromisoformat(entry["published"]),
        digest=entry["digest"],
        lines=lines,
    )


# When each record last changed, carried from one generation to the next.

CHANGES = "changes.json"
"""The file of the changes, under ``site/``."""

RESTORED = "told"
"""The folder of the feed and changes in a restored data folder, until its first publication."""


@dataclass(frozen=True)
class RecordChange:
    """A record's state, by its digest and whether everyone may discover it, and since when."""

    digest: str
    listed: bool
    since: datetime


@dataclass(frozen=True)
class CatalogChanges:
    """The states of the catalogue's own description and of each record, by dataset key.

    `left` is the last instant at which a dataset ceased to be listed for everyone.
    """

    catalog: RecordChange | None = None
    records: Mapping[str, RecordChange] = field(default_factory=dict)
    left: datetime | None = None

    def advance(
        self,
        catalog: str,
        records: Mapping[DatasetKey, str],
        listed: Collection[DatasetKey],
        now: datetime,
    ) -> "CatalogChanges":
        """Return the next states, by digests: what did not change keeps its instant."""
        listed_before = {key for key, change in self.records.items() if change.listed}
        return CatalogChanges(
            _next_change(self.catalog, catalog, now, listed=True),
            {
                str(key): _next_change(
                    self.records.get(str(key)), digest, now, listed=key in listed
                )
                for key, digest in records.items()
            },
            self.left if listed_before <= set(map(str, listed)) else now,
        )

    def to_json(self) -> bytes:
        return json.dumps(to_object(self), indent=0).encode()

    @classmethod
    def read(cls, site: Path) -> Self:
        """Read the changes of a generation's site; one without the file has none."""
        file = site / CHANGES
        if not file.is_file():
            return cls()
        return read_fields(cls, Document.parse(file.read_bytes(), file))


def last_feed_folder(data: Path) -> Path:
    """Return the folder of the last published feed and changes, which need not exist."""
    # A backup holds no generations: after a restoration, the folder it brought back stands in.
    newest = newest_generation(data)
    return data / RESTORED if newest is None else newest.site


def newest_generation(data: Path) -> Generation | None:
    """Return the newest generation that is not damaged, if any."""
    # Not the served one: after a return to an earlier generation, harvesters still saw this one.
    for number in reversed(store.numbers(data)):
        with suppress(StoreError):
            generation = store.find_generation(data, number)
            store.verify(generation, wholly=False)
            return generation
    return None


def _next_change(
    previous: RecordChange | None, digest: str, now: datetime, *, listed: bool
) -> RecordChange:
    if previous is not None and (previous.digest, previous.listed) == (digest, listed):
        return RecordChange(digest, listed, previous.since)
    return RecordChange(digest, listed, now)
