"""Publish a generation to repositories of an engine.

Each part of a generation has one or more repositories, which are written to in turn: the one that
readers use is not touched, and the pointer decides which that is. A repository is marked before its
first change until the engine's own counts confirm its content, and no answer of a marked one is
passed on. So a publication may be killed, and the engine too, at any moment.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from parvis.config import RemoteStore
from parvis.errors import NothingPublished, StoreError
from parvis.i18n import N_
from parvis.store.generation.builder import (
    BuiltStore,
    LocalStores,
    StoreMaker,
    facts_of,
)
from parvis.store.generation.generation import current
from parvis.store.generation.graph_file import GraphFile, GraphFiles, Parts
from parvis.store.generation.manifest import StoreFacts
from parvis.store.generation.state_files import mark_changing
from parvis.store.remote.part import (
    SENT,
    GraphFacts,
    RemotePart,
    SentContent,
    SentGraph,
    repository_of,
    sent_file,
)
from parvis.store.remote.repository import TOGETHER, Repository, count_lines

BATCH = 20_000_000
"""Bytes of files, some compressed, that are sent before the engine confirms them."""

STRANGERS = N_(
    "{address} holds graphs that parvis has not sent, such as {graph}: give parvis an empty"
    " repository of its own"
)
LOST = N_(
    "of the graph {graph}, {count} triples arrived of {expected} at {address}: run “parvis publish”"
    " again, and look into the engine’s log if it stays so"
)


UNCONFIRMED = SentGraph(f"{0:064}.nt", GraphFacts(0))
"""A graph that is being sent or deleted; no content has this name."""


class RemoteStores(StoreMaker):
    """Makes the parts that the settings name in repositories, and the others here."""

    def __init__(self, settings: RemoteStore, base: str, *, anew: bool = False) -> None:
        """Write nothing yet; `anew` deletes all that repositories hold, and sends everything."""
        super().__init__()
        self._settings, self._base, self._anew = settings, base, anew
        self._filled: list[str] = []
        self._local = LocalStores()

    def begin(self, folder: Path, graphs: Mapping[str, Path], before: BuiltStore | None) -> None:
        if "open" not in self._settings.parts:
            self._local.begin(folder, graphs, before)

    def make(
        self, data: Path, folder: Path, parts: Parts, before: Mapping[str, BuiltStore]
    ) -> dict[str, StoreFacts]:
        """Make each part. Raises `StoreError` for a graph of which not all arrives."""
        addresses, self._filled = self._settings.parts, []
        local = {name: graphs for name, graphs in parts.items() if name not in addresses}
        facts = self._local.make(data, folder, local, before) if local else {}
        for name, graphs in parts.items():
            if name in addresses:
                address = _next_repository(data, name, addresses[name])
                with closing(Repository(self._settings, address)) as repository:
                    filling = Filling(data, repository, self._base, anew=self._anew)
                    part = filling.fill(graphs)
                self._filled.append(address)
                facts[name] = _write_part(folder / name, part, graphs)
        return facts

    def confirm_switch(self, data: Path) -> None:
        mark_changing(data, self._filled, changing=False)

    def __exit__(self, *_: object) -> None:
        try:
            super().__exit__()
        finally:
            self._local.__exit__()


def _next_repository(data: Path, name: str, addresses: tuple[str, ...]) -> str:
    """Return the repository to write to: not the one that readers use, if there are several."""
    try:
        part = current(data).remote_parts().get(name)
    except NothingPublished:
        part = None
    served = repository_of(part.folder) if part else ""
    if served not in addresses:
        return addresses[0]
    return addresses[(addresses.index(served) + 1) % len(addresses)]


def _write_part(folder: Path, part: RemotePart, graphs: GraphFiles) -> StoreFacts:
    """Write the list of graphs, in place of a store, and links to the files that were sent."""
    (folder / SENT).mkdir(parents=True)
    for source in {source.name: source for source in graphs.values()}.values():
        (folder / SENT / source.name).hardlink_to(source.path)
    part.write(folder)
    return facts_of(graphs, {graph: sent.facts.count for graph, sent in part.graphs.items()}, 0)


class Filling:
    """Makes a repository hold given graphs and no others, sending only what it lacks."""

    def __init__(
        self,
        data: Path,
        repository: Repository,
        base: str,
        *,
        anew: bool = False,
        distrusted: Collection[str] = (),
    ) -> None:
        """Fill a repository of a pool; `base` begins the IRIs of its graphs, whoever sent them.

        All graphs are sent if `anew`, the `distrusted` ones whatever their counts.
        """
        self._data, self._repository, self._base = data, repository, base
        self._anew, self._distrusted = anew, distrusted
        self._sent = SentContent(data, repository.address)

    def fill(self, graphs: GraphFiles) -> RemotePart:
        """Return what the repository then holds; it stays marked as being changed.

        Raises `StoreError` if it holds graphs of others, or loses what it acknowledges.
        """
        self._repository.hide_all()
        present = self._repository.counts(hidden=True)
        known = {} if self._anew else self._sent.graphs
        same = {
            graph
            for graph, sent in known.items()
            if graph in graphs
            and graph not in self._distrusted
            and graphs[graph].name == sent.name
            and present.get(graph, GraphFacts(0)).count == sent.facts.count
        }
        strangers = present.keys() - self._sent.graphs.keys() - graphs.keys()
        for graph in sorted(strangers):
            if not graph.startswith(self._base):
                raise StoreError(STRANGERS, address=self._repository.address, graph=graph)
        mark_changing(self._data, [self._repository.address], changing=True)
        changing = (present.keys() | graphs.keys()) - same
        # What is being changed is not known any more, until it is confirmed; but it is parvis's.
        confirmed = {graph: self._sent.graphs[graph] for graph in sorted(same)}
        self._sent.graphs = confirmed | dict.fromkeys(sorted(changing), UNCONFIRMED)
        self._sent.write()
        self._repository.delete(sorted(present.keys() - same), all_of_them=not same)
        for graph in changing - graphs.keys():
            del self._sent.graphs[graph]
        self._sent.write()
        for batch in _batches({g: source for g, source in graphs.items() if g not in same}):
            self._send(batch)
        seen = self._repository.counts()
        filled = {g for g, sent in self._sent.graphs.items() if sent.facts.count}
        self._repository.grant(filled - seen.keys())
        return RemotePart(self._repository.address, dict(self._sent.graphs))

    def _send(self, batch: GraphFiles) -> None:
        """Send graphs that are not there, and confirm by the engine's count that all arrived."""
        lines = {graph: count_lines(source.path) for graph, source in batch.items()}
        facts = self._write(batch)
        fewer = {
            graph: source for graph, source in batch.items() if facts[graph].count != lines[graph]
        }
        if fewer:
            # Engines count values that they hold to be equal once (1.5 and 1.50): then the same
            # comes again. What was lost comes now.
            self._repository.delete(sorted(graph for graph in fewer if facts[graph].count))
            again = self._write(fewer)
            for graph, expected in ((graph, lines[graph]) for graph in sorted(fewer)):
                count, is_same = again[graph].count, again[graph] == facts[graph]
                if count != expected and not (is_same and 0 < count < expected):
                    fields = {"graph": graph, "count": count, "expected": expected}
                    raise StoreError(LOST, address=self._repository.address, **fields)
            facts |= again
        self._sent.graphs |= {g: SentGraph(batch[g].name, facts[g]) for g in batch}
        self._sent.write()

    def _write(self, batch: GraphFiles) -> dict[str, GraphFacts]:
        self._repository.write(batch, f"{self._base}.well-known/genid/")
        digests = self._repository.digests(dict.fromkeys(batch, GraphFacts(0)))
        return {graph: digests.get(graph, GraphFacts(0)) for graph in batch}


def _batches(graphs: GraphFiles) -> Iterator[GraphFiles]:
    """Yield graphs of some hundred thousand triples together, so that a retry repeats little."""
    batch, size = dict[str, GraphFile](), 0
    for graph, source in sorted(graphs.items()):
        batch[graph] = source
        size += source.path.stat().st_size
        if size >= BATCH or len(batch) == TOGETHER:
            yield batch
            batch, size = {}, 0
    if batch:
        yield batch


def empty_idle(data: Path, settings: RemoteStore, base: str, served: Collection[str]) -> None:
    """Delete all that parvis has sent to repositories that no reader uses, as after an erasure."""
    for addresses in settings.parts.values():
        for address in addresses:
            if address not in served and sent_file(data, address).is_file():
                with closing(Repository(settings, address)) as repository:
                    Filling(data, repository, base, anew=True).fill({})
                mark_changing(data, [address], changing=False)
