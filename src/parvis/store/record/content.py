"""A graph's content as the record stores it: sorted, without duplicates, compressed, hashed."""

import gzip
import hashlib
import heapq
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import reduce
from itertools import chain, count, groupby, islice
from operator import itemgetter, xor
from pathlib import Path
from typing import Any

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, Triple

from parvis.errors import SourceError
from parvis.i18n import N_
from parvis.rdf.ntriples import write_term
from parvis.rdf.streams import STOP, open_file, read_blocks

# Sort any number of lines and drop duplicates, in bounded memory.

RUN = 400_000
"""How many lines are sorted in memory at a time: about 100 MB."""
BLOCK = 4_096
"""How many lines of a run are merged, hashed and compressed at a time."""


BETWEEN = STOP + b"<"
"""What stands between two triples whose subjects are IRIs."""


def lines_of(path: Path) -> Iterator[bytes]:
    """Read the triples of an N-Triples file, perhaps compressed (``.gz``), one line each."""
    with open_file(path) as file:
        for block in read_blocks(file):
            # Most files are written as the record writes them: no line needs a step of its own.
            if _is_packed(block):
                yield from block.splitlines(keepends=True)
                continue
            for line in block.split(b"\n"):
                triple = line.strip()
                if triple and not triple.startswith(b"#"):
                    yield triple + b"\n"


def _is_packed(block: bytes) -> bool:
    """Return whether each line is a triple without spaces around it."""
    lines = block.count(b"\n")
    if block.count(BETWEEN) == lines - 1 and block.startswith(b"<") and block.endswith(STOP):
        return b"\r" not in block
    subjects = block.count(b"\n<") + block.count(b"\n_:") + block.startswith((b"<", b"_:"))
    return block.count(STOP) == lines == subjects and b"\r" not in block


def sort_unique(lines: Iterable[bytes], folder: Path, run: int = RUN) -> Iterator[bytes]:
    """Sort lines by their bytes and drop duplicates.

    Sorted runs of `run` lines are written to `folder` and merged: its disk must hold the lines
    once.
    """
    source = iter(lines)
    first = _sort(islice(source, run))
    second = _sort(islice(source, run))
    if not second:  # most graphs fit in memory
        yield from first
        return
    runs = [_write_run(folder / "0", first), _write_run(folder / "1", second)]
    del first, second
    for number in count(2):
        if not (more := _sort(islice(source, run))):
            break
        runs.append(_write_run(folder / str(number), more))
    yield from _merge(runs)


def _sort(lines: Iterable[bytes]) -> list[bytes]:
    # Sorted before duplicates go: rows come in some order, of which a set would leave nothing.
    return list(dict.fromkeys(sorted(lines)))


def _merge(runs: Iterable[Path]) -> Iterator[bytes]:
    """Merge files of sorted lines, and drop duplicates."""
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("rb")) for path in runs]
        waiting: list[list[bytes]] = [[] for _ in files]
        while True:
            waiting = [
                lines or list(islice(file, BLOCK))
                for file, lines in zip(files, waiting, strict=True)
            ]
            if not any(waiting):
                return
            # No line that is still to be read comes before this one.
            last = min(lines[-1] for lines in waiting if lines)
            ends = [bisect_right(lines, last) for lines in waiting]
            pairs = list(zip(waiting, ends, strict=True))
            # To sort what consists of sorted runs merges them, without a step of ours per line.
            yield from _sort(chain.from_iterable(run[:end] for run, end in pairs))
            waiting = [run[end:] for run, end in pairs]


def _write_run(path: Path, lines: list[bytes]) -> Path:
    with path.open("wb") as file:
        file.writelines(lines)
    return path


@dataclass(frozen=True)
class PackedContent:
    """A content in a file of its own, not yet in the record.

    `digest` is the SHA-256 of its text, `bytes` the size of that text.
    """

    path: Path
    digest: str
    triples: int
    bytes: int


def pack(triples: Path, folder: Path) -> PackedContent:
    """Pack a file of N-Triples into a folder, always to the same bytes.

    The file may be unsorted, contain duplicates, be larger than the memory, and be compressed
    (``.gz``); the folder's disk must hold it twice.
    """
    path = folder / "content.nt.gz"
    lines = sort_unique(lines_of(triples), folder)
    digest, triple_count, size = hashlib.sha256(), 0, 0
    with (
        path.open("wb") as file,
        # No name and no time, so that equal content gives equal bytes.
        gzip.GzipFile("", "wb", compresslevel=3, fileobj=file, mtime=0) as archive,
    ):
        while block := list(islice(lines, BLOCK)):
            text = b"".join(block)
            digest.update(text)
            archive.write(text)
            triple_count += len(block)
            size += len(text)
    return PackedContent(path, digest.hexdigest(), triple_count, size)


# Compare two versions of a graph by entity.
#
# Both are read in parallel as sorted lines of N-Triples, so that any size fits in memory.

EXAMPLES = 10
"""How many changed entities are named of each kind."""
MOST = 20_000
"""The greatest number of differing lines that are returned."""

Entity = tuple[bytes, int, list[bytes]]
"""A subject, its version (0 the earlier, 1 the later), and its lines."""


