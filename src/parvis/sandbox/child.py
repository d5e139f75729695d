"""The child's end: frames over its standard input and output or over sockets, and its limits."""

import os
import resource
import signal
import socket
import struct
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

# Frames: a length of four bytes, most significant first, then that many bytes.
#
# An answer is any number of frames, then one of length zero.

HEADER = struct.Struct(">I")
PIECE = 65_536
"""How many bytes are read from a pipe, or gathered for a frame, at a time."""

LARGEST = 32_768
"""Bytes that a question to a `parvis.sandbox.lane.Lane` may have, its slot's number among them."""
SECONDS = struct.Struct(">d")
"""How such an answer says in its last frame what it took."""


def to_frame(body: bytes) -> bytes:
    r"""Make a frame.

    >>> to_frame(b"oui")
    b'\x00\x00\x00\x03oui'
    """
    return HEADER.pack(len(body)) + body


END = to_frame(b"")
"""The frame that ends an answer."""


def split_frames(buffer: bytes | bytearray) -> list[bytes] | None:
    """Return the frames of a complete answer; None while part of it is missing.

    >>> split_frames(to_frame(b"oui") + END)
    [b'oui']
    >>> split_frames(to_frame(b"oui"))
    """
    frames: list[bytes] = []
    at = 0
    while at + HEADER.size <= len(buffer):
        end = at + HEADER.size + HEADER.unpack_from(buffer, at)[0]
        if end == at + HEADER.size:
            return frames
        frames.append(bytes(buffer[at + HEADER.size : end]))
        at = end
    return None


class Channel:
    """The pipes to the parent, which nothing else in the process can use any more.

    If the parent is gone, the first frame that cannot be written ends this process silently.
    """

    def __init__(self) -> None:
        self._from_parent = os.fdopen(os.dup(0), "rb", buffering=PIECE)
        self._to_parent = os.fdopen(os.dup(1), "wb", buffering=2 * PIECE)
        # A stray print must break no frame.
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        os.close(null)

    def receive(self) -> bytes | None:
        """Wait for the parent's next frame; None when the parent is gone."""
        header = self._from_parent.read(HEADER.size)
        if len(header) < HEADER.size:
            return None
        size: int = HEADER.unpack(header)[0]
        body = self._from_parent.read(size)
        return body if len(body) == size else None

    def send(self, body: bytes, *, now: bool = False) -> None:
        """Send a frame, buffered unless `now`."""
        self._write(to_frame(body), now=now)

    def end(self) -> None:
        self._write(END, now=True)

    def _write(self, frame: bytes, *, now: bool) -> None:
        try:
            self._to_parent.write(frame)
            if now:
                self._to_parent.flush()
        except BrokenPipeError:  # the parent is gone, so there is nobody to report to
            os._exit(1)


class LaneChannel(Channel):
    """The sockets of a `Lane`: each question starts with the number of the slot to answer by.

    The last frame of an answer is the seconds that it took.
    """

    def __init__(self, numbers: Sequence[int]) -> None:
        self._questions, *self._slots = [socket.socket(fileno=number) for number in numbers]
        self._slot = self._questions
        self._start_time = 0.0
        self._answer = bytearray()

    def receive(self) -> bytes | None:
        """Wait for the next question; None when the parent is gone."""
        message = self._questions.recv(LARGEST)
        if not message:
            return None
        self._start_time = time.monotonic()
        self._slot = self._slots[message[0]]
        return message[1:]

    def end(self) -> None:
        self.send(SECONDS.pack(time.monotonic() - self._start_time))
        super().end()

    def _write(self, frame: bytes, *, now: bool) -> None:
        self._answer += frame
        if now:
            # A caller that no longer waits is no reason to end: the parent decides that.
            with suppress(BrokenPipeError, ConnectionResetError):
                self._slot.sendall(self._answer)
            self._answer.clear()


def channel_of(numbers: Sequence[str]) -> Channel:
    """Return the child's end of a `Lane` if numbers of sockets are given, else of a `Worker`."""
    return LaneChannel([*map(int, numbers)]) if numbers else Channel()


def limit_memory(size: int) -> None:
    """Limit this process to `size` bytes of address space, and disable core files.

    A limit that holds already is lowered, never raised.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    size = size if hard == resource.RLIM_INFINITY else min(size, hard)
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # If the machine runs out of memory, the kernel ends this process before its parent.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def end_after(seconds: float) -> None:
    """End this process by SIGALRM after some seconds, unless called again before; 0 cancels it."""
    # The default action, since a handler in Python never runs while an engine computes. The parent
    # has a limit of its own; this one holds if the parent does not enforce it.
    if seconds:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


WATCHED = 0.5
"""Seconds between two looks whether the parent is there."""


def end_with_parent() -> None:
    """End this process soon after its parent, also while it does not write to it."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCHED)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
