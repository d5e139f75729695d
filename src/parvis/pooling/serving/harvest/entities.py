"""Give a reader the feed of the entities of each dataset that it may read, page by page.

A dataset's feed is a chain of pages. The address of a page says where its reader stands: after
which change. A page with changes leads to the next one and need not be read again; one without is
the end, and is asked again later. Nothing is remembered of readers: when a dataset is closed to
one, the page where it stands leads to the deletion of all that it may have, and if the dataset is
opened to it again, from there to the beginning.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from hmac import new as hmac
from pathlib import Path
from typing import Self

from parvis.catalog.feed import EntityActivity
from parvis.errors import NoLongerKept, StoreError, UnknownThing, UsageError
from parvis.governance import Reader
from parvis.i18n import N_
from parvis.pooling.publication.entity_feed import (
    bodies_path,
    log_path,
    to_microseconds,
)
from parvis.pooling.serving.service import PoolService
from parvis.store.generation.entity_log import KEY_BYTES, EntityLog, LogEntry
from parvis.vocab.iris import DatasetKey

PER_PAGE = 100
"""Changes on a page at most."""
SIGNATURE = 32
"""Hexadecimal digits of a signature."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

NO_PLACE = N_("“after” is not an address that this site gave: follow the links of the feed")
START_AGAIN = N_(
    "the feed no longer goes back to where you stand: begin again with an empty copy at"
    " /feed/entities"
)


@dataclass(frozen=True)
class Place:
    """Where a reader stands in a dataset's feed: behind the entry at an instant with a key.

    `gone` is the instant at which it was told that the dataset is closed to it: it then stands
    behind a key among the deletions. `opened` is the one at which it began again. Instants are
    microseconds since 1970.
    """

    instant: int = 0
    key: bytes = bytes(KEY_BYTES)
    opened: int = 0
    gone: int = 0

    @classmethod
    def parse(cls, text: str, dataset: DatasetKey, secret: str) -> Self:
        """Read a place from an address. Raises `UsageError`, or `NoLongerKept` if not signed."""
        fields = text.rpartition(".")[0]
        try:
            instant, key, opened, gone = fields.split(".")
            numbers = [int(number, 16) for number in (instant, opened, gone)]
            place = cls(numbers[0], bytes.fromhex(key), *numbers[1:])
        except ValueError as error:
            raise UsageError(NO_PLACE) from error
        if not compare_digest(place.write(dataset, secret).encode(), text.encode()):
            # Signed for another dataset, or by a pool that was restored since.
            raise NoLongerKept(START_AGAIN)
        return place

    def write(self, dataset: DatasetKey, secret: str) -> str:
        """Write the place for an address, signed: nobody else may ask what was deleted."""
        text = f"{self.instant:x}.{self.key.hex()}.{self.opened:x}.{self.gone:x}"
        digest = hmac(bytes.fromhex(secret), f"{dataset} {text}".encode(), sha256).hexdigest()
        return f"{text}.{digest[:SIGNATURE]}"


@dataclass(frozen=True)
class EntityChange:
    """A change of an entity, with its triples in N-Triples; a deletion has none."""

    activity: EntityActivity
    lines: bytes = b""


@dataclass(frozen=True)
class EntityPage:
    """A page of a dataset's feed; `following` is the place of the next one, None at the end."""

    dataset: DatasetKey
    changes: list[EntityChange]
    following: str | None


def list_branches(host: PoolService, reader: Reader) -> list[DatasetKey]:
    """Return the datasets whose entities a reader may follow."""
    branches = host.snapshot().entities.branches
    return sorted(c.key for c in host.datasets(reader) if c.readable and str(c.key) in branches)


