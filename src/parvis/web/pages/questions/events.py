"""What is on: the page of events for people, and the frames of it for other sites."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode, urljoin
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, make_response, render_template, request, url_for

from parvis.catalog.codelists import scheme
from parvis.errors import UsageError
from parvis.i18n import N_
from parvis.mapping.concepts import fold_text
from parvis.pooling.cards import DatasetCard
from parvis.pooling.serving.events.entities import Event
from parvis.pooling.serving.events.filters import FILTERS, EventFilter
from parvis.pooling.serving.events.index import list_sources
from parvis.pooling.serving.events.listing import cut_page, read_criteria, select_events
from parvis.pooling.serving.events.selection import EventSelection
from parvis.rdf.moments import is_day, to_moment
from parvis.vocab.iris import DatasetKey
from parvis.web.api.charts import MapPlace
from parvis.web.api.events.lists import CURSOR, UNTIL_MIDNIGHT, read_values
from parvis.web.api.parameters import TITLES
from parvis.web.http.access import anonymous, host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import localise
from parvis.web.http.security import FRAMED_POLICY, POLICY

agenda = Blueprint("agenda", __name__)

SHOWN, FRAMED = 50, 20
"""Events of a page, and of a frame, which leads to the page."""
MOST_PLACES = 300
"""Places of a map."""
LIST, MAP = "list", "map"
VIEWS = (LIST, MAP)
FILES = {"ics": "as_calendar", "json": "as_json", "geojson": "as_geojson"}
STATUS_NAMES = {
    "EventCancelled": N_("Cancelled"),
    "EventPostponed": N_("Postponed"),
    "EventRescheduled": N_("On another date"),
    "EventMovedOnline": N_("Moved online"),
}
NO_VIEW = N_("“{text}” is no view: it is one of {names}")


@dataclass(frozen=True)
class Choice:
    """A field of the form: its name, its title, its options, and what is chosen."""

    name: str
    title: Mapping[str, str]
    options: Sequence[tuple[str, str]]
    chosen: str


@dataclass(frozen=True)
class ListedEvent:
    """An event with its hour by the clock of the pool, None where only days are stated."""

    event: Event
    hour: datetime | None


@dataclass(frozen=True)
class EventDay:
    """The events that begin on a day; of those that were on before, None."""

    day: date | None
    events: list[ListedEvent]


@agenda.get("/events")
@reads(CURSOR, *FILTERS)
def page() -> Response:
    """Show what is on, with filters, its files, and the code that shows it on another site."""
    criteria, reader = read_criteria(host(), read_values()), reader_of(request)
    selected = select_events(host(), reader, criteria)
    shown = cut_page(selected, request.args.get(CURSOR, ""), SHOWN)
    cards = {card.key: card for card in host().datasets(reader)}
    days = EventFilter(criteria.since, criteria.until)
    chosen = _choices(criteria)
    response = make_response(
        render_template(
            "questions/events.html",
            days=group_by_day(shown.items, criteria.since, _zone()),
            total=shown.total,
            following=shown.following and _address("agenda.page", chosen, cursor=shown.following),
            places=locate(selected),
            fields=list_choices(selected.of.select(days), cards, chosen),
            chosen=chosen,
            files={ending: _address(f"events.{name}", chosen) for ending, name in FILES.items()},
            frame=_absolute(_address("agenda.embed", chosen)),
            script=_absolute(url_for("agenda.script")),
            query=urlencode(chosen),
            sources=list_sources(list_datasets(shown.items), cards),
            **_WORDS,
        )
    )
    return _until_midnight(response, criteria)


@agenda.get("/events/embed")
@reads("view", *FILTERS)
def embed() -> Response:
    """Show the next events, or a map of them, for another site's page to frame."""
    view = request.args.get("view", LIST)
    if view not in VIEWS:
        raise UsageError(NO_VIEW, text=view[:100], names=", ".join(VIEWS))
    criteria, reader = read_criteria(host(), read_values()), reader_of(request)
    selected = select_events(host(), reader, criteria)
    if reader.iri is not None:
        # Who is signed in sees what others will, as far as it is not closed to them.
        everyone = select_events(host(), anonymous(request.remote_addr or ""), criteria)
        selected = selected.of.select(criteria, everyone.of.list.list_members(everyone.choice))
    shown = cut_page(selected, size=FRAMED)
    cards = {card.key: card for card in host().datasets(reader)}
    response = make_response(
        render_template(
            "questions/events_embed.html",
            view=view,
            days=group_by_day(shown.items, criteria.since, _zone()),
            total=shown.total,
            places=locate(selected),
            address=_address("agenda.page", _choices(criteria)),
            sources=list_sources(
                selected.datasets if view == MAP else list_datasets(shown.items), cards
            ),
            **_WORDS,
        )
    )
    response.headers[POLICY] = FRAMED_POLICY
    return _until_midnight(response, criteria)


