"""The parent's end of a killable child process."""

import json
import signal
import socket
import subprocess
import time
from types import TracebackType
from typing import Any, Self

from parvis.errors import WorkerDied
from parvis.sandbox.child import HEADER, PIECE, packed, whole
from parvis.sandbox.scheduling import LONG, USUAL, give_slice, lower, restore, used, wait_at_most
from parvis.sandbox.starting import started

PATIENCE = 2.0
"""Seconds that a child has to end by itself."""


class Worker:
    """A child process that runs one of our modules and speaks frames.

    After a `TimeoutError` it may be waited for again; after `WorkerDied` it is of no more use: kill
    it. Not to be shared by threads at the same time.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        """Start the child; what it needs to load is not waited for."""
        self._from_child, theirs = socket.socketpair()
        with theirs:
            self._process = started(
                module, arguments, stdin=subprocess.PIPE, stdout=theirs.fileno()
            )
        if self._process.stdin is None:
            raise WorkerDied("a worker process could not be started")
        self._to_child = self._process.stdin
        self._held = bytearray()
        self._patience: float | None = None
        self._stands_back = self._runs_long = False

    @property
    def pid(self) -> int:
        """Give the child's process number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Say whether the child still runs."""
        return self._process.poll() is None

    def send(self, body: bytes) -> None:
        """Send one frame. Raises `WorkerDied`."""
        frame = memoryview(packed(body))
        try:
            while frame:
                frame = frame[self._to_child.write(frame) :]
        except BrokenPipeError as error:
            raise self._death() from error

    def receive(self, seconds: float) -> bytes:
        """Wait for the child's next frame; empty when its answer ends.

        Raises `TimeoutError` after `seconds`, and `WorkerDied` when the child ends first.
        """
        deadline = time.monotonic() + seconds
        while (frame := self._complete()) is None:
            self._fill(deadline)
        return frame

    def ask(self, question: object, seconds: float) -> Any:  # noqa: ANN401 - whatever JSON says
        """Send a question as JSON and give the answer, which is one frame of JSON."""
        self.send(json.dumps(question).encode())
        answer = json.loads(self.receive(seconds))
        self.receive(seconds)
        return answer

    def at_once(self, seconds: float) -> list[bytes] | None:
        """Give all frames of an answer that comes whole, in one piece, within `seconds`.

        None for one that does not: what has come of it is still to be received.
        """
        self._held += self._heard(seconds) or b""
        frames = whole(self._held)
        if frames is not None:
            self._held.clear()
        return frames

    def ready(self) -> bool:
        """Say whether a whole frame has already been read from the pipe."""
        return len(self._held) >= HEADER.size and len(self._held) >= self._end_of_frame()

    def _end_of_frame(self) -> int:
        """Tell where the frame that begins what is held ends."""
        size: int = HEADER.unpack_from(self._held)[0]
        return HEADER.size + size

    def _complete(self) -> bytes | None:
        """Take a whole frame out of what is held, if there is one."""
        if not self.ready():
            return None
        end = self._end_of_frame()
        frame = bytes(self._held[HEADER.size : end])
        del self._held[:end]
        return frame

    def _fill(self, deadline: float) -> None:
        """Hold more of what the child wrote."""
        piece = self._heard(deadline - time.monotonic())
        if piece is None:
            raise TimeoutError
        if not piece:
            raise self._death()
        self._held += piece

    def _heard(self, seconds: float) -> bytes | None:
        """Take what the child wrote; None if that is nothing yet, empty if it writes no more."""
        if seconds != self._patience:
            wait_at_most(self._from_child, seconds)
            self._patience = seconds
        try:
            return self._from_child.recv(PIECE)
        except BlockingIOError:
            return None

    def _death(self) -> WorkerDied:
        """Say how the child ended; one that only closed its pipe is ended soon."""
        self.close()
        code = self._process.returncode
        how = signal.Signals(-code).name if code < 0 else f"exit {code}"
        return WorkerDied("a worker process ended before it answered ({how})", how=how)

    @property
    def used(self) -> float:
        """Tell the seconds of processor that the child has used since it was started."""
        return used(self.pid)

    def run_long(self) -> None:
        """Let the child run long once it is its turn: who wakes for an instant comes before it."""
        self._runs_long = True
        give_slice(self.pid, LONG)

    def stand_back(self) -> None:
        """Give the child the processor only when nobody else wants it."""
        self._stands_back = True
        lower(self._process.pid)

    def come_forward(self) -> bool:
        """Take back the slice and the priority it had; says whether it has them."""
        if self._runs_long:
            self._runs_long = False
            give_slice(self.pid, USUAL)
        if self._stands_back:
            self._stands_back = not restore(self._process.pid)
        return not self._stands_back

    def interrupt(self) -> None:
        """End the child now, while another thread may be waiting for it: that one sees it die."""
        self._process.kill()

    def kill(self) -> None:
        """End the child now, and leave no zombie. May be called again."""
        self._process.kill()
        self.close()

    def close(self) -> None:
        """Let the child end by itself, since nothing more comes; kill it if it does not."""
        self._to_child.close()
        self._from_child.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        """Give the worker."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the child."""
        self.kill()
