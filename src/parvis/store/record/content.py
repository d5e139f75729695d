"""A graph's content as the record keeps it: sorted, without duplicates, compressed, digested."""

import gzip
import hashlib
import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import reduce
from itertools import count, groupby, islice
from operator import xor
from pathlib import Path
from typing import Any

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, Triple

from parvis.errors import SourceError
from parvis.i18n import N_
from parvis.rdf.opening import opened

# Lines sorted and without duplicates, however many, in bounded memory.

RUN = 400_000
"""How many lines are sorted in memory at a time: about 100 MB."""


def lines_of(path: Path) -> Iterator[bytes]:
    """Read the triples of an N-Triples file, compressed if it ends with ``.gz``, a line each."""
    with opened(path) as file:
        for line in file:
            triple = line.strip()
            if triple and not triple.startswith(b"#"):
                yield triple + b"\n"


def sorted_unique(lines: Iterable[bytes], folder: Path, run: int = RUN) -> Iterator[bytes]:
    """Sort lines by their bytes and drop duplicates; what memory does not hold waits in `folder`.

    Sorted runs are written there and merged: folder and disk must hold the lines once.
    """
    source = iter(lines)
    first = sorted(set(islice(source, run)))
    second = sorted(set(islice(source, run)))
    if not second:
        yield from first
        return
    runs = [_write_run(folder / "0", first), _write_run(folder / "1", second)]
    del first, second
    for number in count(2):
        if not (more := sorted(set(islice(source, run)))):
            break
        runs.append(_write_run(folder / str(number), more))
    yield from _merged(runs)


def _write_run(path: Path, lines: list[bytes]) -> Path:
    """Write a sorted run."""
    with path.open("wb") as file:
        file.writelines(lines)
    return path


def _merged(runs: list[Path]) -> Iterator[bytes]:
    """Merge sorted runs; what several hold comes once."""
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("rb")) for path in runs]
        for line, _ in groupby(heapq.merge(*files)):
            yield line


BLOCK = 4_096
"""How many lines are hashed and compressed at a time."""


@dataclass(frozen=True)
class Packed:
    """A content in a file of its own, not yet in the record.

    `digest` is the SHA-256 of its text, `bytes` that text's size.
    """

    path: Path
    digest: str
    triples: int
    bytes: int


def pack(triples: Path, folder: Path) -> Packed:
    """Pack a file of N-Triples into a folder.

    The file may be unsorted, hold duplicates, be larger than the memory, and be compressed
    (``.gz``); folder and disk must hold it twice.
    """
    path = folder / "content.nt.gz"
    digest, count, size = _written(sorted_unique(lines_of(triples), folder), path)
    return Packed(path, digest, count, size)


def _written(lines: Iterator[bytes], path: Path) -> tuple[str, int, int]:
    """Write lines compressed, always to the same bytes; gives digest, count and size."""
    digest, count, size = hashlib.sha256(), 0, 0
    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", compresslevel=3, fileobj=file, mtime=0) as packed,
    ):
        while block := list(islice(lines, BLOCK)):
            text = b"".join(block)
            digest.update(text)
            packed.write(text)
            count += len(block)
            size += len(text)
    return digest.hexdigest(), count, size


# What is new, other or gone between two versions of a graph, entity by entity.
#
# Both are read as sorted lines of N-Triples side by side, so that any size costs no memory.

EXAMPLES = 10
"""How many entities are named of each kind."""
MOST = 20_000
"""How many lines are given that only one of the versions has."""

Entity = tuple[bytes, int, list[bytes]]
"""A subject, which version it is of (0 the earlier one, 1 the later), and its lines."""


@dataclass(frozen=True)
class Changes:
    """How many entities are new, changed, gone or the same; `examples` names the first of each.

    `lines` are those that one version has and the other lacks; nothing if there are more than
    `MOST`.
    """

    added: int = 0
    changed: int = 0
    gone: int = 0
    same: int = 0
    examples: dict[str, list[str]] = field(default_factory=dict)
    lines: tuple[bytes, ...] | None = ()

    def to_json(self) -> dict[str, Any]:
        """Give the changes as plain data."""
        counts = {"added": self.added, "changed": self.changed, "gone": self.gone}
        return {**counts, "same": self.same, "examples": self.examples}


