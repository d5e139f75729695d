"""A generation brought into a store elsewhere: staged graph by graph, then moved by one update.

The store holds one generation, its graphs under their own names, so that queries mean there what
they mean here. What has changed is written beside it, under names that no reader may read; then one
request (SPARQL 1.1 Update §3: several operations, one after another, all or none where the store
can) puts it in its place. A failure before leaves what was there.
"""

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from pyoxigraph import NamedNode, QuerySolutions

from parvis.errors import FetchError, StoreError
from parvis.fetch.endpoint import Endpoint
from parvis.i18n import N_
from parvis.rdf.opening import opened
from parvis.store import durable
from parvis.store.building import Built, Source, Sources, facts_of
from parvis.store.change_over import ChangeOver, settled
from parvis.store.held import Held, canary_graph, reading_answer
from parvis.store.manifest import LISTED, Manifest, StoreFacts
from parvis.store.query_text import QueryText
from parvis.store.remote import RemoteEngine

RESTRICTED = N_(
    "not everyone may read {graphs}, and “open_only” of “remote” sends only what is open to all:"
    " open or withdraw them, or publish to another store"
)
COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
_BLANK = re.compile(rb"(?m)^_:(\S+)(?= <)|(?<= )_:(\S+)(?= \.$)")
"""A blank node where N-Triples has one: first in a line, or last before its stop."""


