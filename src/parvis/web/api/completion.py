"""What the query editor proposes: classes, their properties, concepts, prefixes, with labels."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, jsonify, request
from rdflib import OWL, RDF, RDFS, SKOS, URIRef

from parvis.catalog.ontology import load_words, ontology
from parvis.i18n import choose_text
from parvis.pooling.serving.site.term_statistics import TermStatistics, read_term_statistics
from parvis.rdf.literals import read_texts
from parvis.vocab.namespaces import CONCEPT, PREFIXES
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language_of_address
from parvis.web.http.negotiation import compute_once

completion = Blueprint("completion", __name__)

MOST = 60
"""The largest number of properties that are listed for one class."""


@completion.get("/sparql/completions.json")
@reads()
def terms() -> Response:
    """Return the terms of queries, with labels in the language of the address.

    ``classes`` and ``properties`` are triples of a name as a query has it, a label, and how often
    what the reader may read uses it; ``of_class`` has the properties of a class by their places in
    ``properties``, the most frequent first; ``concepts`` are pairs.
    """
    statistics = read_term_statistics(host(), reader_of(request))
    return jsonify(list_terms(statistics, language_of_address()))


def list_terms(statistics: TermStatistics, lang: str) -> dict[str, Any]:
    """List classes and properties by frequency, then those that only the shapes have."""
    labels, asked_for = load_words().terms, _properties_of_shapes()
    classes = _rank(statistics.classes, asked_for)
    properties = _rank(
        statistics.properties, (step for steps in asked_for.values() for step in steps)
    )
    places = {step: place for place, step in enumerate(properties)}
    of_class = {}
    for kind in classes:
        used = statistics.of_class.get(kind, Counter())
        steps = dict.fromkeys([*(step for step, _ in used.most_common()), *asked_for[kind]])
        of_class[to_query_term(kind)] = [places[step] for step in steps if step in places][:MOST]
    return {
        "prefixes": PREFIXES,
        "classes": [
            (to_query_term(kind), choose_text(lang, labels.get(kind, {})), statistics.classes[kind])
            for kind in classes
        ],
        "properties": [
            (
                to_query_term(step),
                choose_text(lang, labels.get(step, {})),
                statistics.properties[step],
            )
            for step in properties
        ],
        "of_class": {kind: steps for kind, steps in of_class.items() if steps},
        "concepts": _list_concepts(lang),
    }


def _rank(counts: dict[str, int], others: Iterable[str]) -> list[str]:
    """Return terms by their frequency, then the others by name."""
    frequent = sorted(counts, key=lambda term: (-counts[term], term))
    return list(dict.fromkeys([*frequent, *sorted({*others})]))


@compute_once
def _properties_of_shapes() -> dict[str, list[str]]:
    """Return the properties that the shapes ask for, by class, with those of the wider classes."""
    own: defaultdict[str, list[str]] = defaultdict(list)
    for kind, step in load_words().properties:
        if not step.startswith("_") and ":" in step:
            own[kind].append(step)
    graph = ontology()
    kinds = {*own, *(str(kind) for kind in graph.subjects(RDF.type, OWL.Class))}
    steps: defaultdict[str, list[str]] = defaultdict(list)
    for kind in kinds:
        wider = map(str, graph.transitive_objects(URIRef(kind), RDFS.subClassOf))
        steps[kind] = [step for name in dict.fromkeys(wider) for step in own[name]]
    return steps


@compute_once
def _list_concepts(lang: str) -> list[tuple[str, str]]:
    graph = ontology()
    concepts = sorted(str(concept) for concept in graph.subjects(RDF.type, SKOS.Concept))
    return [
        (
            concept.removeprefix(CONCEPT),
            choose_text(lang, read_texts(graph, URIRef(concept), SKOS.prefLabel)),
        )
        for concept in concepts
        if concept.startswith(CONCEPT)
    ]


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
