"""Lists of events as files: JSON in pages, iCalendar, GeoJSON of events, places and regions.

All have the same filters, and show what `select_events` returns for the reader.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode, urljoin
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request, url_for

from parvis.pooling.publics.regions.outlines import current_outlines
from parvis.pooling.serving.events import calendar, json_forms
from parvis.pooling.serving.events.filters import EventFilter, refuse_unknown
from parvis.pooling.serving.events.index import list_sources
from parvis.pooling.serving.events.listing import (
    MOST,
    PAGE,
    cut_page,
    cut_places,
    read_criteria,
    require_few,
    select_events,
)
from parvis.pooling.serving.events.region_shapes import to_geometries
from parvis.pooling.serving.events.selection import EventSelection
from parvis.web.api.harvesting.harvest import integer_parameter
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import LANG, reads
from parvis.web.http.language import language_of_address

events = Blueprint("events", __name__)

CURSOR, LIMIT = "cursor", "limit"
UNTIL_MIDNIGHT = "public, no-cache, max-age=0"
"""The Cache-Control of a list that begins today: no cache of this site has it tomorrow."""


@events.get("/events.json")
@reads(everything=True)
def as_json() -> Response:
    """Return a page of events, with the address of the next one."""
    criteria = _read_filter(CURSOR, LIMIT)
    size = integer_parameter(LIMIT, PAGE, PAGE)
    page = cut_page(_select(criteria), request.args.get(CURSOR, ""), size)
    next_page = _address_next(criteria.choices, page.following, size)
    cards = {card.key: card for card in host().datasets(reader_of(request))}
    response = _json(
        {
            "events": [json_forms.event_to_json(event) for event in page.items],
            "total": page.total,
            "from": criteria.choices["from"],
            "next": next_page,
            "sources": [
                json_forms.source_to_json(card, host().settings.base)
                for card in list_sources((key for e in page.items for key in e.datasets), cards)
            ],
        },
        "application/json",
    )
    return _until_midnight(_link_next(response, next_page), criteria)


@events.get("/events.ics")
@reads(everything=True)
def as_calendar() -> Response:
    """Return events as a calendar, to be taken or subscribed to."""
    criteria = _read_filter()
    selected = _select(criteria)
    events = selected.of.events(require_few(selected))
    changed = {card.key: card.modified for card in host().datasets(reader_of(request))}
    zone = ZoneInfo(host().settings.timezone)
    # The language comes from the address alone: a program that subscribes sends no other.
    body = calendar.write_calendar(events, language_of_address(), zone, changed)
    response = Response(body, mimetype=calendar.MEDIA_TYPE)
    response.headers["Content-Disposition"] = 'inline; filename="parvis.ics"'
    return _until_midnight(response, criteria)


@events.get("/events.geojson")
@reads(everything=True)
def as_geojson() -> Response:
    """Return events as points on a map."""
    criteria = _read_filter()
    selected = _select(criteria)
    features = selected.of.features(require_few(selected))
    response = Response(json_forms.join_features(features), mimetype=json_forms.MEDIA_TYPE)
    return _until_midnight(response, criteria)


@events.get("/places.geojson")
@reads(everything=True)
def places() -> Response:
    """Return places, each with how many of the events take place there.

    Without a filter all places; with one those of the events. They come in pages, by IRI.
    """
    criteria = _read_filter(CURSOR, LIMIT)
    size = integer_parameter(LIMIT, MOST, MOST)
    selected = _select(criteria)
    counts = selected.count_by_place()
    every = criteria.from_today and len(criteria.choices) == 1
    among = None if every else counts.keys()
    page = cut_places(selected.of, among, request.args.get(CURSOR, ""), size)
    # A day that nobody chose would make the next page one of the places of events alone.
    choices = {
        name: text
        for name, text in criteria.choices.items()
        if name != "from" or not criteria.from_today
    }
    next_page = _address_next(choices, page.following, size)
    features = (
        json_forms.place_to_feature(place, counts.get(place.iri, 0)) for place in page.items
    )
    body = json_forms.collect_features(features) | {"total": page.total, "next": next_page}
    response = _json(body, json_forms.MEDIA_TYPE)
    return _until_midnight(_link_next(response, next_page), criteria)


@events.get("/regions.geojson")
@reads(everything=True)
def regions() -> Response:
    """Return the regions of Québec, each with how many of the events take place there."""
    criteria = _read_filter()
    geometries = to_geometries(current_outlines(host().settings.catalog))
    return _collect(
        json_forms.regions_to_features(_select(criteria).count_by_area(), geometries), criteria
    )


def _read_filter(*others: str) -> EventFilter:
    """Read the filters of the address; a name that is none is an error, not a longer list."""
    refuse_unknown(request.args, (*others, LANG))
    return read_criteria(host(), read_values())


def read_values() -> dict[str, str]:
    """Return the parameters of the address; of a name that is repeated, any value counts."""
    return {name: ",".join(texts) for name, texts in request.args.lists()}


def _address_next(choices: Mapping[str, str], cursor: str, size: int) -> str | None:
    """Return the address of the next page of this list; None without a cursor."""
    if not cursor:
        return None
    parameters = {**choices, CURSOR: cursor}
    parameters |= {LIMIT: str(size)} if LIMIT in request.args else {}
    parameters |= {LANG: request.args[LANG]} if LANG in request.args else {}
    return _absolute(f"{url_for(str(request.endpoint))}?{urlencode(parameters)}")


def _link_next(response: Response, address: str | None) -> Response:
    if address:
        response.headers["Link"] = f'<{address}>; rel="next"'
    return response


def _select(criteria: EventFilter) -> EventSelection:
    return select_events(host(), reader_of(request), criteria)


def _collect(features: Iterable[json_forms.Json], criteria: EventFilter) -> Response:
    body = json_forms.collect_features(features)
    return _until_midnight(_json(body, json_forms.MEDIA_TYPE), criteria)


def _json(body: json_forms.Json, media_type: str) -> Response:
    return Response(json_forms.write_json(body), mimetype=media_type)


def _until_midnight(response: Response, criteria: EventFilter) -> Response:
    if criteria.from_today:
        response.headers["Cache-Control"] = UNTIL_MIDNIGHT
    return response


def _absolute(path: str) -> str:
    return urljoin(host().settings.base, path)
