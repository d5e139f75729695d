"""Prove, before an engine is asked for readers, that it answers from the queried graphs alone.

Queries that a reader could send are sent with a dataset that holds nothing, then one with a dataset
that holds something, since an engine that answers nothing would prove nothing.
"""

from collections.abc import Iterator
from itertools import islice

from pyoxigraph import Literal, NamedNode, QueryBoolean, QuerySolutions

from parvis.errors import FetchError, QueryError, StoreError
from parvis.i18n import N_
from parvis.store.query.request import QueryDataset, QueryText
from parvis.store.remote.engine import NOTHING, RemoteEngine
from parvis.store.remote.repository import STRANGE

SHOWN = N_(
    "{address} shows a hidden graph to a query whose dataset does not hold it ({query}): nothing"
    " is served from it"
)
EMPTY = N_(
    "{address} answers nothing of what was published, not even what is asked for: run “parvis"
    " publish”"
)
NOT_WHOLE = N_(
    "{address} answers a query that names no graph from none, or not from all: change its settings"
    " ({settings})"
)
CUT = N_("{address} cuts an answer of {expected} rows short: change its settings ({settings})")
SIDE = 101
"""Its square is more rows than an engine returns that keeps to a usual limit of 10,000."""
_NUMBERS = " ".join(map(str, range(SIDE)))
ROWS = f"SELECT ?a ?b WHERE {{ VALUES ?a {{ {_NUMBERS} }} VALUES ?b {{ {_NUMBERS} }} }}"
Sample = dict[str, NamedNode | Literal]
"""The terms of a triple, and its graph, by the names of `ANY`."""
SAMPLED, TRIED = 50, 10
"""Graphs in which a triple is looked for, and triples that are tried."""
ANY = "SELECT ?s ?p ?o ?g WHERE { GRAPH ?g { ?s ?p ?o FILTER(isLiteral(?o)) } } LIMIT 1"


def probes(sample: Sample) -> Iterator[str]:
    """Yield queries that could see a triple."""
    node, step, graph = sample["s"], sample["p"], sample["g"]
    triple, any_value = f"{node} {step} ?o", f"{node} {step} ?p"
    yield from (
        f"SELECT ?o WHERE {{ {triple} }}",
        f"SELECT ?o WHERE {{ GRAPH ?g {{ {triple} }} }}",
        f"SELECT ?o WHERE {{ {{ SELECT ?o WHERE {{ GRAPH ?g {{ {triple} }} }} }} }}",
        f"SELECT ?o WHERE {{ {node} {step}+ ?o }}",
        f"SELECT ?o WHERE {{ GRAPH ?g {{ {node} {step}+ ?o }} }}",
        f"SELECT ?o WHERE {{ VALUES ?g {{ {graph} }} GRAPH ?g {{ {triple} }} }}",
        f"SELECT ?o WHERE {{ BIND({graph} AS ?g) GRAPH ?g {{ {triple} }} }}",
        f"SELECT ?o WHERE {{ VALUES ?o {{ 1 }} FILTER EXISTS {{ {any_value} }} }}",
        f"SELECT ?o WHERE {{ VALUES ?o {{ 1 }} FILTER EXISTS {{ GRAPH ?g {{ {any_value} }} }} }}",
        f"ASK {{ {triple} }}",
        f"ASK {{ GRAPH ?g {{ {triple} }} }}",
        f"DESCRIBE {node}",
    )


def prove_confinement(engine: RemoteEngine) -> None:
    """Send an engine all queries that must find nothing, and one that must find something.

    Raises `StoreError` for a leak, or if it answers nothing.
    """
    address = engine.address
    sample = next(_samples(engine), None)
    if sample is None:
        raise StoreError(EMPTY, address=address)
    for allowed in (QueryDataset(), QueryDataset.of([NOTHING])):
        for probe in probes(sample):
            if _finds(engine, probe, allowed):
                raise StoreError(SHOWN, address=address, query=probe)
    if not _finds(engine, next(probes(sample)), QueryDataset.of([sample["g"].value])):
        raise StoreError(EMPTY, address=address)


def prove_whole(engine: RemoteEngine, settings: str) -> None:
    """Check that a query that names no graph reads all graphs, by name and without.

    Raises `StoreError` with the engine's `settings` that it needs.
    """
    sample = next(_samples(engine), None)
    if sample is None:
        raise StoreError(EMPTY, address=engine.address)
    if not all(_finds(engine, probe, None) for probe in probes(sample)):
        raise StoreError(NOT_WHOLE, address=engine.address, settings=settings)


def prove_rows(engine: RemoteEngine, settings: str) -> None:
    """Check that an answer of some thousand rows is whole; raises `StoreError` as above."""
    try:
        rows = sum(1 for _ in _run(engine, ROWS, None))
    except FetchError as error:
        if "header" not in error.fields:  # it does not say that it cut its answer
            raise
        rows = 0
    if rows != SIDE**2:
        raise StoreError(CUT, address=engine.address, expected=SIDE**2, settings=settings)


def evaluates_hidden(engine: RemoteEngine) -> bool:
    """Return whether an engine evaluates expressions on triples outside the query's dataset.

    Virtuoso 7.2 filters before it checks the graph: an expression that fails for one text only
    then fails if a hidden graph holds that text, and the error reveals it. A query that does not
    fail is no proof, as it depends on the engine's query plan: several texts and lists are tried.
    """
    for sample in islice(_samples(engine), TRIED):
        text, graphs = Literal(sample["o"].value), [*engine.graphs]
        graphs.remove(sample["g"].value)
        for length in {2, min(len(graphs), engine.list_limit)}:
            allowed = QueryDataset.of(graphs[:length])
            if (
                not _holds(engine, text, allowed)
                and _fails(engine, text, allowed)
                and not _fails(engine, Literal("urn:parvis:none"), allowed)
            ):
                return True
    return False


def _fails(engine: RemoteEngine, text: Literal, allowed: QueryDataset) -> bool:
    """Return whether an expression that fails for a text alone does so in a dataset."""
    condition = f'IF(STR(?o) = {text}, STRBEFORE(1, "a"), "x") = "x"'
    try:
        for _ in _run(engine, f"SELECT ?s {{ ?s ?p ?o FILTER({condition}) }}", allowed):
            pass
    except (FetchError, QueryError):
        return True
    return False


def _holds(engine: RemoteEngine, text: Literal, allowed: QueryDataset) -> bool:
    results = _run(engine, f"SELECT ?o {{ ?s ?p ?o FILTER(STR(?o) = {text}) }} LIMIT 1", allowed)
    return any(True for _ in results)


def _samples(engine: RemoteEngine) -> Iterator[Sample]:
    """Yield a triple with a text, and its graph, for each of the first graphs."""
    for graph in engine.graphs[:SAMPLED]:
        for row in _run(engine, ANY, QueryDataset.of([graph])):
            terms = {name: row[name] for name in "spog"}
            if all(isinstance(terms[name], NamedNode) for name in "spg"):
                yield terms


def _run(engine: RemoteEngine, query: str, allowed: QueryDataset | None) -> QuerySolutions:
    results = engine.run(QueryText.read(query), allowed=allowed, values={})
    if not isinstance(results, QuerySolutions):
        raise FetchError(STRANGE)
    return results


def _finds(engine: RemoteEngine, probe: str, allowed: QueryDataset | None) -> bool:
    results = engine.run(QueryText.read(probe), allowed=allowed, values={})
    match results:
        case QueryBoolean():
            return bool(results)
        case QuerySolutions():
            return any(isinstance(row["o"], Literal | NamedNode) for row in results)
    return next(iter(results), None) is not None
