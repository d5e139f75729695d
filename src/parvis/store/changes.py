"""What is new, other or gone between two versions of a graph, entity by entity.

Both are read as sorted lines of N-Triples side by side, so that any size costs no memory.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from itertools import groupby
from operator import xor
from typing import Any

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
