"""Random small graphs and shapes, and comparable results of both engines."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from hypothesis import strategies as st
from rdflib import BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.namespace import RDF, RDFS, SH, XSD
from rdflib.term import Node

from parvis.rdf.terms import triple_from_rdflib

EX = Namespace("https://x.example/")
PREDICATES = [EX.p, EX.q, EX.r]
CLASSES = [EX.C, EX.D, EX.E]
AS_CLASSES = [*CLASSES, EX["shape-0"], EX["shape-1"]]
"""Shapes may be classes too, whose instances are targets."""
NODES = [EX.a, EX.b, EX.c, EX.d, EX.S, BNode("one"), BNode("two"), BNode("three")]


def typed(text: str, datatype: URIRef) -> Literal:
    """Make a literal that keeps its lexical form."""
    return Literal(text, datatype=datatype, normalize=False)


ORDERED = [
    *(typed(text, XSD.integer) for text in ("-1", "0", "1", "2", "10")),
    *(typed(text, XSD.decimal) for text in ("0.5", "1", "2.25")),
    *(typed(text, XSD.date) for text in ("2025-01-01", "2025-02-28")),
    *(
        typed(f"2025-01-0{day}T10:00:00{zone}", XSD.dateTime)
        for day in (1, 3)
        for zone in ("", "Z", "-05:00")
    ),
    typed("true", XSD.boolean),
    Literal(""),
    Literal("abc"),
    Literal("b"),
]
TEXTS = [
    *(Literal("abc", lang=lang) for lang in ("fr", "fr-ca", "en")),
    *(Literal("b", lang=lang) for lang in ("en", "de")),
    Literal("B", lang="en-ca"),
    Literal("", lang="fr"),
]
OTHERS = [
    Literal("x", datatype=EX.type),
    Literal("https://a", datatype=XSD.anyURI),
    Literal('é "b" \\ \n c'),
    Literal("\U0001f3ad\u0301"),
    typed("2025", XSD.gYear),
    typed("10:00:00", XSD.time),
    typed("2025-01-01Z", XSD.date),
]
ALTERED = [
    typed("007", XSD.integer),
    typed("1.50", XSD.decimal),
    typed("1", XSD.nonNegativeInteger),
    typed("1", XSD.boolean),
    typed("soon", XSD.date),
    typed("1.0E0", XSD.double),
    typed("2025-01-01T10:00:00.000Z", XSD.dateTime),
    typed("9" * 30, XSD.integer),
]
PLAIN = [*ORDERED, *TEXTS, *OTHERS]
NAMED = [node for node in NODES if isinstance(node, URIRef)]


@st.composite
def graphs(draw: st.DrawFn, *, odd: bool = True) -> Graph:
    """Draw a small graph; `odd` permits literals that a store would rewrite."""
    graph = Graph()
    values = st.sampled_from([*NODES, *NODES, *PLAIN])
    triples = st.tuples(st.sampled_from(NODES), st.sampled_from(PREDICATES), values)
    for triple in draw(st.lists(triples, max_size=14)):
        graph.add(triple)
    types = st.tuples(st.sampled_from(NODES), st.sampled_from(AS_CLASSES))
    for node, kind in draw(st.lists(types, max_size=6)):
        graph.add((node, RDF.type, kind))
    below = st.tuples(st.sampled_from(AS_CLASSES), st.sampled_from(AS_CLASSES))
    for sub, kind in draw(st.lists(below, max_size=2)):
        graph.add((sub, RDFS.subClassOf, kind))
    pairs = st.tuples(
        st.sampled_from(NODES), st.sampled_from([EX.n, EX.m]), st.sampled_from(ORDERED)
    )
    for triple in draw(st.lists(pairs, max_size=6)):
        graph.add(triple)
    if odd and draw(st.integers(0, 3)) == 0:
        graph.add(
            (EX.a, draw(st.sampled_from([*PREDICATES, EX.n])), draw(st.sampled_from(ALTERED)))
        )
    return graph


def add_list(graph: Graph, members: Sequence[Node]) -> Node:
    """Write an RDF list."""
    if not members:
        return RDF.nil
    head = BNode()
    Collection(graph, head, list(members))
    return head


@st.composite
def paths(draw: st.DrawFn, graph: Graph, depth: int = 2) -> Node:
    """Draw a path, without inverses of sequences: pyshacl evaluates those in the wrong order."""
    kind = draw(st.integers(0, 9)) if depth else 0
    if kind < 5:
        return draw(st.sampled_from([*PREDICATES, RDF.type]))
    inner = paths(graph, depth - 1)
    node = BNode()
    if kind == 5:
        return add_list(graph, [draw(inner), draw(inner)])
    if kind == 6:
        graph.add((node, SH.alternativePath, add_list(graph, [draw(inner), draw(inner)])))
    elif kind == 7:
        graph.add((node, SH.inversePath, draw(st.sampled_from(PREDICATES))))
    else:
        steps = [SH.zeroOrMorePath, SH.oneOrMorePath, SH.zeroOrOnePath]
        graph.add((node, draw(st.sampled_from(steps)), draw(inner)))
    return node


YES = typed("true", XSD.boolean)
COUNT = st.integers(0, 3).map(Literal)
KINDS = [
    SH.IRI,
    SH.Literal,
    SH.BlankNode,
    SH.BlankNodeOrIRI,
    SH.IRIOrLiteral,
    SH.BlankNodeOrLiteral,
]
TYPES = [XSD.integer, XSD.decimal, XSD.string, XSD.date, XSD.dateTime, RDF.langString, EX.type]
LIMITS = [typed("1", XSD.integer), typed("0.50", XSD.decimal), *ORDERED[8:11], ORDERED[12]]
FORMS = ["b", "^a", "c$", "^[a-z]{1,3}$", "x.example", "^$", r"\d", "(a|B)", r"\w+"]
ON_VALUE = {
    SH["class"]: st.sampled_from(CLASSES),
    SH.datatype: st.sampled_from(TYPES),
    SH.nodeKind: st.sampled_from(KINDS),
    SH.minLength: st.integers(0, 4).map(Literal),
    SH.maxLength: st.integers(0, 22).map(Literal),
    SH.pattern: st.sampled_from(FORMS).map(Literal),
    SH.minInclusive: st.sampled_from(LIMITS),
    SH.minExclusive: st.sampled_from(LIMITS),
    SH.maxInclusive: st.sampled_from(LIMITS),
    SH.maxExclusive: st.sampled_from(LIMITS),
    SH.equals: st.sampled_from(PREDICATES),
    SH.disjoint: st.sampled_from(PREDICATES),
    SH.hasValue: st.sampled_from([*NAMED, *PLAIN]),
}
ON_PATH = {SH.minCount: COUNT, SH.maxCount: COUNT, SH.uniqueLang: st.just(YES)}
SEVERITIES = [SH.Info, SH.Warning, SH.Violation]


@st.composite
def add_constraints(draw: st.DrawFn, graph: Graph, node: Node, depth: int, *, path: bool) -> Node:
    """Draw the constraints of a shape and add them to a node."""
    choices = ON_VALUE | (ON_PATH if path else {})
    for term in draw(st.lists(st.sampled_from(list(choices)), max_size=2, unique=True)):
        graph.add((node, term, draw(choices[term])))
    if draw(st.integers(0, 5)) == 0:
        members = draw(st.lists(st.sampled_from([*NAMED, *PLAIN]), max_size=5, unique=True))
        graph.add((node, SH["in"], add_list(graph, members)))
    if draw(st.integers(0, 7)) == 0:
        ranges = draw(st.lists(st.sampled_from(["fr", "en", "en-CA", "*"]), min_size=1, max_size=2))
        graph.add((node, SH.languageIn, add_list(graph, [Literal(tag) for tag in ranges])))
    if draw(st.integers(0, 7)) == 0:
        graph.add((node, SH.closed, YES))
        graph.add((node, SH.ignoredProperties, add_list(graph, [RDF.type, EX.p])))
    if draw(st.integers(0, 15)) == 0:
        graph.add((node, SH.deactivated, Literal(draw(st.booleans()))))
    if draw(st.integers(0, 5)) == 0:
        graph.add((node, SH.severity, draw(st.sampled_from(SEVERITIES))))
    if depth:
        draw(nested(graph, node, depth - 1, path=path))
    return node


@st.composite
def nested(draw: st.DrawFn, graph: Graph, node: Node, depth: int, *, path: bool) -> None:
    """Draw constraints that refer to other shapes."""
    kind = draw(st.integers(0, 9))
    inner = st.one_of(node_shapes(graph, depth), property_shapes(graph, depth))
    if kind in {0, 1, 2}:
        for _ in range(draw(st.integers(1, 3))):
            graph.add((node, SH.property, draw(property_shapes(graph, depth))))
    elif kind == 3:
        graph.add((node, SH.node, draw(node_shapes(graph, depth))))
    elif kind == 4:
        graph.add((node, SH["not"], draw(inner)))
    elif kind in {5, 6, 7}:
        term = {5: SH["and"], 6: SH["or"], 7: SH.xone}[kind]
        graph.add((node, term, add_list(graph, [draw(inner), draw(inner)])))
    elif kind == 8 and path:
        graph.add((node, SH.qualifiedValueShape, draw(inner)))
        counts = [SH.qualifiedMinCount, SH.qualifiedMaxCount]
        for count in draw(st.lists(st.sampled_from(counts), min_size=1, max_size=2, unique=True)):
            graph.add((node, count, draw(COUNT)))
        if draw(st.booleans()):
            graph.add((node, SH.qualifiedValueShapesDisjoint, YES))


@st.composite
def node_shapes(draw: st.DrawFn, graph: Graph, depth: int) -> Node:
    """Draw a node shape without targets."""
    node = BNode()
    graph.add((node, RDF.type, SH.NodeShape))
    return draw(add_constraints(graph, node, depth, path=False))


@st.composite
def property_shapes(draw: st.DrawFn, graph: Graph, depth: int) -> Node:
    """Draw a property shape without targets."""
    node = BNode()
    if draw(st.integers(0, 6)) == 0:
        graph.add((node, SH.path, EX.n))
        graph.add((node, draw(st.sampled_from([SH.lessThan, SH.lessThanOrEquals])), EX.m))
        return node
    graph.add((node, SH.path, draw(paths(graph))))
    return draw(add_constraints(graph, node, depth, path=True))


TARGETS = {
    SH.targetClass: st.sampled_from(CLASSES),
    SH.targetSubjectsOf: st.sampled_from(PREDICATES),
    SH.targetObjectsOf: st.sampled_from(PREDICATES),
    SH.targetNode: st.sampled_from([*NAMED, EX.nowhere, *PLAIN]),
}


@st.composite
def shapes(draw: st.DrawFn) -> Graph:
    """Draw one or two top-level shapes."""
    graph = Graph()
    for number in range(draw(st.integers(1, 2))):
        node = EX[f"shape-{number}"]
        is_path = draw(st.booleans())
        if is_path:
            graph.add((node, SH.path, draw(paths(graph))))
        else:
            graph.add((node, RDF.type, SH.NodeShape))
        draw(add_constraints(graph, node, depth=draw(st.integers(1, 3)), path=is_path))
        if draw(st.integers(0, 5)) == 0:
            graph.add((node, RDF.type, RDFS.Class))
            graph.add((node, RDF.type, SH.PropertyShape if is_path else SH.NodeShape))
        if number and draw(st.integers(0, 3)) == 0:
            graph.add((node, draw(st.sampled_from([SH["not"], SH.node])), EX["shape-0"]))
        for term in draw(st.lists(st.sampled_from(list(TARGETS)), min_size=1, max_size=4)):
            graph.add((node, term, draw(TARGETS[term])))
    return graph


COMPARED = (
    SH.focusNode,
    SH.resultPath,
    SH.value,
    SH.sourceShape,
    SH.sourceConstraint,
    SH.sourceConstraintComponent,
    SH.resultSeverity,
)
OF_DATA = {SH.focusNode, SH.value}


def results(report: Graph) -> Counter[tuple[Node | None, ...]]:
    """Return the results of a report as a multiset, ignoring labels of blank nodes of the data."""
    report_node = report.value(None, RDF.type, SH.ValidationReport)
    rows = (
        tuple(_alike(term, report.value(result, term)) for term in COMPARED)
        for result in report.objects(report_node, SH.result)
    )
    return Counter(rows)


def _alike(term: URIRef, node: Node | None) -> Node | None:
    return BNode("any") if term in OF_DATA and isinstance(node, BNode) else node


def write_graph(graph: Graph, file: Path) -> Path:
    """Write a graph as N-Triples."""
    file.write_text(
        "".join(f"{triple_from_rdflib(triple)} .\n" for triple in graph), encoding="utf-8"
    )
    return file
