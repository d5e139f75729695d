"""How the two stores of a generation come about: anew, or from a store that is nearly the same.

A store that differs little from one of the generation before begins as its copy, by hard links.
The members' store holds all that the open one holds, so that else it begins as a copy of the new
open store: less work than building both side by side, which two processors hardly do faster than
one after the other, and the disk holds the open graphs once.

What is taken out of a store leaves its texts on the disk until the store is built anew. So a store
that some graph leaves, because it is closed or erased, is never begun as a copy.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from parvis.errors import StoreError
from parvis.sandbox.worker import Worker
from parvis.store.generation.manifest import Manifest, StoreFacts, sha256

PATIENCE = 3_600.0
"""Seconds that a store may take."""
LITTLE = 50_000
PART = 5
"""Quads that may be replaced in a store, in all, before it is built anew: so many, or a fifth."""
SHARE = 7
"""Taking a quad out takes as long as loading this many (1 million quads, two processors)."""
LAYERS = 6
"""Changes that lie on one another before they are merged: five make counts a third slower."""
WORTH = 50_000
"""Quads from which on a copy is worth it; less is built anew in half a second."""
_VERSION = re.compile(r"[0-9a-f]{64}\.nt\.gz")


@dataclass(frozen=True)
class Source:
    """The file that a graph is loaded from; `name` is equal for equal content."""

    path: Path
    name: str

    @classmethod
    def of(cls, path: Path) -> Self:
        """Look at a file; one of the record's is named by its content already."""
        return cls(path, path.name if _VERSION.fullmatch(path.name) else f"{sha256(path)}.nt")

    @property
    def of_record(self) -> bool:
        """Say whether it is a version of the record."""
        return self.path.name == self.name


Sources = Mapping[str, Source]


@dataclass(frozen=True)
class Built:
    """A store that is there, and what is known of it."""

    folder: Path
    facts: StoreFacts

    def begins(self, graphs: Sources) -> bool:
        """Say whether a store of these graphs may, and had better, begin as a copy of this one."""
        if self.facts.graphs.keys() - graphs.keys() or self.facts.quads < WORTH:
            return False
        replaced = sum(self.facts.graphs[graph] for graph in self.others(graphs))
        in_all = self.facts.replaced + replaced
        most = max(LITTLE, self.facts.quads // PART)
        return in_all <= most and replaced * SHARE <= self.facts.quads

    def others(self, graphs: Sources) -> set[str]:
        """Give those graphs of this store that have another content now."""
        held = self.facts.sources
        return {graph for graph, one in graphs.items() if held.get(graph, one.name) != one.name}


class Builder:
    """A process that makes stores, one after another: RocksDB's threads stay out of ours."""

    def __init__(self) -> None:
        """Start it."""
        self._worker = Worker("parvis.store.generation.builder_worker")

    def build(self, folder: Path, graphs: Sources, bases: Iterable[Built | None] = ()) -> Built:
        """Make a store in a folder that is not there yet, from the first of the bases that serves.

        Raises `StoreError` when a graph cannot be loaded, or when it takes too long.
        """
        base = next((one for one in bases if one is not None and one.begins(graphs)), None)
        empty = base.others(graphs) if base else set()
        held = base.facts.graphs if base else {}
        loaded = {
            graph: one for graph, one in graphs.items() if graph in empty or graph not in held
        }
        layers = base.facts.layers + bool(empty or loaded) if base else LAYERS
        merged = layers >= LAYERS
        answer = self._ask(_job(folder, base, empty, loaded, merged=merged))
        counts = {graph: held[graph] for graph in held.keys() - empty} | answer["graphs"]
        replaced = base.facts.replaced + sum(held[graph] for graph in empty) if base else 0
        facts = facts_of(graphs, counts, replaced)
        return Built(folder, replace(facts, layers=0 if merged else layers))

    def _ask(self, job: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Let the process make one store."""
        try:
            answer = self._worker.ask(job, PATIENCE)
        except TimeoutError as error:
            raise StoreError(
                "a store was not built in {seconds} seconds", seconds=PATIENCE
            ) from error
        if "machine" in answer:
            raise OSError(*answer["machine"])
        if "error" in answer:
            raise StoreError(
                "the graph {graph} cannot be loaded: {reason}",
                graph=answer["graph"],
                reason=answer["error"],
            )
        return answer

    def __enter__(self) -> Self:
        """Give the builder."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        self._worker.kill()


class Maker(Protocol):
    """Who makes what answers queries of a generation: two stores beside it, or one elsewhere."""

    def make(
        self,
        data: Path,
        folder: Path,
        open_: Mapping[str, Path],
        members: Mapping[str, Path],
        before: Mapping[str, Built],
    ) -> tuple[StoreFacts, StoreFacts]:
        """Make the open and the members' store in a folder; gives what is known of each.

        `before` are those of the generation before, if they may be copied.
        """
        ...

    def switch(self, data: Path, former: int, manifest: Manifest) -> None:
        """Have what was made answer from now on, just before the pointer moves to it."""
        ...

    def settled(self, data: Path) -> None:
        """Take note that the pointer has moved."""
        ...


class Local:
    """Makes two stores beside a generation's other files: they answer once the pointer moves."""

    def make(
        self,
        data: Path,
        folder: Path,
        open_: Mapping[str, Path],
        members: Mapping[str, Path],
        before: Mapping[str, Built],
    ) -> tuple[StoreFacts, StoreFacts]:
        """Make the open and the members' store."""
        del data
        sources = {graph: Source.of(path) for graph, path in {**members, **open_}.items()}
        with Builder() as builder:
            opened = builder.build(
                folder / "open", {graph: sources[graph] for graph in open_}, [before.get("open")]
            )
            apart = sources.keys() - open_.keys()
            bases = [before.get("members"), opened] if apart else [opened]
            membered = builder.build(folder / "members", sources, bases)
        return opened.facts, membered.facts

    def switch(self, data: Path, former: int, manifest: Manifest) -> None:
        """Do nothing: the pointer does it."""

    def settled(self, data: Path) -> None:
        """Do nothing."""


def _job(
    folder: Path, base: Built | None, empty: set[str], loaded: Sources, *, merged: bool
) -> dict[str, Any]:
    """Write what the process is told."""
    return {
        "store": str(folder),
        "base": str(base.folder) if base else None,
        "merged": merged,
        "empty": sorted(empty),
        "record": [[g, str(one.path)] for g, one in sorted(loaded.items()) if one.of_record],
        "own": [[g, str(one.path)] for g, one in sorted(loaded.items()) if not one.of_record],
    }


def facts_of(graphs: Sources, counts: Mapping[str, int], replaced: int) -> StoreFacts:
    """Put together what is known of a store; a graph without triples counts 0."""
    digest = hashlib.sha256()
    for graph in sorted(graphs):
        digest.update(f"{graph} {graphs[graph].name}\n".encode())
    return StoreFacts(
        graphs={graph: counts.get(graph, 0) for graph in sorted(graphs)},
        sources={graph: source.name for graph, source in graphs.items()},
        digest=digest.hexdigest(),
        replaced=replaced,
    )
