"""Cache whole answers in memory, for the same request to the same generation."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Protocol

from cachetools import LRUCache, TTLCache

from parvis.store.generation.generation import Generation

SHARE = 16
"""The largest answer that is cached, as a fraction (1/16) of the cache's size."""

OVERHEAD = 500
"""Bytes of an entry besides its key and its body, approximately."""

ASKED_ONCE, ASKED_AGAIN = 60.0, 600.0
"""Seconds that an answer is cached after its first request, and after each later one."""

PATIENCE = 30.0
"""Seconds that a request waits for another that computes the same answer."""

Key = tuple[object, ...]
"""The key of an answer. Its texts may be as long as the answer: they count in its size."""


class Sized(Protocol):
    """An object that can be cached."""

    @property
    def size(self) -> int:
        """Return the approximate number of bytes."""


@dataclass(slots=True)
class CacheEntry:
    """A cached answer, its size in bytes, and the instant at which it may be dropped."""

    size: int
    answer: Sized
    until: float


class AnswerCache:
    """A cache of whole answers of one generation; the least recently used are dropped first.

    Thread-safe.
    """

    def __init__(self, room: int) -> None:
        # In bytes; a cache of 0 bytes holds nothing.
        self.largest = room // SHARE
        self._entries: LRUCache[Key, CacheEntry] = LRUCache(room, getsizeof=attrgetter("size"))
        self._generation: Generation | None = None
        self._lock = threading.Lock()
        self._under_way: dict[Key, threading.Event] = {}

    def follow(self, generation: Generation) -> None:
        """Clear the cache if another generation is served."""
        # What was erased from the pool must not stay in memory either.
        if generation is not self._generation:
            with self._lock:
                self._entries.clear()
                self._generation = generation

    def get(self, key: Key) -> Sized | None:
        with self._lock:
            entry = self._entries.get(key)
        if entry is None:
            return None
        # An answer that is requested again is worth its room for longer.
        entry.until = time.monotonic() + ASKED_AGAIN
        return entry.answer

    def keep(self, generation: Generation, key: Key, answer: Sized) -> None:
        """Cache an answer, unless it is too large or its generation is not served any more."""
        size = answer.size + OVERHEAD + sum(len(part) for part in key if isinstance(part, str))
        with self._lock:
            # Another generation may have been published while the answer was computed.
            if generation is self._generation and size <= self.largest:
                self._entries[key] = CacheEntry(size, answer, time.monotonic() + ASKED_ONCE)

    def tidy(self) -> None:
        """Drop the expired entries."""
        # Requests that are all different would otherwise fill the memory for nothing.
        now = time.monotonic()
        with self._lock:
            for key in [key for key, entry in self._entries.items() if entry.until < now]:
                del self._entries[key]

    @contextmanager
    def single_flight(self, key: Key) -> Iterator[bool]:
        """Let one thread compute the answer of a key, while the others wait for it.

        Yields whether the cache may have the answer now: False for the first thread. One that
        waited and finds nothing computes the answer too, without making others wait.
        """
        with self._lock:
            done = self._under_way.get(key)
            if done is None:
                mine = self._under_way[key] = threading.Event()
        if done is not None:
            # The wait is bounded: the first thread may take very long.
            yield done.wait(PATIENCE)
            return
        try:
            yield False
        finally:
            with self._lock:
                del self._under_way[key]
            mine.set()

    def document(self, generation: Generation, key: Key, write: Callable[[], bytes]) -> bytes:
        """Return a document of a generation, computed once for all that ask for it at a time.

        The key must be unique over all documents of all generations.
        """
        cached = self.get(key)
        if isinstance(cached, CachedAnswer):
            return cached.body
        with self.single_flight(key) as waited:
            cached = self.get(key) if waited else None
            if isinstance(cached, CachedAnswer):
                return cached.body
            body = write()
            self.keep(generation, key, CachedAnswer("document", "", body))
            return body


@dataclass(frozen=True)
class CachedAnswer:
    """The whole answer to a query, with its kind and media type."""

    kind: str
    media_type: str
    body: bytes

    @property
    def size(self) -> int:
        return len(self.body)


@dataclass(frozen=True)
class CachedValue:
    """What was computed of an answer, which nobody changes, and the bytes of that answer."""

    value: Any
    size: int


def timed_cache(room: int, seconds: float) -> TTLCache[Any, Any]:
    """Return a cache of objects with a size, each for some seconds."""
    return TTLCache(room, seconds, getsizeof=attrgetter("size"))


class RecordedChunks(Iterator[bytes]):
    """The chunks of an answer, recorded while they are read.

    `done` is called with the whole at their end, but not if they are closed before, fail or
    exceed `largest` bytes.
    """

    def __init__(
        self, pieces: Iterator[bytes], largest: int, done: Callable[[bytes], object]
    ) -> None:
        self._chunks = pieces
        self._left = largest
        self._record: list[bytes] | None = []
        self._done = done

    def __next__(self) -> bytes:
        try:
            chunk = next(self._chunks)
        except StopIteration:
            record, self._record = self._record, None
            if record is not None:
                self._done(b"".join(record))
            raise
        self._left -= len(chunk)
        if self._left < 0:
            self._record = None
        elif self._record is not None:
            self._record.append(chunk)
        return chunk

    def close(self) -> None:
        self._record = None
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()
