"""The W3C's cases for SPARQL 1.1: read from their manifests, and their answers compared.

The suites stand beside the checkout and are never copied. Addresses of files are absolute, under
the one that the suite has at the W3C.
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
"""A solution: each bound variable's term, as N-Triples writes it."""


Term = engine.NamedNode | engine.BlankNode | engine.Literal | engine.Triple
Answer = bool | tuple[Sequence[str], list[Row]]
"""What a query answered: yes or no, or the variables and the solutions."""


@dataclass(frozen=True)
class Case:
    """One case: a query, the addresses of its default and named graphs, the file of its result."""

    name: str
    kind: str
    query: Path
    default: tuple[str, ...]
    named: tuple[str, ...]
    result: Path | None

    @property
    def text(self) -> str:
        """Give the query; one that is evaluated stands under its own address."""
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
    """Read one case; a syntax case has nothing but its query."""
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
    """Find the file that has an address at the W3C."""
    return suite / str(address).removeprefix(W3C)


def triples(file: Path, address: str) -> Iterator[engine.Quad]:
    """Read a file of data under its address; its blank nodes are nobody else's."""
    return engine.parse(
        path=file, format=DATA[file.suffix], base_iri=address, rename_blank_nodes=True
    )


def differs(case: Case, media_type: str, body: bytes) -> str:
    """Say how an answer differs from the result of a case, and nothing when it is equal."""
    expected = cast("Path", case.result)
    if media_type == "application/n-triples":
        same = isomorphic(
            Graph().parse(expected, publicID=f"{W3C}{expected.parent.name}/"),
            Graph().parse(data=body, format="nt"),
        )
        return "" if same else "another graph"
    if expected.suffix == ".csv":
        wanted, found = (_csv(text) for text in (expected.read_bytes(), body))
        return "" if wanted == found else f"{wanted} expected, {found} given"
    return _differ(_expected(expected), _solutions(body, media_type), case)


def _differ(wanted: Answer, found: Answer, case: Case) -> str:
    """Compare two results, in order where the query says one."""
    if isinstance(wanted, bool) or isinstance(found, bool):
        return "" if wanted is found else f"{wanted} expected, {found} given"
    if set(wanted[0]) != set(found[0]):
        return f"the variables {wanted[0]} expected, {found[0]} given"
    ordered = ORDERED.search(case.text) is not None
    if _same(wanted[1], found[1], ordered=ordered):
        return ""
    return f"{wanted[1]} expected, {found[1]} given"


OF_TYPE = {
    "application/sparql-results+xml": ".srx",
    "application/sparql-results+json": ".srj",
    "text/tab-separated-values": ".tsv",
}


def _expected(file: Path) -> Answer:
    """Read the result of a case: in one of the formats of results, or as a graph."""
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
    """Give rdflib's term as the engine's."""
    match term:
        case Literal(datatype=datatype, language=language):
            kind = engine.NamedNode(datatype) if datatype else None
            return engine.Literal(str(term), datatype=kind, language=language)
        case BNode():
            return engine.BlankNode(str(term))
        case _:
            return engine.NamedNode(str(term))


def _solutions(body: bytes, media_type: str) -> Answer:
    """Read an answer."""
    return _read(body, OF_TYPE[media_type])


def _read(body: bytes, suffix: str) -> Answer:
    """Read a document of one of the formats of results."""
    found = engine.parse_query_results(body, format=RESULTS[suffix])
    if isinstance(found, engine.QueryBoolean):
        return bool(found)
    names = [name.value for name in found.variables]
    return names, [
        {name: _term(value) for name in names if (value := solution[name]) is not None}
        for solution in found
    ]


def _term(term: Term) -> str:
    """Write a term; numbers by their value, which is all that a store keeps of them."""
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


def _same(wanted: list[Row], found: list[Row], *, ordered: bool) -> bool:
    """Say whether the solutions are the same, whatever their blank nodes are called."""
    if len(wanted) != len(found):
        return False
    if ordered:
        return isomorphic(_graph(enumerate(wanted)), _graph(enumerate(found)))
    counts = [
        Counter(tuple(sorted(row.items())) for row in rows if not _blank(row))
        for rows in (wanted, found)
    ]
    if counts[0] != counts[1]:
        return False
    first, second = (
        _graph((BNode(), row) for row in rows if _blank(row)) for rows in (wanted, found)
    )
    return isomorphic(first, second)


def _blank(row: Row) -> bool:
    """Say whether a solution has blank nodes."""
    return any(value.startswith("_:") for value in row.values())


def _graph(rows: Iterable[tuple[object, Row]]) -> Graph:
    """Make solutions a graph, so that those that differ in blank nodes alone are isomorphic."""
    graph = Graph()
    for number, row in rows:
        subject = number if isinstance(number, BNode) else URIRef(f"row:{number}")
        graph.add((subject, RDF.type, RS.ResultSet))
        for name, value in row.items():
            node = BNode(value[2:]) if value.startswith("_:") else Literal(value)
            graph.add((subject, URIRef(f"variable:{name}"), node))
    return graph


def _csv(body: bytes) -> Counter[tuple[tuple[str, str], ...]]:
    """Read a table of CSV: neither the order of columns nor the name of a blank node counts."""
    head, *rows = csv.reader(io.StringIO(body.decode("utf-8"), newline=""))
    return Counter(
        tuple(
            sorted(
                zip(head, ("_:" if cell.startswith("_:") else cell for cell in row), strict=True)
            )
        )
        for row in rows
    )
