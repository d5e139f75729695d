"""Places and their rooms, as Datascène describes them."""

import re
from collections import defaultdict
from decimal import Decimal, InvalidOperation

from rdflib import URIRef

from parvis.pooling.serving.datascene.statements import Json, Statements, stated
from parvis.vocab.namespaces import PARVIS, SCHEMA

POSTAL_CODE = re.compile(r"[A-Z]\d[A-Z] \d[A-Z]\d")
CANADA, QUEBEC = "CAN", "QC"
COUNTRIES = frozenset({"CA", "CAN", "Canada"})
PROVINCES = dict.fromkeys(("Québec", "Quebec"), QUEBEC) | {
    code: code
    for code in ("AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT")
}
OF_QUEBEC = ("G", "H", "J")
"""The beginnings of Québec's postal codes, by which province and country are known."""


class Places:
    """Writes the places and rooms of a dataset, each with what it lacks."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self._rooms: dict[str, list[str]] = defaultdict(list)
        self._located: dict[str, tuple[Json, list[str]]] = {}
        for iri in statements.subjects():
            if self.is_room(iri):
                for place in statements.values(iri, SCHEMA.containedInPlace):
                    self._rooms[place].append(iri)

    def is_room(self, iri: str) -> bool:
        return str(PARVIS.Room) in self._statements.kinds(iri)

    def locate(self, location: str) -> tuple[Json, list[str]]:
        """Return ``inPlace``, and ``inRoom`` for a room, and what is lacking for them."""
        if location not in self._located:
            self._located[location] = self._locate(location)
        return self._located[location]

    def _locate(self, location: str) -> tuple[Json, list[str]]:
        if not self.is_room(location):
            place, lacking = self._write_place(location)
            return {"inPlace": place}, lacking
        iri = self._statements.value(location, SCHEMA.containedInPlace)
        place, lacking = self._write_place(iri)
        room = self._write_room(location, iri)
        if room is None:
            return {}, [*lacking, "place"]
        return {"inPlace": place, "inRoom": room}, lacking

    def _write_place(self, iri: str) -> tuple[Json, list[str]]:
        statements = self._statements
        virtual = str(SCHEMA.VirtualLocation) in statements.kinds(iri)
        names, address = statements.names(iri), self._write_address(iri)
        lacking = [] if virtual or address else ["address"]
        if not names:
            lacking = ["place"]
        place = stated(
            type="Place",
            identifier=statements.identifiers(iri),
            name=names,
            description=statements.descriptions(iri),
            virtualPlace=virtual,
            address=address,
            geoCoordinates=self._write_point(iri),
            mainEntityOfPage=statements.pages(iri),
            inRoom=[
                room
                for room in (self._write_room(room, iri) for room in self._rooms[iri])
                if room is not None
            ],
        )
        return place, lacking

    def _write_room(self, iri: str, place: str) -> Json | None:
        """Return a room; None for one that has no name, nor its place."""
        statements = self._statements
        names, of_place = statements.names(iri), statements.names(place)
        if not (names or of_place):
            return None
        same = names in ([], of_place)
        return stated(
            type="Room",
            identifier=statements.identifiers(iri),
            name=[] if same else names,
            nameSameAsPlace=same,
            description=statements.descriptions(iri),
            media=statements.media(iri),
        )

    def _write_address(self, place: str) -> Json | None:
        """Return a complete address; None if anything of it is lacking."""
        node = self._statements.value(place, SCHEMA.address)
        street, town, region, country, code = (
            self._statements.value(node, step)
            for step in (
                SCHEMA.streetAddress,
                SCHEMA.addressLocality,
                SCHEMA.addressRegion,
                SCHEMA.addressCountry,
                SCHEMA.postalCode,
            )
        )
        in_quebec = code.startswith(OF_QUEBEC)
        region = PROVINCES.get(region, "") if region else QUEBEC * in_quebec
        country = CANADA if country in COUNTRIES or (in_quebec and not country) else ""
        if not (street and town and region and country and POSTAL_CODE.fullmatch(code)):
            return None
        return {
            "type": "PostalAddress",
            "streetAddress": street,
            "addressLocality": town,
            "addressRegion": region,
            "addressCountry": country,
            "postalCode": code,
        }

    def _write_point(self, place: str) -> Json | None:
        node = self._statements.value(place, SCHEMA.geo)
        point = {
            name: self._number(node, step)
            for name, step in (("longitude", SCHEMA.longitude), ("latitude", SCHEMA.latitude))
        }
        return None if None in point.values() else point

    def _number(self, subject: str, step: URIRef) -> float | None:
        try:
            return float(Decimal(self._statements.value(subject, step)))
        except InvalidOperation:
            return None
