"""Build the two stores of a generation, anew or from a similar store.

A store that differs little from one of the previous generation starts as its copy, by hard links.
The members' store may also start as a copy of the new open store, since it holds all open graphs:
it does where this leaves less to load, as when much was added. It is less work than building both
in parallel, which is hardly faster on two processors.

Quads removed from a store leave their texts on the disk until the store is built anew. So a store
from which a graph is removed, because it is closed or erased, never starts as a copy.
"""

import hashlib
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from parvis.errors import StoreError
from parvis.sandbox.client import ProcessClient
from parvis.store.generation.graph_file import GraphFile, GraphFiles, Parts, take_long
from parvis.store.generation.indexer import PATIENCE, Indexer
from parvis.store.generation.manifest import StoreFacts

LITTLE = 50_000
PART = 5
"""Quads that may be replaced in a store in total before it is built anew: this many, or a fifth."""
SHARE = 7
"""Removing a quad takes as long as loading this many (1 million quads, two processors)."""
LAYERS = 6
"""Successive changes before a store is merged: five make counts a third slower."""
WORTH = 50_000
"""Quads from which a copy is worth it; fewer are loaded in half a second."""
QUICK = 1_000_000
"""Bytes of files that are loaded into a copy in a second."""


@dataclass(frozen=True)
class BuiltStore:
    folder: Path
    facts: StoreFacts

    def can_start(self, graphs: GraphFiles) -> bool:
        """Return whether a store of these graphs can and should start as a copy of this one."""
        if self.facts.graphs.keys() - graphs.keys() or self.facts.quads < WORTH:
            return False
        replaced = sum(self.facts.graphs[graph] for graph in self.changed_graphs(graphs))
        total = self.facts.replaced + replaced
        limit = max(LITTLE, self.facts.quads // PART)
        return total <= limit and replaced * SHARE <= self.facts.quads

    def remaining_work(self, graphs: GraphFiles) -> int:
        """Return the bytes of files to load into a copy of this store; removing counts too."""
        changed = self.changed_graphs(graphs)
        return sum(
            source.path.stat().st_size * (1 + SHARE * (graph in changed))
            for graph, source in graphs.items()
            if graph in changed or graph not in self.facts.graphs
        )

    def leaves_most(self, contents: GraphFiles) -> bool:
        """Return whether a store of these contents is to be built anew, or nearly so."""
        # What parvis itself is the author of is still to be written: it decides nothing.
        own = {graph: GraphFile(self.folder, name) for graph, name in self.facts.sources.items()}
        own = {graph: file for graph, file in own.items() if not file.is_of_record}
        size = sum(file.path.stat().st_size for file in contents.values())
        return not self.can_start(own | dict(contents)) or 2 * self.remaining_work(contents) > size

    def changed_graphs(self, graphs: GraphFiles) -> set[str]:
        """Return the graphs of this store whose content has changed."""
        names = self.facts.sources
        return {
            graph
            for graph, source in graphs.items()
            if names.get(graph, source.name) != source.name
        }


class Builder(ProcessClient):
    """A process that builds stores one after another, to keep RocksDB's threads out of ours."""

    def __init__(self) -> None:
        super().__init__("parvis.store.generation.builder_process", PATIENCE)

    def build(
        self, folder: Path, graphs: GraphFiles, bases: Iterable[BuiltStore | None] = ()
    ) -> BuiltStore:
        """Build a store in a new folder, from the suitable base that leaves the least to do.

        Raises `StoreError` when a graph cannot be loaded, or when it takes too long.
        """
        suitable = (base for base in bases if base is not None and base.can_start(graphs))
        works = [(base.remaining_work(graphs), base) for base in suitable]
        # Its own former store shares more with what is kept, so little work decides nothing.
        base = min(works, key=lambda pair: max(pair[0], QUICK), default=(0, None))[1]
        return self.begin(folder, graphs, base)()

    def begin(
        self, folder: Path, graphs: GraphFiles, base: BuiltStore | None, *, ahead: bool = False
    ) -> Callable[[], BuiltStore]:
        """Begin to build a store from a base; return what waits for its end, and may raise.

        A store that is built `ahead` is merged when it gets its other graphs, as a base.
        """
        changed = base.changed_graphs(graphs) if base else set()
        before = base.facts.graphs if base else {}
        loaded = {
            graph: source
            for graph, source in graphs.items()
            if graph in changed or graph not in before
        }
        layers = base.facts.layers + bool(changed or loaded) if base else LAYERS
        merged = layers >= LAYERS and not ahead  # always for a store built anew
        self.send(
            {
                "store": str(folder),
                "base": str(base.folder) if base else None,
                "merged": merged,
                "empty": sorted(changed),
                "record": [[g, str(s.path)] for g, s in sorted(loaded.items()) if s.is_of_record],
                "own": [[g, str(s.path)] for g, s in sorted(loaded.items()) if not s.is_of_record],
            }
        )

        def finish() -> BuiltStore:
            answer = self.receive(StoreError("a store was not built in {seconds} seconds"))
            counts = {g: before[g] for g in before.keys() - changed} | answer["graphs"]
            replaced = base.facts.replaced + sum(map(before.__getitem__, changed)) if base else 0
            facts = facts_of(graphs, counts, replaced)
            return BuiltStore(folder, replace(facts, layers=0 if merged else layers))

        return finish

    def copy(self, folder: Path, base: Path | None, source: Path, graphs: Iterable[str]) -> bool:
        """Copy graphs of another store into a copy of the base, if there is one.

        Return False, and copy nothing, where they have blank nodes: those of the base could be the
        same ones by other names. Raises `StoreError`.
        """
        answer = self.call(
            {
                "store": str(folder),
                "base": str(base) if base else None,
                "source": str(source),
                "graphs": sorted(graphs),
            },
            StoreError("a store was not built in {seconds} seconds"),
        )
        return bool(answer["copied"])


class StoreMaker(ABC):
    """Makes the stores that answer queries of a generation; its indexer makes the indexes."""

    def __init__(self) -> None:
        self.indexer = Indexer()

    @abstractmethod
    def begin(self, folder: Path, graphs: Mapping[str, Path], before: BuiltStore | None) -> None:
        """Begin with graphs of the open store, while what else it has is not yet written.

        `folder` is a new one, which the stores may not need later; `before` is the former open
        store, if it may be copied.
        """

    @abstractmethod
    def make(
        self, data: Path, folder: Path, parts: Parts, before: Mapping[str, BuiltStore]
    ) -> dict[str, StoreFacts]:
        """Make each store in a folder of its name; return the facts of each.

        `before` are those of the previous generation, if they may be copied.
        """

    @abstractmethod
    def confirm_switch(self, data: Path) -> None:
        """Note that the pointer has moved to the generation of these stores."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.indexer.close()


class LocalStores(StoreMaker):
    """Makes stores in the generation's folder."""

    def __init__(self) -> None:
        super().__init__()
        self._builder = Builder()
        self._finish: Callable[[], BuiltStore] | None = None

    def begin(self, folder: Path, graphs: Mapping[str, Path], before: BuiltStore | None) -> None:
        files = {graph: GraphFile.of(path) for graph, path in graphs.items()}
        if take_long(files.values()) and (before is None or before.leaves_most(files)):
            self._finish = self._builder.begin(folder, files, None, ahead=True)

    def make(
        self, data: Path, folder: Path, parts: Parts, before: Mapping[str, BuiltStore]
    ) -> dict[str, StoreFacts]:
        del data
        built: dict[str, BuiltStore] = {}
        with self._builder as builder:
            ahead = self._finish() if self._finish else None
            for name, graphs in parts.items():
                bases = [before.get(name), *built.values()] if built else [before.get(name), ahead]
                # Without restricted graphs, the members' store is a copy of the open one.
                if built and not graphs.keys() - built["open"].facts.graphs.keys():
                    bases = [*built.values()]
                built[name] = builder.build(folder / name, graphs, bases)
                if ahead is not None:
                    shutil.rmtree(ahead.folder, ignore_errors=True)
        return {name: store.facts for name, store in built.items()}

    def confirm_switch(self, data: Path) -> None: ...

    def __exit__(self, *_: object) -> None:
        try:
            super().__exit__()
        finally:
            self._builder.close()


def facts_of(graphs: GraphFiles, counts: Mapping[str, int], replaced: int) -> StoreFacts:
    """Return the facts of a store; a graph without triples counts 0."""
    digest = hashlib.sha256()
    for graph in sorted(graphs):
        digest.update(f"{graph} {graphs[graph].name}\n".encode())
    return StoreFacts(
        graphs={graph: counts.get(graph, 0) for graph in sorted(graphs)},
        sources={graph: source.name for graph, source in graphs.items()},
        digest=digest.hexdigest(),
        replaced=replaced,
    )
