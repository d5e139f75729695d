"""A process that counts: ``python -I -m parvis.store.record.counting``, spoken to in frames.

It is told ``{"path": file of N-Triples, "memory": bytes}`` and answers with the statistics as
`Statistics.to_json` writes them, or ``{"error": reason}``; then it waits for the next. What would
eat the memory or never end takes this process with it, and nobody else.
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


class Counter:
    """Counts files in a killable process, begun when there is a first one."""

    def __init__(self, seconds: float, memory: int) -> None:
        """Keep what one file may take."""
        self._seconds, self._memory = seconds, memory
        self._worker: Worker | None = None

    def count(self, path: Path) -> Statistics | None:
        """Count a file; None for one that takes more than it may, or is no N-Triples."""
        if self._worker is None:
            self._worker = Worker(MODULE)
        try:
            found = self._worker.ask({"path": str(path), "memory": self._memory}, self._seconds)
        except (WorkerDied, TimeoutError):
            self.close()
            return None
        return None if "error" in found else Statistics.from_json(found)

    def close(self) -> None:
        """End the process."""
        if self._worker is not None:
            self._worker.kill()
            self._worker = None

    def __enter__(self) -> Self:
        """Give the counter."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        self.close()


def answer(path: Path) -> dict[str, Any]:
    """Count one file, or say what is wrong with it."""
    try:
        return count(path).to_json()
    except (ValueError, OSError, EOFError, MemoryError) as error:
        return {"error": str(error)}


def main() -> None:
    """Count each file that is asked for."""
    channel = Channel()
    while (body := channel.receive()) is not None:
        asked = json.loads(body)
        limit_memory(asked["memory"])
        channel.send(json.dumps(answer(Path(asked["path"]))).encode())
        channel.end()


if __name__ == "__main__":
    main()
