"""The child's end: frames over its own standard input and output or over sockets, and its walls."""

import json
import os
import resource
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from parvis.errors import ParvisError, SourceError

# Frames: a length of four bytes, most significant first, then that many bytes.
#
# An answer is any number of frames and then one of length zero.

HEADER = struct.Struct(">I")
PIECE = 65_536
"""How many bytes are read from a pipe, or gathered for a frame, at a time."""

LARGEST = 32_768
"""Bytes that a question to a `parvis.sandbox.lane.Lane` may have, its slot's number among them."""
SECONDS = struct.Struct(">d")
"""How such an answer says in its last frame what it took."""


def packed(body: bytes) -> bytes:
    r"""Make a frame.

    >>> packed(b"oui")
    b'\x00\x00\x00\x03oui'
    """
    return HEADER.pack(len(body)) + body


END = packed(b"")
"""The frame that ends an answer."""


def whole(held: bytes | bytearray) -> list[bytes] | None:
    r"""Give the frames of an answer that has come whole; None for one of which more is to come.

    >>> whole(packed(b"oui") + END)
    [b'oui']
    >>> whole(packed(b"oui"))
    """
    frames: list[bytes] = []
    at = 0
    while at + HEADER.size <= len(held):
        end = at + HEADER.size + HEADER.unpack_from(held, at)[0]
        if end == at + HEADER.size:
            return frames
        frames.append(bytes(held[at + HEADER.size : end]))
        at = end
    return None


def encode_outcome(file: Path, answer: Callable[[], dict[str, Any]]) -> bytes:
    """Return, as a frame of JSON, an answer about a file or the error for `raise_reported`.

    Nothing but a lack of memory ends the process: that is what its parent takes an end for, and
    says. Of an error that nobody foresaw the log has one line, with the place in our code.
    """
    try:
        return json.dumps(answer()).encode()
    except ParvisError as error:
        told = error.to_json()
    except OSError as error:
        told = {"machine": [error.errno, error.strerror or str(error), error.filename]}
    except (MemoryError, KeyboardInterrupt, SystemExit):
        raise
    # The outermost frame of the process: a traceback here would reach the log of the site, and its
    # reader would be told of a lack of memory. A panic of a library in Rust is no `Exception`.
    except BaseException as error:  # noqa: BLE001
        last = traceback.extract_tb(error.__traceback__)[-1]
        kind, place = type(error).__name__, f"{Path(last.filename).name}:{last.lineno}"
        print(f"parvis: {kind} at {place} over a file of a partner", file=sys.stderr)  # noqa: T201
        told = SourceError(
            "“{file}” cannot be read: parvis fails over what is in it ({reason}); save it again in"
            " another format, and tell the trusted third party",
            file=file.name,
            reason=kind,
        ).to_json()
    return json.dumps(told).encode()


class Channel:
    """The pipes to the parent; from then on nothing else can read or write them.

    Standard input and output become ``/dev/null``, so that a stray print breaks no frame. When
    the parent has gone, the first frame that it would not get ends this process, in silence.
    """

    def __init__(self) -> None:
        """Take the pipes over."""
        self._from_parent = os.fdopen(os.dup(0), "rb", buffering=PIECE)
        self._to_parent = os.fdopen(os.dup(1), "wb", buffering=2 * PIECE)
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 0)
        os.dup2(nowhere, 1)
        os.close(nowhere)

    def receive(self) -> bytes | None:
        """Wait for the parent's next frame; None when the parent has gone."""
        header = self._from_parent.read(HEADER.size)
        if len(header) < HEADER.size:
            return None
        size: int = HEADER.unpack(header)[0]
        body = self._from_parent.read(size)
        return body if len(body) == size else None

    def send(self, body: bytes, *, now: bool = False) -> None:
        """Send a frame; it may wait for more to go with it unless `now`."""
        self._write(packed(body), now=now)

    def end(self) -> None:
        """End an answer."""
        self._write(END, now=True)

    def _write(self, frame: bytes, *, now: bool) -> None:
        """Write, or end this process if nobody reads: there is no one left to be told of it."""
        try:
            self._to_parent.write(frame)
            if now:
                self._to_parent.flush()
        except BrokenPipeError:
            os._exit(1)


class LaneChannel(Channel):
    """The sockets of a `Lane`: questions come by the first, each with the number of its slot.

    An answer goes back by that slot, and its last frame says how many seconds it took.
    """

    def __init__(self, numbers: Sequence[int]) -> None:
        """Take over the sockets that were left open for this process."""
        self._questions, *self._slots = [socket.socket(fileno=number) for number in numbers]
        self._slot = self._questions
        self._begun = 0.0
        self._answer = bytearray()

    def receive(self) -> bytes | None:
        """Wait for the next question; None when the parent has gone."""
        message = self._questions.recv(LARGEST)
        if not message:
            return None
        self._begun = time.monotonic()
        self._slot = self._slots[message[0]]
        return message[1:]

    def end(self) -> None:
        """Say what the answer took, and end it."""
        self.send(SECONDS.pack(time.monotonic() - self._begun))
        super().end()

    def _write(self, frame: bytes, *, now: bool) -> None:
        """Write to the slot; the parent ends this process if nobody waits there."""
        self._answer += frame
        if now:
            with suppress(BrokenPipeError, ConnectionResetError):
                self._slot.sendall(self._answer)
            self._answer.clear()


def channel_of(numbers: Sequence[str]) -> Channel:
    """Give the child's end of a `Worker`, or of a `Lane` if numbers of sockets are given."""
    return LaneChannel([*map(int, numbers)]) if numbers else Channel()


def limit_memory(size: int) -> None:
    """Let this process have at most `size` bytes of address space, and leave no core file.

    Should the machine's own memory run out, the kernel ends this process before its parent.
    """
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def end_after(seconds: float) -> None:
    """End this process by SIGALRM, unless this is called anew before; 0 for never.

    This is the wall behind the parent's own. The signal keeps its default action, for a handler in
    Python never runs inside an engine.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