@dataclass(frozen=True)
class GraphChanges:
    """How many entities are new, changed, gone or the same; `examples` names the first of each.

    `lines` are those of one version only; None if there are more than `MOST`.
    """

    added: int = 0
    changed: int = 0
    gone: int = 0
    same: int = 0
    examples: dict[str, list[str]] = field(default_factory=dict)
    lines: tuple[bytes, ...] | None = ()

    def to_json(self) -> dict[str, Any]:
        counts = {"added": self.added, "changed": self.changed, "gone": self.gone}
        return {**counts, "same": self.same, "examples": self.examples}


def compare(before: Iterable[bytes], after: Iterable[bytes]) -> GraphChanges:
    """Compare two versions, each as its unique lines in the order of bytes."""
    counts: Counter[str] = Counter()
    examples: defaultdict[str, list[str]] = defaultdict(list)
    lines: list[bytes] = []
    entities = heapq.merge(
        _group_by_subject(before, 0), _group_by_subject(after, 1), key=itemgetter(0)
    )
    for subject, group in groupby(entities, key=itemgetter(0)):
        versions = list(group)
        if len(versions) == 1:
            kind = "added" if versions[0][1] else "gone"
        else:
            kind = "same" if versions[0][2] == versions[1][2] else "changed"
        counts[kind] += 1
        if kind == "same":
            continue
        if counts[kind] <= EXAMPLES:
            examples[kind].append(subject.decode().strip("<> "))
        if len(lines) <= MOST:
            lines += reduce(xor, (set(version_lines) for _, _, version_lines in versions))
    few = tuple(lines) if len(lines) <= MOST else None
    return GraphChanges(**counts, examples=dict(examples), lines=few)


def _group_by_subject(lines: Iterable[bytes], version: int) -> Iterator[Entity]:
    # A subject includes the space after it, so that subjects compare as lines sort.
    for subject, group in groupby(lines, key=lambda line: line[: line.index(b" ") + 1]):
        yield subject, version, list(group)


# Cut sorted lines into parts of whole entities.


def split_entities(blocks: Iterable[bytes], size: int) -> Iterator[tuple[int, bytes]]:
    """Yield blocks of sorted lines, each with the number of the part that it is of.

    A part has at least `size` bytes, but the last one, and ends where an entity does.
    """
    part = length = 0
    last = b""
    for block in blocks:
        remainder = block
        if length >= size:
            lines = block.splitlines(keepends=True)
            starts = (number for number, line in enumerate(lines) if not line.startswith(last))
            of_last = next(starts, len(lines))
            if of_last:
                yield part, b"".join(lines[:of_last])
            if of_last == len(lines):
                continue
            remainder = b"".join(lines[of_last:])
            part, length = part + 1, 0
        yield part, remainder
        length += len(remainder)
        last = remainder[remainder.rstrip().rfind(b"\n") + 1 :].partition(b" ")[0] + b" "


# Split the quads of a file into a file of N-Triples for each graph, in bounded memory.

HELD = 64_000_000
"""Characters of lines buffered in memory: about 100 MB."""
NO_GRAPH = N_("{file} has triples without a graph: name one with --graph")
BLANK_GRAPH = N_("{file} has a graph that only a blank node names: {graph}")
_MAY_HOLD_BLANK_NODE = (BlankNode, Triple)


class Splitter:
    """Splits quads into files of N-Triples in a folder, one per graph.

    Triples without a graph go to `graph`. Blank nodes get the prefix `blank`, so that those of
    another file with the same names stay distinct. `file` is named in errors.
    """

    def __init__(self, folder: Path, file: Path, blank: str, graph: str | None = None) -> None:
        self._folder, self._file, self._blank, self._graph = folder, file, blank, graph
        self._buffers: defaultdict[str, list[str]] = defaultdict(list)
        self._size = 0
        self.paths: dict[str, Path] = {}

    def split(self, quads: Iterable[Quad]) -> dict[str, Path]:
        """Write all quads, and return the file of each graph. Raises `SourceError`."""
        for quad in quads:
            if isinstance(quad.object, _MAY_HOLD_BLANK_NODE) or isinstance(quad.subject, BlankNode):
                terms = (quad.subject, quad.predicate, quad.object)
                line = " ".join((*(write_term(term, self._rename) for term in terms), ".\n"))
            else:
                line = f"{quad.triple} .\n"
            graph = quad.graph_name
            if isinstance(graph, NamedNode):
                name = graph.value
            elif not isinstance(graph, DefaultGraph):
                raise SourceError(BLANK_GRAPH, file=self._file, graph=graph)
            elif self._graph is None:
                raise SourceError(NO_GRAPH, file=self._file)
            else:
                name = self._graph
            self._buffers[name].append(line)
            self._size += len(line)
            if self._size > HELD:
                self._flush()
        self._flush()
        return self.paths

    def _rename(self, node: BlankNode) -> str:
        return f"_:{self._blank}{node.value}"

    def _flush(self) -> None:
        for graph, lines in self._buffers.items():
            # Numbered, since an IRI need not be a valid file name.
            path = self.paths.setdefault(graph, self._folder / f"{len(self.paths)}.nt")
            with path.open("a", encoding="utf-8", newline="\n") as file:
                file.writelines(lines)
        self._buffers.clear()
        self._size = 0
