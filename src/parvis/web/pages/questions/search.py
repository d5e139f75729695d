"""Full-text search: a page, the same as JSON, and suggestions."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from rdflib import DCAT, OWL, RDF, RDFS, SH, SKOS, URIRef
from rdflib.namespace import FOAF, ORG, QB, VOID

from parvis.catalog.ontology import load_words as ontology_words
from parvis.catalog.ontology import ontology
from parvis.config import clock
from parvis.i18n import N_
from parvis.pooling.serving.search import DatedResult, SearchResult, merge_dates
from parvis.pooling.serving.site.guided import shape_classes
from parvis.rdf.literals import read_texts
from parvis.web.api.completion import to_query_term
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
from parvis.web.pages.site_pages import find_pages

search = Blueprint("search", __name__)

SUGGESTIONS = "application/x-suggestions+json"
"""The media type of OpenSearch Suggestions 1.0."""
PAGES = 8
"""Pages of the site and of the guide that are shown."""
OPEN = 6
"""Results of a group that are shown at once."""

# The groups of results, by the classes of the shapes and by other classes.
GROUPS: dict[str, tuple[str, tuple[str, ...], tuple[URIRef, ...]]] = {
    "events": (N_("Events"), ("Event",), ()),
    "works": (N_("Works and series"), ("Production", "EventSeries"), ()),
    "places": (N_("Places"), ("Place", "Room"), ()),
    "organizations": (
        N_("Organisations and companies"),
        ("Organization",),
        (ORG.Organization, FOAF.Agent, FOAF.Organization),
    ),
    "datasets": (N_("Datasets"), ("DataSet",), (DCAT.Dataset, QB.DataSet, VOID.Dataset)),
    "questions": (
        N_("Questions"),
        (),
        (SH.SPARQLExecutable, SH.SPARQLSelectExecutable, SH.SPARQLAskExecutable),
    ),
    "vocabulary": (
        N_("Vocabulary"),
        (),
        (SKOS.Concept, SKOS.ConceptScheme, RDF.Property, RDFS.Class, OWL.Class),
    ),
}
OTHERS = "others"


@dataclass(frozen=True)
class ResultGroup:
    """Results of one kind, the best first."""

    name: str
    title: str
    results: tuple[DatedResult, ...]


@cache
def _groups_of_classes() -> dict[str, str]:
    """Return the group of each class."""
    groups: dict[str, str] = {}
    for name, (_, shapes, classes) in GROUPS.items():
        targets = (target for shape in shapes for target in shape_classes(shape))
        groups |= {str(iri): name for iri in (*targets, *classes)}
    return groups


def group_results(results: Iterable[SearchResult]) -> list[ResultGroup]:
    """Group results by kind, in the order of `GROUPS`; an event with several dates counts once."""
    today = clock.now().date().isoformat()
    groups: dict[str, list[DatedResult]] = {name: [] for name in (*GROUPS, OTHERS)}
    for dated in merge_dates(results, today):
        names = map(_groups_of_classes().get, dated.result.classes)
        groups[next(filter(None, names), OTHERS)].append(dated)
    titles = {name: title for name, (title, _, _) in GROUPS.items()} | {OTHERS: N_("Others")}
    return [
        ResultGroup(name, titles[name], tuple(matches))
        for name, matches in groups.items()
        if matches
    ]


@search.get("/search")
@reads("q", offers=PAGE_OR_JSON)
def words() -> Response:
    """Return what has all the words of ``?q=``; nothing for a text without words."""
    ending, query = require_ending(PAGE_OR_JSON), request.args.get("q", "")
    results = host().search(reader_of(request), query, language())
    site_pages = find_pages(query, language(), PAGES)
    if ending == HTML:
        page = render_template(
            "questions/search.html",
            search=results,
            groups=group_results(results.results),
            pages=site_pages,
            shown=OPEN,
        )
        return negotiated_response(page)
    entities = [
        {
            "iri": entity.iri,
            "name": entity.name.text,
            "language": entity.name.lang,
            "kinds": entity.kinds,
            "excerpt": entity.about and entity.about.text,
            "starts": entity.starts,
            "place": entity.place and entity.place.text,
            "context": [part.text for part in entity.context],
            "dataset": entity.dataset and str(entity.dataset.key),
            "graph": entity.graph,
            "score": entity.score,
        }
        for entity in results.results
    ]
    members = {
        "query": results.query,
        "more": results.more,
        "cut": results.cut,
        "respelt": results.respelt,
        "pages": [{"address": page.address, "title": page.title} for page in site_pages],
    }
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
