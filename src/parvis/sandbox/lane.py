"""The parent's end of a child process that many threads ask at the same time.

A worker that is asked by one thread at a time sleeps after each answer, and waking it costs more
than a short query itself. Here questions queue up for the child, which goes from one to the next;
each thread waits at a slot of its own, so that an answer wakes no other thread.
"""

import math
import os
import socket
import subprocess
import threading
from contextlib import suppress

from parvis.sandbox.child import LARGEST, PIECE, SECONDS, split_frames
from parvis.sandbox.processes import PATIENCE, cpu_seconds, start_process, wait_at_most

SLOTS = 32
"""Threads that can be answered at a time."""

LOOK = 0.05
"""Seconds of waiting after which a thread checks whether the child is stuck."""

STUCK = 0.5
"""Share of the time between two checks that a stuck child spends on the same questions."""

LOOKS = 20
"""Checks after which the child counts as stuck whatever it does."""


class Lane:
    """A child for short queries, each of which may be asked elsewhere if it is not answered here.

    It runs ``python -I -m MODULE ARGUMENT… SOCKETS…``. A question that is not answered at once, or
    that the child does not survive, closes the lane for all waiting threads. Thread-safe.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        """Start the child, without waiting until it is ready."""
        self._questions, child_questions = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pairs = [socket.socketpair() for _ in range(SLOTS)]
        child_sockets = [child_questions, *(child_end for _, child_end in pairs)]
        numbers = [child_end.fileno() for child_end in child_sockets]
        null = os.open(os.devnull, os.O_RDWR)
        try:
            self._process = start_process(
                module, arguments, stdin=null, stdout=null, pass_fds=numbers
            )
        except OSError:
            for own_end in (self._questions, *(slot for slot, _ in pairs)):
                own_end.close()
            raise
        finally:
            os.close(null)
            for child_end in child_sockets:
                child_end.close()
        for slot, _ in pairs:
            wait_at_most(slot, LOOK)
        self._free = [(bytes([number]), slot) for number, (slot, _) in enumerate(pairs)]
        self._lock = threading.Lock()
        self._waiting = 0
        self._closed = False

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_closed(self) -> bool:
        return self._closed

    def begin(self, opening: bytes, question: bytes, seconds: float) -> bool:
        """Send what applies to all questions; return whether a first question is then answered."""
        with suppress(OSError):  # if the child has ended, the question fails
            self._questions.send(bytes(1) + opening)
        return self._ask_at_slot(question, int(seconds / LOOK), busy=True) is not None

    def ask(self, question: bytes) -> tuple[list[bytes], float] | None:
        """Return the frames of an answer and the seconds it took; None if it did not come."""
        return self._ask_at_slot(question, LOOKS, busy=False) if len(question) < LARGEST else None

    def close(self) -> None:
        """End the child, which wakes all waiting threads. Idempotent."""
        with self._lock:
            self._closed = True
            self._close_sockets()
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(PATIENCE)

    def _ask_at_slot(
        self, question: bytes, checks: int, *, busy: bool
    ) -> tuple[list[bytes], float] | None:
        with self._lock:
            if self._closed or not self._free:
                return None
            self._waiting += 1
            number, slot = self._free.pop()  # the last one used, whose memory is warm
        try:
            self._questions.send(number + question, socket.MSG_DONTWAIT)
        except BlockingIOError:  # the queue is full
            self._release(number, slot)
            return None
        except OSError:  # the child has ended
            frames = None
        else:
            frames = self._wait_for_answer(slot, checks, busy=busy)
        if frames is None:
            self.close()
        self._release(number, slot)
        return None if frames is None else (frames[:-1], SECONDS.unpack(frames[-1])[0])

    def _wait_for_answer(
        self, slot: socket.socket, checks: int, *, busy: bool
    ) -> list[bytes] | None:
        """Wait at a slot for a whole answer; None when the child has ended or seems stuck.

        The child is checked `checks` times; `busy` allows it to work in the meantime.
        """
        buffer = b""
        before = math.inf
        while checks:
            try:
                piece = slot.recv(PIECE)
            except BlockingIOError:
                now = cpu_seconds(self.pid)
                if not busy and now - before > STUCK * LOOK:
                    return None
                before, checks = now, checks - 1
                continue
            except ConnectionResetError:
                return None
            buffer += piece
            if not piece or (frames := split_frames(buffer)) is not None:
                return frames if piece else None
        return None

    def _release(self, number: bytes, slot: socket.socket) -> None:
        with self._lock:
            self._waiting -= 1
            self._free.append((number, slot))
            if self._closed:
                self._close_sockets()

    def _close_sockets(self) -> None:
        for _, slot in self._free:
            slot.close()
        self._free.clear()
        if not self._waiting:
            self._questions.close()
