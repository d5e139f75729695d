"""The W3C's SPARQL 1.1 cases: reading manifests and comparing results.

The suites are next to the checkout and are never copied. Addresses of files are absolute, under
the suite's address at the W3C.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import cast

import pyoxigraph as engine
from rdflib import RDF, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.compare import isomorphic
from rdflib.namespace import XSD
from rdflib.term import Node

W3C = "http://www.w3.org/2009/sparql/docs/tests/data-sparql11/"
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
RS = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/result-set#")

DATA = {
    ".ttl": engine.RdfFormat.TURTLE,
    ".rdf": engine.RdfFormat.RDF_XML,
    ".nt": engine.RdfFormat.N_TRIPLES,
}
RESULTS = {
    ".srx": engine.QueryResultsFormat.XML,
    ".srj": engine.QueryResultsFormat.JSON,
    ".tsv": engine.QueryResultsFormat.TSV,
}
ORDERED = re.compile(r"order\s+by[^{}]*$", re.IGNORECASE)
"""An ORDER BY after the last bracket: the order of the rows counts."""

Row = dict[str, str]
"""A solution: the term of each bound variable in N-Triples."""


Term = engine.NamedNode | engine.BlankNode | engine.Literal | engine.Triple
Answer = bool | tuple[Sequence[str], list[Row]]
"""The result of a query: a boolean, or variables and solutions."""


@dataclass(frozen=True)
class Case:
    """A query, the addresses of its default and named graphs, and its result file."""

    name: str
    kind: str
    query: Path
    default: tuple[str, ...]
    named: tuple[str, ...]
    result: Path | None

    @property
    def text(self) -> str:
        """Return the query, with its own address as base if it is evaluated."""
        text = self.query.read_text(encoding="utf-8")
        if self.result is None:
            return text
        return f"BASE <{W3C}{self.query.parent.name}/{self.query.name}> {text}"


def manifest(file: Path) -> Graph:
    """Read a manifest under its address at the W3C."""
    return Graph().parse(file, publicID=f"{W3C}{file.relative_to(file.parents[1])}")


def cases(folder: Path) -> list[Case]:
    """Read the query cases of one folder of the suite."""
    graph = manifest(folder / "manifest.ttl")
    entries = graph.value(URIRef(f"{W3C}{folder.name}/manifest.ttl"), MF.entries)
    return [_case(graph, entry, folder) for entry in Collection(graph, cast("Node", entries))]


def _case(graph: Graph, entry: Node, folder: Path) -> Case:
    """Read one case; a syntax case has only a query."""
    action = cast("Node", graph.value(entry, MF.action))
    result = graph.value(entry, MF.result)
    query = graph.value(action, QT.query) or action
    return Case(
        name=f"{folder.name}/{str(entry).rpartition('#')[2]}",
        kind=str(graph.value(entry, RDF.type)).rpartition("#")[2],
        query=file_at(query, folder.parent),
        default=tuple(map(str, graph.objects(action, QT.data))),
        named=tuple(map(str, graph.objects(action, QT.graphData))),
        result=None if result is None else file_at(result, folder.parent),
    )


def file_at(address: Node, suite: Path) -> Path:
    """Find the file of an address at the W3C."""
    return suite / str(address).removeprefix(W3C)


def triples(file: Path, address: str) -> Iterator[engine.Quad]:
    """Read a data file under its address, with distinct blank nodes."""
    return engine.parse(
        path=file, format=DATA[file.suffix], base_iri=address, rename_blank_nodes=True
    )


def differs(case: Case, media_type: str, body: bytes) -> str:
    """Describe the difference between a result and that of a case; empty if they are equal."""
    expected = cast("Path", case.result)
    if media_type == "application/n-triples":
        is_same = isomorphic(
            Graph().parse(expected, publicID=f"{W3C}{expected.parent.name}/"),
            Graph().parse(data=body, format="nt"),
        )
        return "" if is_same else "another graph"
    if expected.suffix == ".csv":
        expected_table, table = (_csv(text) for text in (expected.read_bytes(), body))
        return "" if expected_table == table else f"{expected_table} expected, {table} given"
    return _differ(_expected(expected), _solutions(body, media_type), case)


def _differ(expected: Answer, actual: Answer, case: Case) -> str:
    """Compare two results, in order if the query has one."""
    if isinstance(expected, bool) or isinstance(actual, bool):
        return "" if expected is actual else f"{expected} expected, {actual} given"
    if set(expected[0]) != set(actual[0]):
        return f"the variables {expected[0]} expected, {actual[0]} given"
    ordered = ORDERED.search(case.text) is not None
    if is_same_solutions(expected[1], actual[1], ordered=ordered):
        return ""
    return f"{expected[1]} expected, {actual[1]} given"


OF_TYPE = {
    "application/sparql-results+xml": ".srx",
    "application/sparql-results+json": ".srj",
    "text/tab-separated-values": ".tsv",
}


def _expected(file: Path) -> Answer:
    """Read the result of a case, in a result format or as a graph."""
    if file.suffix in RESULTS:
        return _read(file.read_bytes(), file.suffix)
    graph = Graph().parse(file, publicID=f"{W3C}{file.parent.name}/")
    result = graph.value(predicate=RDF.type, object=RS.ResultSet)
    truth = graph.value(result, RS.boolean)
    if truth is not None:
        return bool(cast("Literal", truth).value)
    rows = [
        {
            str(graph.value(binding, RS.variable)): _term(_n3(graph.value(binding, RS.value)))
            for binding in graph.objects(solution, RS.binding)
        }
        for solution in graph.objects(result, RS.solution)  # the suite numbers none of them
    ]
    return [str(name) for name in graph.objects(result, RS.resultVariable)], rows


def _n3(term: Node | None) -> Term:
    """Convert a term of rdflib to the engine's."""
    match term:
        case Literal(datatype=datatype, language=language):
            kind = engine.NamedNode(datatype) if datatype else None
            return engine.Literal(str(term), datatype=kind, language=language)
        case BNode():
            return engine.BlankNode(str(term))
        case _:
            return engine.NamedNode(str(term))