class Shipping:
    """Brings generations into one store, for who publishes."""

    def __init__(
        self, endpoint: Endpoint, base: str, piece: int, *, open_only: bool = False
    ) -> None:
        """Write by an endpoint, `piece` bytes at a time; with `open_only`, open graphs alone."""
        self._endpoint, self._base, self._piece = endpoint, base, piece
        self._open_only = open_only
        self._moves: dict[str, str] = {}
        self._gone: set[str] = set()

    def make(
        self,
        data: Path,
        folder: Path,
        open_: Mapping[str, Path],
        members: Mapping[str, Path],
        before: Mapping[str, Built],
    ) -> tuple[StoreFacts, StoreFacts]:
        """Stage what differs from what the store holds; gives what is known of both parts.

        Raises `StoreError` for a graph that not everyone may read, where none may be sent.
        """
        if self._open_only and members:
            raise StoreError(RESTRICTED, graphs=", ".join(sorted(members)))
        del before  # the store itself tells what it holds
        self._settle(data)
        sources = {graph: Source.of(path) for graph, path in {**members, **open_}.items()}
        held = Held.read(self._endpoint, self._base).sources
        changed = {g: one for g, one in sources.items() if held.get(g) != one.name}
        self._gone = held.keys() - sources.keys()
        ChangeOver(len(changed) + 1).write(data)
        counts = self._staged(changed)
        counts |= {g: _lines(one.path) for g, one in sources.items() if g not in counts}
        for name, graphs in (("open", open_), ("members", sources)):
            _list(folder / name, graphs)
        opened_ = {graph: sources[graph] for graph in open_}
        return facts_of(opened_, counts, 0), facts_of(sources, counts, 0)

    def switch(self, data: Path, former: int, manifest: Manifest) -> None:
        """Put what is staged in its place; whoever serves is told before that it happens.

        Raises `FetchError` if it was not done, or if nobody can tell.
        """
        held = Held(manifest.members.digest, manifest.members.sources)
        self._put(self._stage(len(self._moves)), [held.lines(self._base)])
        staged = ChangeOver.read(data).staged
        ChangeOver(staged, former, manifest.generation).write(data)
        try:
            self._endpoint.update(self._update())
        except FetchError:
            if Held.read(self._endpoint, self._base).digest != held.digest:
                ChangeOver(staged).write(data)
                raise

    def settled(self, data: Path) -> None:
        """Say that the pointer has moved."""
        settled(data)

    def _settle(self, data: Path) -> None:
        """End what a publication that was killed had begun."""
        left = ChangeOver.read(data)
        if left.between:
            folder = data / "generations" / str(left.new)
            held = Held.read(self._endpoint, self._base).digest
            if folder.is_dir() and held == Manifest.read(folder).members.digest:
                durable.replace(data / "current", f"{left.new}\n".encode())
            else:
                shutil.rmtree(folder, ignore_errors=True)
        for number in range(left.staged):
            self._endpoint.delete(self._stage(number))
        settled(data)

    def _staged(self, changed: Sources) -> dict[str, int]:
        """Write graphs beside those that are asked; gives how many triples arrived of each."""
        self._moves, counts = {}, {}
        for number, (graph, source) in enumerate(sorted(changed.items())):
            stage, wanted = self._stage(number), _lines(source.path)
            self._moves[graph] = stage
            self._put(stage, _pieces(source.path, self._piece, self._genid(source)))
            counts[graph] = self._count(stage) if wanted else 0
            if wanted and not 0 < counts[graph] <= wanted:
                raise StoreError(
                    "of the graph {graph}, {count} triples arrived of {wanted}",
                    graph=graph,
                    count=counts[graph],
                    wanted=wanted,
                )
        return counts

    def _put(self, stage: str, pieces: Iterable[bytes]) -> None:
        """Write one graph."""
        self._endpoint.put(stage, iter(pieces))

    def _genid(self, source: Source) -> str:
        """Say how the IRIs of a file's blank nodes begin: the record's are one in all graphs."""
        own = "" if source.of_record else f"{source.name[:16]}/"
        return f"{self._base}.well-known/genid/{own}"

    def _stage(self, number: int) -> str:
        """Name a graph that is not yet in its place."""
        return f"{self._base}graph/parvis/staging/{number}"

    def _count(self, graph: str) -> int:
        """Count a graph's triples in the store."""
        engine = RemoteEngine(self._endpoint, (graph,))
        with reading_answer():
            found = engine.run(QueryText.read(COUNT), allowed=None, values={})
            solutions = list(islice(found, 2)) if isinstance(found, QuerySolutions) else []
        text = str(getattr(solutions[0]["n"], "value", 0)) if len(solutions) == 1 else "0"
        return int(text) if re.fullmatch("[0-9]{1,15}", text) else 0

    def _update(self) -> str:
        """Write the one request, of names that the engine's own type has checked."""
        moves = {**self._moves, canary_graph(self._base): self._stage(len(self._moves))}
        steps = [f"DROP SILENT GRAPH {NamedNode(graph)}" for graph in sorted(self._gone)]
        for graph, stage in moves.items():
            steps += [
                f"DROP SILENT GRAPH {NamedNode(graph)}",
                f"MOVE SILENT GRAPH {NamedNode(stage)} TO GRAPH {NamedNode(graph)}",
            ]
        return " ;\n".join(steps)


def _list(folder: Path, graphs: Iterable[str]) -> None:
    """Write which graphs a part of a generation has, in the place of its store."""
    folder.mkdir()
    (folder / LISTED).write_text(json.dumps(sorted(graphs), indent=1), encoding="utf-8")


def _lines(path: Path) -> int:
    """Count a file's triples: one a line, none twice."""
    with opened(path) as file:
        return sum(1 for line in file if line.strip())


def _pieces(path: Path, size: int, genid: str) -> Iterator[bytes]:
    """Read a file's lines in pieces; each names its blank nodes, which span pieces (RDF 1.1 §3.5).

    A file without lines is one empty piece.
    """
    sent = False
    with opened(path) as file:
        while lines := file.readlines(size):
            yield named(b"".join(lines), genid)
            sent = True
    if not sent:
        yield b""


def named(lines: bytes, genid: str) -> bytes:
    """Give lines of N-Triples in which each blank node is an IRI."""
    if b"_:" not in lines:
        return lines
    return _BLANK.sub(lambda one: f"<{genid}".encode() + (one[1] or one[2]) + b">", lines)
