"""The process that indexes the graphs of a generation: their texts, and what they say of events.

It works while the stores are built, and may begin with graphs whose files are known before all of
a generation's are. What it writes of these depends on nothing else, so it is linked into the
generation, or copied where a segment gets other graphs too.
"""

from collections.abc import Container, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from parvis.errors import StoreError
from parvis.sandbox.client import ProcessClient
from parvis.store.generation.graph_file import Parts, take_long
from parvis.store.search.index import MEMBERS, OPEN

PATIENCE = 3_600.0
"""Seconds that making a store or an index may take."""
PROCESS = "parvis.store.events.index_process"


class Indexer(ProcessClient):
    """Writes the indexes of one generation: the graphs of both stores are in the open part."""

    def __init__(self, patience: float = PATIENCE) -> None:
        super().__init__(PROCESS, patience)
        self._ahead: Path | None = None

    def begin(self, folder: Path, parts: Parts, known: Container[str], zone: str) -> None:
        """Begin with graphs that are known already, where many are new.

        `folder` is a new one on the generation's disk; `known` are the names of contents that an
        earlier index has.
        """
        new = {
            name: {graph: file for graph, file in graphs.items() if file.name not in known}
            for name, graphs in parts.items()
        }
        if take_long({**new[OPEN], **new[MEMBERS]}.values()):
            self._ahead = folder
            self._send(folder, new, [], zone)

    @contextmanager
    def indexing(
        self, folder: Path, parts: Parts, former: Path | None, zone: str
    ) -> Iterator[None]:
        """Index all graphs into a generation's folder while the block builds its stores.

        `former` is an earlier generation's folder: what has not changed is taken from there, or
        from what was begun. Days begin by the clock of `zone`. Raises `StoreError`.
        """
        formers = [path for path in (self._ahead, former) if path]

        def index() -> None:
            if self._ahead:
                self._finish()
            self._send(folder, parts, formers, zone)
            self._finish()

        self.start()
        # A list of many graphs is sent once the process reads it: what was begun may take minutes.
        with self, ThreadPoolExecutor(1) as thread, ExitStack() as failed:
            indexed = thread.submit(index)
            failed.callback(self.interrupt)
            yield
            failed.pop_all()
            indexed.result()

    def _send(self, folder: Path, parts: Parts, formers: list[Path], zone: str) -> None:
        graphs = [
            [graph, str(file.path), file.name, part]
            for part in (OPEN, MEMBERS)
            for graph, file in parts[part].items()
            if part == OPEN or graph not in parts[OPEN]
        ]
        request = {"folder": str(folder), "formers": [*map(str, formers)], "zone": zone}
        self.send(request | {"graphs": graphs})

    def _finish(self) -> None:
        self.receive(StoreError("the index was not built in {seconds} seconds"))
