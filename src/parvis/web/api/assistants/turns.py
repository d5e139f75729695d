"""Few calls of assistants at a time, so that others read as quickly beside any number of them.

One process serves all readers, and each reader has a share of it; but assistants come by the
hundred, and each call computes. So few run at once, few wait, fewer of one reader, and the others
are told to come again.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from parvis.governance import Reader

COMPUTING, ASKING = 1, 2
"""Calls that run at once: of those that compute here, and of those that mostly wait for a query."""
OF_ONE, INSIDE = 8, 12
"""The most calls that run or wait, of one reader and of all."""
PATIENCE = 10.0
"""Seconds that a call waits for its turn."""
RETRY = 5
"""Seconds after which a refused call may come again."""


class Turns:
    """The turns of the calls that run. Thread-safe."""

    def __init__(self) -> None:
        self._computing = threading.BoundedSemaphore(COMPUTING)
        self._asking = threading.BoundedSemaphore(ASKING)
        self._inside: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, reader: Reader, *, asks: bool) -> Iterator[bool]:
        """Wait for the turn of a call, which `asks` a query or computes; yield whether it came."""
        key, running = reader.iri or reader.address, self._asking if asks else self._computing
        with self._lock:
            fits = self._inside[key] < OF_ONE and self._inside.total() < INSIDE
            self._inside[key] += fits
        granted = fits and running.acquire(timeout=PATIENCE)
        try:
            yield granted
        finally:
            if granted:
                running.release()
            with self._lock:
                self._inside[key] -= fits
                if not self._inside[key]:
                    del self._inside[key]
