"""The parent's end of a child process that many threads ask at the same time.

A worker that is asked by one thread at a time sleeps after each answer, and to wake it costs more
than a look-up itself. Here questions wait for the child, which goes from one to the next; each
thread waits at a slot of its own, so that an answer wakes nobody else.
"""

import math
import socket
import subprocess
import threading
from contextlib import suppress

from parvis.sandbox.child import LARGEST, PIECE, SECONDS, whole
from parvis.sandbox.scheduling import used, wait_at_most
from parvis.sandbox.starting import started
from parvis.sandbox.worker import PATIENCE

SLOTS = 32
"""Threads that can be answered at a time."""

LOOK = 0.05
"""Seconds after which who still waits looks whether the child is stuck."""

STUCK = 0.5
"""It is if it was at work for so much of the time between two looks, on the same few questions."""

LOOKS = 20
"""Looks after which it counts as stuck whatever it does."""


class Lane:
    """A child for questions that are answered at once, and of which each may be asked elsewhere.

    It runs ``python -I -m MODULE ARGUMENT… SOCKETS…``. One question that is not answered at once,
    or that the child does not survive, closes the lane for all who wait there. For threads.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        """Start the child; what it needs to load is not waited for."""
        self._questions, asked = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pairs = [socket.socketpair() for _ in range(SLOTS)]
        theirs = [asked, *(one for _, one in pairs)]
        numbers = [one.fileno() for one in theirs]
        nowhere = subprocess.DEVNULL
        words = [*arguments, *map(str, numbers)]
        try:
            self._process = started(module, words, stdin=nowhere, stdout=nowhere, kept=numbers)
        finally:
            for one in theirs:
                one.close()
        for slot, _ in pairs:
            wait_at_most(slot, LOOK)
        self._free = [(bytes([number]), slot) for number, (slot, _) in enumerate(pairs)]
        self._lock = threading.Lock()
        self._waiting = 0
        self._closed = False

    @property
    def pid(self) -> int:
        """Give the child's process number."""
        return self._process.pid

    @property
    def closed(self) -> bool:
        """Say whether nothing can be asked any more."""
        return self._closed

    def begin(self, opening: bytes, question: bytes, seconds: float) -> bool:
        """Tell the child what holds for all questions; says whether it then answers a first one."""
        with suppress(OSError):  # if it has ended, the question tells
            self._questions.send(bytes(1) + opening)
        return self._asked(question, int(seconds / LOOK), busy=True) is not None

    def ask(self, question: bytes) -> tuple[list[bytes], float] | None:
        """Give the frames of an answer, and the seconds that it took; None if it did not come."""
        return self._asked(question, LOOKS, busy=False) if len(question) < LARGEST else None

    def close(self) -> None:
        """End the child; who waits is told at once. May be called again."""
        with self._lock:
            self._closed = True
            self._let_go()
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(PATIENCE)

    def _asked(
        self, question: bytes, looks: int, *, busy: bool
    ) -> tuple[list[bytes], float] | None:
        """Ask at a free slot, if there is one."""
        if (taken := self._take()) is None:
            return None
        number, slot = taken
        try:
            self._questions.send(number + question, socket.MSG_DONTWAIT)
        except BlockingIOError:  # too much waits for it
            self._give_back(number, slot)
            return None
        except OSError:
            frames = None
        else:
            frames = self._answer(slot, looks, busy=busy)
        if frames is None:
            self.close()
        self._give_back(number, slot)
        return None if frames is None else (frames[:-1], SECONDS.unpack(frames[-1])[0])

    def _answer(self, slot: socket.socket, looks: int, *, busy: bool) -> list[bytes] | None:
        """Wait at a slot for a whole answer; None when the child has ended, or looks stuck.

        So many looks are had; `busy` says that it may be at work meanwhile.
        """
        held = b""
        before = math.inf
        while looks:
            try:
                piece = slot.recv(PIECE)
            except BlockingIOError:
                now = used(self.pid)
                if not busy and now - before > STUCK * LOOK:
                    return None
                before, looks = now, looks - 1
                continue
            except ConnectionResetError:
                return None
            held += piece
            if not piece or (frames := whole(held)) is not None:
                return frames if piece else None
        return None

    def _take(self) -> tuple[bytes, socket.socket] | None:
        """Take a free slot, the last one used first."""
        with self._lock:
            if self._closed or not self._free:
                return None
            self._waiting += 1
            return self._free.pop()

    def _give_back(self, number: bytes, slot: socket.socket) -> None:
        """Let another thread have a slot."""
        with self._lock:
            self._waiting -= 1
            self._free.append((number, slot))
            if self._closed:
                self._let_go()

    def _let_go(self) -> None:
        """Close the sockets that nobody waits at."""
        for _, slot in self._free:
            slot.close()
        self._free.clear()
        if not self._waiting:
            self._questions.close()
