"""Guided search: a query built from choices, which are derived from the shapes of the data."""

import re
from pathlib import Path

from flask import Blueprint, Response, render_template
from rdflib import RDF, RDFS, SH, SKOS, Graph, Literal, Namespace, Node, URIRef
from rdflib.collection import Collection
from rdflib.namespace import DCTERMS

from parvis.catalog.ontology import ontology
from parvis.rdf.files import bind_prefixes, serialise, to_graph
from parvis.rdf.formats import GRAPH_TYPES
from parvis.vocab.namespaces import CONCEPT, PREFIXES, SCHEMA
from parvis.web.api.sparql import editor_response
from parvis.web.http.negotiation import compute_once
from parvis.web.pages.ontology import read_knowledge

# The configuration of guided search. ``guided.ttl`` lists the classes, and the values of properties
# whose shape does not define them; names, descriptions and orders are those of the shapes.

DASH = Namespace("http://datashapes.org/dash#")
LIST = URIRef("http://data.sparna.fr/ontologies/sparnatural-config-core#ListProperty")
"""The widget for choosing from a list."""
ADDED = Path(__file__).parents[1] / "templates" / "documents/guided.ttl"
KEPT = (SH.name, SH.description, SH.order, RDFS.label)
SCHEME = re.compile(rf"{re.escape(CONCEPT)}([a-z-]+)/")
"""The part of a shape's pattern that names the scheme of its concepts."""


@compute_once
def search_configuration() -> Graph:
    """Return the configuration: each class, its properties, the schemes of their values."""
    shapes, additions, config = read_knowledge("shapes"), to_graph(ADDED), bind_prefixes(Graph())
    config.bind("dash", DASH)
    for shape, order in additions.subject_objects(SH.order):
        config.add((shape, RDF.type, SH.NodeShape))
        config.add((shape, SH.order, order))
        _copy_texts(config, shapes, shape)
        classes = sorted(map(str, shapes.objects(shape, SH.targetClass)))
        if len(classes) == 1:
            config.add((shape, SH.targetClass, URIRef(classes[0])))
        else:
            listing = " ".join(f"<{iri}>" for iri in classes)
            _add_target(config, shape, f"$this a ?kind . VALUES ?kind {{ {listing} }}")
        seen: set[Node] = set()  # each path has one property
        parts = shapes.objects(shape, SH.property)
        for part in sorted(parts, key=lambda part: int(str(shapes.value(part, SH.order) or 0))):
            path, value_type = (
                shapes.value(part, SH.path),
                _find_value_type(shapes, additions, part),
            )
            if not value_type or not isinstance(path, URIRef) or path in seen:
                continue
            seen.add(path)
            term, value = value_type
            config.add((shape, SH.property, part))
            config.add((part, SH.path, path))
            config.add((part, term, value))
            _copy_texts(config, shapes, part)
            if term == SH.node and str(value).startswith(CONCEPT):
                config.add((part, DASH.searchWidget, LIST))
                _add_scheme(config, value)
    for name in config.subjects(SH.path, SCHEMA.name):
        config.add((name, DASH.propertyRole, DASH.LabelRole))
    return config


def _find_value_type(shapes: Graph, additions: Graph, part: Node) -> tuple[URIRef, Node] | None:
    """Return SH.node or SH.datatype, and its value; None where neither is defined."""
    if node := additions.value(part, SH.node):
        return SH.node, node
    pattern = str(shapes.value(part, SH.pattern) or "").replace("\\", "")
    if match := SCHEME.search(pattern):
        return SH.node, URIRef(f"{CONCEPT}{match[1]}")
    if shapes.value(part, SH.path) == SCHEMA.name:
        return SH.datatype, RDF.langString
    alternatives = shapes.value(part, SH["or"])
    nodes = [part, *(Collection(shapes, alternatives) if alternatives else ())]
    datatypes = [datatype for node in nodes if (datatype := shapes.value(node, SH.datatype))]
    return (SH.datatype, datatypes[-1]) if datatypes else None


def _copy_texts(config: Graph, shapes: Graph, node: Node) -> None:
    for term in KEPT:
        for value in shapes.objects(node, term):
            if isinstance(value, Literal):
                config.add((node, term, value))


def _add_scheme(config: Graph, scheme: Node) -> None:
    """Add the concepts of a scheme, by their labels; a search does not begin from them."""
    config.add((scheme, RDF.type, SH.NodeShape))
    for title in ontology().objects(scheme, DCTERMS.title):
        config.add((scheme, RDFS.label, title))
    for name, path in (("label", SKOS.prefLabel), ("scheme", SKOS.inScheme)):
        part = URIRef(f"{scheme}#{name}")
        config.add((scheme, SH.property, part))
        config.add((part, SH.path, path))
        config.add((part, SH.deactivated, Literal(True)))  # noqa: FBT003 - RDF's true
    config.add((URIRef(f"{scheme}#scheme"), SH.hasValue, scheme))
    config.add((URIRef(f"{scheme}#label"), SH.datatype, RDF.langString))
    config.add((URIRef(f"{scheme}#label"), DASH.propertyRole, DASH.LabelRole))
    _add_target(config, scheme, f"$this <{SKOS.inScheme}> <{scheme}>")


def _add_target(config: Graph, shape: Node, where: str) -> None:
    # A target by a query (SHACL-AF §3.1), which has no other text than IRIs of the shapes.
    target = URIRef(f"{shape}#target")
    config.add((shape, SH.target, target))
    config.add((target, SH.select, Literal(f"SELECT $this WHERE {{ {where} }}")))


guided = Blueprint("guided", __name__)


@guided.get("/search/guided")
def page() -> Response:
    """Show the page, whose script reads the configuration from `configuration`."""
    return editor_response(render_template("questions/guided.html", prefixes=PREFIXES))


@guided.get("/search/guided.ttl")
def configuration() -> Response:
    """Return the configuration as shapes: the classes, their properties, their labels."""
    return Response(_serialise_guide(), mimetype=GRAPH_TYPES["ttl"])


@compute_once
def _serialise_guide() -> bytes:
    return serialise(search_configuration(), "ttl")
