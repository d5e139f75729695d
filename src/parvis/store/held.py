"""What a store elsewhere holds, as it says itself: the canary's graph, which no reader ever may.

For each graph of a generation it holds the name of its content, so that only what has changed is
sent again; and, of the canary, the digest of the whole. It is written in the very request that
changes the store, so that it is true whatever happened to us.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

from pyoxigraph import Literal, NamedNode, QuerySolutions, Triple, serialize

from parvis.errors import FetchError
from parvis.fetch.endpoint import Endpoint
from parvis.rdf.results import GRAPHS
from parvis.store.query_text import QueryText
from parvis.store.remote import RemoteEngine

IDENTIFIER = NamedNode("http://purl.org/dc/terms/identifier")
QUERY = "SELECT ?graph ?name WHERE { ?graph <http://purl.org/dc/terms/identifier> ?name }"

MOST, LONGEST = 1_000_000, 100
"""Graphs that one store may hold, and characters of the name of a content, which is a digest."""


def canary_graph(base: str) -> str:
    """Name the graph that must never be seen."""
    return f"{base}graph/parvis/canary"


def canary(base: str) -> str:
    """Name the thing in it that tells the digest of the whole."""
    return f"{base}id/canary"


@dataclass(frozen=True)
class Held:
    """The digest of a generation's content, and the name of each graph's; empty at first."""

    digest: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, endpoint: Endpoint, base: str) -> Self:
        """Ask a store. Raises `FetchError`."""
        engine = RemoteEngine(endpoint, (canary_graph(base),))
        with reading_answer():
            found = dict(_pairs(engine.run(QueryText.read(QUERY), allowed=None, values={})))
        return cls(found.pop(canary(base), ""), found)

    def lines(self, base: str) -> bytes:
        """Write it as N-Triples."""
        told = {canary(base): self.digest, **self.sources}
        triples = (
            Triple(NamedNode(iri), IDENTIFIER, Literal(name)) for iri, name in sorted(told.items())
        )
        return serialize(triples, format=GRAPHS["nt"]) or b""


@contextmanager
def reading_answer() -> Iterator[None]:
    """Read what another store answers: what is no answer raises `FetchError`, whatever it is."""
    try:
        yield
    except (SyntaxError, ValueError, KeyError, OSError, RuntimeError) as error:
        raise FetchError("the store behind this site does not answer as it should") from error


def _pairs(found: object) -> Iterator[tuple[str, str]]:
    """Give the solutions' two columns."""
    for number, row in enumerate(found if isinstance(found, QuerySolutions) else ()):
        if number >= MOST:  # a store that answers without end would fill the memory
            raise FetchError("the store behind this site does not answer as it should")
        graph, name = row["graph"], row["name"]
        if isinstance(graph, NamedNode) and isinstance(name, Literal) and len(name.value) < LONGEST:
            yield graph.value, name.value
