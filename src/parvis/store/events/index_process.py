"""Write the indexes of a generation: ``python -I -m parvis.store.events.index_process``.

The request is ``{"folder": folder, "former": folder, "graphs": [[IRI, file, name, part], …]}`` for
the text index. With ``"events": folder, "former_events": folder, "zone": name``, the segments of
the lists of events are written too: a graph that a former one has is copied from it, without its
file. One process does both, since starting it takes as long as a small pool.
"""

import os
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from parvis.errors import StoreError
from parvis.rdf.streams import UNREADABLE
from parvis.sandbox.serving import serve
from parvis.store.events.facts import read_facts
from parvis.store.events.segment import VERSION, SegmentWriter, read_graphs
from parvis.store.search.index import (
    MEMBERS,
    OPEN,
    Listing,
    Source,
    divide,
    name_segment,
)
from parvis.store.search.index_process import build as write_texts

NICE = 5
"""The niceness of this process; at 5 it ends at about the same time as the builder of stores."""

FormerGraphs = Mapping[tuple[str, str], Path]
"""By a graph and the name of its content: the former segment that has it."""


def build(folder: Path, former: Path, graphs: Iterable[list[str]], zone: str) -> None:
    """Write the segments of graphs; `graphs` are as the request has them. Raises `StoreError`."""
    parts: dict[str, dict[str, Source]] = {OPEN: {}, MEMBERS: {}}
    for graph, path, name, part in graphs:
        parts[part][graph] = Path(path), name
    # By another clock, days begin at other instants.
    edition = f"{VERSION}-{sha256(zone.encode()).hexdigest()[:8]}"
    former_graphs = _read_former(former, edition)
    folder.mkdir(parents=True)
    for part, sources in parts.items():
        (folder / part).mkdir()
        names = []
        for divided in divide(sources):
            name = name_segment(divided, sources, edition)
            with suppress(FileNotFoundError):
                os.link(former / part / name, folder / part / name)
            if not (folder / part / name).exists():
                chosen = {graph: sources[graph] for graph in divided}
                _write_segment(folder / part / name, chosen, former_graphs, ZoneInfo(zone))
            if any(entities for *_, entities in read_graphs(folder / part / name)):
                names.append(name)
        Listing(folder / part, names).write()


def _read_former(former: Path, edition: str) -> FormerGraphs:
    graphs: dict[tuple[str, str], Path] = {}
    for path in sorted(former.glob(f"*/*-{edition}.sqlite")):
        with suppress(sqlite3.Error):  # a damaged one is written anew
            graphs |= {(iri, source): path for iri, source, _ in read_graphs(path)}
    return graphs


def _write_segment(
    path: Path, sources: Mapping[str, Source], former_graphs: FormerGraphs, zone: ZoneInfo
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, uri=True)) as file:
        writer = SegmentWriter(file)
        for graph, (source, name) in sources.items():
            try:
                if former := former_graphs.get((graph, name)):
                    writer.copy(graph, name, former)
                    continue
                first = writer.size
                for entity in read_facts(source, graph, zone):
                    writer.add(entity)
                writer.end_graph(graph, name, first)
            except (*UNREADABLE, ValueError, sqlite3.Error) as error:
                raise StoreError(
                    "the events of the graph {graph} cannot be read: {reason}",
                    graph=graph,
                    reason=error,
                ) from error
        writer.finish()


def answer(request: dict[str, Any]) -> None:
    folder, former, graphs = (request[name] for name in ("folder", "former", "graphs"))
    write_texts(Path(folder), Path(former), graphs)
    if "events" in request:
        build(Path(request["events"]), Path(request["former_events"]), graphs, request["zone"])


def main() -> None:
    with suppress(OSError):  # where that is refused, it keeps its priority
        os.nice(NICE)
    serve(answer, walled=False)


if __name__ == "__main__":
    main()
