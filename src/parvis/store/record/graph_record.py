"""The record: the pool's data, as one file per named graph and version.

A file is the graph's N-Triples, sorted and without duplicates, named by the SHA-256 of that
text: equal content is one file, and files can be compared line by line. ``state.json`` names the
current version of each graph, and is replaced atomically. A submission is in a store of its own
before any decision about it (`Staging`).
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Self, cast

from pyoxigraph import QuerySolutions, RdfFormat, Store, Variable

from parvis.config import clock
from parvis.config.documents import GREATEST, SHA256, Document, read_fields
from parvis.config.json_data import from_json, to_json
from parvis.errors import QueryError, SourceError, StoreError
from parvis.rdf.lines import Lines
from parvis.rdf.streams import UNREADABLE, LineReader, open_file, read_blocks
from parvis.rdf.terms import Node, from_rdflib, to_rdflib
from parvis.store.files import RECORDED, move, replace, sweep, workplace, writing
from parvis.store.query.confinement import run
from parvis.store.query.request import QueryText
from parvis.store.record.content import GraphChanges, PackedContent, compare, lines_of, pack
from parvis.vocab.iris import DatasetKey

FORMER = 30
"""How many former versions of a graph are listed."""
Tombstone = Mapping[str, Any]
"""What is published of a withdrawn graph, as JSON."""
PIECE = 1_000_000
"""Bytes of text that are hashed at a time."""


@dataclass(frozen=True)
class GraphVersion:
    """One version of one graph.

    `digest` is the SHA-256 of its text, `bytes` the size of that text, `submitted` the instant
    when it became current; `about` holds the metadata of the submitter (the submission's IRI…).
    """

    digest: str = field(metadata={"form": SHA256})
    triples: int
    bytes: int
    submitted: datetime
    about: Mapping[str, str] = field(default_factory=dict, metadata={"most": GREATEST})


class GraphRecord:
    """The record of one data folder: many may read it at a time, one may write.

    Writing raises `StoreError` at once while another writes. A crash leaves the state before or
    the state after.
    """

    def __init__(self, data: Path) -> None:
        self.data = data
        self._graphs = data / "graphs"
        self._state = data / "state.json"
        self._last: tuple[tuple[int, ...], _State] | None = None

    def versions(self) -> dict[str, GraphVersion]:
        """Return the current version of each graph, by the graph's IRI."""
        return dict(self._read_once().graphs)

    def former_versions(self) -> dict[str, list[GraphVersion]]:
        """Return the last `FORMER` versions before the current one of each graph, oldest first.

        Their content exists only while a kept generation needs it.
        """
        return dict(self._read_once().former)

    def tombstones(self) -> dict[str, Tombstone]:
        """Return the tombstone of each withdrawn graph, by the graph's IRI."""
        return dict(self._read_once().withdrawn)

    def path(self, version: GraphVersion) -> Path:
        """Return the path of a version's file (``.nt.gz``). Raises `StoreError`."""
        if not SHA256.fullmatch(version.digest):
            raise StoreError("{file} is damaged: {reason}", file=self._state, reason="digest")
        return self._graphs / f"{version.digest}{RECORDED}"

    def read_lines(self, version: GraphVersion) -> Iterator[bytes]:
        """Read the triples of a version, one line of N-Triples each, in the order of bytes."""
        return lines_of(self.path(version))

    def read_blocks(self, version: GraphVersion) -> Iterator[bytes]:
        """Read the same lines in blocks, to find out fast whether something is among them."""
        with open_file(self.path(version)) as file:
            yield from read_blocks(file)

    def put(
        self, graph: str, content: Path | PackedContent, about: Mapping[str, str] | None = None
    ) -> GraphVersion:
        """Make a file of N-Triples the new content of a graph; a packed one is moved.

        Its triples are not checked here: `Staging` does that.
        """
        with writing(self.data), workplace(self.data) as folder:
            packed = content if isinstance(content, PackedContent) else pack(content, folder)
            return self.put_all({graph: packed}, about)[graph]

    def put_all(
        self,
        contents: Mapping[str, PackedContent],
        about: Mapping[str, str] | None = None,
        *,
        replace_all: bool = False,
    ) -> dict[str, GraphVersion]:
        """Replace the contents of graphs atomically, and return the new versions.

        With `replace_all`, all other graphs are removed. A graph that was withdrawn is so no more;
        its version states until when it was (``about``: ``returned``).
        """
        with writing(self.data):
            for packed in contents.values():
                self._graphs.mkdir(exist_ok=True)
                file = self._graphs / f"{packed.digest}{RECORDED}"
                if not file.exists():
                    move(packed.path, file)
            now, state = clock.machine_time(), self._read()
            new = {
                graph: GraphVersion(
                    packed.digest, packed.triples, packed.bytes, now, dict(about or {})
                )
                for graph, packed in contents.items()
            }
            for graph, version in new.items():
                if (tombstone := state.withdrawn.pop(graph, None)) is not None:
                    returned = {**version.about, "returned": str(tombstone["withdrawn"])}
                    new[graph] = replaced(version, about=returned)
                if graph in state.graphs and state.graphs[graph].digest != version.digest:
                    state.bury(graph)
            state.graphs = new if replace_all else {**state.graphs, **new}
            self._write(state)
        return new

    def withdraw(
        self, tombstones: Mapping[str, Tombstone], remembered: Collection[str] | None = None
    ) -> None:
        """Replace graphs by their tombstones atomically; `prune` then deletes their files.

        Each tombstone has ``withdrawn``, the instant. Of the metadata of former versions only the
        names in `remembered` stay, unless it is None.
        """
        with writing(self.data):
            state = self._read()
            for graph, tombstone in tombstones.items():
                state.bury(graph)
                state.graphs.pop(graph, None)
                former = state.former.get(graph, [])
                if remembered is not None:
                    former = [
                        replaced(
                            version,
                            about={
                                name: t for name, t in version.about.items() if name in remembered
                            },
                        )
                        for version in former
                    ]
                state.former[graph] = former
                state.withdrawn[graph] = tombstone
            self._write(state)

    def annotate(self, graph: str, about: Mapping[str, str]) -> None:
        """Add metadata to a graph's current version, if it has one."""
        with writing(self.data):
            state = self._read()
            if (version := state.graphs.get(graph)) is not None:
                state.graphs[graph] = replaced(version, about={**version.about, **about})
                self._write(state)

    def quads_digest(self, graph: str, version: GraphVersion) -> str:
        """Return the SHA-256 of a graph's sorted N-Quads, one per line."""
        # The order of the triples is that of the quads.
        digest, end = hashlib.sha256(), f" <{graph}> .\n".encode()
        for line in self.read_lines(version):
            digest.update(line.rstrip()[:-1].rstrip() + end)
        return digest.hexdigest()

    def changes(self, graph: str, packed: PackedContent) -> GraphChanges | None:
        """Return what a new content would change in a graph; None if it has no content yet."""
        version = self.versions().get(graph)
        if version is None:
            return None
        return compare(self.read_lines(version), lines_of(packed.path))

    def verify(self) -> int:
        """Hash every graph's file again; return how many. Raises `StoreError` naming a bad one."""
        versions = self.versions().values()
        for version in versions:
            path, digest = self.path(version), hashlib.sha256()
            for piece in _read_text(path):
                digest.update(piece)
            if digest.hexdigest() != version.digest:
                raise StoreError("{file} is not what its name says", file=path)
        return len(versions)

    def check(self) -> None:
        """Check a record from another machine: its state, value by value, and its files.

        Raises `StoreError`.
        """
        # Our own state is not read so at each command, as that takes four times as long.
        file = self._state
        state = Document.parse(file.read_bytes() if file.is_file() else b"{}", file)
        for name in ("graphs", "former"):
            for _, entry in state.member(name).members() if name in state.table() else ():
                for version in entry.items() if name == "former" else [entry]:
                    read_fields(GraphVersion, version)
        tombstones = state.member("withdrawn").members() if "withdrawn" in state.table() else ()
        for _, tombstone in tombstones:
            tombstone.member("withdrawn").instant()
            DatasetKey.parse(tombstone.member("key").text())
            tombstone.member("iri").text()
            tombstone.member("title").texts()
            reason, public = tombstone.member("reason"), tombstone.member("public")
            reason.optional(reason.texts)
            public.optional(public.flag)
        for current in self.versions().values():
            size = 0
            for piece in _read_text(self.path(current)):
                size += len(piece)
                if size > current.bytes:  # a compressed file may grow without end
                    break
            if size != current.bytes:
                raise StoreError("{file} is not what its name says", file=self.path(current))
        self.verify()

    def restore(self, graph: str, version: GraphVersion) -> None:
        """Make one of a graph's former versions current again; its file must exist.

        The version that was current becomes a former one.
        """
        with writing(self.data):
            state = self._read()
            state.bury(graph)
            state.former[graph] = [former for former in state.former[graph] if former != version]
            state.graphs[graph] = version
            self._write(state)

    def remove(self, graph: str) -> GraphVersion | None:
        """Remove a graph, and return the version it had; `prune` then deletes its file."""
        with writing(self.data):
            state = self._read()
            removed = state.graphs.pop(graph, None)
            if removed is not None:
                self._write(state)
        return removed

    def prune(self, keep: Iterable[str] = ()) -> set[str]:
        """Delete files that neither the state nor `keep` (digests) needs; return their digests.

        Leftovers of a killed writer are deleted too.
        """
        with writing(self.data):
            needed = {version.digest for version in self.versions().values()} | set(keep)
            sweep(self.data)
            files = {path.name.partition(".")[0]: path for path in self._graphs.glob("*")}
            unneeded = files.keys() - needed
            for digest in unneeded:
                files[digest].unlink()
        return unneeded

    def _read_once(self) -> "_State":
        """Read the state unless it is the one that was read last; it must not be changed."""
        # A publication reads it a hundred times, which took as long as what grew with the graphs.
        # The file is replaced, never written to: its inode and times change with each state.
        try:
            status = self._state.stat()
        except FileNotFoundError:
            return _State({})
        identity = status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        if self._last is None or self._last[0] != identity:
            self._last = identity, self._read()
        return self._last[1]

    def _read(self) -> "_State":
        try:
            return from_json(_State, json.loads(self._state.read_bytes()))
        except FileNotFoundError:
            return _State({})
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(
                "{file} is damaged: {reason}", file=self._state, reason=error
            ) from error

    def _write(self, state: "_State") -> None:
        by_graph = {name: dict(sorted(graphs.items())) for name, graphs in vars(state).items()}
        # With an indent, the encoder is the slow one that is written in Python; each submission
        # writes all graphs.
        text = json.dumps(to_json(by_graph), ensure_ascii=False)
        replace(self._state, text.encode())


@dataclass
class _State:
    """The content of ``state.json``: current and former versions, and tombstones."""

    # Older states have no former versions nor tombstones.
    graphs: dict[str, GraphVersion]
    former: dict[str, list[GraphVersion]] = field(default_factory=dict)
    withdrawn: dict[str, Tombstone] = field(default_factory=dict)

    def bury(self, graph: str) -> None:
        """Add a graph's current version, if it has one, to its former ones."""
        if graph in self.graphs:
            self.former[graph] = [*self.former.get(graph, []), self.graphs[graph]][-FORMER:]


def _read_text(path: Path) -> Iterator[bytes]:
    """Read the text of a compressed file in pieces. Raises `StoreError`."""
    try:
        with open_file(path) as file:
            while piece := file.read(PIECE):
                yield piece
    except UNREADABLE as error:
        raise StoreError("{file} is damaged: {reason}", file=path, reason=error) from error


_read_query = lru_cache(512)(QueryText.read)
"""The queries of shapes are long and few, and each file is validated with the same.

Short ones, some forty a file, must not push them out: of sixty-four, none stayed for the next file.
"""


class Staging:
    """A temporary store over RDF files, compressed or not; it is a `View`.

    It lives in memory (about 400 MB and 3 s for a million triples) or in a folder (slower, some
    800 MB for any size). The names of graphs are dropped. `altered` are the predicates of literals
    that the store may have rewritten. Raises `SourceError` for a file that does not have the
    format of its ending.
    """

    def __init__(self, *files: Path, folder: Path | None = None) -> None:
        self._store = Store() if folder is None else Store(folder)
        self.altered: frozenset[str] = frozenset()
        # In memory the plain way takes less of it, and on disk the bulk one.
        load = self._store.load if folder is None else self._store.bulk_load
        for path in files:
            lines = Lines(path)
            stream = cast("IO[bytes]", LineReader(iter(lines)))
            try:
                load(stream, RdfFormat.N_TRIPLES)
            except (SyntaxError, OSError) as error:
                raise SourceError(
                    "{file} cannot be loaded: {reason}", file=path, reason=error
                ) from error
            self.altered |= lines.altered

    def select(self, query: str, /, **values: Node) -> Iterator[dict[str, Node]]:
        """Return the solutions of a SELECT; `values` stand in for projected variables."""
        substitutions = {Variable(name): from_rdflib(value) for name, value in values.items()}
        results = run(self._store, _read_query(query), allowed=None, substitutions=substitutions)
        if not isinstance(results, QuerySolutions):
            raise QueryError("a view answers SELECT queries only")
        names = [variable.value for variable in results.variables]
        for solution in results:
            yield {
                name: to_rdflib(term)
                for name, term in zip(names, solution, strict=True)
                if term is not None
            }

    def __len__(self) -> int:
        return len(self._store)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # What queried it may be part of a cycle that is collected late: its memory is free at once.
        self._store = Store()
