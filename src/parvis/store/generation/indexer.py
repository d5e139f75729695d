"""Write text indexes: ``python -I -m parvis.store.generation.indexer``.

The request is ``{"folder": folder, "former": folder, "graphs": [[IRI, file, part], …]}``. It writes
a file under the folder for each graph that has texts, in the subfolder of its part, with
``graphs.json`` to map graphs to files. It works in parallel with the builder of stores, at a lower
priority, since that one loads with two processors and merges with one.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from parvis.errors import StoreError
from parvis.rdf.streams import UNREADABLE
from parvis.sandbox.client import ProcessClient
from parvis.sandbox.serving import serve
from parvis.store.generation.manifest import sha256
from parvis.store.search.index import VERSION, write
from parvis.store.search.search import LISTED, MEMBERS, OPEN

NICE = 5
"""Its niceness; at 5 it ends at about the same time as the builder (1 million triples)."""


@contextmanager
def indexing(
    folder: Path, content: Mapping[str, Mapping[str, Path]], former: Path, patience: float
) -> Iterator[None]:
    """Index a generation's graphs while the block builds its stores.

    `content` maps graphs to files for the open and the members' store; a graph of both is indexed
    once, in the open part. `former` is the folder of an earlier generation's indexes, which need
    not exist: indexes of unchanged graphs are hard-linked from it. Raises `StoreError`.
    """
    graphs = [[graph, str(path), OPEN] for graph, path in content[OPEN].items()]
    graphs += [
        [graph, str(path), MEMBERS]
        for graph, path in content[MEMBERS].items()
        if graph not in content[OPEN]
    ]
    with ProcessClient("parvis.store.generation.indexer", patience) as client:
        client.send({"folder": str(folder), "former": str(former), "graphs": graphs})
        yield
        client.receive(StoreError("the text index was not built in {seconds} seconds"))


def build(folder: Path, former: Path, graphs: Iterable[tuple[str, str, str]]) -> None:
    """Index each graph, or link its former index. Raises `StoreError`."""
    names_by_part: dict[str, dict[str, str]] = {OPEN: {}, MEMBERS: {}}
    for part in names_by_part:
        (folder / part).mkdir(parents=True)
    for graph, source, part in graphs:
        try:
            name = f"{sha256(Path(source))}-{VERSION}.sqlite"
            index = folder / part / name
            # Two graphs of the same triples share an index.
            with suppress(FileNotFoundError):
                if not index.exists():
                    os.link(former / part / name, index)
            if index.exists() or write(Path(source), index):
                names_by_part[part][graph] = name
        except (*UNREADABLE, SyntaxError, ValueError, sqlite3.Error) as error:
            raise StoreError(
                "the texts of the graph {graph} cannot be indexed: {reason}",
                graph=graph,
                reason=error,
            ) from error
    for part, files in names_by_part.items():
        (folder / part / LISTED).write_text(json.dumps(files, indent=1), encoding="utf-8")


def main() -> None:
    with suppress(OSError):  # where that is refused, it keeps its priority
        os.nice(NICE)
    serve(
        lambda request: build(Path(request["folder"]), Path(request["former"]), request["graphs"]),
        walled=False,
    )


if __name__ == "__main__":
    main()
