"""Describe an event, a place, an organisation or a work to search engines: schema.org as JSON-LD.

Names of members are Google's for events. What the datasets do not state is left out.
"""

from collections.abc import Mapping
from typing import Any

from parvis.catalog.codelists import scheme
from parvis.i18n import choose_text
from parvis.pooling.serving.events.entities import Entity, Event, Offer, Party, Place, Work
from parvis.pooling.serving.events.json_forms import Json, is_stated

SCHEMA_ORG = "https://schema.org/"
OFFLINE, ONLINE = "OfflineEventAttendanceMode", "OnlineEventAttendanceMode"


def entity_to_schema(entity: Entity, lang: str) -> Json:
    """Return an entity as schema.org in JSON-LD, its texts in a language where they have it."""
    members = {Event: _event, Place: _place, Party: _party, Work: _work}[type(entity)](  # type: ignore[operator]
        entity, lang
    )
    return {"@context": SCHEMA_ORG.rstrip("/"), **members}


def _event(event: Event, lang: str) -> Json:
    place = event.place
    disciplines = [scheme("discipline").label(iri)[lang] for iri in event.disciplines]
    attendance = event.attendance or (ONLINE if place and place.virtual else OFFLINE)
    return _typed(
        event.kind,
        event.iri,
        name=choose_text(lang, event.names),
        description=choose_text(lang, event.descriptions),
        startDate=event.start,
        endDate=event.end,
        previousStartDate=event.previous,
        eventStatus=f"{SCHEMA_ORG}{event.status}",
        eventAttendanceMode=f"{SCHEMA_ORG}{attendance}",
        location=_place(place, lang) if place else None,
        organizer=[_party(party, lang) for party in event.organizers],
        performer=[_party(party, lang) for party in event.performers],
        workPerformed=_work(event.work, lang) if event.work else None,
        superEvent=[
            _typed("EventSeries", iri, name=choose_text(lang, names)) for iri, names in event.series
        ],
        offers=[_offer(offer) for offer in event.offers],
        isAccessibleForFree=event.free,
        audience=[
            {"@type": "Audience", "audienceType": scheme("audience").label(iri)[lang]}
            for iri in event.audiences
        ],
        keywords=", ".join(disciplines),
        inLanguage=list(event.languages),
        image=event.image,
        url=event.url,
    )


def _place(place: Place, lang: str) -> Json:
    building = place.holder
    geo = None
    if place.position is not None:
        longitude, latitude = place.position
        geo = {"@type": "GeoCoordinates", "latitude": latitude, "longitude": longitude}
    return _typed(
        "VirtualLocation" if place.virtual else "Place",
        place.iri,
        name=choose_text(lang, place.names),
        address=_address(place.address),
        geo=geo,
        containedInPlace=(
            _typed("Place", building.iri, name=choose_text(lang, building.names))
            if building
            else None
        ),
        sameAs=list(place.links),
        url=place.url or (place.iri if place.virtual else ""),
    )


def _address(address: Mapping[str, str]) -> Json | None:
    return {"@type": "PostalAddress", **address} if address else None


def _party(party: Party, lang: str) -> Json:
    return _typed(
        party.kind,
        party.iri,
        name=choose_text(lang, party.names),
        description=choose_text(lang, party.descriptions),
        address=_address(party.address),
        sameAs=list(party.links),
        image=party.image,
        url=party.url,
    )


def _work(work: Work, lang: str) -> Json:
    return _typed(
        "CreativeWork",
        work.iri,
        name=choose_text(lang, work.names),
        description=choose_text(lang, work.descriptions),
        inLanguage=list(work.languages),
        creator=[_party(party, lang) for party in work.creators],
        producer=[_party(party, lang) for party in work.producers],
        image=work.image,
        url=work.url,
    )


def _offer(offer: Offer) -> Json:
    ranged = bool(offer.low or offer.high)
    return _typed(
        "AggregateOffer" if ranged else "Offer",
        "",
        price=offer.price,
        lowPrice=offer.low,
        highPrice=offer.high,
        priceCurrency=offer.currency,
        availability=f"{SCHEMA_ORG}{offer.availability}" if offer.availability else "",
        url=offer.url,
    )


def _typed(kind: str, iri: str, **members: Any) -> Json:  # noqa: ANN401 - any JSON
    stated = {name: value for name, value in members.items() if is_stated(value)}
    return {"@type": kind, **({"@id": iri} if iri else {}), **stated}
