"""Whose turn it is: few queries at work, one reader's never before all others'."""

import threading
from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from parvis.errors import LimitError, ShareError, StoreError

RETRY = 2
"""Seconds after which a reader who was turned away may try again."""


@dataclass(eq=False)
class Turn:
    """A reader's turn: it has a place while its worker is busy, and lasts until all is delivered.

    A long query steps aside: it leaves its place to short ones, if there is room beside them. It
    ends with its block, unless it is said to last.
    """

    turns: "Turns"
    reader: str
    parallel: int
    place: str = ""
    granted: bool = False
    called: "threading.Lock | None" = None
    lasts: bool = False

    def __enter__(self) -> Self:
        """Give the turn."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the turn, unless it lasts."""
        if not self.lasts:
            self.end()

    def call(self) -> None:
        """Wake who waits for this turn."""
        if self.called is not None:
            self.called.release()

    def step_aside(self) -> None:
        """Leave the place to a shorter query, if there is room aside."""
        self.turns.step_aside(self)

    def leave(self) -> None:
        """Give the place back: the worker is free."""
        self.turns.leave(self)

    def end(self) -> None:
        """End the turn: the answer is delivered, or nobody wants it."""
        self.turns.end(self)


class Turns:
    """`places` queries at work, `aside` long ones beside them, `queue` waiting. For threads.

    Of those who wait, the reader with the fewest turns is next; nobody has more than `parallel`
    turns, or more than half of the queue; the reader without a name is several.
    """

    def __init__(self, places: int, aside: int, queue: int) -> None:
        """Begin with nobody."""
        self._room = {"busy": places, "aside": aside}
        self._taken: Counter[str] = Counter()
        self._turns_of: Counter[str] = Counter()
        self._queue = queue
        self._waiting: list[Turn] = []
        self._lock = threading.Lock()
        self._closed = False

    def take(self, reader: str, parallel: int, seconds: float) -> Turn:
        """Wait for a turn, `seconds` at most.

        Raises `LimitError` when there are too many queries, `ShareError` when they are the
        reader's own, and `StoreError` after the end.
        """
        turn = Turn(self, reader, parallel)
        with self._lock:
            self._refuse_closed()
            self._waiting.append(turn)
            self._grant()
            if turn.granted:  # at once, most often: nobody need be called
                return turn
            turn.called = threading.Lock()
            turn.called.acquire()
            self._refuse_crowd(turn)
        if not turn.called.acquire(timeout=seconds):
            with self._lock:
                self._give_up(turn)
        self._refuse_closed()
        return turn

    def load(self) -> dict[str, int]:
        """Count queries by state: at work, long ones aside, those that wait."""
        with self._lock:
            return {
                **{place: self._taken[place] for place in self._room},
                "waiting": len(self._waiting),
            }

    def step_aside(self, turn: Turn) -> None:
        """Move a turn from its place to one aside, if there is one."""
        with self._lock:
            if turn.place == "busy" and self._taken["aside"] < self._room["aside"]:
                self._move(turn, "aside")

    def leave(self, turn: Turn) -> None:
        """Take a turn's place from it."""
        with self._lock:
            self._move(turn, "")

    def end(self, turn: Turn) -> None:
        """Let another turn of the same reader begin."""
        with self._lock:
            if turn.parallel:
                turn.parallel = 0
                self._turns_of[turn.reader] -= 1
                if not self._turns_of[turn.reader]:
                    del self._turns_of[turn.reader]
            self._move(turn, "")

    def close(self) -> None:
        """Let everybody who waits go."""
        with self._lock:
            self._closed = True
            for turn in self._waiting:
                turn.call()

    def _move(self, turn: Turn, place: str) -> None:
        """Give a turn another place, or none, and its place to who waits."""
        if turn.place:
            self._taken[turn.place] -= 1
        if place:
            self._taken[place] += 1
        turn.place = place
        self._grant()

    def _grant(self) -> None:
        """Give free places to those who wait and may have a turn."""
        while self._waiting and self._taken["busy"] < self._room["busy"]:
            if (found := self._next()) is None:
                return
            self._waiting.remove(found)
            self._turns_of[found.reader] += 1
            self._taken["busy"] += 1
            found.place, found.granted = "busy", True
            found.call()

    def _next(self) -> Turn | None:
        """Choose who is next: who has the fewest turns, and among those who came first."""
        able = [turn for turn in self._waiting if self._turns_of[turn.reader] < turn.parallel]
        return min(able, key=lambda turn: self._turns_of[turn.reader], default=None)

    def _refuse_closed(self) -> None:
        """Refuse everybody after the end."""
        if self._closed:
            raise StoreError("the query pool is closed")

    def _refuse_crowd(self, turn: Turn) -> None:
        """Refuse a turn for which there is no room in the queue."""
        mine = sum(other.reader == turn.reader for other in self._waiting)
        if turn.reader and mine > max(self._queue // 2, 1):
            self._waiting.remove(turn)
            raise _too_many(turn)
        if len(self._waiting) > self._queue:
            self._give_up(turn)

    def _give_up(self, turn: Turn) -> None:
        """Turn a reader away, unless the turn came at the last moment."""
        if turn.granted:
            return
        self._waiting.remove(turn)
        if self._turns_of[turn.reader] >= turn.parallel:
            raise _too_many(turn)
        raise LimitError(
            "{workers} queries are being answered, as many as there may be at once;"
            " try again in {retry} seconds",
            workers=self._room["busy"],
            retry=RETRY,
        )


def _too_many(turn: Turn) -> ShareError:
    """Say that the queries are the reader's own."""
    return ShareError(
        "too many of your queries come at once: {parallel} are answered at a time; try again in"
        " {retry} seconds",
        parallel=turn.parallel,
        retry=RETRY,
    )
