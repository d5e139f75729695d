"""The parent's end of a child process that answers requests in JSON (`parvis.sandbox.serving`)."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from parvis.errors import ParvisError, WorkerDied, raise_reported
from parvis.sandbox.worker import Worker


class ProcessClient:
    """Calls a child process, started for the first request and anew after one that it failed.

    Not to be shared by threads at the same time.
    """

    def __init__(self, module: str, seconds: float, **opening: object) -> None:
        """Limit each answer to some seconds; `opening` applies to all requests.

        Its `memory` limits the process to some bytes; its `alarm` ends the process by itself after
        some seconds of one request.
        """
        self._module, self._seconds, self._opening = module, seconds, opening
        self._worker: Worker | None = None

    def call(
        self,
        request: Mapping[str, object],
        slow: ParvisError | None = None,
        died: ParvisError | None = None,
        watch: Callable[[Any], None] | None = None,
        *,
        per_part: bool = False,
    ) -> dict[str, Any]:
        """Send a request and return its answer; `watch` receives the parts before it.

        The time limit is of all, or with `per_part` of each part. Raises what the process reports,
        `slow` after the time limit and `died` where the process ended: their fields `seconds`,
        `memory` and `how` are filled in. Where they are missing, raises `TimeoutError` and
        `WorkerDied`.
        """
        with self._failing(slow, died):
            self.send(request)
            answer = self._receive(watch, per_part=per_part)
        raise_reported(answer)
        return answer

    def start(self) -> None:
        """Start the process before its first request, if it does not run."""
        self._running()

    def send(self, request: Mapping[str, object]) -> None:
        """Send a request whose answer is received later. Raises `WorkerDied`."""
        self._running().send(json.dumps(request).encode())

    def receive(self, slow: ParvisError) -> dict[str, Any]:
        """Return the answer to what was sent, or raise as `call`."""
        with self._failing(slow, None):
            answer = self._receive()
        raise_reported(answer)
        return answer

    def interrupt(self) -> None:
        """End the process, if it runs: another thread that waits for it gets `WorkerDied`."""
        worker = self._worker  # another thread may close it meanwhile
        if worker is not None:
            worker.interrupt()

    def close(self) -> None:
        """End the process. Idempotent."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _running(self) -> Worker:
        if self._worker is None:
            self._worker = Worker(self._module)
            self._worker.send(json.dumps(self._opening).encode())
        return self._worker

    def _receive(
        self, watch: Callable[[Any], None] | None = None, *, per_part: bool = False
    ) -> dict[str, Any]:
        worker = self._running()
        answer: dict[str, Any] = {}
        deadline = time.monotonic() + self._seconds
        # Time that is over counts, also when the answer has come in the meantime.
        while (seconds := deadline - time.monotonic()) > 0:
            if not (frame := worker.receive(seconds)):
                return answer
            answer = json.loads(frame)
            if watch is not None and "part" in answer:
                watch(answer["part"])
            if per_part:
                deadline = time.monotonic() + self._seconds
        raise TimeoutError

    @contextmanager
    def _failing(self, slow: ParvisError | None, died: ParvisError | None) -> Iterator[None]:
        """End a process that failed, and raise the caller's error if there is one."""
        try:
            yield
        except (TimeoutError, WorkerDied) as error:
            self.close()
            failure = slow if isinstance(error, TimeoutError) else died
            if failure is None:
                raise
            limits = {"seconds": f"{self._seconds:g}", "memory": self._opening.get("memory")}
            fields = limits | {"how": "?"} | getattr(error, "fields", {}) | failure.fields
            raise type(failure)(failure.template, **fields) from error
