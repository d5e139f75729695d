"""What each reader may take of the machine, and what is left of it."""

import math
import threading
import time
from dataclasses import dataclass
from functools import partial

from cachetools import TLRUCache, TTLCache

from parvis.config import Kind, Limits, Share
from parvis.errors import ShareError
from parvis.governance import Reader
from parvis.i18n import N_
from parvis.store.query.pool import Asker

MILLI = 1000
"""Query-seconds are counted in thousandths; what is below one is free."""

MUCH = 5.0
"""Seconds of the process in one window beyond which a reader's requests go one by one."""

READERS = 100_000
"""Readers whose windows are remembered at a time; those who asked the longest ago go first."""

SITE_SPENT = N_(
    "your requests have taken {seconds} seconds of the site’s own work, as many as they may within"
    " {window}; try again in {retry} seconds"
)


@dataclass
class Window:
    """The time in which a reader's seconds are counted together, and what they have taken.

    `spent` is of the query workers, `site` of the process that serves, both in thousandths.
    """

    until: float
    spent: int = 0
    site: int = 0


@dataclass(frozen=True)
class Standing:
    """A reader's share, the query-seconds left of it, and the seconds until it is whole again."""

    share: Share
    left: int
    renewed: int


class Shares:
    """The shares of all readers: a party has one wherever it asks from, others by their address.

    They are kept in memory, by the one process that serves. For threads.
    """

    def __init__(self, limits: Limits) -> None:
        """Nobody has taken anything yet."""
        self._limits = limits
        self._windows: TLRUCache[str, Window] = TLRUCache(
            READERS, lambda _key, window, _now: window.until
        )
        self._much: dict[str, float] = {}  # read without the lock: one look into it is one step
        self._lock = threading.Lock()

    def asker(self, reader: Reader) -> Asker:
        """Let a reader ask. Raises `ShareError` when no query-seconds are left."""
        standing = self.standing(reader)
        if standing.share.query_seconds and standing.left <= 0:
            raise ShareError(
                "your queries have taken {seconds} seconds together, as many as they may within"
                " {window}; try again in {retry} seconds",
                seconds=standing.share.query_seconds,
                window=standing.share.window,
                retry=max(standing.renewed, 1),
            )
        return Asker(_key(reader), standing.share, partial(self._charge, reader, standing.share))

    def charge_site(self, reader: Reader, seconds: float) -> None:
        """Count what a request took of the process that serves, in seconds of processor."""
        share = self._limits.share(kind(reader))
        if not (share.site_seconds and (cost := int(seconds * MILLI))):
            return
        with self._lock:
            window = self._window(reader, share)
            window.site += cost
            if window.site >= min(MUCH, share.site_seconds) * MILLI:
                if len(self._much) >= READERS:
                    now = time.monotonic()
                    self._much = {key: end for key, end in self._much.items() if end > now}
                self._much[_key(reader)] = window.until

    def takes_much(self, reader: Reader) -> bool:
        """Say whether a reader has taken much of the process; costs next to nothing if not."""
        key = _key(reader)
        until = self._much.get(key)
        if until is None:
            return False
        if time.monotonic() < until:
            return True
        self._much.pop(key, None)
        return False

    def site_spent(self, reader: Reader) -> float:
        """Return the seconds that a reader's requests took of the process in this window."""
        with self._lock:
            window = self._windows.get(_key(reader))
        return window.site / MILLI if window else 0.0

    def require_site(self, reader: Reader) -> None:
        """Raise `ShareError` for a reader who has taken its part of the process that serves."""
        with self._lock:
            window = self._windows.get(_key(reader))
        if window is None:
            return
        share = self._limits.share(kind(reader))
        if share.site_seconds and window.site >= share.site_seconds * MILLI:
            raise ShareError(
                SITE_SPENT,
                seconds=share.site_seconds,
                window=share.window,
                retry=max(math.ceil(window.until - time.monotonic()), 1),
            )

    def standing(self, reader: Reader) -> Standing:
        """Tell what a reader may take, and what is left."""
        share = self._limits.share(kind(reader))
        if not share.query_seconds:
            return Standing(share, 0, 0)
        with self._lock:
            window = self._windows.get(_key(reader))
        if window is None:
            return Standing(share, share.query_seconds, share.window)
        left = max(share.query_seconds * MILLI - window.spent, 0)
        return Standing(share, left // MILLI, max(math.ceil(window.until - time.monotonic()), 1))

    def _charge(self, reader: Reader, share: Share, seconds: float) -> None:
        """Count what a query took."""
        cost = int(seconds * MILLI)
        if not (share.query_seconds and cost):
            return
        with self._lock:
            self._window(reader, share).spent += cost

    def _window(self, reader: Reader, share: Share) -> Window:
        """Return a reader's window, which begins with what it first takes; the lock is held."""
        window = self._windows.get(_key(reader))
        if window is None:
            window = Window(time.monotonic() + share.window)
            self._windows[_key(reader)] = window
        return window


class Guesses:
    """Wrong tokens by address: after some, few more are looked up in the ledger. For threads.

    A token that opened something in the last hour, from wherever, passes all the same, and so do
    other addresses: nobody shuts others out by guessing.
    """

    FREE, SECONDS, ADDRESSES = 10, 60, 10_000
    """Wrong tokens of one address in so many seconds, and addresses that are remembered."""
    PROVEN = 3_600
    """Seconds for which a token that opened something is remembered, by its digest."""

    def __init__(self) -> None:
        """Nobody has guessed yet."""
        self._wrong: TTLCache[str, int] = TTLCache(self.ADDRESSES, self.SECONDS)
        self._looked: TTLCache[str, bool] = TTLCache(self.ADDRESSES, 1)
        self._proven: TTLCache[bytes, bool] = TTLCache(self.ADDRESSES, self.PROVEN)
        self._lock = threading.Lock()

    def wait(self, address: str, credential: bytes | None) -> int:
        """Return the seconds after which a credential may be tried; 0 for at once.

        An address that has guessed too often has one look a second left.
        """
        with self._lock:
            if self._wrong.get(address, 0) < self.FREE or credential in self._proven:
                return 0
            if address in self._looked:
                return 1
            self._looked[address] = True
            return 0

    def is_proven(self, credential: bytes | None) -> bool:
        """Say whether a credential opened something lately."""
        with self._lock:
            return credential in self._proven

    def note_wrong(self, address: str) -> None:
        """Count a token that opened nothing."""
        with self._lock:
            self._wrong[address] = self._wrong.get(address, 0) + 1

    def note_proven(self, credential: bytes) -> None:
        """Remember a token, by a digest of it, that opened something."""
        with self._lock:
            self._proven[credential] = True


def kind(reader: Reader) -> Kind:
    """Tell which kind of reader one is; the steward has the host's share."""
    if reader.host:
        return "host"
    return "anonymous" if reader.iri is None else "party"


def _key(reader: Reader) -> str:
    """Tell one reader from another."""
    return reader.iri or f"from {reader.address}"
