"""Route short queries to one shared worker per store, bypassing the queue.

Which queries are short is learned. A query differs from others of its shape by the entities and
values that it names; when one of a shape took a worker next to no time, the next is sent to the
lane, where the worker answers one after another without a pause. A slow one bars its shape from
the lanes for a while.

A query that no lane answers takes the normal way: a lane only saves time.
"""

import re
import threading
import time
from pathlib import Path

from parvis.sandbox.lane import Lane
from parvis.store.query.request import WorkerRequest

QUICK = 0.002
"""Seconds of processor time within which a short query is answered."""

SLOW = 0.01
"""Seconds from which a query was not short: the others in its lane had to wait for it."""

LONGEST = 1_000
"""Characters of the longest query that can be short."""

SHAPES = 1_000
"""Shapes that are stored of each kind; when there are more, all are learned again."""

BARRED = 1.0, 60.0
"""Seconds for which the shape of a slow query is barred: at first (any query may be slow once), and
at most, since each time doubles them."""

LANES = 3
"""The greatest number of lanes: most often the two served stores have one."""

ALONE = 1.0
"""Seconds after which a worker ends itself, if nothing else ends a query."""

REST = 1.0
"""Seconds between the starts of two lanes, so that failing ones cannot keep the machine busy."""

OPENING = 10.0
"""Seconds within which a lane must open its store."""

NAMED = re.compile(r"""<[^<>\s]*>|"[^"\n]*"|'[^'\n]*'|:[\w.%-]+|\d+""")
"""IRIs, strings, names after a prefix and numbers of a query, and what looks like them."""


class Lanes:
    """A lane for each store with short queries, and the known shapes. Thread-safe."""

    def __init__(self, module: str, opening: bytes, *, learning: bool = True) -> None:
        """Start nothing yet; the lanes run a module, and get `opening` as their first frame.

        Without `learning` there are none.
        """
        self._module, self._opening = module, opening
        self._learning = learning
        self._quick: set[str] = set()
        self._barred: dict[str, tuple[float, float]] = {}  # until when, after how many seconds
        self._open: dict[Path, Lane] = {}
        self._lock = threading.Lock()
        self._started = -REST
        self._closed = False

    def ask(
        self, store: Path, request: WorkerRequest, rows: int
    ) -> tuple[list[bytes], float] | None:
        """Return the frames of a short query's answer and its seconds; None for other queries.

        The answer may have `rows` rows, 0 for any number.
        """
        if not self._quick or (shape := _shape(request.query)) not in self._quick:
            return None
        lane = self._open.get(store)
        if lane is None or lane.is_closed:
            with self._lock:
                now = time.monotonic()
                if self._closed or now - self._started < REST:
                    return None
                self._started = now
            threading.Thread(target=self._open_lane, args=(store,), daemon=True).start()
            return None
        answer = lane.ask(request.to_frame(ALONE, rows))
        if answer is not None and answer[1] > SLOW:
            self._bar(shape)
        elif lane.is_closed:  # because of this query or another: its next evaluation decides
            self._quick.discard(shape)
        return answer

    def learn(self, query: str, seconds: float) -> None:
        if len(query) > LONGEST or not self._learning:
            return
        shape = _shape(query)
        if seconds > SLOW:
            self._bar(shape)
        elif seconds > QUICK:  # may happen to any query once: not barred
            self._quick.discard(shape)
        elif self._barred.get(shape, (0.0, 0.0))[0] <= time.monotonic():
            if len(self._quick) >= SHAPES:
                self._quick.clear()
            self._quick.add(shape)

    def tidy(self) -> None:
        """End the lanes of deleted stores."""
        with self._lock:
            ended = self._pop_unneeded()
        for lane in ended:
            lane.close()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            ended, self._open = self._open, {}
        for lane in ended.values():
            lane.close()

    def _bar(self, shape: str) -> None:
        self._quick.discard(shape)
        if len(self._barred) >= SHAPES:
            self._barred.clear()
        first, longest = BARRED
        seconds = min(2 * self._barred[shape][1], longest) if shape in self._barred else first
        self._barred[shape] = time.monotonic() + seconds, seconds

    def _open_lane(self, store: Path) -> None:
        """Open a lane, and end those that are useless."""
        try:
            lane = Lane(self._module, str(store))
        except OSError:  # no process or no file can be opened: queries take the normal way
            return
        ready = lane.begin(self._opening, WorkerRequest("ASK {}").to_frame(OPENING, 0), OPENING)
        with self._lock:
            ended = self._pop_unneeded(LANES - 1)
            # Where opening takes longer than `REST`, another thread may have been first.
            if ready and not self._closed and store not in self._open:
                self._open = self._open | {store: lane}
            else:
                ended.append(lane)
        for useless in ended:
            useless.close()

    def _pop_unneeded(self, most: int = LANES) -> list[Lane]:
        """Remove the lanes that have ended or lost their store, and the oldest beyond `most`."""
        alive = [(store, lane) for store, lane in self._open.items() if not lane.is_closed]
        needed = dict([pair for pair in alive if pair[0].is_dir()][-most:])
        ended = [lane for store, lane in self._open.items() if store not in needed]
        self._open = needed
        return ended


def _shape(query: str) -> str:
    """Return a query without the entities and values that it names.

    >>> _shape("SELECT ?p { <http://x/1> ?p 12 }") == _shape("SELECT ?p { <http://x/2> ?p 3 }")
    True
    """
    return NAMED.sub("", query) if len(query) <= LONGEST else query