def compare(before: Iterable[bytes], after: Iterable[bytes]) -> Changes:
    """Compare two versions, each as its lines in the order of bytes, none twice."""
    counts: Counter[str] = Counter()
    examples: defaultdict[str, list[str]] = defaultdict(list)
    lines: list[bytes] = []
    both = heapq.merge(_entities(before, 0), _entities(after, 1), key=_subject)
    for subject, versions in groupby(both, key=_subject):
        found = list(versions)
        kind = _kind(found)
        counts[kind] += 1
        if kind != "same" and counts[kind] <= EXAMPLES:
            examples[kind].append(subject.decode().strip("<> "))
        if kind != "same" and len(lines) <= MOST:
            lines += _difference(found)
    few = tuple(lines) if len(lines) <= MOST else None
    return Changes(**counts, examples=dict(examples), lines=few)


def _entities(lines: Iterable[bytes], version: int) -> Iterator[Entity]:
    """Give the lines of each subject together; a subject ends with its space, as lines sort."""
    for subject, some in groupby(lines, key=lambda line: line[: line.index(b" ") + 1]):
        yield subject, version, list(some)


def _subject(entity: Entity) -> bytes:
    """Tell what an entity is compared by."""
    return entity[0]


def _kind(versions: list[Entity]) -> str:
    """Say what became of an entity that is in one version or in both."""
    if len(versions) == 1:
        return "added" if versions[0][1] else "gone"
    return "same" if versions[0][2] == versions[1][2] else "changed"


def _difference(versions: list[Entity]) -> set[bytes]:
    """Give the lines of an entity that only one version has."""
    return reduce(xor, (set(lines) for _, _, lines in versions))


# Quads of a file, split into a file of N-Triples for each graph, in bounded memory.

HELD = 64_000_000
"""Characters of lines that wait in memory: about 100 MB."""
NO_GRAPH = N_("{file} has triples without a graph: name one with --graph")
BLANK_GRAPH = N_("{file} has a graph that only a blank node names: {graph}")
TRIPLE_TERM = N_("a triple term cannot be kept: {term}")


class Splitter:
    """Files of N-Triples in a folder, one a graph.

    Triples without a graph go to `graph`. Blank nodes get the prefix `blank`, so that those of
    another file with the same names are others. `file` is what errors name.
    """

    def __init__(self, folder: Path, file: Path, blank: str, graph: str | None = None) -> None:
        """Hold nothing yet."""
        self._folder, self._file, self._blank, self._graph = folder, file, blank, graph
        self._held: defaultdict[str, list[str]] = defaultdict(list)
        self._size = 0
        self.paths: dict[str, Path] = {}

    def split(self, quads: Iterable[Quad]) -> dict[str, Path]:
        """Write all quads; gives the file of each graph. Raises `SourceError`."""
        for quad in quads:
            line = self._line(quad)
            self._held[self._name(quad.graph_name)].append(line)
            self._size += len(line)
            if self._size > HELD:
                self._flush()
        self._flush()
        return self.paths

    def _name(self, graph: object) -> str:
        """Name the graph that a quad goes to."""
        if isinstance(graph, NamedNode):
            return graph.value
        if not isinstance(graph, DefaultGraph):
            raise SourceError(BLANK_GRAPH, file=self._file, graph=graph)
        if self._graph is None:
            raise SourceError(NO_GRAPH, file=self._file)
        return self._graph

    def _line(self, quad: Quad) -> str:
        """Write a triple as a line."""
        if isinstance(quad.object, Triple):
            raise SourceError(TRIPLE_TERM, term=quad.object)
        if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode):
            return " ".join((*self._named(quad), ".\n"))
        return f"{quad.triple} .\n"

    def _named(self, quad: Quad) -> Iterator[str]:
        """Write the three terms, blank nodes by their new names."""
        for term in (quad.subject, quad.predicate, quad.object):
            yield f"_:{self._blank}{term.value}" if isinstance(term, BlankNode) else str(term)

    def _flush(self) -> None:
        """Write what is held."""
        for graph, lines in self._held.items():
            path = self.paths.setdefault(graph, self._folder / f"{len(self.paths)}.nt")
            with path.open("a", encoding="utf-8", newline="\n") as file:
                file.writelines(lines)
        self._held.clear()
        self._size = 0
