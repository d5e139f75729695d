"""The parent's end of a killable child process."""

import os
import signal
import socket
import subprocess
import time
from typing import Self

from parvis.errors import WorkerDied
from parvis.sandbox.child import HEADER, PIECE, split_frames, to_frame
from parvis.sandbox.processes import (
    LONG,
    PATIENCE,
    USUAL,
    cpu_seconds,
    give_slice,
    lower,
    restore,
    start_process,
    wait_at_most,
)


class Worker:
    """A child process that runs one of our modules and exchanges frames with us.

    After a `TimeoutError` one may wait again; after `WorkerDied` it is useless: kill it. Not to be
    shared by threads at the same time.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        """Start the child, without waiting until it is ready."""
        self._from_child, child_end = socket.socketpair()
        child_input, own_end = os.pipe()
        self._to_child = os.fdopen(own_end, "wb", buffering=0)
        try:
            self._process = start_process(
                module, arguments, stdin=child_input, stdout=child_end.fileno()
            )
        except OSError:
            self._from_child.close()
            self._to_child.close()
            raise
        finally:
            child_end.close()
            os.close(child_input)
        self._buffer = bytearray()
        self._read_timeout: float | None = None
        self._is_lowered = self._has_long_slice = False

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def send(self, body: bytes) -> None:
        """Send one frame. Raises `WorkerDied`."""
        frame = memoryview(to_frame(body))
        try:
            while frame:
                frame = frame[self._to_child.write(frame) :]
        except BrokenPipeError as error:
            raise self._describe_death() from error

    def receive(self, seconds: float) -> bytes:
        """Wait for the child's next frame; empty at the end of its answer.

        Raises `TimeoutError` after `seconds`, and `WorkerDied` when the child ends first.
        """
        deadline = time.monotonic() + seconds
        while not self.ready():
            piece = self._read(deadline - time.monotonic())
            if piece is None:
                raise TimeoutError
            if not piece:
                raise self._describe_death()
            self._buffer += piece
        end = self._end_of_frame()
        frame = bytes(self._buffer[HEADER.size : end])
        del self._buffer[:end]
        return frame

    def receive_at_once(self, seconds: float) -> list[bytes] | None:
        """Return all frames of an answer that comes in one piece within `seconds`.

        None if it does not; call `receive` for what has come of it.
        """
        self._buffer += self._read(seconds) or b""
        frames = split_frames(self._buffer)
        if frames is not None:
            self._buffer.clear()
        return frames

    def ready(self) -> bool:
        """Return whether a whole frame has been read from the pipe."""
        return len(self._buffer) >= HEADER.size and len(self._buffer) >= self._end_of_frame()

    def _end_of_frame(self) -> int:
        size: int = HEADER.unpack_from(self._buffer)[0]
        return HEADER.size + size

    def _read(self, seconds: float) -> bytes | None:
        """Read what the child wrote; None if nothing yet, empty if it has closed its pipe."""
        if seconds != self._read_timeout:
            wait_at_most(self._from_child, seconds)
            self._read_timeout = seconds
        try:
            return self._from_child.recv(PIECE)
        except BlockingIOError:
            return None

    def _describe_death(self) -> WorkerDied:
        """Return an error with how the child ended, after ending one that only closed its pipe."""
        self.close()
        code = self._process.wait(PATIENCE)
        how = signal.Signals(-code).name if code < 0 else f"exit {code}"
        return WorkerDied("a worker process ended before it answered ({how})", how=how)

    @property
    def used_seconds(self) -> float:
        """Return the seconds of processor time that the child has used."""
        return cpu_seconds(self.pid)

    def lengthen_slice(self) -> None:
        """Give the child long time slices, so that processes that wake for an instant go first."""
        self._has_long_slice = True
        give_slice(self.pid, LONG)

    def lower_priority(self) -> None:
        """Give the child the lowest priority."""
        self._is_lowered = True
        lower(self._process.pid)

    def restore_priority(self) -> bool:
        """Restore the child's slice and priority; return whether it has them."""
        if self._has_long_slice:
            self._has_long_slice = False
            give_slice(self.pid, USUAL)
        if self._is_lowered:
            self._is_lowered = not restore(self._process.pid)
        return not self._is_lowered

    def interrupt(self) -> None:
        """End the child now; another thread that waits for it gets `WorkerDied`."""
        self._process.kill()

    def kill(self) -> None:
        """End the child now, and leave no zombie. Idempotent."""
        self._process.kill()
        self.close()

    def close(self) -> None:
        """Close the pipes so that the child ends by itself; kill it if it does not."""
        self._to_child.close()
        self._from_child.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
