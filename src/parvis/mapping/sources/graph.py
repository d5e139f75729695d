"""RDF files, JSON-LD among them: one row a subject of a class, its properties as columns.

A reference is a property (``schema:name``), one in a language (``schema:name@fr``), a path
(``schema:location/schema:name``), or ``@id`` for the thing's own IRI, also at a path's end. Only
contexts that stand in the file are read: nothing is fetched.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import RDF
from rdflib.term import Node

from parvis.errors import SourceError
from parvis.i18n import within_quotes
from parvis.mapping.engine.rows import Origin, Row
from parvis.mapping.language.plan import Source, Value
from parvis.mapping.sources.text import mentions
from parvis.rdf.files import to_graph
from parvis.report import Report

OWN = "@id"
"""The reference to a thing's own IRI, as JSON-LD writes it."""
STEP = re.compile(r"(?P<prefix>[\w-]*):(?P<name>[^/@]+)(?:@(?P<lang>[A-Za-z-]+))?|@id")


class Step(NamedTuple):
    """One step of a path: a property, its values' language if told; without, the thing itself."""

    predicate: URIRef | None
    lang: str | None = None


def read_graph(source: Source, file: Path, needed: set[str], _: Report) -> Iterator[Row]:
    """Read the subjects of the iterator's class, in the order of their IRIs, numbered from 1.

    The file is read whole. A property that none of them has is an error, as a missing column.
    """
    _refuse_entities(file)
    graph = to_graph(file)
    paths = {name: steps_of(name, source.prefixes) for name in needed | source.optional}
    unseen = set(needed)
    origin = Origin.of(source, file.name)
    things = sorted(set(graph.subjects(RDF.type, URIRef(source.iterator))), key=str)
    for number, thing in enumerate(things, 1):
        cells = {name: _values(graph, thing, path) for name, path in paths.items()}
        unseen -= {name for name, found in cells.items() if found}
        yield Row(origin, number, cells)
    if things and unseen:
        raise SourceError(
            "{file}: no {kind} has “{missing}”",
            file=file.name,
            kind=source.iterator,
            missing=within_quotes(sorted(unseen)),
        )


def _refuse_entities(file: Path) -> None:
    """Refuse RDF/XML with entities: a few lines of them unfold to the size of the machine."""
    if file.suffix.lower() == ".rdf" and mentions(file, [b"<!ENTITY"]):
        raise SourceError("{file} declares XML entities, which are not read", file=file.name)


def steps_of(name: str, prefixes: Mapping[str, str]) -> list[Step]:
    """Read a reference as a path; raises `SourceError` for one that is none.

    >>> steps_of("s:name@fr", {"s": "http://schema.org/"})
    [Step(predicate=rdflib.term.URIRef('http://schema.org/name'), lang='fr')]
    """
    steps: list[Step] = []
    for text in name.split("/"):
        found = STEP.fullmatch(text)
        if found and text == OWN:
            steps.append(Step(None))
        elif found and found["prefix"] in prefixes:
            steps.append(Step(URIRef(prefixes[found["prefix"]] + found["name"]), found["lang"]))
        else:
            raise SourceError(
                "“{name}” is not a property with a known prefix, nor a path of them", name=name
            )
    return steps


def _values(graph: Graph, thing: Node, path: Iterable[Step]) -> list[Value]:
    """Follow a path from a thing, and write what stands at its end; the order is steady."""
    nodes = [thing]
    for step in path:
        if step.predicate is not None:
            predicate = step.predicate
            found = {value for node in nodes for value in graph.objects(node, predicate)}
            nodes = sorted((node for node in found if _speaks(node, step.lang)), key=str)
    return [_plain(node) for node in nodes if not isinstance(node, BNode)]


def _speaks(node: Node, lang: str | None) -> bool:
    """Say whether a value is in the language told, if one is."""
    return lang is None or (isinstance(node, Literal) and node.language == lang.lower())


def _plain(node: Node) -> Value:
    """Write a term as a value: numbers and booleans keep their kind."""
    value = node.value if isinstance(node, Literal) else None
    return value if isinstance(value, bool | int | Decimal) else str(node)
