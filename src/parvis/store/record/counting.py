"""A process that computes statistics: ``python -I -m parvis.store.record.counting``.

A request is ``{"path": file of N-Triples}``; its answer is `Statistics` as JSON, or ``{}``. A file
that exhausts the memory or never ends costs this process only.
"""

from pathlib import Path
from typing import Any

from parvis.config.json_data import to_object
from parvis.errors import WorkerDied
from parvis.sandbox.client import ProcessClient
from parvis.sandbox.serving import serve
from parvis.store.record.statistics import Statistics, count


class StatisticsCounter(ProcessClient):
    """Computes statistics in a killable process, started for the first file."""

    def __init__(self, seconds: float, memory: int) -> None:
        """Limit each file to some seconds and bytes of memory."""
        super().__init__("parvis.store.record.counting", seconds, memory=memory)

    def count(self, path: Path) -> Statistics | None:
        """Count a file; None for one that exceeds the limits, or is not N-Triples."""
        try:
            answer = self.call({"path": str(path)})
        except (WorkerDied, TimeoutError):
            return None
        return Statistics.from_json(answer) if answer else None


def count_file(request: dict[str, Any]) -> dict[str, Any]:
    """Count one file; the answer is empty for one that is not N-Triples."""
    try:
        return to_object(count(Path(request["path"])))
    except (ValueError, OSError, EOFError):
        return {}


if __name__ == "__main__":
    serve(count_file, walled=False)
