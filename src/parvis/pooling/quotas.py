"""Each reader's share of the machine, and what is left of it."""

import math
import threading
import time
from dataclasses import dataclass
from functools import partial
from itertools import islice

from cachetools import TTLCache

from parvis.config import Kind, Limits, Share
from parvis.errors import ShareError
from parvis.governance import Reader
from parvis.i18n import N_
from parvis.store.query.pool import QueryReader

MILLI = 1000
"""Query-seconds are counted in thousandths; what is below one is free."""

MUCH = 5.0
"""Seconds of the process in one window beyond which a reader's requests run one at a time."""

READERS = 100_000
"""Readers whose windows are kept; those that began first go first."""

SITE_SPENT = N_(
    "your requests have taken {seconds} seconds of the site’s own work, as many as they may within"
    " {window}; try again in {retry} s"
)


@dataclass
class Window:
    """The time in which a reader's seconds are added up, and what was used.

    `spent` is of the query workers, `site` of the serving process, both in thousandths.
    """

    until: float
    spent: int = 0
    site: int = 0

    @property
    def seconds_left(self) -> int:
        """Whole seconds until it ends, at least one."""
        return max(math.ceil(self.until - time.monotonic()), 1)


@dataclass(frozen=True)
class ShareStatus:
    """A reader's share, the query-seconds left of it, and the seconds until it is renewed."""

    share: Share
    left: int
    renewed: int


class Shares:
    """The shares of all readers, in memory, for the one serving process. For threads."""

    # A party has one share from any address; other readers have one per address.

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._windows: dict[str, Window] = {}  # in the order in which they began
        self._much: dict[str, float] = {}  # read without the lock: one look-up is one step
        self._lock = threading.Lock()

    def admit(self, reader: Reader) -> QueryReader:
        """Admit a reader's query; raises `ShareError` when no query-seconds are left."""
        status = self.status(reader)
        if status.share.query_seconds and status.left <= 0:
            raise ShareError(
                "your queries have taken {seconds} seconds together, as many as they may within"
                " {window}; try again in {retry} s",
                seconds=status.share.query_seconds,
                window=status.share.window,
                retry=max(status.renewed, 1),
            )
        return QueryReader(_key(reader), status.share, partial(self._charge, reader, status.share))

    def charge_site(self, reader: Reader, seconds: float) -> None:
        """Count the processor seconds that a request took of the serving process."""
        share = self._limits.shares[kind(reader)]
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
        """Whether a reader has used much of the process."""
        # Without the lock: every request is checked.
        key = _key(reader)
        until = self._much.get(key)
        if until is None:
            return False
        if time.monotonic() < until:
            return True
        self._much.pop(key, None)
        return False

    def require_site(self, reader: Reader) -> None:
        """Raise `ShareError` for a reader whose share of the serving process is used up."""
        with self._lock:
            window = self._current_window(_key(reader))
        share = self._limits.shares[kind(reader)]
        if window and share.site_seconds and window.site >= share.site_seconds * MILLI:
            raise ShareError(
                SITE_SPENT,
                seconds=share.site_seconds,
                window=share.window,
                retry=window.seconds_left,
            )

    def status(self, reader: Reader) -> ShareStatus:
        share = self._limits.shares[kind(reader)]
        if not share.query_seconds:
            return ShareStatus(share, 0, 0)
        with self._lock:
            window = self._current_window(_key(reader))
        if window is None:
            return ShareStatus(share, share.query_seconds, share.window)
        left = max(share.query_seconds * MILLI - window.spent, 0)
        return ShareStatus(share, left // MILLI, window.seconds_left)

    def _charge(self, reader: Reader, share: Share, seconds: float) -> None:
        cost = int(seconds * MILLI)
        if not (share.query_seconds and cost):
            return
        with self._lock:
            self._window(reader, share).spent += cost

    def _window(self, reader: Reader, share: Share) -> Window:
        # A window begins with what is first used; the lock is held.
        key, now = _key(reader), time.monotonic()
        window = self._current_window(key)
        if window is None:
            self._windows.pop(key, None)
            # Those that are over go twice as fast as new ones come.
            for oldest in [*islice(self._windows, 2)]:
                if self._windows[oldest].until <= now or len(self._windows) >= READERS:
                    del self._windows[oldest]
            window = self._windows[key] = Window(now + share.window)
        return window

    def _current_window(self, key: str) -> Window | None:
        # Each look-up asks twice: a cache with times would take as long as all else of a share.
        window = self._windows.get(key)
        return window if window and time.monotonic() < window.until else None


class Guesses:
    """Wrong tokens by address: beyond a few, the ledger is asked less often. For threads."""

    # A token that was right in the last hour passes from anywhere, and so do other addresses:
    # nobody shuts others out by guessing.

    FREE, SECONDS, ADDRESSES = 10, 60, 10_000
    """Wrong tokens of one address in that many seconds, and addresses that are kept."""
    PROVEN = 3_600
    """Seconds for which the digest of a right token is kept."""

    def __init__(self) -> None:
        self._wrong: TTLCache[str, int] = TTLCache(self.ADDRESSES, self.SECONDS)
        self._checked: TTLCache[str, bool] = TTLCache(self.ADDRESSES, 1)
        self._proven: TTLCache[bytes, bool] = TTLCache(self.ADDRESSES, self.PROVEN)
        self._lock = threading.Lock()

    def wait(self, address: str, credential: bytes | None) -> int:
        """Return the seconds after which a credential may be tried; 0 for at once.

        An address that has guessed too often may try once a second.
        """
        with self._lock:
            if self._wrong.get(address, 0) < self.FREE or credential in self._proven:
                return 0
            if address in self._checked:
                return 1
            self._checked[address] = True
            return 0

    def is_proven(self, credential: bytes | None) -> bool:
        with self._lock:
            return credential in self._proven

    def note_wrong(self, address: str) -> None:
        with self._lock:
            self._wrong[address] = self._wrong.get(address, 0) + 1

    def note_proven(self, credential: bytes) -> None:
        """Remember a right token by its digest."""
        with self._lock:
            self._proven[credential] = True


def kind(reader: Reader) -> Kind:
    """Return a reader's kind; the steward has the third party's share."""
    if reader.host:
        return "host"
    return "anonymous" if reader.iri is None else "party"


def _key(reader: Reader) -> str:
    return reader.iri or f"from {reader.address}"
