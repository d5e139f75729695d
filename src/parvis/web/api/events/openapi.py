"""The description of this site's JSON for programs (OpenAPI 3.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import Blueprint, Response, current_app, jsonify

from parvis import __version__
from parvis.i18n import N_, say
from parvis.pooling.serving.events import calendar, json_forms
from parvis.pooling.serving.events.entities import STATUSES
from parvis.pooling.serving.events.listing import MOST, PAGE
from parvis.web.api.events.lists import CURSOR, LIMIT
from parvis.web.http.access import host
from parvis.web.http.errors import PROBLEM
from parvis.web.http.inputs import FORMAT, LANG, NO_INPUTS, Inputs, reads
from parvis.web.http.language import language_of_address

description = Blueprint("description", __name__)

JSON = "application/json"
Json = dict[str, Any]

FILTER_PARAMETERS: Mapping[str, tuple[str, Json]] = {
    "from": (
        N_(
            "The first day, or an instant with its offset; today where it is left out. An event"
            " that is still on counts."
        ),
        {"type": "string", "examples": ["2027-01-31", "2027-01-31T19:30:00-05:00"]},
    ),
    "until": (
        N_("The last day, or an instant with its offset."),
        {"type": "string", "examples": ["2027-02-28"]},
    ),
    "area": (
        N_("Regions or municipalities of the venue: codes, labels or IRIs of the list of areas."),
        {"type": "string", "examples": ["06", "06,13"]},
    ),
    "place": (N_("Identifiers of venues, or of their buildings."), {"type": "string"}),
    "bbox": (
        N_(
            "West, south, east and north of a rectangle, in degrees; where west is greater than"
            " east, it crosses the 180th meridian."
        ),
        {"type": "string", "examples": ["-73.9,45.4,-73.4,45.7"]},
    ),
    "discipline": (
        N_("Disciplines: codes, labels or IRIs; narrower ones count."),
        {"type": "string", "examples": ["theatre"]},
    ),
    "audience": (
        N_("Target audiences: codes, labels or IRIs; narrower ones count."),
        {"type": "string", "examples": ["children"]},
    ),
    "language": (
        N_("Languages in which the event is given (ISO 639)."),
        {"type": "string", "examples": ["fr"]},
    ),
    "partner": (
        N_("Partners who describe the event: names in the addresses of their pages."),
        {"type": "string"},
    ),
    "q": (N_("Words that the event has, in its name, its place or around it."), {"type": "string"}),
}
PAGING: dict[str, tuple[str, Json]] = {
    CURSOR: (
        N_("Where the page begins: of the address “next” of the page before."),
        {"type": "string"},
    ),
    LIMIT: (
        N_("How many events a page has at most."),
        {"type": "integer", "minimum": 1, "maximum": PAGE, "default": PAGE},
    ),
}
PAGING_OF_PLACES = PAGING | {
    LIMIT: (
        N_("How many places a page has at most."),
        {"type": "integer", "minimum": 1, "maximum": MOST, "default": MOST},
    )
}


@dataclass(frozen=True)
class Operation:
    """What an address answers: the endpoint of its route, a summary, and its media type."""

    path: str
    endpoint: str
    summary: str
    parameters: Mapping[str, tuple[str, Json]]
    media_type: str = JSON
    schema: str = ""


EVENT_LISTS = (
    Operation(
        "/events.json",
        "events.as_json",
        N_("Events in pages of up to 100, in the order of their start"),
        {**FILTER_PARAMETERS, **PAGING},
        schema="EventPage",
    ),
    Operation(
        "/events.ics",
        "events.as_calendar",
        N_("Events as a calendar to subscribe to"),
        FILTER_PARAMETERS,
        calendar.MEDIA_TYPE,
    ),
    Operation(
        "/events.geojson",
        "events.as_geojson",
        N_("Events as points on a map"),
        FILTER_PARAMETERS,
        json_forms.MEDIA_TYPE,
        "FeatureCollection",
    ),
    Operation(
        "/places.geojson",
        "events.places",
        N_("Places, with the number of these events in each"),
        {**FILTER_PARAMETERS, **PAGING_OF_PLACES},
        json_forms.MEDIA_TYPE,
        "PlacePage",
    ),
    Operation(
        "/regions.geojson",
        "events.regions",
        N_("Regions of Québec, with the number of these events in each"),
        FILTER_PARAMETERS,
        json_forms.MEDIA_TYPE,
        "FeatureCollection",
    ),
)
OTHERS = (
    Operation("/search", "search.words", N_("What has all words of “q”"), {}),
    Operation(
        "/search/suggestions",
        "search.suggestions",
        N_("Names that complete “q”"),
        {},
        "application/x-suggestions+json",
    ),
    Operation("/portrait.json", "portrait.listing", N_("Pooled figures on audiences"), {}),
    Operation("/relays.json", "relays.listing", N_("Intermediaries that reach an audience"), {}),
    Operation(
        "/offerings.json", "offerings.listing", N_("Programming and audiences side by side"), {}
    ),
    Operation("/ontology/terms.json", "terms.ontology_terms", N_("Terms of the vocabulary"), {}),
    Operation("/health", "health.state", N_("The version that is served, and its state"), {}),
)
"""Other addresses that answer in JSON; their parameters are those that their routes read."""


@description.get("/openapi.json")
@reads()
def openapi() -> Response:
    """Return the description in the language of the address."""
    return jsonify(_describe(language_of_address(), host().settings.base))


@cache
def _describe(lang: str, base: str) -> Json:
    operations = (*EVENT_LISTS, *OTHERS)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "parvis",
            "version": __version__,
            "description": say(
                lang,
                N_(
                    "Open data on events, places and audiences. A token in the header"
                    " Authorization opens what an agreement opens to its party."
                ),
            ),
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base.rstrip("/")}],
        "security": [{}, {"token": []}],
        "paths": {o.path: {"get": _describe_operation(o, lang)} for o in operations},
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {
                "Problem": {
                    "description": say(lang, N_("What is wrong, in both languages")),
                    "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
            },
        },
    }


def _describe_operation(operation: Operation, lang: str) -> Json:
    parameters: list[Json] = [
        {"name": name, "in": "query", "description": say(lang, text), "schema": schema}
        for name, (text, schema) in operation.parameters.items()
    ]
    forms = [operation.media_type]
    if not operation.parameters:
        inputs: Inputs = getattr(
            current_app.view_functions[operation.endpoint], "inputs", NO_INPUTS
        )
        parameters = [
            {"name": name, "in": "query", "schema": {"type": "string"}}
            for name in sorted(inputs.parameters)
        ]
        if inputs.offers and "." not in operation.path:  # it has a page too
            forms.append("text/html")
            choice = {"type": "string", "enum": ["json", "html"]}
            parameters.append({"name": FORMAT, "in": "query", "schema": choice})
    parameters.append(
        {"name": LANG, "in": "query", "schema": {"type": "string", "enum": ["fr", "en"]}}
    )
    schema: Json = {"type": "string"} if operation.media_type == calendar.MEDIA_TYPE else {}
    if operation.schema:
        schema = {"$ref": f"#/components/schemas/{operation.schema}"}
    return {
        "operationId": operation.endpoint.replace(".", "-"),
        "summary": say(lang, operation.summary),
        "parameters": parameters,
        "responses": {
            "200": {
                "description": say(lang, operation.summary),
                "content": {form: {"schema": schema} for form in forms},
            },
            "304": {"description": say(lang, N_("It has not changed (If-None-Match)"))},
            # Readers of the document look for the class, others for what is said of all.
            "4XX": {"$ref": "#/components/responses/Problem"},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }


def _object(required: tuple[str, ...], **properties: Json) -> Json:
    return {"type": "object", "required": list(required), "properties": properties}


TEXT: Json = {"type": "string"}
TEXTS: Json = {"type": "object", "additionalProperties": TEXT}
IRI: Json = {"type": "string", "minLength": 1}
CONCEPTS: Json = {
    "type": "array",
    "items": _object(("id", "code", "label"), id=IRI, code=TEXT, label=TEXTS),
}
NAMED: Json = _object(("id",), id=IRI, kind=TEXT, name=TEXTS, url=TEXT)
PLACE = _object(
    ("id",),
    id=IRI,
    name=TEXTS,
    within=NAMED,
    address=TEXTS,
    longitude={"type": "number", "minimum": -180, "maximum": 180},
    latitude={"type": "number", "minimum": -90, "maximum": 90},
    areas=CONCEPTS,
    online={"type": "boolean"},
    url=TEXT,
)
OFFER = _object(
    (),
    price=TEXT,
    lowPrice=TEXT,
    highPrice=TEXT,
    currency=TEXT,
    availability=TEXT,
    url=TEXT,
)
EVENT = _object(
    ("id", "uid", "kind", "start", "allDay", "status"),
    id=IRI,
    uid={"type": "string", "format": "uuid"},
    kind=TEXT,
    name=TEXTS,
    description=TEXTS,
    start=TEXT,
    end=TEXT,
    allDay={"type": "boolean"},
    status={"enum": [json_forms.SHORT_NAMES[name] for name in STATUSES]},
    attendance={"enum": ["offline", "online", "mixed"]},
    place=PLACE,
    organizers={"type": "array", "items": NAMED},
    performers={"type": "array", "items": NAMED},
    work=NAMED,
    series={"type": "array", "items": NAMED},
    disciplines=CONCEPTS,
    audiences=CONCEPTS,
    types=CONCEPTS,
    languages={"type": "array", "items": TEXT},
    free={"type": "boolean"},
    offers={"type": "array", "items": OFFER},
    url=TEXT,
    image=TEXT,
    datasets={"type": "array", "items": TEXT},
)
FEATURES: Json = {
    "type": {"const": "FeatureCollection"},
    "features": {
        "type": "array",
        "items": _object(
            ("type", "id", "geometry", "properties"),
            type={"const": "Feature"},
            id=IRI,
            geometry={"type": ["object", "null"]},
            properties={"type": "object"},
        ),
    },
}
SCHEMAS: Mapping[str, Json] = {
    "Event": EVENT,
    "EventPage": _object(
        ("events", "total", "from", "next", "sources"),
        events={"type": "array", "items": {"$ref": "#/components/schemas/Event"}},
        total={"type": "integer", "minimum": 0},
        next={"type": ["string", "null"]},
        sources={"type": "array", "items": {"$ref": "#/components/schemas/Source"}},
        **{"from": TEXT},
    ),
    "Source": _object(
        ("dataset", "title", "partner", "page"),
        dataset=TEXT,
        title=TEXTS,
        partner=TEXTS,
        licence=TEXT,
        licenceName=TEXTS,
        page=TEXT,
        invented={"type": "boolean"},
    ),
    "FeatureCollection": _object(("type", "features"), **FEATURES),
    "PlacePage": _object(
        ("type", "features", "total", "next"),
        **FEATURES,
        total={"type": "integer", "minimum": 0},
        next={"type": ["string", "null"]},
    ),
    "Problem": _object(
        ("title", "status", "detail"),
        type=TEXT,
        title=TEXT,
        status={"type": "integer"},
        detail=TEXT,
        details=TEXTS,
        request=TEXT,
    ),
}
