"""A process that makes files to take away: ``python -I -m parvis.rdf.dumps.maker``, in frames.

It is told ``{"path": file of N-Triples, "dataset": IRI, "graph": IRI, "ending": form, "to": file,
"memory": bytes, "escape": true to escape formulas in CSV}`` and answers ``{}``, or ``{"template":
sentence, "fields": {…}}`` when the form cannot hold the data, or ``{"machine": [ERRNO, TEXT,
FILE]}`` when the disk is full; then it waits for the next. What would eat the memory or never end
takes this process with it, and nobody else.
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
"""Why a form is not made: a sheet's limits (`SheetError`), or the process's (`LimitError`)."""


class Maker:
    """Makes files in a killable process, begun when there is a first one."""

    def __init__(self, seconds: float, memory: int, *, escape: bool = False) -> None:
        """Keep what one file may take, and whether formulas are escaped in CSV."""
        self._seconds, self._memory, self._escape = seconds, memory, escape
        self._worker: Worker | None = None

    def make(self, path: Path, dataset: str, graph: str, ending: str, to: Path) -> None:
        """Make one form of a file of N-Triples.

        Raises `SheetError` or `LimitError`, and `OSError` for what the machine cannot do.
        """
        job = {"path": str(path), "dataset": dataset, "graph": graph, "ending": ending}
        if self._worker is None:
            self._worker = Worker(MODULE)
        try:
            told = job | {"to": str(to), "memory": self._memory, "escape": self._escape}
            found = self._worker.ask(told, self._seconds)
        except (WorkerDied, TimeoutError) as error:
            self.close()
            raise LimitError(TOO_MUCH) from error
        if "machine" in found:
            raise OSError(*found["machine"])
        if found:
            kind = SheetError if found["sheet"] else LimitError
            raise kind(found["template"], **found["fields"])

    def close(self) -> None:
        """End the process."""
        if self._worker is not None:
            self._worker.kill()
            self._worker = None

    def __enter__(self) -> Self:
        """Give the maker."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        self.close()


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """Write one form, or say why not."""
    from parvis.rdf.dumps.forms import write  # noqa: PLC0415 - who asks for files writes none

    try:
        write(asked)
    except ParvisError as error:
        sheet = isinstance(error, SheetError)
        return {"template": error.template, "fields": error.plain, "sheet": sheet}
    except MemoryError:
        return {"template": TOO_MUCH, "fields": {}, "sheet": False}
    except OSError as error:  # a disk that is full: no form is to be left out for that
        return {"machine": [error.errno, error.strerror, error.filename]}
    return {}


def main() -> None:
    """Make each file that is asked for."""
    channel = Channel()
    raise_walls()
    while (body := channel.receive()) is not None:
        asked = json.loads(body)
        limit_memory(asked["memory"])
        channel.send(json.dumps(answer(asked)).encode())
        channel.end()


if __name__ == "__main__":
    main()
