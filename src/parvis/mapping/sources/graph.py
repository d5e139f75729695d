"""RDF files, JSON-LD among them: one row a subject of a class, its properties as columns.

A reference is a property (``schema:name``), one in a language (``schema:name@fr``), a path
(``schema:location/schema:name``), or ``@id`` for the subject's own IRI, also at a path's end. A
subject without an IRI has a key instead, made of the values that identify it. JSON-LD contexts are
read only from the file itself: nothing is fetched.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import RDF
from rdflib.term import Node

from parvis.errors import SourceError
from parvis.i18n import N_
from parvis.mapping.engine.rows import RowOrigin, SourceRow
from parvis.mapping.language.plan import LogicalSource, Value
from parvis.mapping.sources import refuse_missing
from parvis.mapping.sources.text import refuse_entities
from parvis.rdf.files import to_graph
from parvis.report import Report

OWN = "@id"
"""The reference to a subject's own IRI, as JSON-LD writes it."""
IDENTIFYING = tuple(
    URIRef(f"{scheme}://schema.org/{name}")
    for scheme in ("http", "https")
    for name in ("identifier", "name", "startDate", "url")
)
"""The properties that tell things apart, of which a thing without an IRI has some."""
KEY = 16
"""Digits of the key of such a thing."""
STEP = re.compile(r"(?P<prefix>[\w-]*):(?P<name>[^/@]+)(?:@(?P<lang>[A-Za-z-]+))?|@id")


class Step(NamedTuple):
    """One step of a path: a property and its values' language if any; no property: the subject."""

    predicate: URIRef | None
    lang: str | None = None


def read_graph(
    source: LogicalSource, file: Path, needed: set[str], _: Report
) -> Iterator[SourceRow]:
    """Read the subjects of the iterator's class, in the order of their IRIs, numbered from 1.

    The file is read whole. A property that no subject has is an error, as a missing column.
    """
    if file.suffix.lower() == ".rdf":
        refuse_entities(file)
    graph = to_graph(file)
    paths = {name: steps_of(name, source.prefixes) for name in needed | source.optional}
    missing = set(needed)
    origin = RowOrigin.from_source(source, file.name)
    subjects = sorted(
        set(graph.subjects(RDF.type, URIRef(source.iterator))),
        key=lambda subject: str(_name_of(graph, subject)),
    )
    for number, subject in enumerate(subjects, 1):
        cells = {name: _follow_path(graph, subject, path) for name, path in paths.items()}
        missing -= {name for name, values in cells.items() if values}
        yield SourceRow(origin, number, cells)
    if subjects:
        template = N_("{file}: no {kind} has “{missing}”")
        refuse_missing(file, missing, template, kind=source.iterator)


def steps_of(name: str, prefixes: Mapping[str, str]) -> list[Step]:
    """Read a reference as a path. Raises `SourceError` for one that is none.

    >>> steps_of("s:name@fr", {"s": "http://schema.org/"})
    [Step(predicate=rdflib.term.URIRef('http://schema.org/name'), lang='fr')]
    """
    steps: list[Step] = []
    for text in name.split("/"):
        match = STEP.fullmatch(text)
        if match and text == OWN:
            steps.append(Step(None))
        elif match and match["prefix"] in prefixes:
            steps.append(Step(URIRef(prefixes[match["prefix"]] + match["name"]), match["lang"]))
        else:
            raise SourceError(
                "“{name}” is not a property with a known prefix, nor a path of them", name=name
            )
    return steps


def _follow_path(graph: Graph, subject: Node, path: Iterable[Step]) -> list[Value]:
    nodes = [subject]
    for predicate, lang in path:
        if predicate is None:
            nodes = [_name_of(graph, node) for node in nodes]
            continue
        values = {value for node in nodes for value in graph.objects(node, predicate)}
        if lang is not None:
            values = {v for v in values if isinstance(v, Literal) and v.language == lang.lower()}
        nodes = sorted(values, key=str)  # so that each reading gives the same order
    # Numbers and booleans keep their type; blank nodes have no name to write.
    terms = [
        (node, node.value if isinstance(node, Literal) else None)
        for node in nodes
        if not isinstance(node, BNode)
    ]
    return [v if isinstance(v, bool | int | Decimal) else str(node) for node, v in terms]


def _name_of(graph: Graph, node: Node) -> Node:
    """Return a node, or for a blank node a key that is the same each time the file is sent."""
    if not isinstance(node, BNode):
        return node
    values = {str(value) for name in IDENTIFYING for value in graph.objects(node, name)}
    if not values:  # whatever is known of it
        values = {
            f"{predicate} {value}"
            for predicate, value in graph.predicate_objects(node)
            if predicate != RDF.type and not isinstance(value, BNode)
        }
    if not values:
        return node
    return Literal(sha256("\n".join(sorted(values)).encode()).hexdigest()[:KEY])
