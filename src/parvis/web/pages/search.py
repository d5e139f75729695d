"""The search in words: a page, the same as JSON, and names that complete what is typed."""

from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from rdflib import RDF, SKOS

from parvis.catalog.ontology import ontology
from parvis.catalog.ontology import words as ontology_words
from parvis.pooling.serving.service import Found
from parvis.vocab.namespaces import CONCEPT, PREFIXES
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import HTML, computed_once, require

search = Blueprint("search", __name__)

FORMS = {"text/html": HTML, "application/json": "json"}
SUGGESTIONS = "application/x-suggestions+json"
"""The media type of OpenSearch Suggestions 1.0."""


@search.get("/search")
@reads("q", offers=FORMS)
def words() -> Response:
    """Give what holds all the words of ``?q=``; a text without words finds nothing."""
    ending = require(FORMS)
    found = host().search(reader_of(request), request.args.get("q", ""), language())
    if ending == HTML:
        response = make_response(render_template("search.html", found=found))
    else:
        response = jsonify(_plain(found))
    response.vary.add("Accept")
    return response


@search.get("/search/suggestions")
@reads("q")
def suggestions() -> Response:
    """Complete what is typed, as OpenSearch Suggestions has it: the query, then the names."""
    beginning = request.args.get("q", "")
    response = jsonify([beginning, host().suggest(reader_of(request), beginning, language())])
    response.mimetype = SUGGESTIONS
    return response


def _plain(found: Found) -> dict[str, Any]:
    """Give what was found as plain data."""
    return {
        "query": found.query,
        "more": found.more,
        "cut": found.cut,
        "things": [
            {
                "iri": thing.iri,
                "name": thing.name.text,
                "language": thing.name.lang,
                "kinds": thing.kinds,
                "excerpt": thing.about and thing.about.text,
                "dataset": thing.dataset and str(thing.dataset.key),
                "graph": thing.graph,
                "score": thing.score,
            }
            for thing in found.things
        ],
    }


# The words of the ontology for an editor: what is typed in French finds the name to write.

terms = Blueprint("terms", __name__)


@terms.get("/ontology/terms.json")
def listed() -> Response:
    """Give each class, property and concept as ``{"name": …, "label": {"fr": …, "en": …}}``.

    The name is what a query has: ``schema:Event``, and for a concept its whole IRI in brackets.
    """
    return jsonify({"terms": _terms()})


@computed_once
def _terms() -> list[dict[str, Any]]:
    """List the terms by name, once: they do not change while we serve."""
    graph, named = ontology(), dict(ontology_words().terms)
    for concept in graph.subjects(RDF.type, SKOS.Concept):
        labels = graph.objects(concept, SKOS.prefLabel)
        named[str(concept)] = {str(getattr(one, "language", "")): str(one) for one in labels}
    return sorted(
        ({"name": written(iri), "label": dict(texts)} for iri, texts in named.items() if texts),
        key=lambda one: str(one["name"]),
    )


def written(iri: str) -> str:
    """Write a term as a query does: by its prefix, else as a whole IRI.

    >>> written("http://schema.org/Event"), written("https://w3id.org/parvis/concept/age/18-24")
    ('schema:Event', '<https://w3id.org/parvis/concept/age/18-24>')
    """
    for prefix, namespace in PREFIXES.items():
        name = iri.removeprefix(namespace)
        if name != iri and name.isidentifier() and namespace != CONCEPT:
            return f"{prefix}:{name}"
    return f"<{iri}>"
