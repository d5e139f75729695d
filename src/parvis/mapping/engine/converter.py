"""Convert untrusted files in a worker process that can be killed.

A decompression bomb or an endless file costs only that process; the caller gets a clear error.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parvis.config import Limits
from parvis.errors import LimitError, SourceError
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.places import SubjectPlaces
from parvis.mapping.engine.rows import Watch
from parvis.report import Report
from parvis.sandbox.client import ProcessClient


@dataclass(frozen=True)
class Conversion:
    """The report and the places of a conversion."""

    report: Report
    places: SubjectPlaces = field(default_factory=SubjectPlaces)


class Converter(ProcessClient):
    """Converts files one after the other in one process, started at the first conversion."""

    def __init__(
        self, concepts: Concepts, limits: Limits, base: str, watch: Watch | None = None
    ) -> None:
        """Set the base of minted IRIs; `watch` receives the file and row reached, now and then."""
        super().__init__(
            "parvis.mapping.engine.conversion_process",
            limits.conversion_seconds,
            memory=limits.conversion_memory,
            schemes=concepts.schemes,
            base=base,
        )
        self._watch = watch

    def convert(
        self,
        mapping: Path,
        source: Path,
        out: Path,
        places: Path | None = None,
        most: int | None = None,
    ) -> Conversion:
        """Run a mapping document over a file or folder, into a file of N-Triples.

        The place of each subject is written to the file `places`, if any; `most` is how many rows
        of each source are read, by default all. Raises `MappingError`
        or `SourceError` for what is wrong with the inputs, `LimitError` after
        `Limits.conversion_seconds`.
        """
        request = conversion_request(mapping, source, out, places)
        answer = self._request(request if most is None else request | {"most": most}, source)
        return Conversion(
            Report.from_json(answer["report"]), SubjectPlaces.from_json(answer["places"])
        )

    def judge(self, files: Iterable[Path], allowed: Iterable[str] = ()) -> Report:
        """Search files, without a mapping, for what identifies persons; raises as `convert`.

        The report has columns and rows, and no value. Columns that the steward `allowed` are left
        out.
        """
        paths = list(files)
        return Report.from_json(
            self._request(judgement_request(paths, allowed), paths[0])["report"]
        )

    def tally(self, file: Path, questionnaire: Mapping[str, object]) -> dict[str, Any] | None:
        """Count the answers of a survey in a file; None for another file. Raises as `convert`.

        By the headings alone, without choices, nothing is counted: it tells which file it is.
        """
        answer = self._request(tally_request(file, questionnaire), file)
        counts: dict[str, Any] | None = answer["tally"]
        return counts

    def screen(self, mapping: Path, source: Path) -> Report:
        """Search a file or folder for direct identifiers of persons; raises as `convert`.

        The report holds places and no value.
        """
        return Report.from_json(self._request(screening_request(mapping, source), source)["report"])

    def _request(self, request: Mapping[str, object], source: Path) -> dict[str, Any]:
        answer = self.call(
            request,
            LimitError("{file} took more than {seconds} seconds to convert", file=source.name),
            SourceError(
                "the process that converted {file} ended ({how}): most often it lacks memory, of"
                " which it may have {memory} bytes",
                file=source.name,
            ),
            self._report_progress,
        )
        if answer.get("walled"):
            # An earlier mapping of files took this process's network away: use a new one.
            self.close()
            return self._request(request, source)
        return answer

    def _report_progress(self, part: tuple[str, int]) -> None:
        if self._watch is not None:
            self._watch(Path(part[0]), part[1])


# The requests to the process, which `parvis.mapping.engine.ahead` makes too.


def conversion_request(
    mapping: Path, source: Path, out: Path, places: Path | None
) -> dict[str, object]:
    paths = {"mapping": mapping, "source": source, "out": out, "places": places}
    return {name: str(path) for name, path in paths.items() if path}


def judgement_request(files: Iterable[Path], allowed: Iterable[str] = ()) -> dict[str, object]:
    return {"judge": list(map(str, files)), "allowed": list(allowed)}


def tally_request(file: Path, questionnaire: Mapping[str, object]) -> dict[str, object]:
    return {"tally": str(file), "source": str(file), "questionnaire": questionnaire}


def screening_request(mapping: Path, source: Path) -> dict[str, object]:
    return {"mapping": str(mapping), "source": str(source), "screen": "yes"}
