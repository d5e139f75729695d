"""Conversion of files that strangers wrote: in a process that can be killed.

A spreadsheet that unfolds to the size of the machine, or a file that never ends, costs a worker
its life and the caller a clear error, nothing else.
"""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from parvis.config import Limits
from parvis.errors import LimitError, SourceError, WorkerDied, raise_reported
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.places import Places
from parvis.mapping.engine.watching import Watch
from parvis.report import Report
from parvis.sandbox.worker import Worker


@dataclass(frozen=True)
class Conversion:
    """What a run gave besides its triples."""

    report: Report
    places: Places = field(default_factory=Places)


class Converter:
    """Converts files one after the other in one worker, started when it is first needed."""

    def __init__(
        self, concepts: Concepts, limits: Limits, base: str, watch: Watch | None = None
    ) -> None:
        """Start nothing yet; IRIs are minted under `base`.

        `watch` is told, now and then, which file is read and which row has been reached.
        """
        self._concepts, self._limits, self._base = concepts, limits, base
        self._watch = watch
        self._worker: Worker | None = None

    def convert(
        self, mapping: Path, source: Path, out: Path, places: Path | None = None
    ) -> Conversion:
        """Run a mapping document over a file or folder, into a file of N-Triples.

        Where each subject came from is kept in the file `places`, if one is told.
        Raises `MappingError` or `SourceError` for what is wrong with them, `LimitError` for what
        takes longer than `Limits.conversion_seconds`.
        """
        asked = {"mapping": mapping, "source": source, "out": out, "places": places}
        found = self._ask({name: str(path) for name, path in asked.items() if path}, source)
        return Conversion(Report.from_json(found["report"]), Places.from_json(found["places"]))

    def screen(self, mapping: Path, source: Path) -> Report:
        """Look through a file or folder for direct identifiers of persons; raises as `convert`.

        The report tells places and no value.
        """
        asked = {"mapping": str(mapping), "source": str(source), "screen": "yes"}
        found = self._ask(asked, source)
        return Report.from_json(found["report"])

    def close(self) -> None:
        """End the worker."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()

    def __enter__(self) -> Self:
        """Give the converter."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the worker."""
        self.close()

    def _ask(self, asked: dict[str, str], source: Path) -> dict[str, Any]:
        """Ask the worker; one that fails is let go."""
        seconds = self._limits.conversion_seconds
        self._worker = self._worker or self._started()
        try:
            self._worker.send(json.dumps(asked | {"base": self._base}).encode())
            found = self._answer(self._worker, time.monotonic() + seconds)
            if found.get("walled"):  # what it read before took its network away
                self.close()
                return self._ask(asked, source)
        except TimeoutError as error:
            self.close()
            raise LimitError(
                "{file} took more than {seconds} seconds to convert",
                file=source.name,
                seconds=f"{seconds:g}",
            ) from error
        except WorkerDied as error:
            self.close()
            raise SourceError(
                "the process that converted {file} ended ({how}): most often it lacks memory, of"
                " which it may have {memory} bytes",
                file=source.name,
                memory=self._limits.conversion_memory,
                how=error.fields.get("how", "?"),
            ) from error
        raise_reported(found)
        return found

    def _answer(self, worker: Worker, deadline: float) -> dict[str, Any]:
        """Wait for the answer; what comes before tells how far the conversion is."""
        found: dict[str, Any] = {}
        while frame := worker.receive(max(deadline - time.monotonic(), 0)):
            found = json.loads(frame)
            if "row" in found and self._watch:
                self._watch(Path(found["file"]), found["row"])
        return found

    def _started(self) -> Worker:
        """Start a worker and tell it what holds for all conversions."""
        worker = Worker("parvis.mapping.engine.worker")
        opening = {
            "memory": self._limits.conversion_memory,
            "schemes": self._concepts.schemes,
        }
        worker.send(json.dumps(opening).encode())
        return worker
