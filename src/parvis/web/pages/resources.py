"""Descriptions of entities: an IRI redirects by 303 to a document about it (httpRange-14).

Besides, the shows of a dataset for Datascène: both are made by queries of the reader's share.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, redirect, request, url_for
from rdflib.namespace import DCTERMS, OWL, RDF
from werkzeug import Response as BaseResponse

from parvis.catalog.ontology import last_segment
from parvis.errors import ParvisError, UnknownThing, UsageError
from parvis.i18n import N_
from parvis.pooling.serving.description import PropertyGroup
from parvis.pooling.serving.events.linked_data import entity_to_schema
from parvis.pooling.serving.events.reading import KINDS
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import canonical_iri
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import (
    DOCUMENT,
    ENDINGS,
    HTML,
    DocumentForm,
    alternate_forms,
    graph_response,
    page_response,
    require_ending,
)

resources = Blueprint("resources", __name__)

ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
"""An absolute IRI: a scheme, and no character that an IRI forbids."""


@resources.get("/id/<path:key>")
@reads(offers=DOCUMENT)
def identifier(key: str) -> BaseResponse:
    """Redirect from an entity to the document about it that the reader prefers."""
    ending = require_ending(DOCUMENT)
    match key.split("/"):  # datasets and partners have their own pages
        case ["dataset", partner, dataset]:
            path = url_for("catalog.dataset", partner=partner, dataset=dataset, ending=ending)
        case ["certificate", name]:
            path = url_for("steward.certificate", name=name, ending=ending)
        case ["query", slug] if ending == HTML:
            path = url_for("questions.query", slug=slug)
        case ["project", slug]:
            path = url_for("frame.project", slug=slug, ending=ending)
        case ["partner", slug] if ending == HTML:
            path = url_for("partners.partner", slug=slug)
        case _:
            path = url_for("resources.thing", key=key, ending=ending)
    response = redirect(path, 303)
    response.vary.add("Accept")
    return response


@resources.get(f"/id/<path:key>.<{ENDINGS}:ending>")
def thing(key: str, ending: str) -> Response:
    """Describe an entity of this pool."""
    alternates = alternate_forms("resources.thing", key=key)
    # The server has decoded the path. When the IRI was minted, all that RFC 3986 does not call
    # *unreserved* was encoded, or all but letters, which RFC 3987 allows.
    as_iri = "".join(char if char.isalnum() else quote(char, safe="/-._~") for char in key)
    paths = dict.fromkeys((quote(key, safe="/-._~"), as_iri))
    *spellings, last = (f"{host().settings.base}id/{path}" for path in paths)
    for iri in spellings:
        with suppress(UnknownThing):
            return _describe(iri, ending, alternates)
    return _describe(last, ending, alternates)


@resources.get("/describe")
@reads("iri", offers=DOCUMENT)
def describe() -> Response:
    """Describe any IRI: the ontology's concepts, entities of other pools."""
    iri = request.args.get("iri", "")
    if not ABSOLUTE.fullmatch(iri):
        raise UsageError(N_("“{iri}” is not an absolute IRI"), iri=iri)
    path = url_for("resources.describe")
    alternates = [
        DocumentForm(ending, media_type, f"{path}?{urlencode({'iri': iri, 'format': ending})}")
        for media_type, ending in DOCUMENT.items()
    ]
    return _describe(iri, require_ending(DOCUMENT), alternates)


def _describe(iri: str, ending: str, alternates: list[DocumentForm]) -> Response:
    """Answer with the description of an entity that this reader may read."""
    entity = host().describe(reader_of(request), iri, language())
    if ending != HTML:
        return graph_response(entity.graph, ending, alternates)
    keys = {key for group in entity.groups for value in group.values for key in value.datasets}
    sources = [card for card in host().datasets(reader_of(request)) if card.key in keys]
    return page_response(
        alternates,
        "catalog/resource.html",
        entity=entity,
        sources=sources,
        titles={card.key: card.title for card in sources},
        sections=group_properties(entity.groups),
        mentions=[group for group in entity.incoming if group.iri not in OWN_RECORDS],
        schema_org=describe_for_search_engines(iri, entity.graph.objects(None, RDF.type)),
    )


def describe_for_search_engines(iri: str, kinds: Iterable[object]) -> dict[str, Any] | None:
    """Return an event, a place, an organisation or a work as schema.org; None for others."""
    if {canonical_iri(str(kind)) for kind in kinds}.isdisjoint(map(str, KINDS)):
        return None
    with suppress(ParvisError):  # a page without it is better than none, as after a timeout
        entity = host().describe_entity(reader_of(request), iri)
        return None if entity is None else entity_to_schema(entity, language())
    return None


# A page shows what a thing is, then when, where and who, however its source orders this.

OWN_RECORDS = frozenset(map(str, (OWL.sameAs, DCTERMS.references)))
"""How parvis's own records of links and judgements point to an entity: no page is about them."""
DESCRIPTION = N_("Description")
SECTIONS: dict[str, tuple[str, ...]] = {
    N_("When"): ("startDate", "endDate", "previousStartDate", "doorTime", "duration", "refPeriod"),
    N_("Where"): (
        *("location", "possibleLocation", "address", "addressLocality", "addressRegion"),
        *("streetAddress", "postalCode", "containedInPlace", "territory", "geo", "latitude"),
        *("longitude", "eventArea", "residenceArea"),
    ),
    N_("Who"): (
        *("organizer", "performer", "creator", "producer", "publisher", "contributor", "director"),
        *("targetAudience", "audience", "ageGroup", "public", "memberOf"),
    ),
    N_("Links"): ("url", "sameAs", "differentFrom", "seeAlso", "identifier", "image"),
}
"""Properties of each section by the last step of their IRI; the description has all others."""


@dataclass(frozen=True)
class PropertySection:
    """Properties under one title."""

    title: str
    groups: tuple[PropertyGroup, ...]


def group_properties(groups: Iterable[PropertyGroup]) -> list[PropertySection]:
    """Divide properties into sections, without the empty ones."""
    titles = {name: title for title, names in SECTIONS.items() for name in names}
    sections: dict[str, list[PropertyGroup]] = {title: [] for title in (DESCRIPTION, *SECTIONS)}
    for group in groups:
        sections[titles.get(last_segment(group.iri), DESCRIPTION)].append(group)
    return [PropertySection(title, tuple(parts)) for title, parts in sections.items() if parts]


@resources.get("/dataset/<partner>/<dataset>/datascene.json")
def datascene(partner: str, dataset: str) -> Response:
    """Return a dataset's shows as a Datascène file; the header says how many are left out."""
    export = host().shows(reader_of(request), DatasetKey(partner, dataset))
    response = Response("".join(export.chunks()), mimetype="application/json")
    # A dictionary of RFC 9651: the standard's schema leaves no room for it in the file.
    left_out = ", ".join(f"{name}={count}" for name, count in export.left_out.items())
    response.headers["Datascene-Left-Out"] = left_out or "shows=0"
    return response


@resources.get("/graph/<partner>/<dataset>")
def graph(partner: str, dataset: str) -> BaseResponse:
    """Redirect from the name of a graph to its dataset."""
    return redirect(url_for("catalog.dataset", partner=partner, dataset=dataset), 303)
