"""What answers queries: the embedded store, or another server's; a worker knows no difference."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from pyoxigraph import (
    NamedNode,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    Store,
    Triple,
    Variable,
)

from parvis.store.confine import narrowed, run
from parvis.store.dataset import Dataset
from parvis.store.query_text import QueryText

Found = QuerySolutions | QueryBoolean | QueryTriples | Iterator[Triple]
"""What a query gives, as it comes; an answer that is a graph gives triples."""


class Engine(Protocol):
    """A store that holds named graphs and answers queries over some of them."""

    def run(
        self,
        query: QueryText,
        *,
        allowed: Dataset | None,
        asked: Dataset | None = None,
        values: Mapping[str, NamedNode],
    ) -> Found:
        """Begin to evaluate a query over what is allowed, narrowed to what is asked for.

        `allowed` None is all that the store holds of a generation; `values` stand in for the
        variables they name. Raises `QueryError`, or `MachineError` where the store fails.
        """
        ...


class Embedded:
    """The store of this very process."""

    def __init__(self, store: Store) -> None:
        """Query a store that is open."""
        self._store = store

    def run(
        self,
        query: QueryText,
        *,
        allowed: Dataset | None,
        asked: Dataset | None = None,
        values: Mapping[str, NamedNode],
    ) -> Found:
        """Begin to evaluate a query."""
        substitutions = {Variable(name): iri for name, iri in values.items()}
        if allowed is None and (wanted := narrowed(query, None, asked)) is not None:
            # The engine lists a graph that it is told of and does not hold: GRAPH ?g {} would
            # match it for who is not confined, and for nobody else.
            allowed = Dataset.of(filter(self._holds, {*wanted.default, *wanted.named}))
        return run(self._store, query, allowed=allowed, asked=asked, substitutions=substitutions)

    def _holds(self, graph: str) -> bool:
        """Say whether the store has a graph; what is no IRI is left to be refused."""
        try:
            return self._store.contains_named_graph(NamedNode(graph))
        except ValueError:
            return True
