"""The candidates that are kept between two runs, beside the record: ``links.sqlite``.

They say nothing that the record does not, so that they can always be made again; they go when
something is erased.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from parvis.linking.candidates import Candidate, Watch, candidate, neighbours
from parvis.linking.entity import Entity, entities
from parvis.linking.index import Index

FILE = "links.sqlite"
FORMER = "links.json"
"""Where earlier versions kept them."""

Graphs = Mapping[str, tuple[str, Callable[[], Iterable[bytes]]]]
"""The digest of each graph's content, and what gives its lines, those of a subject together."""


@dataclass(frozen=True)
class Shown:
    """What a person is shown of a thing: its graph, its names, where and when it is."""

    graph: str
    names: tuple[str, ...]
    place: str = ""
    start: str = ""

    @classmethod
    def of(cls, one: Entity) -> Self:
        """Tell what matters of a thing."""
        place = ", ".join(filter(None, (*one.venues[:1], *one.streets[:1], one.postal)))
        return cls(one.graph, one.names, place, one.start)

    @property
    def name(self) -> str:
        """Give the first name; none if it has none."""
        return next(iter(self.names), "")


def suggestions(data: Path) -> AbstractContextManager[Index | None]:
    """Open those of the last run; None if there are none, or their file cannot be read."""
    return Index.reading(data / FILE)


def renewing(data: Path) -> AbstractContextManager[Index]:
    """Open them to be brought up to date."""
    return Index.renewing(data / FILE)


def bring_up(index: Index, graphs: Graphs, watch: Watch | None = None) -> int:
    """Compare what has changed since the last run; gives how many things were compared anew.

    A graph whose content is what it was is not read. Compared anew is what is new, other or gone,
    what bears an identifier that has begun to link, or ceased to, and the candidates of these.
    """
    before = index.graphs()
    changed: set[str] = set()
    for graph in before.keys() - graphs.keys():
        changed |= index.drop(graph)
    for graph, (digest, lines) in graphs.items():
        if before.get(graph) != digest:
            changed |= index.put(graph, digest, entities(lines(), graph))
    changed |= index.turned()
    if not changed:
        return 0
    changed |= index.beside(changed)
    index.compare(changed, _compared(index, changed, watch))
    return sum(index.shown(iri) is not None for iri in changed)


def _compared(index: Index, changed: set[str], watch: Watch | None) -> Iterator[Candidate]:
    """Compare things with what shares a block with them."""
    vain = index.vain()
    near = neighbours(index.entity, index.members(changed), changed)
    for number, (one, others) in enumerate(near.items(), 1):
        for other in others:
            found = candidate(index.entity(one), index.entity(other), vain)
            if found is not None:
                yield found
        if watch is not None and number % 1000 == 0:
            watch(number, len(near))


def forget(data: Path) -> None:
    """Delete the candidates: the next run makes them anew."""
    for name in (FILE, FORMER):
        (data / name).unlink(missing_ok=True)
