"""Convert files in a thread before they are asked for, while the caller does something else.

A pool that submits many files waits for the process that converts each, and that process then waits
for the pool. What it answers depends on the file and its mapping alone, so it goes on to the next
files at once: the same process, with the same limits and restrictions.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from parvis.config import Limits
from parvis.errors import ParvisError
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.converter import (
    Converter,
    conversion_request,
    judgement_request,
    screening_request,
    tally_request,
)
from parvis.mapping.engine.rows import Watch
from parvis.mapping.language import load

OUTPUTS = ("out", "places")
"""The fields of a request that name the files to write."""


@dataclass(frozen=True)
class MappedFile:
    """A file that is submitted later, as it is now, with its mapping."""

    source: Path
    mapping: Path


@dataclass(frozen=True)
class EarlyAnswer:
    """The answer to a request, and the files that it wrote."""

    answer: dict[str, Any]
    outputs: Mapping[str, str]

    def deliver(self, request: Mapping[str, object]) -> dict[str, Any]:
        """Return the answer to an equal request, after moving the files to where it has them."""
        for name, path in self.outputs.items():
            Path(path).replace(str(request[name]))
        places = {"file": request["places"]} if "places" in self.outputs else {}
        return self.answer | ({"places": self.answer["places"] | places} if places else {})


class ConverterAhead(Converter):
    """A converter that may have converted a file before it is asked to."""

    def __init__(
        self, concepts: Concepts, limits: Limits, base: str, watch: Watch | None = None
    ) -> None:
        super().__init__(concepts, limits, base, watch)
        self._early: Mapping[Path, Future[dict[str, EarlyAnswer]]] = {}
        self._process_lock = Lock()

    @contextmanager
    def convert_ahead(
        self, files: Sequence[MappedFile], headings: Mapping[str, object], folder: Path
    ) -> Iterator[None]:
        """Convert files in their order into a folder on the disk of the pool.

        They are submitted within the block, with the `headings` of surveys.
        """
        with ThreadPoolExecutor(max_workers=1) as thread:
            self._early = {
                file.source: thread.submit(self._ask_all, file, headings, folder / str(number))
                for number, file in enumerate(files)
            }
            try:
                yield
            finally:
                self._early = {}
                thread.shutdown(wait=False, cancel_futures=True)

    def _ask_all(
        self, file: MappedFile, headings: Mapping[str, object], stem: Path
    ) -> dict[str, EarlyAnswer]:
        """Ask what the examination of a file asks, in its order, up to the first error."""
        # It loads what reads JSON, which a publication without files does not need.
        from parvis.mapping.screening.personal_data import observes  # noqa: PLC0415

        source, mapping = file.source, file.mapping
        answers: dict[str, EarlyAnswer] = {}

        def ask(request: dict[str, object]) -> None:
            outputs = {name: str(request[name]) for name in OUTPUTS if name in request}
            answers[_key_of(request)] = EarlyAnswer(self._ask(request, source), outputs)

        # What fails is asked again when it is submitted, which reports the error.
        with suppress(ParvisError):
            ask(tally_request(source, headings))
            ask(judgement_request([source]))
            if observes(load(mapping)):
                ask(screening_request(mapping, source))
            out, places = stem.with_suffix(".nt"), stem.with_suffix(".places")
            ask(conversion_request(mapping, source, out, places))
        return answers

    def _request(self, request: Mapping[str, object], source: Path) -> dict[str, Any]:
        early = self._early.get(source)
        answer = early.result().pop(_key_of(request), None) if early else None
        return self._ask(request, source) if answer is None else answer.deliver(request)

    def _ask(self, request: Mapping[str, object], source: Path) -> dict[str, Any]:
        with self._process_lock:  # a process answers one request at a time
            return super()._request(request, source)


def _key_of(request: Mapping[str, object]) -> str:
    fields = {name: value for name, value in request.items() if name not in OUTPUTS}
    return json.dumps(fields, sort_keys=True)
