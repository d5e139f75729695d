"""Full-text search: a page, the same as JSON, and suggestions."""

from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from rdflib import RDF, SKOS

from parvis.catalog.ontology import load_words as ontology_words
from parvis.catalog.ontology import ontology
from parvis.rdf.literals import read_texts
from parvis.vocab.namespaces import CONCEPT, PREFIXES
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import (
    HTML,
    PAGE_OR_JSON,
    compute_once,
    negotiated_response,
    require_ending,
)

search = Blueprint("search", __name__)

SUGGESTIONS = "application/x-suggestions+json"
"""The media type of OpenSearch Suggestions 1.0."""


@search.get("/search")
@reads("q", offers=PAGE_OR_JSON)
def words() -> Response:
    """Return the entities with all the words of ``?q=``; none for a text without words."""
    ending = require_ending(PAGE_OR_JSON)
    results = host().search(reader_of(request), request.args.get("q", ""), language())
    if ending == HTML:
        return negotiated_response(render_template("questions/search.html", search=results))
    entities = [
        {
            "iri": entity.iri,
            "name": entity.name.text,
            "language": entity.name.lang,
            "kinds": entity.kinds,
            "excerpt": entity.about and entity.about.text,
            "dataset": entity.dataset and str(entity.dataset.key),
            "graph": entity.graph,
            "score": entity.score,
        }
        for entity in results.results
    ]
    members = {"query": results.query, "more": results.more, "cut": results.cut}
    return negotiated_response(jsonify(members | {"things": entities}))


@search.get("/search/suggestions")
@reads("q")
def suggestions() -> Response:
    """Complete a prefix in the format of OpenSearch Suggestions: the query, then the names."""
    prefix = request.args.get("q", "")
    response = jsonify([prefix, host().suggest(reader_of(request), prefix, language())])
    response.mimetype = SUGGESTIONS
    return response


# The terms of the ontology for the query editor: a French label leads to the name to write.

terms = Blueprint("terms", __name__)


@terms.get("/ontology/terms.json")
def ontology_terms() -> Response:
    """Return each class, property and concept as ``{"name": …, "label": {"fr": …, "en": …}}``.

    The name is as in a query: ``schema:Event``, and for a concept its full IRI in brackets.
    """
    return jsonify({"terms": _list_terms()})


@compute_once
def _list_terms() -> list[dict[str, Any]]:
    """List the terms by name."""
    graph, labels = ontology(), dict(ontology_words().terms)
    for concept in graph.subjects(RDF.type, SKOS.Concept):
        labels[str(concept)] = read_texts(graph, concept, SKOS.prefLabel)
    return sorted(
        (
            {"name": to_query_term(iri), "label": dict(label)}
            for iri, label in labels.items()
            if label
        ),
        key=lambda term: str(term["name"]),
    )


def to_query_term(iri: str) -> str:
    """Return a term as a query has it: with a prefix, else the full IRI.

    >>> to_query_term("http://schema.org/Event"), to_query_term("https://w3id.org/parvis/concept/age/18-24")
    ('schema:Event', '<https://w3id.org/parvis/concept/age/18-24>')
    """
    for prefix, namespace in PREFIXES.items():
        name = iri.removeprefix(namespace)
        if name != iri and name.isidentifier() and namespace != CONCEPT:
            return f"{prefix}:{name}"
    return f"<{iri}>"
