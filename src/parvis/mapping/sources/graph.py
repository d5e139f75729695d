"""RDF files, JSON-LD and pages of the Web: one row a subject of a class, properties as columns.

A reference is a property (``schema:name``), one in a language (``schema:name@fr``, without any:
``schema:name@``), a path (``schema:location/schema:name``), or ``@id`` for the subject's own IRI,
also at a path's end. A subject without an IRI has a key instead, made of the values that identify
it. The two forms of schema.org's address (``http:`` and ``https:``) are one. Nothing is fetched.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from hashlib import sha256
from importlib import import_module
from math import isfinite
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
from parvis.mapping.sources.text import PAGES, refuse_entities
from parvis.rdf.files import to_graph
from parvis.rdf.terms import TripleTerm
from parvis.report import Report
from parvis.vocab.namespaces import canonical_iri

OWN = "@id"
"""The reference to a subject's own IRI, as JSON-LD writes it."""
IDENTIFYING = tuple(
    URIRef(f"http://schema.org/{name}") for name in ("identifier", "name", "startDate", "url")
)
"""The properties that tell things apart, of which a thing without an IRI has some."""
KEY = 16
"""Digits of the key of such a thing."""
STEP = re.compile(r"(?P<prefix>[\w-]*):(?P<name>[^/@]+)(?:@(?P<lang>[A-Za-z-]*))?|@id")
READERS = {
    **dict.fromkeys((".json", ".jsonld"), ("json_ld", "read_json_ld")),
    **dict.fromkeys(PAGES, ("web_page", "read_page")),
}
"""The module and function that read an ending, where not every RDF file's; loaded when needed."""


class Step(NamedTuple):
    """One step of a path: a property and its values' language if any; no property: the subject."""

    predicate: URIRef | None
    lang: str | None = None


def read_graph(
    source: LogicalSource, file: Path, needed: set[str], _: Report
) -> Iterator[SourceRow]:
    """Read the subjects of the iterator's classes, in the order of their IRIs, numbered from 1.

    The file is read whole. A property that no subject has is an error, as a missing column. Where
    a subject has several values of the first property of `each`, every one gets a row, in their
    order, with its own values of those properties of which there are as many; the others are left
    out.
    """
    graph = read_statements(file)
    each = (source.each or "").split()
    names = needed | source.optional | set(each)
    paths = {name: steps_of(name, source.prefixes) for name in names}
    missing = set(needed)
    origin = RowOrigin.from_source(source, file.name)
    classes = [URIRef(canonical_iri(cls)) for cls in source.iterator.split()]
    subjects = sorted(
        {subject for cls in classes for subject in graph.subjects(RDF.type, cls)},
        key=lambda subject: str(_name_of(graph, subject)),
    )
    for number, subject in enumerate(subjects, 1):
        cells = {name: _follow_path(graph, subject, path) for name, path in paths.items()}
        missing -= {name for name, values in cells.items() if values}
        for row in _split_row(cells, each):
            yield SourceRow(origin, number, row)
    if subjects:
        template = N_("{file}: no {kind} has “{missing}”")
        refuse_missing(file, missing, template, kind=source.iterator.partition(" ")[0])


def read_statements(file: Path) -> Graph:
    """Read an RDF file or a page as one graph, schema.org's terms in one form."""
    ending = file.suffix.lower()
    if ending == ".rdf":
        refuse_entities(file)
    if ending in READERS:
        module, name = READERS[ending]
        graph: Graph = getattr(import_module(f"parvis.mapping.sources.{module}"), name)(file)
    else:
        graph = to_graph(file)
    for triple in list(graph):
        subject, predicate, value = (
            URIRef(canonical_iri(term)) if isinstance(term, URIRef) else term for term in triple
        )
        if (subject, predicate, value) != triple:
            graph.remove(triple)
            graph.add((subject, predicate, value))
    return graph


def _split_row(cells: dict[str, list[Value]], each: list[str]) -> Iterator[dict[str, list[Value]]]:
    count = len(cells[each[0]]) if each else 0
    if count < 2:  # noqa: PLR2004 - nothing to split
        yield cells
        return
    for number, value in enumerate(cells[each[0]]):
        row = dict(cells)
        for name in each:
            row[name] = [cells[name][number]] if len(cells[name]) == count else []
        # Each needs a key of its own, the same from one file to the next.
        row |= {OWN: [f"{name}-{value}" for name in cells.get(OWN, ())]} if OWN in cells else {}
        yield row


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
            predicate = URIRef(canonical_iri(prefixes[match["prefix"]] + match["name"]))
            steps.append(Step(predicate, match["lang"]))
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
            values = {v for v in values if isinstance(v, Literal) and _is_in(v, lang.lower())}
        nodes = sorted(values, key=str)  # so that each reading gives the same order
    # Numbers and booleans keep their type; blank nodes and triple terms have no name to write.
    return [_to_value(node) for node in nodes if not isinstance(node, BNode | TripleTerm)]


def _is_in(literal: Literal, lang: str) -> bool:
    """Return whether a text is in a language (RFC 4647 §3.3.1), or in none where that is empty.

    >>> _is_in(Literal("a", lang="fr-CA"), "fr"), _is_in(Literal("a"), "")
    (True, True)
    """
    language = (literal.language or "").lower()
    return language == lang or bool(lang and language.startswith(f"{lang}-"))


def _to_value(node: Node) -> Value:
    value = node.value if isinstance(node, Literal) else None
    if isinstance(value, float) and isfinite(value):
        return Decimal(repr(value))  # JSON-LD's fractions, as a decimal reads them
    return value if isinstance(value, bool | int | Decimal) else str(node)


def _name_of(graph: Graph, node: Node) -> Node:
    """Return a node, or for a blank node a key that is the same each time the file is sent."""
    if not isinstance(node, BNode):
        return node
    values = {str(value) for name in IDENTIFYING for value in graph.objects(node, name)}
    if not values:  # whatever is known of it
        values = {
            f"{predicate} {_to_value(value)}"
            for predicate, value in graph.predicate_objects(node)
            if predicate != RDF.type and not isinstance(value, BNode | TripleTerm)
        }
    if not values:
        return node
    return Literal(sha256("\n".join(sorted(values)).encode()).hexdigest()[:KEY])
