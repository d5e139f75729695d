"""A hidden graph that nobody may see: a store elsewhere shows first that it keeps it hidden.

Every publication writes one. What a reader could ask is asked here with a dataset in which it is
not; then with one in which it is, for a store that holds no canary would prove nothing.
"""

from collections.abc import Iterable, Iterator

from pyoxigraph import Literal, NamedNode, QueryBoolean, QuerySolutions

from parvis.errors import FetchError, QueryError, StoreError
from parvis.fetch.endpoint import Endpoint
from parvis.i18n import N_
from parvis.store.dataset import Dataset
from parvis.store.held import IDENTIFIER, Held, canary, canary_graph
from parvis.store.query_text import QueryText
from parvis.store.remote import RemoteEngine
from parvis.store.sending import NOTHING

SHOWN = N_(
    "{address} shows a hidden graph to a query whose dataset does not hold it ({query}): nothing"
    " is served from it"
)


def probes(base: str) -> Iterator[str]:
    """Give the questions that could see it."""
    it, graph, says = NamedNode(canary(base)), NamedNode(canary_graph(base)), IDENTIFIER
    triple, other = f"{it} {says} ?o", f"{it} {says} ?p"
    yield from (
        f"SELECT ?o WHERE {{ {triple} }}",
        f"SELECT ?o WHERE {{ GRAPH ?g {{ {triple} }} }}",
        f"SELECT ?o WHERE {{ {{ SELECT ?o WHERE {{ GRAPH ?g {{ {triple} }} }} }} }}",
        f"SELECT ?o WHERE {{ {it} {says}+ ?o }}",
        f"SELECT ?o WHERE {{ GRAPH ?g {{ {it} {says}+ ?o }} }}",
        f"SELECT ?o WHERE {{ VALUES ?g {{ {graph} }} GRAPH ?g {{ {triple} }} }}",
        f"SELECT ?o WHERE {{ BIND({graph} AS ?g) GRAPH ?g {{ {triple} }} }}",
        f"SELECT ?o WHERE {{ VALUES ?o {{ 1 }} FILTER EXISTS {{ {other} }} }}",
        f"SELECT ?o WHERE {{ VALUES ?o {{ 1 }} FILTER EXISTS {{ GRAPH ?g {{ {other} }} }} }}",
        f"ASK {{ {triple} }}",
        f"ASK {{ GRAPH ?g {{ {triple} }} }}",
        f"DESCRIBE {it}",
    )


def prove(endpoint: Endpoint, base: str) -> None:
    """Ask a store everything that must find nothing, and once what must find the canary.

    Raises `StoreError` for what it shows, or if it holds no canary.
    """
    address = endpoint.address
    for allowed in (Dataset(), Dataset.of([NOTHING])):
        for probe in probes(base):
            if _finds(endpoint, probe, allowed):
                raise StoreError(SHOWN, address=address, query=probe)
    seen = next(probes(base))
    if not _finds(endpoint, seen, Dataset.of([canary_graph(base)])):
        raise StoreError(
            "{address} holds nothing that parvis has published: run “parvis publish”",
            address=address,
        )


def evaluates_hidden(endpoint: Endpoint, base: str, graphs: Iterable[str]) -> bool:
    """Say whether a store computes with triples of graphs that are not in the query's dataset.

    Virtuoso 7.2 filters before it looks at the graph: an expression that fails for one text alone
    then fails if a hidden graph holds that text, and the error tells so. Here the text is the
    canary's. That nothing fails is no proof, for it depends on how the store plans a query.
    """
    allowed = Dataset.of(graphs)
    failing = [
        f'SELECT ?s {{ ?s ?p ?o FILTER(IF(STR(?o) = {text}, STRBEFORE(1, "a"), "x") = "x") }}'
        for text in (Literal(Held.read(endpoint, base).digest), Literal("urn:parvis:none"))
    ]
    return [_fails(endpoint, query, allowed) for query in failing] == [True, False]


def _fails(endpoint: Endpoint, query: str, allowed: Dataset) -> bool:
    try:
        found = RemoteEngine(endpoint).run(QueryText.read(query), allowed=allowed, values={})
        for _ in found if isinstance(found, QuerySolutions) else ():
            pass
    except (FetchError, QueryError):
        return True
    return False


def _finds(endpoint: Endpoint, probe: str, allowed: Dataset) -> bool:
    """Say whether a question finds anything."""
    found = RemoteEngine(endpoint).run(QueryText.read(probe), allowed=allowed, values={})
    match found:
        case QueryBoolean():
            return bool(found)
        case QuerySolutions():
            return any(isinstance(one["o"], Literal | NamedNode) for one in found)
    return next(iter(found), None) is not None
