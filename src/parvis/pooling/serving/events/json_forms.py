"""Events, places and regions as JSON: objects for programs, and GeoJSON (RFC 7946) for maps.

Every text is an object by language, or in GeoJSON a property for each language.
"""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from parvis.catalog.codelists import region_tiles, scheme
from parvis.i18n import LANGUAGES
from parvis.pooling.cards import DatasetCard
from parvis.pooling.serving.datascene.statements import UNDETERMINED
from parvis.pooling.serving.events.entities import Event, Offer, Party, Place
from parvis.rdf.moments import is_day

Json = dict[str, Any]

MEDIA_TYPE = "application/geo+json"
SHORT_NAMES = {
    "EventScheduled": "scheduled",
    "EventCancelled": "cancelled",
    "EventPostponed": "postponed",
    "EventRescheduled": "rescheduled",
    "EventMovedOnline": "movedOnline",
    "OfflineEventAttendanceMode": "offline",
    "OnlineEventAttendanceMode": "online",
    "MixedEventAttendanceMode": "mixed",
}
"""What programs read for the names of schema.org."""


def event_to_json(event: Event) -> Json:
    """Return an event as `/events.json` has it; what is not stated is left out."""
    return _stated(
        id=event.iri,
        uid=uid_of(event),
        kind=event.kind,
        name=dict(event.names),
        description=dict(event.descriptions),
        start=event.start,
        end=event.end,
        allDay=is_day(event.start),
        status=SHORT_NAMES.get(event.status),
        attendance=SHORT_NAMES.get(event.attendance),
        place=place_to_json(event.place) if event.place else None,
        organizers=[_party_to_json(party) for party in event.organizers],
        performers=[_party_to_json(party) for party in event.performers],
        work=event.work and _stated(id=event.work.iri, name=dict(event.work.names)),
        series=[_stated(id=iri, name=dict(names)) for iri, names in event.series],
        disciplines=_concepts("discipline", event.disciplines),
        audiences=_concepts("audience", event.audiences),
        types=_concepts("event-type", event.types),
        languages=list(event.languages),
        free=event.free,
        offers=[_offer_to_json(offer) for offer in event.offers],
        url=event.url,
        image=event.image,
        datasets=[str(key) for key in event.datasets],
    )


def place_to_json(place: Place) -> Json:
    building = place.holder and _stated(id=place.holder.iri, name=dict(place.holder.names))
    return _stated(
        id=place.iri,
        name=dict(place.names),
        within=building,
        address=dict(place.address),
        longitude=place.longitude,
        latitude=place.latitude,
        areas=_concepts("area", place.areas),
        online=place.virtual or None,
        url=place.url,
    )


def source_to_json(card: DatasetCard, base: str) -> Json:
    """Return what must be named of a dataset where its events are shown."""
    return _stated(
        dataset=str(card.key),
        title=card.title,
        partner=card.partner_name,
        licence=card.licence,
        licenceName=card.license_label,
        page=f"{base}dataset/{card.key}",
        invented=card.invented or None,
    )


def uid_of(event: Event) -> str:
    """Return an identifier for calendars (RFC 7986 §5.3).

    Each performance has its own. It is that of the first of the names that the event has in
    datasets: when it turns out that several datasets describe it, one of the former ones remains.
    """
    return uid_of_iri(event.members[0])


@lru_cache(100_000)
def uid_of_iri(iri: str) -> str:
    return str(uuid5(NAMESPACE_URL, iri))


def _party_to_json(party: Party) -> Json:
    return _stated(id=party.iri, kind=party.kind, name=dict(party.names), url=party.url)


def _offer_to_json(offer: Offer) -> Json:
    return _stated(
        price=offer.price,
        lowPrice=offer.low,
        highPrice=offer.high,
        currency=offer.currency,
        availability=offer.availability,
        url=offer.url,
    )


def _concepts(name: str, iris: Iterable[str]) -> list[Json]:
    codes = scheme(name)
    return [{"id": iri, "code": codes.code(iri), "label": codes.label(iri)} for iri in iris]


def _stated(**members: Any) -> Json:  # noqa: ANN401 - any JSON
    return {name: value for name, value in members.items() if is_stated(value)}


def is_stated(value: object) -> bool:
    """Return whether a value says anything: no, and zero, do."""
    return bool(value) or value is False or value == 0


# GeoJSON: positions are longitude and latitude in degrees (WGS 84, CRS84). What has no known
# position has no geometry, and is listed all the same (RFC 7946 §3.2).


def collect_features(features: Iterable[Json]) -> Json:
    return {"type": "FeatureCollection", "features": list(features)}


def join_features(features: Iterable[str]) -> str:
    """Return a collection of features that are written already."""
    return write_json(collect_features([])).replace("[]", f"[{','.join(features)}]")


def write_json(body: Json) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def write_feature(event: Event) -> str:
    """Write an event as a feature."""
    place = event.place
    of_place: Json = {}
    if place is not None:
        of_place = {"placeId": place.iri, **_in_languages("place", place.names)}
        of_place |= _place_properties(place)
    return write_json(_event_to_feature(event, of_place))


def _event_to_feature(event: Event, of_place: Json) -> Json:
    properties: Json = {"start": event.start, "end": event.end, "status": SHORT_NAMES[event.status]}
    properties |= _in_languages("name", event.names) | {"kind": event.kind}
    properties |= of_place
    for name, iris in (("discipline", event.disciplines), ("audience", event.audiences)):
        properties |= _labels(name, iris)
    properties |= {"free": event.free, "url": event.url, "uid": uid_of(event)}
    return _feature(event.iri, event.place, properties)


def place_to_feature(place: Place, events: int) -> Json:
    """Return a place, with the number of listed events there."""
    properties = _in_languages("name", place.names) | _place_properties(place)
    properties |= _labels("area", place.areas) | {"url": place.url}
    if place.holder is not None:
        properties |= _in_languages("within", place.holder.names)
    return _feature(place.iri, place, properties | {"events": events})


def regions_to_features(counts: Mapping[str, int], geometries: Mapping[str, Json]) -> list[Json]:
    """Return the regions of Québec, each with how many events take place there.

    `counts` are by area, `geometries` by the code of the region.
    """
    areas = scheme("area")
    return [
        {
            "type": "Feature",
            "id": region,
            "geometry": geometries.get(areas.code(region)),
            "properties": {
                "code": areas.code(region),
                **_in_languages("name", areas.label(region)),
                "events": counts.get(region, 0),
            },
        }
        for region in region_tiles()
    ]


def _feature(iri: str, place: Place | None, properties: Json) -> Json:
    position = place.position if place else None
    return {
        "type": "Feature",
        "id": iri,
        "geometry": position and {"type": "Point", "coordinates": list(position)},
        "properties": {name: value for name, value in properties.items() if is_stated(value)},
    }


def _place_properties(place: Place) -> Json:
    return {
        "street": place.address.get("streetAddress"),
        "locality": place.address.get("addressLocality"),
        "postalCode": place.address.get("postalCode"),
        "areas": [scheme("area").code(area) for area in place.areas],
    }


def _in_languages(name: str, texts: Mapping[str, str]) -> Json:
    """Return a property for each language, as ``name_fr``; ``name`` for an unknown language."""
    return {
        name if lang == UNDETERMINED else f"{name}_{lang}": text for lang, text in texts.items()
    }


@lru_cache(4_096)
def _labels(name: str, iris: tuple[str, ...]) -> Json:
    labels = [scheme(name).label(iri) for iri in iris]
    return {f"{name}_{lang}": ", ".join(label[lang] for label in labels) for lang in LANGUAGES}
