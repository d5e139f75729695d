"""The log of a dataset's entities: which changed when, and where the triples of each are.

A log has an entry for each entity that the dataset has, or had until lately, in the order of their
last changes. It names an entity by a keyed digest alone: of what was deleted it tells nothing, and
without the key, which goes when the dataset is erased, no name can be tested against it. The
triples of the entities stand in another file, which holds what the dataset holds now.

``python -I -m parvis.store.generation.entity_log`` compares a content with the former log and
writes both files, in a process of its own, so that a large content costs that process only. A
request has the fields of `LogRequest`; its answer is ``{"changed": entries that are new}``.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields
from hashlib import blake2b
from heapq import nsmallest
from itertools import groupby
from pathlib import Path
from struct import Struct
from typing import IO, Any, NamedTuple

from parvis.sandbox.serving import serve
from parvis.store.record.content import lines_of
from parvis.vocab import PREFIXES

KEY_BYTES, DIGEST_BYTES = 12, 16
_FORM = Struct(f">{KEY_BYTES}s{DIGEST_BYTES}sQQQL")
_TYPE = f"<{PREFIXES['rdf']}type>".encode()
_OBSERVATION = f"<{PREFIXES['qb']}Observation>".encode()
STEPS = 3
"""How many nodes lead at most from an entity to one that describes it: an offer, its seller…."""


class LogEntry(NamedTuple):
    """An entity: its key and digest, when it first and last changed, where its triples are.

    Instants are microseconds since 1970; the length of a deleted entity is 0.
    """

    key: bytes
    digest: bytes
    first: int
    changed: int
    start: int
    length: int

    @property
    def position(self) -> tuple[int, bytes]:
        return self.changed, self.key


class EntityLog:
    """The entries of a log, read as needed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def after(self, position: tuple[int, bytes], count: int) -> list[LogEntry]:
        """Return the entries that follow a position, up to `count`."""
        with self._path.open("rb") as file:
            places = range(self._path.stat().st_size // _FORM.size)
            start = bisect_right(places, position, key=lambda place: _read(file, place).position)
            return [_read(file, place) for place in places[start : start + count]]

    def until(self, instant: int, key: bytes, count: int) -> list[LogEntry]:
        """Return the entries with a greater key that were there at an instant, by their keys."""
        entries = (entry for entry in self if entry.first <= instant and entry.key > key)
        return nsmallest(count, entries, key=lambda entry: entry.key)

    def __iter__(self) -> Iterator[LogEntry]:
        return map(LogEntry._make, _FORM.iter_unpack(self._path.read_bytes()))


def _read(file: IO[bytes], place: int) -> LogEntry:
    file.seek(place * _FORM.size)
    return LogEntry._make(_FORM.unpack(file.read(_FORM.size)))


@dataclass(frozen=True)
class LogRequest:
    """What to write: the log and the triples of a content, after the former log if there is one.

    Without `path`, all entities are deleted. `kinds` are the classes of entities, `salt` keys the
    digests, `at` is the instant of what changed; what was deleted before `forget` is left out.
    `log` and `bodies` are the files to write.
    """

    path: str | None
    former: str | None
    kinds: list[str]
    salt: str
    at: int
    forget: int
    log: str
    bodies: str


def write_log(request: LogRequest) -> int:
    """Write a log and its triples; return how many entries are new."""
    former = {} if request.former is None else {e.key: e for e in EntityLog(Path(request.former))}
    entries: dict[bytes, LogEntry] = {}
    salt = bytes.fromhex(request.salt)
    content: Iterable[tuple[bytes, bytes]] = ()
    if request.path is not None:
        content = read_entities(
            Path(request.path), {f"<{kind}>".encode() for kind in request.kinds}
        )
    with Path(request.bodies).open("wb") as bodies:
        for subject, lines in content:
            key = blake2b(subject, digest_size=KEY_BYTES, key=salt).digest()
            digest = blake2b(lines, digest_size=DIGEST_BYTES, key=salt).digest()
            before = former.get(key)
            unchanged = before is not None and before.length > 0 and before.digest == digest
            changed = before.changed if before is not None and unchanged else request.at
            first = before.first if before is not None else request.at
            entries[key] = LogEntry(key, digest, first, changed, bodies.tell(), len(lines))
            bodies.write(lines)
    for key in former.keys() - entries.keys():
        before = former[key]
        at = before.changed if before.length == 0 else request.at
        if at >= request.forget:
            entries[key] = LogEntry(key, bytes(DIGEST_BYTES), before.first, at, 0, 0)
    with Path(request.log).open("wb") as file:
        file.writelines(
            _FORM.pack(*entry)
            for entry in sorted(entries.values(), key=lambda entry: entry.position)
        )
    return sum(entry.changed == request.at for entry in entries.values())


def read_entities(path: Path, kinds: AbstractSet[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield each entity of some classes with its triples and those of the nodes that describe it.

    A node is described by triples of its own, and is no entity: an address, an offer, a position.
    The file is sorted; memory holds the nodes, not the entities.
    """
    entities, nodes = set(), dict[bytes, bytes]()
    for subject, lines in _group(path):
        classes = {line.split(b" ", 2)[2][:-3] for line in lines if _TYPE in line}
        if classes & kinds and subject[:1] == b"<":
            entities.add(subject)
        elif _OBSERVATION not in classes:  # figures describe no entity, and may be many
            nodes[subject] = b"".join(lines)
    for subject, lines in _group(path):
        if subject in entities:
            parts = dict[bytes, bytes]()
            _collect_nodes(b"".join(lines), nodes, parts, STEPS)
            yield subject[1:-1], b"".join([*lines, *(parts[node] for node in sorted(parts))])


def _group(path: Path) -> Iterator[tuple[bytes, list[bytes]]]:
    for subject, lines in groupby(lines_of(path), key=lambda line: line.partition(b" ")[0]):
        yield subject, list(lines)


def _collect_nodes(
    lines: bytes, nodes: dict[bytes, bytes], parts: dict[bytes, bytes], steps: int
) -> None:
    """Add to `parts` the nodes that triples lead to, and those that these lead to."""
    for line in lines.splitlines():
        node = line[:-2].rpartition(b" ")[2]
        if node in nodes and node not in parts:
            parts[node] = nodes[node]
            if steps > 1:
                _collect_nodes(nodes[node], nodes, parts, steps - 1)


def handle(request: dict[str, Any]) -> dict[str, Any]:
    # The limits of the process are among the fields.
    names = {field.name for field in fields(LogRequest)}
    own_fields = {name: value for name, value in request.items() if name in names}
    return {"changed": write_log(LogRequest(**own_fields))}


if __name__ == "__main__":
    serve(handle, walled=False)