@agenda.get("/embed.js")
@reads()
def script() -> Response:
    """Return the script that another site's page includes: it makes a frame where it stands."""
    return current_app.send_static_file("embed.js")


def group_by_day(events: Iterable[Event], since: float, zone: ZoneInfo) -> list[EventDay]:
    """Group events by the day on which they begin, those that are on already first."""
    days: dict[date | None, list[ListedEvent]] = {}
    for event in events:
        moment = to_moment(event.start, zone)
        local = moment.astimezone(zone) if moment else None
        day = local.date() if local and event.begins >= since else None
        hour = None if is_day(event.start) else local
        days.setdefault(day, []).append(ListedEvent(event, hour))
    return [EventDay(day, listed) for day, listed in days.items()]


def list_datasets(events: Iterable[Event]) -> Iterator[DatasetKey]:
    return (key for event in events for key in event.datasets)


def locate(events: EventSelection) -> list[MapPlace]:
    """Return the places of events on a map, each once."""
    return [
        MapPlace(
            localise(place.names),
            *(place.latitude, place.longitude),
            place.iri,
            place.address.get("addressLocality", ""),
        )
        for place in events.located(MOST_PLACES)
        if place.latitude is not None and place.longitude is not None
    ]


def list_choices(
    events: EventSelection, cards: Mapping[Any, DatasetCard], chosen: Mapping[str, str]
) -> list[Choice]:
    """Return the fields of the form, with what some event of these days has."""
    choices = []
    for name, iris in events.concepts().items():
        codes = scheme(name)
        options = [(codes.code(iri), localise(codes.label(iri))) for iri in iris]
        choices.append(_make_choice(name, TITLES[name], options, chosen))
    partners = {key.partner: cards[key] for key in events.datasets if key in cards}
    options = [(slug, localise(card.partner_name)) for slug, card in partners.items()]
    choices.append(_make_choice("partner", TITLES["partner"], options, chosen))
    return [choice for choice in choices if len(choice.options) > 1 or choice.chosen]


_WORDS: dict[str, Any] = {
    "status_names": STATUS_NAMES,
    "concept_name": lambda name, iri: localise(scheme(name).label(iri)),
}
"""What templates name events with."""


def _make_choice(
    name: str, title: Mapping[str, str], options: list[tuple[str, str]], chosen: Mapping[str, str]
) -> Choice:
    value = chosen.get(name, "")
    labels = dict(options)
    if value and value not in labels:  # several, or one without events
        text = ", ".join(labels.get(part, part) for part in value.split(","))
        options = [*options, (value, text)]
    return Choice(name, title, sorted(options, key=lambda option: fold_text(option[1])), value)


def _choices(criteria: EventFilter) -> dict[str, str]:
    """Return what the address chooses; a list from today on stays so tomorrow."""
    choices = dict(criteria.choices)
    if criteria.from_today:
        choices.pop("from")
    return choices


def _address(endpoint: str, choices: Mapping[str, str], **others: str) -> str:
    query = urlencode({**choices, **others})
    return f"{url_for(endpoint)}{'?' if query else ''}{query}"


def _absolute(path: str) -> str:
    return urljoin(host().settings.base, path)


def _zone() -> ZoneInfo:
    return ZoneInfo(host().settings.timezone)


def _until_midnight(response: Response, criteria: EventFilter) -> Response:
    if criteria.from_today:
        response.headers["Cache-Control"] = UNTIL_MIDNIGHT
    return response
