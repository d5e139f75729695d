"""Guided search: a query that is put together by choices, from what the shapes tell of the data."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from flask import Blueprint, Response, render_template
from rdflib import RDF, RDFS, SH, SKOS, Graph, Literal, Namespace, Node, URIRef
from rdflib.collection import Collection
from rdflib.namespace import DCTERMS

from parvis.catalog.ontology import ontology
from parvis.rdf.files import bound, serialise, to_graph
from parvis.vocab.namespaces import CONCEPT, PREFIXES, SCHEMA
from parvis.web.api.sparql import styled
from parvis.web.http.negotiation import computed_once, written
from parvis.web.pages.ontology import told

# What guided search offers, derived from the shapes that data are checked by.
#
# ``guide.ttl`` tells the classes, and what a property leads to where its shape does not; names,
# descriptions and orders are those of the shapes, in both languages: nothing is written twice.

DASH = Namespace("http://datashapes.org/dash#")
LIST = URIRef("http://data.sparna.fr/ontologies/sparnatural-config-core#ListProperty")
"""The widget in which one chooses from a list."""
ADDED = Path(__file__).with_name("guide.ttl")
KEPT = (SH.name, SH.description, SH.order, RDFS.label)
SCHEME = re.compile(rf"{re.escape(CONCEPT)}([a-z-]+)/")
"""How the pattern of a shape names the scheme whose concepts it wants."""


@computed_once
def guide() -> Graph:
    """Write what is offered: each class, its properties, the schemes that they lead to."""
    shapes, added, found = told("shapes"), to_graph(ADDED), bound(Graph())
    found.bind("dash", DASH)
    for shape, order in added.subject_objects(SH.order):
        found.add((shape, RDF.type, SH.NodeShape))
        found.add((shape, SH.order, order))
        _keep(found, shapes, shape)
        _aim(found, shape, shapes.objects(shape, SH.targetClass))
        for part, step, value in _properties(shapes, added, shape):
            found.add((shape, SH.property, part))
            found.add((part, SH.path, shapes.value(part, SH.path) or SCHEMA.name))
            found.add((part, step, value))
            _keep(found, shapes, part)
            if step == SH.node and str(value).startswith(CONCEPT):
                found.add((part, DASH.searchWidget, LIST))
                _scheme(found, value)
    for name in found.subjects(SH.path, SCHEMA.name):
        found.add((name, DASH.propertyRole, DASH.LabelRole))
    return found


def _properties(shapes: Graph, added: Graph, shape: Node) -> Iterator[tuple[Node, URIRef, Node]]:
    """Give the properties of a class, one for each path, with what a value is.

    That is a shape, or a datatype; a property of which nothing tells it is left out.
    """
    seen: set[Node | None] = set()
    parts = shapes.objects(shape, SH.property)
    for part in sorted(parts, key=lambda one: int(str(shapes.value(one, SH.order) or 0))):
        path = shapes.value(part, SH.path)
        found = _range(shapes, added, part)
        if found and isinstance(path, URIRef) and path not in seen:
            seen.add(path)
            yield part, *found


def _range(shapes: Graph, added: Graph, part: Node) -> tuple[URIRef, Node] | None:
    """Tell what a value of a property is."""
    if thing := added.value(part, SH.node):
        return SH.node, thing
    pattern = str(shapes.value(part, SH.pattern) or "").replace("\\", "")
    if found := SCHEME.search(pattern):
        return SH.node, URIRef(f"{CONCEPT}{found[1]}")
    if shapes.value(part, SH.path) == SCHEMA.name:
        return SH.datatype, RDF.langString
    either = shapes.value(part, SH["or"])
    places = [part, *(Collection(shapes, either) if either else ())]
    kinds = [kind for place in places if (kind := shapes.value(place, SH.datatype))]
    return (SH.datatype, kinds[-1]) if kinds else None


def _keep(found: Graph, shapes: Graph, node: Node) -> None:
    """Keep what people read of a shape."""
    for step in KEPT:
        for value in shapes.objects(node, step):
            if isinstance(value, Literal):
                found.add((node, step, value))


def _aim(found: Graph, shape: Node, classes: Iterable[Node]) -> None:
    """Tell which things a shape is about; those of several classes are selected."""
    kinds = sorted(map(str, classes))
    if len(kinds) == 1:
        found.add((shape, SH.targetClass, URIRef(kinds[0])))
        return
    listed = " ".join(f"<{one}>" for one in kinds)
    _select(found, shape, f"$this a ?kind . VALUES ?kind {{ {listed} }}")


def _scheme(found: Graph, scheme: Node) -> None:
    """Offer the concepts of a scheme, by their labels; nobody begins from them."""
    found.add((scheme, RDF.type, SH.NodeShape))
    for title in ontology().objects(scheme, DCTERMS.title):
        found.add((scheme, RDFS.label, title))
    for name, path in (("label", SKOS.prefLabel), ("scheme", SKOS.inScheme)):
        part = URIRef(f"{scheme}#{name}")
        found.add((scheme, SH.property, part))
        found.add((part, SH.path, path))
        found.add((part, SH.deactivated, Literal(True)))  # noqa: FBT003 - RDF's true
    found.add((URIRef(f"{scheme}#scheme"), SH.hasValue, scheme))
    found.add((URIRef(f"{scheme}#label"), SH.datatype, RDF.langString))
    found.add((URIRef(f"{scheme}#label"), DASH.propertyRole, DASH.LabelRole))
    _select(found, scheme, f"$this <{SKOS.inScheme}> <{scheme}>")


def _select(found: Graph, shape: Node, where: str) -> None:
    """Aim a shape by a query (SHACL-AF §3.1); what stands in it are IRIs of the shapes alone."""
    target = URIRef(f"{shape}#target")
    found.add((shape, SH.target, target))
    found.add((target, SH.select, Literal(f"SELECT $this WHERE {{ {where} }}")))


guided = Blueprint("guided", __name__)


@guided.get("/search/guided")
def page() -> Response:
    """Show the page; what its script offers is at the address of `offered`."""
    return styled(render_template("guided.html", prefixes=PREFIXES))


@guided.get("/search/guided.ttl")
def offered() -> Response:
    """Give what may be looked for, as shapes: the classes, their properties, their labels."""
    return written(_written(), "ttl")


@computed_once
def _written() -> bytes:
    """Write what is offered."""
    return serialise(guide(), "ttl")
