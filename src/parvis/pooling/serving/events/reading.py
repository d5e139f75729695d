"""Read events and what they name from the statements that a reader may read."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import tzinfo
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TypeVar

from rdflib import URIRef
from rdflib.namespace import OWL, RDF

from parvis.pooling.serving.datascene.statements import LANGUAGE, SPACE, Statements, last_part
from parvis.pooling.serving.events.entities import (
    SCHEDULED,
    STATUSES,
    Entity,
    Event,
    Offer,
    Party,
    Place,
    Work,
    widen,
)
from parvis.rdf.moments import read_span, without_zone
from parvis.rdf.terms import to_sparql
from parvis.vocab.iris import DatasetKey, Iris
from parvis.vocab.namespaces import OTHER_SCHEMA, PARVIS, SCHEMA

T = TypeVar("T")

SERIES = (SCHEMA.EventSeries, SCHEMA.Festival)
PARTIES = (SCHEMA.PerformingGroup, SCHEMA.Person, SCHEMA.Organization)
"""Kinds of parties, the narrower ones first."""
SAME_AS = str(OWL.sameAs)
PLACES = (SCHEMA.Place, SCHEMA.VirtualLocation)
# What is served names the wider classes too: an event of any kind is an Event.
KINDS = (
    SCHEMA.Event, *SERIES, *PLACES, *PARTIES, PARVIS.Production, SCHEMA.Offer,
    SCHEMA.PostalAddress, SCHEMA.GeoCoordinates,
)  # fmt: skip
ADDRESS = (
    SCHEMA.streetAddress, SCHEMA.addressLocality, SCHEMA.addressRegion, SCHEMA.postalCode,
    SCHEMA.addressCountry,
)  # fmt: skip
NESTED = (SCHEMA.containedInPlace, SCHEMA.address, SCHEMA.geo, SCHEMA.creator, SCHEMA.producer)
"""Properties of what an event names, and of itself, by which an entity is described."""
NAMED = (
    SCHEMA.location, SCHEMA.organizer, SCHEMA.performer, SCHEMA.workPerformed, SCHEMA.superEvent,
    SCHEMA.offers, *NESTED,
)  # fmt: skip
PROPERTIES = (
    RDF.type, SCHEMA.name, SCHEMA.description, SCHEMA.startDate, SCHEMA.endDate,
    SCHEMA.previousStartDate, SCHEMA.eventStatus, SCHEMA.eventAttendanceMode, SCHEMA.inLanguage,
    SCHEMA.isAccessibleForFree, SCHEMA.url, SCHEMA.image, SCHEMA.sameAs, OWL.sameAs,
    PARVIS.discipline, PARVIS.targetAudience, PARVIS.eventType, PARVIS.territory, *NAMED, *ADDRESS,
    SCHEMA.latitude, SCHEMA.longitude, SCHEMA.price, SCHEMA.lowPrice, SCHEMA.highPrice,
    SCHEMA.priceCurrency, SCHEMA.availability,
)  # fmt: skip


def list_terms(terms: Iterable[URIRef], separator: str = " ") -> str:
    """Write terms for a query; those of schema.org under both of its addresses."""
    iris = (iri for term in terms for iri in (term, _under_other_address(term)))
    return separator.join(map(to_sparql, dict.fromkeys(iris)))


def _under_other_address(term: URIRef) -> URIRef:
    return URIRef(OTHER_SCHEMA + last_part(term)) if term.startswith(SPACE) else term


_STATEMENTS = f"""GRAPH ?graph {{ ?subject ?property ?value }}
  VALUES ?property {{ {list_terms(PROPERTIES)} }}"""
_HEAD = "SELECT ?graph ?subject ?property ?value (LANG(?value) AS ?language)"
_NAMED, _NESTED = (list_terms(terms, "|") for terms in (NAMED, NESTED))


def write_entity_query(iri: str) -> str:
    """Return the query of an entity and of what it names; raises `ValueError` for no IRI."""
    path = f"owl:sameAs?/({_NAMED})?/({_NESTED})?/({_NESTED})?"
    return f"{_HEAD} WHERE {{ {to_sparql(URIRef(iri))} {path} ?subject . {_STATEMENTS} }}"


Statement = tuple[str, str, str, str, str]
"""The graph, the subject, the property, the value, and its language."""


def read_entity(
    rows: Iterable[Mapping[str, str]], root: str, iris: Iris, zone: tzinfo
) -> Entity | None:
    """Return what the rows of `write_entity_query` describe; None for an entity of another kind."""
    statements = (
        (row["graph"], row["subject"], row["property"], row["value"], row.get("language", ""))
        for row in rows
        if row.keys() >= {"graph", "subject", "value"}
    )
    return EntityReader(statements, iris, zone).describe(root)


class EntityReader:
    """Reads entities; what has a canonical name has what is stated of all that it names."""

    def __init__(self, statements: Iterable[Statement], iris: Iris, zone: tzinfo) -> None:
        listed = [*statements]
        # The third party alone decides that two names are the same entity's.
        links = (
            (value, subject)
            for graph, subject, step, value, _ in listed
            if step == SAME_AS and graph.startswith(iris.links_graph)
        )
        described = {subject for _, subject, step, *_ in listed if step != SAME_AS}
        self._canonical = {member: name for member, name in links if member in described}
        self._members: defaultdict[str, set[str]] = defaultdict(set)
        for member, name in self._canonical.items():
            self._members[name].add(member)
        self._graphs: defaultdict[str, set[str]] = defaultdict(set)
        for graph, subject, *_ in listed:
            self._graphs[self._name(subject)].add(graph)
        self._statements = Statements(
            (
                (self._name(subject), step, self._name(value), language)
                for _, subject, step, value, language in listed
            ),
            PROPERTIES,
        )
        self._iris, self._zone = iris, zone
        self.read_place = cache(self._place)
        self._read_party = cache(self._party)
        self.read_work = cache(self._work)

    def _name(self, iri: str) -> str:
        return self._canonical.get(iri, iri)

    def describe(self, root: str) -> Entity | None:
        """Return an entity by the classes that are stated of it."""
        kinds = self._statements.kinds(root := self._name(root))
        readers: tuple[tuple[tuple[URIRef, ...], Callable[[str], Entity | None]], ...] = (
            ((SCHEMA.Event, *SERIES), self.read_event),
            (PLACES, self.read_place),
            (PARTIES, self._read_party),
            ((PARVIS.Production,), self.read_work),
        )
        for classes, read in readers:
            if kinds & set(map(str, classes)):
                return read(root)
        return None

    def read_event(self, iri: str) -> Event | None:
        """Return an event; None for one whose start is not stated, or is no date."""
        statements = self._statements
        span = read_span(
            statements.values(iri, SCHEMA.startDate),
            statements.values(iri, SCHEMA.endDate),
            self._zone,
        )
        if span is None:
            return None
        start, end, begins, ends = span
        status = {last_part(text) for text in statements.values(iri, SCHEMA.eventStatus)}
        work = self._first(iri, SCHEMA.workPerformed, self.read_work)
        return Event(
            iri=iri,
            members=tuple(sorted(self._members.get(iri, {iri}))),
            kind=self._kind(iri),
            names=statements.texts(iri, SCHEMA.name),
            descriptions=statements.texts(iri, SCHEMA.description),
            start=start,
            end=end,
            previous=without_zone(statements.value(iri, SCHEMA.previousStartDate)),
            begins=begins,
            ends=ends,
            place=self._first(iri, SCHEMA.location, self.read_place),
            organizers=self._parties(iri, SCHEMA.organizer),
            performers=self._parties(iri, SCHEMA.performer),
            work=work,
            series=tuple(
                (series, statements.texts(series, SCHEMA.name))
                for series in statements.values(iri, SCHEMA.superEvent)
            ),
            offers=tuple(map(self._offer, statements.values(iri, SCHEMA.offers))),
            status=next((name for name in STATUSES if name in status), SCHEDULED),
            attendance=last_part(statements.value(iri, SCHEMA.eventAttendanceMode)),
            disciplines=tuple(statements.values(iri, PARVIS.discipline)),
            audiences=tuple(statements.values(iri, PARVIS.targetAudience)),
            types=tuple(statements.values(iri, PARVIS.eventType)),
            languages=self._languages(iri) or (work.languages if work else ()),
            free=statements.flag(iri, SCHEMA.isAccessibleForFree),
            url=self._address(iri, SCHEMA.url),
            image=self._address(iri, SCHEMA.image) or (work.image if work else ""),
            datasets=self._datasets(iri),
        )

    def _kind(self, iri: str) -> str:
        """Return the name of the narrowest class of schema.org; where there are several, any."""
        names = sorted(
            last_part(kind) for kind in self._statements.kinds(iri) if kind.startswith(SPACE)
        )
        return next((name for name in names if name != "Event"), "Event")

    def _place(self, iri: str, depth: int = 0) -> Place:
        statements = self._statements
        buildings = [b for b in statements.values(iri, SCHEMA.containedInPlace) if b != iri]
        # From the room to the building: farther out lie a city and a region, which are areas.
        holder = self._place(buildings[0], 1) if buildings and not depth else None
        node, point = (statements.value(iri, step) for step in (SCHEMA.address, SCHEMA.geo))
        address = self._postal_address(node) or (holder.address if holder else {})
        latitude, longitude = (
            _to_degrees(statements.value(point, step), most)
            for step, most in ((SCHEMA.latitude, 90), (SCHEMA.longitude, 180))
        )
        if latitude is None or longitude is None:
            latitude, longitude = (holder.latitude, holder.longitude) if holder else (None, None)
        areas = tuple(statements.values(iri, PARVIS.territory))
        areas = areas or (holder.areas if holder else ())
        return Place(
            iri=iri,
            names=statements.texts(iri, SCHEMA.name),
            address=address,
            latitude=latitude,
            longitude=longitude,
            areas=areas,
            within=widen("area", areas),
            url=self._address(iri, SCHEMA.url),
            links=self._links(iri),
            virtual=str(SCHEMA.VirtualLocation) in statements.kinds(iri),
            holder=holder,
        )

    def _postal_address(self, node: str) -> dict[str, str]:
        parts = {last_part(step): self._statements.value(node, step) for step in ADDRESS}
        return {name: text for name, text in parts.items() if text}

    def _party(self, iri: str) -> Party:
        statements, kinds = self._statements, self._statements.kinds(iri)
        kind = next((kind for kind in PARTIES if str(kind) in kinds), SCHEMA.Organization)
        return Party(
            iri=iri,
            kind=last_part(kind),
            names=statements.texts(iri, SCHEMA.name),
            descriptions=statements.texts(iri, SCHEMA.description),
            url=self._address(iri, SCHEMA.url),
            image=self._address(iri, SCHEMA.image),
            address=self._postal_address(statements.value(iri, SCHEMA.address)),
            links=self._links(iri),
        )

    def _work(self, iri: str) -> Work:
        return Work(
            iri=iri,
            names=self._statements.texts(iri, SCHEMA.name),
            descriptions=self._statements.texts(iri, SCHEMA.description),
            languages=self._languages(iri),
            creators=self._parties(iri, SCHEMA.creator),
            producers=self._parties(iri, SCHEMA.producer),
            url=self._address(iri, SCHEMA.url),
            image=self._address(iri, SCHEMA.image),
        )

    def _offer(self, iri: str) -> Offer:
        value = self._statements.value
        price, low, high = (
            text if _is_amount(text) else ""
            for text in (
                value(iri, step) for step in (SCHEMA.price, SCHEMA.lowPrice, SCHEMA.highPrice)
            )
        )
        return Offer(
            price=price,
            low=low,
            high=high,
            currency=value(iri, SCHEMA.priceCurrency),
            availability=last_part(value(iri, SCHEMA.availability)),
            url=self._address(iri, SCHEMA.url),
        )

    def _first(self, iri: str, step: URIRef, read: Callable[[str], T]) -> T | None:
        """Read the first entity of a property that anything is stated of, else none."""
        described = self._graphs
        return next((read(v) for v in self._statements.values(iri, step) if v in described), None)

    def _parties(self, iri: str, step: URIRef) -> tuple[Party, ...]:
        values = self._statements.values(iri, step)
        return tuple(self._read_party(value) for value in values if value in self._graphs)

    def _languages(self, iri: str) -> tuple[str, ...]:
        values = (value.lower() for value in self._statements.values(iri, SCHEMA.inLanguage))
        return tuple(dict.fromkeys(m[0] for value in values if (m := LANGUAGE.match(value))))

    def _address(self, iri: str, step: URIRef) -> str:
        """Return the first address of the Web: nothing else becomes a link."""
        values = self._statements.addresses(iri, step)
        return next((v for v in values if v.startswith(("https://", "http://"))), "")

    def _links(self, iri: str) -> tuple[str, ...]:
        """Return the names of an entity at other authorities."""
        steps = (SCHEMA.sameAs, OWL.sameAs)
        links = (link for step in steps for link in self._statements.addresses(iri, step))
        return tuple(link for link in dict.fromkeys(links) if not self._is_ours(link))

    def _is_ours(self, iri: str) -> bool:
        return iri.startswith(self._iris.base) or not iri.startswith(("https://", "http://"))

    def _datasets(self, iri: str) -> tuple[DatasetKey, ...]:
        prefix = f"{self._iris.base}graph/"
        graphs = sorted(
            graph
            for graph in self._graphs[iri]
            if graph.startswith(prefix) and not self._iris.is_ours(graph)
        )
        return tuple(map(self._iris.key, graphs))


def _to_degrees(text: str, most: int) -> float | None:
    try:
        degrees = float(Decimal(text))
    except (InvalidOperation, ValueError):
        return None
    return degrees if abs(degrees) <= most else None


def _is_amount(text: str) -> bool:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return False
    return amount.is_finite() and amount >= 0
