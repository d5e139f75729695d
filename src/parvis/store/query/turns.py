"""Schedule queries: few at a time, and no reader's before those of all others."""

import threading
from collections import Counter
from dataclasses import dataclass
from typing import Self

from parvis.errors import LimitError, ShareError, StoreError

RETRY = 2
"""Seconds after which a refused reader may try again."""


@dataclass(eq=False)
class Turn:
    """A reader's turn: it occupies a slot while its worker is busy, and lasts until delivery.

    A long query steps aside: it yields its slot to short ones, if there is room for it aside. A
    turn ends with its ``with`` block, unless `lasts` is set.
    """

    turns: "Turns"
    reader: str
    parallel: int
    place: str = ""
    granted: bool = False
    called: "threading.Lock | None" = None
    lasts: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.lasts:
            self.end()

    def call(self) -> None:
        """Wake the thread that waits for this turn."""
        if self.called is not None:
            self.called.release()

    def step_aside(self) -> None:
        """Yield the slot to a shorter query, if there is room aside."""
        self.turns.step_aside(self)

    def leave(self) -> None:
        """Free the slot, since the worker is free."""
        self.turns.leave(self)

    def end(self) -> None:
        """End the turn: the answer is delivered or abandoned."""
        self.turns.end(self)


class Turns:
    """A scheduler with `places` busy slots, `aside` slots for long queries, and a `queue`.

    The waiting reader with the fewest turns is next; nobody has more than `parallel` turns, or
    more than half of the queue, except the anonymous reader, who is several persons. Thread-safe.
    """

    def __init__(self, places: int, aside: int, queue: int) -> None:
        self._slots = {"busy": places, "aside": aside}
        self._used_slots: Counter[str] = Counter()
        self._turns_of: Counter[str] = Counter()
        self._queue = queue
        self._waiting: list[Turn] = []
        self._lock = threading.Lock()
        self._closed = False

    def take(self, reader: str, parallel: int, seconds: float) -> Turn:
        """Wait for a turn, `seconds` at most.

        Raises `LimitError` when there are too many queries, `ShareError` when they are the
        reader's own, and `StoreError` once closed.
        """
        turn = Turn(self, reader, parallel)
        with self._lock:
            self._refuse_closed()
            self._waiting.append(turn)
            self._grant()
            if turn.granted:  # most often at once, without waiting
                return turn
            # A lock that `call` releases wakes this thread alone, unlike a condition.
            turn.called = threading.Lock()
            turn.called.acquire()
            own = sum(waiting.reader == reader for waiting in self._waiting)
            if reader and own > max(self._queue // 2, 1):
                self._waiting.remove(turn)
                raise _share_error(turn)
            if len(self._waiting) > self._queue:
                self._give_up(turn)
        if not turn.called.acquire(timeout=seconds):
            with self._lock:
                self._give_up(turn)
        self._refuse_closed()
        return turn

    def load(self) -> dict[str, int]:
        with self._lock:
            return {
                **{place: self._used_slots[place] for place in self._slots},
                "waiting": len(self._waiting),
            }

    def step_aside(self, turn: Turn) -> None:
        with self._lock:
            if turn.place == "busy" and self._used_slots["aside"] < self._slots["aside"]:
                self._move(turn, "aside")

    def leave(self, turn: Turn) -> None:
        with self._lock:
            self._move(turn, "")

    def end(self, turn: Turn) -> None:
        """End a turn, so that another of the same reader may begin."""
        with self._lock:
            if turn.parallel:
                turn.parallel = 0
                self._turns_of[turn.reader] -= 1
                if not self._turns_of[turn.reader]:
                    del self._turns_of[turn.reader]
            self._move(turn, "")

    def close(self) -> None:
        """Wake all who wait, to be refused."""
        with self._lock:
            self._closed = True
            for turn in self._waiting:
                turn.call()

    def _move(self, turn: Turn, place: str) -> None:
        if turn.place:
            self._used_slots[turn.place] -= 1
        if place:
            self._used_slots[place] += 1
        turn.place = place
        self._grant()

    def _grant(self) -> None:
        """Grant free slots to waiting turns."""
        while self._waiting and self._used_slots["busy"] < self._slots["busy"]:
            able = [turn for turn in self._waiting if self._turns_of[turn.reader] < turn.parallel]
            if not able:
                return
            # The reader with the fewest turns is next, and among those the first to come.
            turn = min(able, key=lambda turn: self._turns_of[turn.reader])
            self._waiting.remove(turn)
            self._turns_of[turn.reader] += 1
            self._used_slots["busy"] += 1
            turn.place, turn.granted = "busy", True
            turn.call()

    def _refuse_closed(self) -> None:
        if self._closed:
            raise StoreError("the query pool is closed")

    def _give_up(self, turn: Turn) -> None:
        """Refuse a waiting turn, unless it was granted at the last moment."""
        if turn.granted:
            return
        self._waiting.remove(turn)
        if self._turns_of[turn.reader] >= turn.parallel:
            raise _share_error(turn)
        raise LimitError(
            "{workers} queries are being answered, as many as there may be at once;"
            " try again in {retry} s",
            workers=self._slots["busy"],
            retry=RETRY,
        )


def _share_error(turn: Turn) -> ShareError:
    return ShareError(
        "too many of your queries come at once: {parallel} are answered at a time; try again in"
        " {retry} s",
        parallel=turn.parallel,
        retry=RETRY,
    )
