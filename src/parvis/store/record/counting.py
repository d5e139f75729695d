"""A process that computes statistics: ``python -I -m parvis.store.record.counting``, in frames.

A job is ``{"path": file of N-Triples, "memory": bytes}``; its answer is `Statistics.to_json`, or
``{"error": reason}``. A job that exhausts the memory or never ends costs this process only.
"""

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from parvis.errors import WorkerDied
from parvis.sandbox.child import Channel, limit_memory
from parvis.sandbox.worker import Worker
from parvis.store.record.statistics import Statistics, count

MODULE = "parvis.store.record.counting"


class StatisticsCounter:
    """Computes statistics in a killable process, started for the first file."""

    def __init__(self, seconds: float, memory: int) -> None:
        """Limit each file to some seconds and bytes of memory."""
        self._seconds, self._memory = seconds, memory
        self._worker: Worker | None = None

    def count(self, path: Path) -> Statistics | None:
        """Count a file; None for one that exceeds the limits, or is not N-Triples."""
        if self._worker is None:
            self._worker = Worker(MODULE)
        try:
            answer = self._worker.ask({"path": str(path), "memory": self._memory}, self._seconds)
        except (WorkerDied, TimeoutError):
            self.close()  # the next file starts a new process
            return None
        return None if "error" in answer else Statistics.from_json(answer)

    def close(self) -> None:
        if self._worker is not None:
            self._worker.kill()
            self._worker = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def answer(path: Path) -> dict[str, Any]:
    """Count one file, or return what is wrong with it."""
    try:
        return count(path).to_json()
    except (ValueError, OSError, EOFError, MemoryError) as error:
        return {"error": str(error)}


def main() -> None:
    channel = Channel()
    while (body := channel.receive()) is not None:
        job = json.loads(body)
        limit_memory(job["memory"])
        channel.send(json.dumps(answer(Path(job["path"]))).encode())
        channel.end()


if __name__ == "__main__":
    main()
