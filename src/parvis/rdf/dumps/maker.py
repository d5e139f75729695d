"""A process that makes files to download: ``python -I -m parvis.rdf.dumps.maker``, in frames.

A job is ``{"path": file of N-Triples, "dataset": IRI, "graph": IRI, "ending": form, "to": file,
"memory": bytes, "escape": true to escape formulas in CSV}``. Its answer is ``{}``, ``{"template":
sentence, "fields": {…}}`` when the form cannot hold the data, or ``{"machine": [ERRNO, TEXT,
FILE]}`` when the disk is full. A job that exhausts the memory or never ends costs this process
only.
"""

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from parvis.errors import LimitError, ParvisError, SheetError, WorkerDied
from parvis.i18n import N_
from parvis.sandbox.child import Channel, limit_memory
from parvis.sandbox.walls import raise_walls
from parvis.sandbox.worker import Worker

MODULE = "parvis.rdf.dumps.maker"
TOO_MUCH = N_("making it takes more memory or time than it may")

Refused = ParvisError
"""Why a form is not made: the limits of a sheet (`SheetError`) or of the process (`LimitError`)."""


class DumpMaker:
    """Makes files in a killable process, started for the first one."""

    def __init__(self, seconds: float, memory: int, *, escape: bool = False) -> None:
        """Limit each file to some seconds and bytes of memory; `escape` escapes formulas in CSV."""
        self._seconds, self._memory, self._escape = seconds, memory, escape
        self._worker: Worker | None = None

    def make(self, path: Path, dataset: str, graph: str, ending: str, to: Path) -> None:
        """Make one form of a file of N-Triples.

        Raises `SheetError` or `LimitError`, and `OSError` for what the machine cannot do.
        """
        job = {
            "path": str(path),
            "dataset": dataset,
            "graph": graph,
            "ending": ending,
            "to": str(to),
            "memory": self._memory,
            "escape": self._escape,
        }
        if self._worker is None:
            self._worker = Worker(MODULE)
        try:
            outcome = self._worker.ask(job, self._seconds)
        except (WorkerDied, TimeoutError) as error:
            self.close()
            raise LimitError(TOO_MUCH) from error
        if "machine" in outcome:
            raise OSError(*outcome["machine"])
        if outcome:
            kind = SheetError if outcome["sheet"] else LimitError
            raise kind(outcome["template"], **outcome["fields"])

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


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """Write one form, or return why not."""
    from parvis.rdf.dumps.forms import write  # noqa: PLC0415 - the parent writes no files

    try:
        write(job)
    except ParvisError as error:
        sheet = isinstance(error, SheetError)
        return {"template": error.template, "fields": error.plain, "sheet": sheet}
    except MemoryError:
        return {"template": TOO_MUCH, "fields": {}, "sheet": False}
    except OSError as error:  # a full disk is no reason to leave out a form
        return {"machine": [error.errno, error.strerror, error.filename]}
    return {}


def main() -> None:
    channel = Channel()
    raise_walls()
    while (body := channel.receive()) is not None:
        job = json.loads(body)
        limit_memory(job["memory"])
        channel.send(json.dumps(answer(job)).encode())
        channel.end()


if __name__ == "__main__":
    main()