def read_page(host: PoolService, reader: Reader, key: DatasetKey, after: str) -> EntityPage:
    """Return the page of a dataset's feed that follows a place, the first one after ``""``.

    The first page of a dataset that the reader may not read, or that does not exist, is empty: a
    client that kept its address has nothing to delete, and comes again. Raises `UnknownThing` for
    what names no dataset, `UsageError` for no place, and `NoLongerKept` for one too long ago.
    """
    try:
        DatasetKey.parse(str(key))
    except StoreError as error:
        raise UnknownThing(error.template, **error.fields) from error
    with suppress(FileNotFoundError):
        return _read_page(host, reader, key, after)
    # A publication has just deleted the generation.
    return _read_page(host, reader, key, after)


def _read_page(host: PoolService, reader: Reader, key: DatasetKey, after: str) -> EntityPage:
    published = host.snapshot()
    now = host.decision_instant(published.generation)
    card = published.decisions.cards(reader, now).get(key)
    index = published.entities
    place = Place.parse(after, key, index.secret) if after else Place()
    licence = (card.licence or "") if card else ""
    page = _ServedPage(published.generation.site, key, licence, place, now)
    branch, readable = index.branches.get(str(key)), card is not None and card.readable
    changes: list[EntityChange] = []
    following = None
    if not after and not readable:
        return EntityPage(key, changes, following)
    if branch is not None and place.instant in {0, *branch.steps}:
        # What an agreement has opened since is served, as elsewhere, by the next publication.
        is_open = readable and bool(branch.content)
        changes, following = page.if_open() if is_open else page.if_closed()
    elif after and (readable or not place.gone):
        raise NoLongerKept(START_AGAIN)
    # Else there is nothing to tell yet, or any more.
    leads_to = following.write(key, index.secret) if following else None
    return EntityPage(key, changes, leads_to)


@dataclass(frozen=True)
class _ServedPage:
    """A page of a dataset's feed in a generation's site, behind a place, at an instant."""

    site: Path
    key: DatasetKey
    licence: str
    place: Place
    at: datetime

    def if_open(self) -> tuple[list[EntityChange], Place | None]:
        """Return the changes, and the next place, for a reader of the dataset."""
        place = self.place
        if place.gone:
            return [], Place(opened=max(self._now, place.gone + 1))
        entries = self._log.after((place.instant, place.key), PER_PAGE)
        if not entries:
            return [], None
        following = replace(place, instant=entries[-1].changed, key=entries[-1].key)
        return list(self._describe(entries)), following

    def if_closed(self) -> tuple[list[EntityChange], Place | None]:
        """Return the same for one who may not read the dataset any more."""
        place = self.place
        if not place.gone:
            gone = max(self._now, place.opened + 1)
            return [], replace(place, key=bytes(KEY_BYTES), gone=gone)
        entries = self._log.until(place.instant, place.key, PER_PAGE)
        changes = [self._change("Delete", entry, place.gone) for entry in entries]
        return changes, replace(place, key=entries[-1].key) if entries else None

    @property
    def _now(self) -> int:
        return to_microseconds(self.at.timestamp())

    @property
    def _log(self) -> EntityLog:
        return EntityLog(log_path(self.site, self.key))

    def _describe(self, entries: list[LogEntry]) -> Iterator[EntityChange]:
        with bodies_path(self.site, self.key).open("rb") as file:
            for entry in entries:
                at = max(entry.changed, self.place.opened)
                if entry.length == 0:
                    yield self._change("Delete", entry, at)
                    continue
                created = self.place.opened or entry.first == entry.changed
                change = self._change("Create" if created else "Update", entry, at)
                file.seek(entry.start)
                lines = file.read(entry.length)
                # The triples of the entity itself come first.
                iri = lines.partition(b" ")[0][1:-1].decode()
                activity = replace(change.activity, iri=iri, licence=self.licence)
                yield EntityChange(activity, lines)

    def _change(self, kind: str, entry: LogEntry, at: int) -> EntityChange:
        text = f"{kind} {self.key} {entry.key.hex()} {entry.changed} {at}"
        name, published = sha256(text.encode()).hexdigest()[:24], EPOCH + timedelta(microseconds=at)
        return EntityChange(EntityActivity(kind, name, entry.key.hex(), published))
