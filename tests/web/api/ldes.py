"""A client of Linked Data Event Streams that knows their standards only, and nothing of parvis."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field

from pyoxigraph import Dataset, NamedNode, RdfFormat, parse

LDES, TREE = "https://w3id.org/ldes#", "https://w3id.org/tree#"
TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")

Read = Callable[[str], bytes]
"""Returns the TriG of an address."""


@dataclass
class Replica:
    """A copy of a stream: the last version of each entity, and which pages are still to be read.

    `open_pages` are those that may lead on later, and are read again.
    """

    root: str
    entities: dict[str, frozenset[str]] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    open_pages: set[str] = field(default_factory=set)
    final_pages: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    instants: dict[str, str] = field(default_factory=dict)

    def follow(self, read: Read) -> Iterator[list[tuple[str, str]]]:
        """Read what there is to read; yield each page with changes, as deletions and versions."""
        pages = {*self.open_pages, *self.waiting} - {self.root}
        self.waiting = [self.root, *sorted(pages)]
        stream: dict[str, str] = {}
        while self.waiting:
            address = self.waiting.pop(0)
            page = Dataset(parse(read(address), RdfFormat.TRIG))
            stream = stream or _read_context(page)
            changes = list(self._apply(page, stream))
            is_final = _value(page, address, f"{LDES}immutable") == "true"
            (self.final_pages if is_final else self.open_pages).add(address)
            self.open_pages -= self.final_pages
            for relation in _values(page, address, f"{TREE}relation"):
                following = _value(page, relation, f"{TREE}node")
                if following not in {*self.open_pages, *self.final_pages, *self.waiting}:
                    self.waiting.append(following)
            if changes:
                yield changes

    def copy(self) -> "Replica":
        return deepcopy(self)

    def _apply(self, page: Dataset, stream: dict[str, str]) -> Iterator[tuple[str, str]]:
        members = [
            quad.object.value
            for quad in page.quads_for_predicate(NamedNode(f"{TREE}member"))
            if isinstance(quad.object, NamedNode)
        ]
        for member in sorted(members, key=lambda name: _value(page, name, stream["timestampPath"])):
            assert member not in self.members
            self.members.add(member)
            entity = _value(page, member, stream["versionOfPath"])
            instant = _value(page, member, stream["timestampPath"])
            assert instant >= self.instants.get(entity, ""), "a version before the one there is"
            self.instants[entity] = instant
            if _value(page, member, TYPE.value) == stream["versionDeleteObject"]:
                self.entities.pop(entity, None)
                yield "delete", entity
                continue
            triples = page.quads_for_graph_name(NamedNode(member))
            self.entities[entity] = frozenset(str(quad.triple) for quad in triples)
            yield "version", entity


def _read_context(page: Dataset) -> dict[str, str]:
    """Return what the stream says of its members."""
    (kind,) = page.quads_for_object(NamedNode(f"{LDES}EventStream"))
    names = ("timestampPath", "versionOfPath", "versionDeleteObject")
    stream = _text(kind.subject)
    return {name: _value(page, stream, f"{LDES}{name}") for name in names}


def _text(term: object) -> str:
    return str(getattr(term, "value", term))


def _value(page: Dataset, subject: str, predicate: str) -> str:
    values = _values(page, subject, predicate)
    return values[0] if values else ""


def _values(page: Dataset, subject: str, predicate: str) -> list[str]:
    quads = page.quads_for_subject(NamedNode(subject))
    return [_text(quad.object) for quad in quads if quad.predicate.value == predicate]