def _solutions(body: bytes, media_type: str) -> Answer:
    return _read(body, OF_TYPE[media_type])


def _read(body: bytes, suffix: str) -> Answer:
    """Read a document in a result format."""
    results = engine.parse_query_results(body, format=RESULTS[suffix])
    if isinstance(results, engine.QueryBoolean):
        return bool(results)
    names = [name.value for name in results.variables]
    return names, [
        {name: _term(value) for name in names if (value := solution[name]) is not None}
        for solution in results
    ]


def _term(term: Term) -> str:
    """Write a term; numbers by value, as stores keep no more of them."""
    if isinstance(term, engine.Literal):
        kind = term.datatype.value
        if kind == f"{XSD.boolean}":
            return f"{term.value in {'true', '1'}} {kind}"
        if kind.rpartition("#")[2] in {"integer", "decimal", "double", "float"}:
            try:
                return f"{Decimal(term.value).normalize():f} {kind}"
            except InvalidOperation:
                return str(term)
    return str(term)


def is_same_solutions(expected: list[Row], actual: list[Row], *, ordered: bool) -> bool:
    """Return whether the solutions are the same, whatever the names of blank nodes."""
    if len(expected) != len(actual):
        return False
    if ordered:
        return isomorphic(_graph(enumerate(expected)), _graph(enumerate(actual)))
    counts = [
        Counter(tuple(sorted(row.items())) for row in rows if not _blank(row))
        for rows in (expected, actual)
    ]
    if counts[0] != counts[1]:
        return False
    first, second = (
        _graph((BNode(), row) for row in rows if _blank(row)) for rows in (expected, actual)
    )
    return isomorphic(first, second)


def _blank(row: Row) -> bool:
    """Return whether a solution has blank nodes."""
    return any(value.startswith("_:") for value in row.values())


def _graph(rows: Iterable[tuple[object, Row]]) -> Graph:
    """Turn solutions into a graph, so that equal solutions give isomorphic graphs."""
    graph = Graph()
    for number, row in rows:
        subject = number if isinstance(number, BNode) else URIRef(f"row:{number}")
        graph.add((subject, RDF.type, RS.ResultSet))
        for name, value in row.items():
            node = BNode(value[2:]) if value.startswith("_:") else Literal(value)
            graph.add((subject, URIRef(f"variable:{name}"), node))
    return graph


def _csv(body: bytes) -> Counter[tuple[tuple[str, str], ...]]:
    """Read a CSV result, ignoring the order of columns and the names of blank nodes."""
    head, *rows = csv.reader(io.StringIO(body.decode("utf-8"), newline=""))
    return Counter(
        tuple(
            sorted(
                zip(head, ("_:" if cell.startswith("_:") else cell for cell in row), strict=True)
            )
        )
        for row in rows
    )
