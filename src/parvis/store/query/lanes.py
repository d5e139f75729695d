"""Look-ups, which share one worker of each store: their turn is over before it could be given.

Which queries are look-ups is learned. A query differs from others of its shape by the things and
values that it names; when one of a shape took a worker next to no time, the next goes by the lane,
where the worker goes from one to another without a pause. One that took its time, there or
elsewhere, keeps its shape from the lanes for a while.

What no lane answers is asked as all else is: a lane gives nothing but time.
"""

import re
import threading
import time
from pathlib import Path

from parvis.sandbox.lane import Lane
from parvis.store.query.request import Request

QUICK = 0.002
"""Seconds of a worker's processor within which a look-up is answered."""

SLOW = 0.01
"""Seconds after which an answer was none of a look-up: the lane's others had to wait for it."""

LONGEST = 1_000
"""Characters of the longest query that can be a look-up."""

SHAPES = 1_000
"""Shapes that are remembered of each kind; when there are more, all are learned again."""

BARRED = 1.0, 60.0
"""Seconds for which the shape of a query that took its time is kept from the lanes: at first, as a
machine may stumble over any query; and at most, since each time doubles them."""

LANES = 3
"""Stores that have a lane: most often the two that are served."""

ALONE = 1.0
"""Seconds that a look-up may take where nobody is there to end it: a worker ends itself then."""

REST = 1.0
"""Seconds between the starts of two lanes, so that what ends them cannot keep the machine busy."""

OPENING = 10.0
"""Seconds within which a lane has opened its store."""

NAMED = re.compile(r"""<[^<>\s]*>|"[^"\n]*"|'[^'\n]*'|:[\w.%-]+|\d+""")
"""What a query names: IRIs, texts, names after a prefix, numbers; and what looks so."""


class Lanes:
    """A lane for each store whose look-ups are asked, and what is known of shapes. For threads."""

    def __init__(self, module: str, opening: bytes, *, learning: bool = True) -> None:
        """Start nothing yet; the lanes run a module, and are told `opening` first.

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

    def ask(self, store: Path, request: Request, rows: int) -> tuple[list[bytes], float] | None:
        """Give the frames of a look-up's answer and its seconds; None for what is no look-up.

        It may have so many rows, 0 for any number.
        """
        if not self._quick or (shape := _shape(request.query)) not in self._quick:
            return None
        lane = self._open.get(store)
        if lane is None or lane.closed:
            self._start(store)
            return None
        told = lane.ask(request.packed(ALONE, rows))
        if told is not None and told[1] > SLOW:
            self._bar(shape)
        elif lane.closed:  # this query may have done it, or another: a worker will tell
            self._quick.discard(shape)
        return told

    def learn(self, query: str, seconds: float) -> None:
        """Take note of the seconds of processor that a query took."""
        if len(query) > LONGEST or not self._learning:
            return
        shape = _shape(query)
        if seconds > SLOW:
            self._bar(shape)
        elif seconds > QUICK:  # now and then a machine takes so long for anything
            self._quick.discard(shape)
        elif self._barred.get(shape, (0.0, 0.0))[0] <= time.monotonic():
            if len(self._quick) >= SHAPES:
                self._quick.clear()
            self._quick.add(shape)

    def tidy(self) -> None:
        """End the lanes of stores that are deleted."""
        with self._lock:
            ended = self._unneeded()
        for lane in ended:
            lane.close()

    def close(self) -> None:
        """End all lanes."""
        with self._lock:
            self._closed = True
            ended, self._open = self._open, {}
        for lane in ended.values():
            lane.close()

    def _bar(self, shape: str) -> None:
        """Keep a shape from the lanes for a while."""
        self._quick.discard(shape)
        if len(self._barred) >= SHAPES:
            self._barred.clear()
        first, most = BARRED
        seconds = min(2 * self._barred[shape][1], most) if shape in self._barred else first
        self._barred[shape] = time.monotonic() + seconds, seconds

    def _start(self, store: Path) -> None:
        """Begin to open a lane, unless one was begun just now; nobody waits for it."""
        with self._lock:
            now = time.monotonic()
            if self._closed or now - self._started < REST:
                return
            self._started = now
        threading.Thread(target=self._begin, args=(store,), daemon=True).start()

    def _begin(self, store: Path) -> None:
        """Open a lane, and give it to all; those that are of no more use end."""
        try:
            lane = Lane(self._module, str(store))
        except OSError:  # no process or no file may be opened: all is asked without a lane
            return
        ready = lane.begin(self._opening, Request("ASK {}").packed(OPENING, 0), OPENING)
        with self._lock:
            ended = self._unneeded(LANES - 1)
            if ready and not self._closed:
                self._open = self._open | {store: lane}
            else:
                ended.append(lane)
        for one in ended:
            one.close()

    def _unneeded(self, most: int = LANES) -> list[Lane]:
        """Take away the lanes that have ended or lost their store, and the oldest beyond most."""
        good = [(store, one) for store, one in self._open.items() if not one.closed]
        kept = dict([pair for pair in good if pair[0].is_dir()][-most:])
        ended = [one for store, one in self._open.items() if store not in kept]
        self._open = kept
        return ended


def _shape(query: str) -> str:
    """Give what a query has in common with others that name other things.

    >>> _shape("SELECT ?p { <http://x/1> ?p 12 }") == _shape("SELECT ?p { <http://x/2> ?p 3 }")
    True
    """
    return NAMED.sub("", query) if len(query) <= LONGEST else query
