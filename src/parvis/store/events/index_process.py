"""Write the indexes of a generation: ``python -I -m parvis.store.events.index_process``.

The request is ``{"folder": folder, "formers": [folder, …], "graphs": [[IRI, file, name, part], …],
"zone": name}``: the text index and the segments of the lists of events are written to the folder of
a generation. A graph that one of the former folders has is copied from it, without its file. One
process does both, since starting it takes as long as a small pool.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from parvis.errors import StoreError
from parvis.rdf.streams import UNREADABLE
from parvis.sandbox.serving import serve
from parvis.store.events import FOLDER
from parvis.store.events.facts import read_facts
from parvis.store.events.segment import VERSION, SegmentWriter, read_graphs
from parvis.store.search.index import FOLDER as TEXTS
from parvis.store.search.index import (
    MEMBERS,
    OPEN,
    Listing,
    Source,
    divide,
    link_segment,
    name_segment,
)
from parvis.store.search.index_process import build as write_texts

FormerGraphs = Mapping[tuple[str, str], Path]
"""By a graph and the name of its content: the former segment that has it."""


def build(folder: Path, formers: Sequence[Path], graphs: Iterable[list[str]], zone: str) -> None:
    """Write the segments of graphs; `graphs` are as the request has them. Raises `StoreError`."""
    parts: dict[str, dict[str, Source]] = {OPEN: {}, MEMBERS: {}}
    for graph, path, name, part in graphs:
        parts[part][graph] = Path(path), name
    # By another clock, days begin at other instants.
    edition = f"{VERSION}-{sha256(zone.encode()).hexdigest()[:8]}"
    former_graphs = _read_former(formers, edition)
    folder.mkdir(parents=True)
    for part, sources in parts.items():
        (folder / part).mkdir()
        names = []
        for divided in divide(sources):
            name = name_segment(divided, sources, edition)
            if not link_segment(formers, part, folder / part / name):
                chosen = {graph: sources[graph] for graph in divided}
                _write_segment(folder / part / name, chosen, former_graphs, ZoneInfo(zone))
            if any(entities for *_, entities in read_graphs(folder / part / name)):
                names.append(name)
        Listing(folder / part, names).write()


def _read_former(formers: Iterable[Path], edition: str) -> FormerGraphs:
    graphs: dict[tuple[str, str], Path] = {}
    for path in sorted(p for former in formers for p in former.glob(f"*/*-{edition}.sqlite")):
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
    folder, graphs = Path(request["folder"]), request["graphs"]
    formers = [*map(Path, request["formers"])]
    write_texts(folder / TEXTS, [former / TEXTS for former in formers], graphs)
    build(folder / FOLDER, [former / FOLDER for former in formers], graphs, request["zone"])


if __name__ == "__main__":
    serve(answer, walled=False)
