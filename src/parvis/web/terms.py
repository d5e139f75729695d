"""The words of the ontology for an editor: what is typed in French finds the name to write."""

from typing import Any

from flask import Blueprint, Response, jsonify
from rdflib import RDF, SKOS

from parvis.pooling.ontology import ontology
from parvis.pooling.words import words
from parvis.vocab.namespaces import CONCEPT, PREFIXES
from parvis.web.documents import computed_once

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
    graph, named = ontology(), dict(words().terms)
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
