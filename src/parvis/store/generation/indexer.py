"""Write text indexes: ``python -I -m parvis.store.generation.indexer``, spoken to in frames.

It is told ``{"folder": folder, "former": folder, "graphs": [[IRI, file, part], …]}``,
writes under the folder a file for each graph that has texts, in the subfolder of its part, with
``graphs.json`` to tell which is whose, and answers ``{}`` or ``{"error": reason, "graph": IRI}``.
It works beside the builder of stores, and gives way to it: this loads with two processors, and
merges with one.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from parvis.errors import StoreError
from parvis.rdf.opening import UNREADABLE
from parvis.sandbox.child import Channel
from parvis.sandbox.worker import Worker
from parvis.store.generation.manifest import sha256
from parvis.store.search.index import VERSION, write
from parvis.store.search.search import LISTED, MEMBERS, OPEN

NICE = 5
"""How much it gives way; at 5 both are done at about the same time (1 million triples)."""


@contextmanager
def indexing(
    folder: Path, content: Mapping[str, Mapping[str, Path]], former: Path, patience: float
) -> Iterator[None]:
    """Index a generation's graphs while the block builds its stores.

    `content` gives the file of each graph of the open and of the members' store; a graph of both
    is indexed once, in the open part. `former` is the folder of an earlier generation's indexes,
    which need not be there: what has not changed since is taken over by hard links. Raises
    `StoreError`.
    """
    graphs = [[graph, str(path), OPEN] for graph, path in content[OPEN].items()]
    graphs += [
        [graph, str(path), MEMBERS]
        for graph, path in content[MEMBERS].items()
        if graph not in content[OPEN]
    ]
    asked = {"folder": str(folder), "former": str(former), "graphs": graphs}
    with Worker("parvis.store.generation.indexer") as worker:
        worker.send(json.dumps(asked).encode())
        yield
        _finish(worker, patience)


def _finish(worker: Worker, patience: float) -> None:
    """Wait for the indexes."""
    try:
        answer = json.loads(worker.receive(patience))
    except TimeoutError as error:
        raise StoreError(
            "the text index was not built in {seconds} seconds", seconds=patience
        ) from error
    if "machine" in answer:
        raise OSError(*answer["machine"])
    if "error" in answer:
        raise StoreError(
            "the texts of the graph {graph} cannot be indexed: {reason}",
            graph=answer["graph"],
            reason=answer["error"],
        )


def build(folder: Path, former: Path, graphs: Iterable[tuple[str, str, str]]) -> dict[str, Any]:
    """Index each graph, or take its index over."""
    listed: dict[str, dict[str, str]] = {OPEN: {}, MEMBERS: {}}
    for part in listed:
        (folder / part).mkdir(parents=True)
    for graph, source, part in graphs:
        try:
            name = f"{sha256(Path(source))}-{VERSION}.sqlite"
            if _made(Path(source), folder / part / name, former / part / name):
                listed[part][graph] = name
        except (*UNREADABLE, SyntaxError, ValueError, sqlite3.Error) as error:
            return {"error": str(error), "graph": graph}
    for part, files in listed.items():
        (folder / part / LISTED).write_text(json.dumps(files, indent=1), encoding="utf-8")
    return {}


def _made(source: Path, index: Path, before: Path) -> bool:
    """Have a file's index, if it has texts; two graphs of the same triples share one."""
    if index.exists():
        return True
    with suppress(FileNotFoundError):
        os.link(before, index)
        return True
    return write(source, index)


def main() -> None:
    """Build the indexes that are asked for."""
    channel = Channel()
    with suppress(OSError):  # where that is refused, it does not give way
        os.nice(NICE)
    if (body := channel.receive()) is not None:
        asked = json.loads(body)
        try:
            told = build(Path(asked["folder"]), Path(asked["former"]), asked["graphs"])
        except OSError as error:
            told = {"machine": [error.errno, error.strerror, error.filename]}
        channel.send(json.dumps(told).encode())
        channel.end()


if __name__ == "__main__":
    main()
