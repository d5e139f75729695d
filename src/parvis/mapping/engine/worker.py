"""A conversion worker: ``python -I -m parvis.mapping.engine.worker``, spoken to in frames.

The first frame gives ``{"memory": bytes, "schemes": {…}}``: the walls, and the concepts. Then each
frame asks for one conversion, or with ``screen`` for a look through the files for what identifies
persons. While a conversion runs, frames ``{"file": …, "row": …}`` tell how far it is;
the last one is ``{"report": …, "places": …}`` or, for what the caller got wrong,
``{"error": KIND, "template": …, "fields": …}``; ``{"machine": [ERRNO, TEXT, FILE]}`` tells of a
disk that is full.

A mapping that reads files loses the network for good; one that reads a database at an address,
coming after it, is answered by ``{"walled": true}``: it wants a new worker.
"""

import gc
import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

from parvis.errors import MappingError, SourceError
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.places import Places, PlacesWriter, columns_of
from parvis.mapping.engine.program import Sinks
from parvis.mapping.engine.watching import Watch
from parvis.mapping.language.plan import Document
from parvis.mapping.load import load
from parvis.mapping.personal_data import screen
from parvis.sandbox.child import Channel, encode_outcome, limit_memory
from parvis.sandbox.walls import Walls, raise_walls

BUFFER = 1 << 20
"""Bytes that are written at a time."""


def answer(
    asked: dict[str, Any], concepts: Concepts, watch: Watch, walled: list[Walls]
) -> dict[str, Any]:
    """Run one conversion into the file that is asked for; `walled` are the walls raised so far."""
    document = load(Path(asked["mapping"]))
    if document.named_graphs and not asked.get("out", ".nq").endswith(".nq"):
        raise MappingError(
            "{file} puts triples into named graphs: only N-Quads (.nq) holds them",
            file=document.path.name,
        )
    calls = any(source.is_address for source in document.sources.values())
    if calls and walled:
        return {"walled": True}
    if not calls and not walled:
        walled.append(raise_walls())
    if "screen" in asked:
        return {"report": screen(document, Path(asked["source"])).to_json()}
    return _converted(document, asked, concepts, watch)


def _converted(
    document: Document,
    asked: dict[str, Any],
    concepts: Concepts,
    watch: Watch,
) -> dict[str, Any]:
    """Write triples, and places if they are asked for."""
    file = Path(asked["places"]) if "places" in asked else None
    with (
        Path(asked["out"]).open("w", BUFFER, encoding="utf-8") as out,
        (file or Path(os.devnull)).open("w", BUFFER, encoding="utf-8") as table,
    ):
        writer = PlacesWriter(table) if file else None
        source = Path(asked["source"])
        try:
            report = convert(
                document, source, Sinks(out, writer, watch), base=asked["base"], concepts=concepts
            )
            out.flush()
        except UnicodeEncodeError as error:  # JSON can write half of a pair, as \ud800
            raise SourceError(
                "{file} holds half of a character (“{half}”), which no text may hold",
                file=source.name,
                half=error.object[error.start].encode("ascii", "backslashreplace").decode(),
            ) from error
    places = Places(file, tuple(writer.spots), columns_of(document)) if writer else Places()
    return {"report": report.to_json(), "places": places.to_json()}


def main() -> None:
    """Convert what is asked for until the parent goes."""
    channel = Channel()
    opening = json.loads(channel.receive() or b"{}")
    if not opening:
        return
    limit_memory(opening["memory"])
    concepts = Concepts(opening["schemes"])
    walled: list[Walls] = []
    gc.freeze()  # what is loaded by now lives as long as the process: never look through it again

    def watch(file: Path, row: int) -> None:
        channel.send(json.dumps({"file": str(file), "row": row}).encode(), now=True)

    try:
        while (body := channel.receive()) is not None:
            asked = json.loads(body)
            job = partial(answer, asked, concepts, watch, walled)
            channel.send(encode_outcome(Path(asked["source"]), job))
            channel.end()
    except MemoryError:
        sys.exit(1)  # the parent says so in words; a traceback would tell nobody anything


if __name__ == "__main__":
    main()
