"""The record: what the pool holds, as one file per named graph and version.

A file is the graph's N-Triples, sorted and without duplicates, named by the SHA-256 of that
text: equal content is one file, and files can be compared line by line. ``state.json`` says
which version each graph has now, and is replaced in one step.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from parvis.config.documents import SHA256, Document
from parvis.errors import StoreError
from parvis.rdf.opening import UNREADABLE, opened
from parvis.store.files import move, replace, sweep, workplace, writing
from parvis.store.record.content import Changes, Packed, compare, lines_of, pack
from parvis.vocab.iris import DatasetKey

FORMER = 30
"""How many former versions of a graph are remembered."""
Tombstone = Mapping[str, Any]
"""What is said of a graph that was withdrawn, as plain data."""
PIECE = 1_000_000
"""Bytes of text that are digested at a time."""


@dataclass(frozen=True)
class Version:
    """One version of one graph.

    `digest` is the SHA-256 of its text, `bytes` that text's size, `submitted` the instant at
    which it became the current one; `about` is for whoever submits (the submission's IRI…).
    """

    digest: str
    triples: int
    bytes: int
    submitted: datetime
    about: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Give the version as plain data."""
        return {
            "digest": self.digest,
            "triples": self.triples,
            "bytes": self.bytes,
            "submitted": self.submitted.isoformat(),
            "about": dict(self.about),
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Read a version back from plain data."""
        return cls(**{**found, "submitted": datetime.fromisoformat(found["submitted"])})


class Record:
    """The record of one data folder; several may read it, one at a time may write.

    Writing raises `StoreError` at once while another writes. A crash at any moment leaves the
    state before or the state after.
    """

    def __init__(self, data: Path) -> None:
        """Use a data folder, which need not exist yet."""
        self.data = data
        self._graphs = data / "graphs"
        self._state = data / "state.json"

    def versions(self) -> dict[str, Version]:
        """Give the current version of each graph, by the graph's IRI."""
        return self._read().graphs

    def former(self) -> dict[str, list[Version]]:
        """Give the last `FORMER` versions that each graph had before, the oldest first.

        Their content is there only while a kept generation needs it.
        """
        return self._read().former

    def withdrawn(self) -> dict[str, Tombstone]:
        """Give what was said of each graph that was withdrawn, by the graph's IRI."""
        return self._read().withdrawn

    def path(self, version: Version) -> Path:
        """Return where the file of a version is: ``.nt.gz``. Raises `StoreError`."""
        if not SHA256.fullmatch(version.digest):
            raise StoreError("{file} is damaged: {reason}", file=self._state, reason="digest")
        return self._graphs / f"{version.digest}.nt.gz"

    def read_lines(self, version: Version) -> Iterator[bytes]:
        """Read the triples of a version, one line of N-Triples each, in the order of bytes."""
        return lines_of(self.path(version))

    def put(
        self, graph: str, content: Path | Packed, about: Mapping[str, str] | None = None
    ) -> Version:
        """Make a file of N-Triples the new content of a graph; what is packed already is moved.

        Its triples are taken as they are written: who checks them is `Staging`.
        """
        with writing(self.data), workplace(self.data) as folder:
            packed = content if isinstance(content, Packed) else pack(content, folder)
            return self.put_all({graph: packed}, about)[graph]

    def put_all(
        self,
        contents: Mapping[str, Packed],
        about: Mapping[str, str] | None = None,
        *,
        whole: bool = False,
    ) -> dict[str, Version]:
        """Make contents those of their graphs, all in one step; if `whole`, no other graph stays.

        Gives the new version of each. One that was withdrawn is so no more; its version says
        until when it was (``about``: ``returned``).
        """
        with writing(self.data):
            for packed in contents.values():
                self._keep(packed)
            now, state = datetime.now(UTC), self._read()
            new = {
                graph: Version(one.digest, one.triples, one.bytes, now, dict(about or {}))
                for graph, one in contents.items()
            }
            for graph, version in new.items():
                if (tombstone := state.withdrawn.pop(graph, None)) is not None:
                    told = {**version.about, "returned": str(tombstone["withdrawn"])}
                    new[graph] = replaced(version, about=told)
                if graph in state.graphs and state.graphs[graph].digest != version.digest:
                    state.bury(graph)
            state.graphs = new if whole else {**state.graphs, **new}
            self._write(state)
        return new

    def withdraw(
        self, tombstones: Mapping[str, Tombstone], remembered: Collection[str] | None = None
    ) -> None:
        """Forget graphs, and keep what is said of each instead, in one step.

        Each says ``withdrawn``, the instant. `prune` then deletes the files. Of what was said
        about former versions only the names in `remembered` stay, if they are told.
        """
        with writing(self.data):
            state = self._read()
            for graph, tombstone in tombstones.items():
                state.bury(graph)
                state.graphs.pop(graph, None)
                former = state.former.get(graph, [])
                state.former[graph] = [_saying(one, remembered) for one in former]
                state.withdrawn[graph] = tombstone
            self._write(state)

    def mark(self, graph: str, about: Mapping[str, str]) -> None:
        """Say something more of a graph's current version, if it has one."""
        with writing(self.data):
            state = self._read()
            if (version := state.graphs.get(graph)) is not None:
                state.graphs[graph] = replaced(version, about={**version.about, **about})
                self._write(state)

    def quads_digest(self, graph: str, version: Version) -> str:
        """Give the SHA-256 of a graph's sorted N-Quads, one a line, whose order is the triples'."""
        digest, end = hashlib.sha256(), f" <{graph}> .\n".encode()
        for line in self.read_lines(version):
            digest.update(line.rstrip()[:-1].rstrip() + end)
        return digest.hexdigest()

    def changes(self, graph: str, packed: Packed) -> Changes | None:
        """Say what a new content would change in a graph; nothing if it has none yet."""
        version = self.versions().get(graph)
        if version is None:
            return None
        return compare(self.read_lines(version), lines_of(packed.path))

    def verify(self) -> int:
        """Digest every graph's file anew; gives how many. Raises `StoreError` naming a bad one."""
        versions = self.versions().values()
        for version in versions:
            path = self.path(version)
            if _digest_of_text(path) != version.digest:
                raise StoreError("{file} is not what its name says", file=path)
        return len(versions)

    def check(self) -> None:
        """Check a record that comes from elsewhere: its state, value by value, and its files.

        Its own state is not read so at each command: that takes four times as long. Raises
        `StoreError`.
        """
        file = self._state
        found = Document.parse(file.read_bytes() if file.is_file() else b"{}", file)
        for name in ("graphs", "former"):
            for _, told in found.member(name).members() if name in found.table() else ():
                for version in told.items() if name == "former" else [told]:
                    _check_version(version)
        for _, told in found.member("withdrawn").members() if "withdrawn" in found.table() else ():
            told.member("withdrawn").instant()
            DatasetKey.parse(told.member("key").text())
            told.member("iri").text()
            told.member("title").texts()
            reason, public = told.member("reason"), told.member("public")
            reason.optional(reason.texts)
            public.optional(public.flag)
        for current in self.versions().values():
            if _size_of_text(self.path(current), current.bytes) != current.bytes:
                raise StoreError("{file} is not what its name says", file=self.path(current))
        self.verify()

    def restore(self, graph: str, version: Version) -> None:
        """Make one of a graph's former versions its content again; its file must be there.

        What was its content then counts among its former versions.
        """
        with writing(self.data):
            state = self._read()
            state.bury(graph)
            state.former[graph] = [one for one in state.former[graph] if one != version]
            state.graphs[graph] = version
            self._write(state)

    def remove(self, graph: str) -> Version | None:
        """Forget a graph; gives the version it had. `prune` then deletes its file."""
        with writing(self.data):
            state = self._read()
            removed = state.graphs.pop(graph, None)
            if removed is not None:
                self._write(state)
        return removed

    def prune(self, keep: Iterable[str] = ()) -> set[str]:
        """Delete the files that neither the state nor `keep` (digests) needs; gives their digests.

        Leftovers of a writer that was killed go too.
        """
        with writing(self.data):
            needed = {version.digest for version in self.versions().values()} | set(keep)
            sweep(self.data)
            found = {path.name.partition(".")[0]: path for path in self._graphs.glob("*")}
            unneeded = found.keys() - needed
            for digest in unneeded:
                found[digest].unlink()
        return unneeded

    def _read(self) -> "_State":
        """Read the state."""
        try:
            return _State.from_json(json.loads(self._state.read_bytes()))
        except FileNotFoundError:
            return _State()
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(
                "{file} is damaged: {reason}", file=self._state, reason=error
            ) from error

    def _write(self, state: "_State") -> None:
        """Replace the state."""
        replace(self._state, json.dumps(state.to_json(), ensure_ascii=False, indent=1).encode())

    def _keep(self, packed: Packed) -> None:
        """Move a content to the file of its digest."""
        self._graphs.mkdir(exist_ok=True)
        kept = self._graphs / f"{packed.digest}.nt.gz"
        if not kept.exists():
            move(packed.path, kept)


@dataclass
class _State:
    """What ``state.json`` says: current and former versions, and what was withdrawn."""

    graphs: dict[str, Version] = field(default_factory=dict)
    former: dict[str, list[Version]] = field(default_factory=dict)
    withdrawn: dict[str, Tombstone] = field(default_factory=dict)

    def bury(self, graph: str) -> None:
        """Count a graph's current version, if it has one, among its former ones."""
        if graph in self.graphs:
            self.former[graph] = [*self.former.get(graph, []), self.graphs[graph]][-FORMER:]

    def to_json(self) -> dict[str, Any]:
        """Give the state as plain data."""
        return {
            "graphs": {graph: self.graphs[graph].to_json() for graph in sorted(self.graphs)},
            "former": {
                graph: [one.to_json() for one in self.former[graph]]
                for graph in sorted(self.former)
            },
            "withdrawn": {graph: dict(self.withdrawn[graph]) for graph in sorted(self.withdrawn)},
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Read the state from plain data; older ones say less."""
        return cls(
            graphs={graph: Version.from_json(one) for graph, one in found["graphs"].items()},
            former={
                graph: [Version.from_json(one) for one in some]
                for graph, some in found.get("former", {}).items()
            },
            withdrawn=dict(found.get("withdrawn", {})),
        )


def _check_version(told: Document) -> None:
    """Check what a state says of one version."""
    told.member("digest").text(SHA256)
    told.member("triples").whole()
    told.member("bytes").whole()
    told.member("submitted").instant()
    told.member("about").texts()


def _size_of_text(path: Path, most: int) -> int:
    """Count the bytes that a compressed file holds, as far as one more than `most`.

    Raises `StoreError`.
    """
    size = 0
    try:
        with opened(path) as file:
            while size <= most and (piece := file.read(PIECE)):
                size += len(piece)
    except UNREADABLE as error:
        raise StoreError("{file} is damaged: {reason}", file=path, reason=error) from error
    return size


def _saying(version: Version, names: Collection[str] | None) -> Version:
    """Give a version of which only what has these names is said."""
    if names is None:
        return version
    about = {name: text for name, text in version.about.items() if name in names}
    return replaced(version, about=about)


def _digest_of_text(path: Path) -> str:
    """Give the SHA-256 of what a compressed file holds. Raises `StoreError`."""
    digest = hashlib.sha256()
    try:
        with opened(path) as file:
            while piece := file.read(PIECE):
                digest.update(piece)
    except UNREADABLE as error:
        raise StoreError("{file} is damaged: {reason}", file=path, reason=error) from error
    return digest.hexdigest()
