"""Whole answers, kept in memory for whoever asks the same again of the same generation."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
from typing import Protocol

from cachetools import LRUCache

from parvis.store.generation.generation import Generation

SHARE = 16
"""One answer may take this part of the room, and no more."""

OVERHEAD = 500
"""Bytes that an answer takes beside its key and its body, about."""

ASKED_ONCE, ASKED_AGAIN = 60.0, 600.0
"""Seconds for which an answer is kept that was asked for once, and after it was asked for again."""

PATIENCE = 30.0
"""Seconds that one waits for what another computes."""

Key = tuple[object, ...]
"""What tells an answer from others; its texts may be as long as the answer, and are counted."""


class Sized(Protocol):
    """What can be kept: it knows about how many bytes it takes."""

    @property
    def size(self) -> int:
        """Give the bytes."""


@dataclass(slots=True)
class Entry:
    """An answer that is kept, the bytes that it takes, and until when it is worth its room."""

    size: int
    answer: Sized
    until: float


class Answers:
    """Whole answers of one generation, in so many bytes; the least recently used go first.

    When another generation is served, all are forgotten: what was erased stays nowhere. For
    threads.
    """

    def __init__(self, room: int) -> None:
        """Keep nothing yet; `room` is in bytes, 0 keeps nothing ever."""
        self.largest = room // SHARE
        self._kept: LRUCache[Key, Entry] = LRUCache(room, getsizeof=attrgetter("size"))
        self._of: Generation | None = None
        self._lock = threading.Lock()
        self._under_way: dict[Key, threading.Event] = {}

    def follow(self, generation: Generation) -> None:
        """Forget what was answered before this generation was served."""
        if generation is not self._of:
            with self._lock:
                self._kept.clear()
                self._of = generation

    def get(self, key: Key) -> Sized | None:
        """Give what was kept under a key."""
        with self._lock:
            found = self._kept.get(key)
        if found is None:
            return None
        found.until = time.monotonic() + ASKED_AGAIN
        return found.answer

    def keep(self, generation: Generation, key: Key, answer: Sized) -> None:
        """Keep an answer, unless it is too large or no longer of the generation that is served."""
        size = answer.size + OVERHEAD + sum([len(one) for one in key if isinstance(one, str)])
        with self._lock:
            if generation is self._of and size <= self.largest:
                self._kept[key] = Entry(size, answer, time.monotonic() + ASKED_ONCE)

    def tidy(self) -> None:
        """Forget what nobody asked for again: requests that are all different leave nothing."""
        now = time.monotonic()
        with self._lock:
            for key in [key for key, entry in self._kept.items() if entry.until < now]:
                del self._kept[key]

    @contextmanager
    def first(self, key: Key) -> Iterator[bool]:
        """Let the first who asks for a key compute it while all others wait for that.

        Gives whether it is worth looking again at what is kept: False for the first. Who waited
        and finds nothing computes it too: what may not be kept helps nobody else.
        """
        with self._lock:
            done = self._under_way.get(key)
            if done is None:
                mine = self._under_way[key] = threading.Event()
        if done is not None:
            yield done.wait(PATIENCE)
            return
        try:
            yield False
        finally:
            with self._lock:
                del self._under_way[key]
            mine.set()

    def document(self, generation: Generation, key: Key, write: Callable[[], bytes]) -> bytes:
        """Give a document of a generation, written once however many ask for it at a time.

        The key tells it from all others of all generations.
        """
        kept = self.get(key)
        if isinstance(kept, Whole):
            return kept.body
        with self.first(key) as waited:
            kept = self.get(key) if waited else None
            if isinstance(kept, Whole):
                return kept.body
            body = write()
            self.keep(generation, key, Whole("document", "", body))
            return body


@dataclass(frozen=True)
class Whole:
    """An answer to a query with all its bytes, and the kind and media type of it."""

    kind: str
    media_type: str
    body: bytes

    @property
    def size(self) -> int:
        """Count the bytes."""
        return len(self.body)


class Recorded(Iterator[bytes]):
    """Pieces on their way to a reader; `done` gets their whole if they end, and were not too many.

    What is left unread, fails or grows beyond `largest` bytes is not recorded.
    """

    def __init__(
        self, pieces: Iterator[bytes], largest: int, done: Callable[[bytes], object]
    ) -> None:
        """Listen to pieces; they are closed with this if they can be."""
        self._pieces = pieces
        self._left = largest
        self._seen: list[bytes] | None = []
        self._done = done

    def __next__(self) -> bytes:
        """Give the next piece, or tell the whole at their end."""
        try:
            piece = next(self._pieces)
        except StopIteration:
            seen, self._seen = self._seen, None
            if seen is not None:
                self._done(b"".join(seen))
            raise
        self._left -= len(piece)
        if self._left < 0:
            self._seen = None
        elif self._seen is not None:
            self._seen.append(piece)
        return piece

    def close(self) -> None:
        """Leave the rest unread."""
        self._seen = None
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()
