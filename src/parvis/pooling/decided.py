"""What was decided for each reader, for as long as it stands.

One who asks for a dataset is then answered by a look into a table, whether the dataset is hidden
or was never there: the time that it takes tells neither.
"""

import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from cachetools import LRUCache

from parvis.governance import Policies, Reader, good_until
from parvis.pooling.cards import DatasetCard
from parvis.vocab.iris import DatasetKey

MOST = 256
"""Readers whose decisions are remembered."""

Cards = Mapping[DatasetKey, DatasetCard]
"""The datasets that a reader may know of, each told whether it may be read."""


@dataclass(frozen=True)
class _Standing:
    """Decisions of one instant, which stand until another (None: for ever)."""

    at: datetime
    until: datetime | None
    cards: Cards

    def stands(self, now: datetime) -> bool:
        """Say whether nothing can have changed since."""
        return self.at <= now and (self.until is None or now < self.until)


class Decided:
    """Decisions under the agreements of one generation, by reader. For threads."""

    def __init__(self, policies: Policies, decide: Callable[[Reader, datetime], Cards]) -> None:
        """Decide nothing yet."""
        self._policies, self._decide = policies, decide
        self._known: LRUCache[Hashable, _Standing] = LRUCache(MOST)
        self._turn = threading.Lock()

    def cards(self, reader: Reader, now: datetime) -> Cards:
        """Give what a reader may know of at an instant."""
        who = replace(reader, address="")
        with self._turn:
            found = self._known.get(who)
        if found is None or not found.stands(now):
            found = _Standing(now, self._until(reader, now), self._decide(reader, now))
            with self._turn:
                self._known[who] = found
        return found.cards

    def _until(self, reader: Reader, now: datetime) -> datetime | None:
        """Give the next instant at which an agreement, or what a reader gave, counts otherwise."""
        turn = good_until(self._policies, now)
        turns = [*reader.contributes.values(), *([turn] if turn else [])]
        return min((one for one in turns if one > now), default=None)
