"""Convert untrusted files in a worker process that can be killed.

A decompression bomb or an endless file costs only that process; the caller gets a clear error.
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
from parvis.mapping.engine.places import SubjectPlaces
from parvis.mapping.engine.watching import Watch
from parvis.report import Report
from parvis.sandbox.worker import Worker


@dataclass(frozen=True)
class Conversion:
    """The report and the places of a conversion."""

    report: Report
    places: SubjectPlaces = field(default_factory=SubjectPlaces)


class Converter:
    """Converts files one after the other in one worker, started at the first conversion."""

    def __init__(
        self, concepts: Concepts, limits: Limits, base: str, watch: Watch | None = None
    ) -> None:
        """Set the base of minted IRIs; `watch` receives the file and row reached, now and then."""
        self._concepts, self._limits, self._base = concepts, limits, base
        self._watch = watch
        self._worker: Worker | None = None

    def convert(
        self, mapping: Path, source: Path, out: Path, places: Path | None = None
    ) -> Conversion:
        """Run a mapping document over a file or folder, into a file of N-Triples.

        The place of each subject is written to the file `places`, if any. Raises `MappingError`
        or `SourceError` for what is wrong with the inputs, `LimitError` after
        `Limits.conversion_seconds`.
        """
        paths = {"mapping": mapping, "source": source, "out": out, "places": places}
        request = {name: str(path) for name, path in paths.items() if path}
        answer = self._request(request, source)
        return Conversion(
            Report.from_json(answer["report"]), SubjectPlaces.from_json(answer["places"])
        )

    def screen(self, mapping: Path, source: Path) -> Report:
        """Search a file or folder for direct identifiers of persons; raises as `convert`.

        The report holds places and no value.
        """
        request = {"mapping": str(mapping), "source": str(source), "screen": "yes"}
        return Report.from_json(self._request(request, source)["report"])

    def close(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _request(self, request: dict[str, str], source: Path) -> dict[str, Any]:
        """Send a request to the worker and return its answer; kill a worker that fails."""
        seconds = self._limits.conversion_seconds
        if self._worker is None:
            self._worker = Worker("parvis.mapping.engine.worker")
            opening = {
                "memory": self._limits.conversion_memory,
                "schemes": self._concepts.schemes,
            }
            self._worker.send(json.dumps(opening).encode())
        try:
            self._worker.send(json.dumps(request | {"base": self._base}).encode())
            answer = self._receive(self._worker, time.monotonic() + seconds)
            if answer.get("walled"):
                # An earlier mapping of files took this worker's network away: use a new one.
                self.close()
                return self._request(request, source)
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
        raise_reported(answer)
        return answer

    def _receive(self, worker: Worker, deadline: float) -> dict[str, Any]:
        """Return the last frame; pass the progress frames before it to `watch`."""
        answer: dict[str, Any] = {}
        while frame := worker.receive(max(deadline - time.monotonic(), 0)):
            answer = json.loads(frame)
            if "row" in answer and self._watch:
                self._watch(Path(answer["file"]), answer["row"])
        return answer
