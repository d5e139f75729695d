"""Converts files: ``python -I -m parvis.mapping.engine.conversion_process``.

Each request is for one conversion or, with ``judge`` or ``screen``, a search of files or of a
mapping's sources for what identifies persons or, with ``tally``, the counts of a survey's answers.
While a conversion runs, the parts ``[file, row]`` report its progress; the answer is
``{"report": …, "places": …}``.

A mapping that reads files takes the process's network away for good. A later mapping that reads a
database at an address is answered by ``{"walled": true}``: it needs a new process.
"""

import os
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from parvis.errors import MappingError, SourceError
from parvis.i18n import translations
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.places import PlacesWriter, SubjectPlaces, first_columns
from parvis.mapping.engine.program import Sinks
from parvis.mapping.engine.rows import Watch
from parvis.mapping.language import load
from parvis.mapping.language.plan import MappingDocument
from parvis.sandbox.child import Channel
from parvis.sandbox.serving import send_part, serve
from parvis.sandbox.walls import Walls, raise_walls

BUFFER = 1 << 20
"""Size of a write, in bytes."""


def load_ahead() -> None:
    """Load what most conversions need, for `parvis.sandbox.forker`."""
    for name in ("gate", "answers", "personal_data"):
        import_module(f"parvis.mapping.screening.{name}")
    translations("fr")


def run(request: dict[str, Any], watch: Watch, walled: list[Walls]) -> dict[str, Any]:
    """Answer a request; `walled` lists the sandbox restrictions set so far."""
    if "mapping" not in request:
        _raise_walls_once(walled)
        return _read_alone(request)
    document = load(Path(request["mapping"]))
    if document.named_graphs and not request.get("out", ".nq").endswith(".nq"):
        raise MappingError(
            "{file} puts triples into named graphs: only N-Quads (.nq) holds them",
            file=document.path.name,
        )
    if any(source.is_address for source in document.sources.values()):
        if walled:
            return {"walled": True}
    else:
        _raise_walls_once(walled)
    if "screen" in request:
        from parvis.mapping.screening.personal_data import screen  # noqa: PLC0415 - as below

        return {"report": screen(document, Path(request["source"])).to_json()}
    return _convert(document, request, watch)


def _raise_walls_once(walled: list[Walls]) -> None:
    if not walled:
        walled.append(raise_walls())


def _read_alone(request: dict[str, Any]) -> dict[str, Any]:
    """Judge files, or count the answers of a survey, without a mapping."""
    if "judge" in request:
        # Its readers of all kinds of files take longer to load than most files to convert.
        from parvis.mapping.screening.gate import judge  # noqa: PLC0415

        return {"report": judge(map(Path, request["judge"]), request["allowed"]).to_json()}
    from parvis.mapping.screening.answers import Questionnaire, tally  # noqa: PLC0415 - as above

    return {"tally": tally(Path(request["tally"]), Questionnaire(**request["questionnaire"]))}


def _convert(document: MappingDocument, request: dict[str, Any], watch: Watch) -> dict[str, Any]:
    """Run a mapping document over its source, into the files that the request names."""
    source = Path(request["source"])
    file = Path(request["places"]) if "places" in request else None
    with (
        Path(request["out"]).open("wb", BUFFER) as out,
        (file or Path(os.devnull)).open("wb", BUFFER) as table,
    ):
        writer = PlacesWriter(table) if file else None
        try:
            report = convert(
                document,
                source,
                Sinks(out, writer, watch),
                base=request["base"],
                concepts=Concepts(request["schemes"]),
                most=request.get("most"),
            )
        except UnicodeEncodeError as error:  # JSON can write half of a pair, as \ud800
            raise SourceError(
                "{file} holds half of a character (“{half}”), which no text may hold",
                file=source.name,
                half=error.object[error.start].encode("ascii", "backslashreplace").decode(),
            ) from error
    places = SubjectPlaces()
    if writer:
        places = SubjectPlaces(file, tuple(writer.spots), first_columns(document))
    return {"report": report.to_json(), "places": places.to_json()}


def main() -> None:
    channel = Channel()

    def watch(file: Path, row: int) -> None:
        send_part(channel, [str(file), row])

    # Which mapping takes the network away is known once it is read.
    serve(partial(run, watch=watch, walled=[]), channel, about="source", walled=False)


if __name__ == "__main__":
    main()
