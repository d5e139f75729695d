"""A dataset's statements, as the parts of a Datascène file read them."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from rdflib import URIRef
from rdflib.namespace import RDF

from parvis.vocab.namespaces import PARVIS, SCHEMA, canonical_iri

Statement = tuple[str, str, str, str]
"""Subject, property, value, and the language of a text (else empty)."""
Json = dict[str, Any]

PROPERTIES = (
    RDF.type, SCHEMA.name, SCHEMA.alternateName, SCHEMA.description, SCHEMA.sameAs,
    SCHEMA.identifier, SCHEMA.propertyID, SCHEMA.value, SCHEMA.image, SCHEMA.url,
    SCHEMA.inLanguage, SCHEMA.creator, SCHEMA.producer, SCHEMA.performer, SCHEMA.workPerformed,
    SCHEMA.superEvent, SCHEMA.startDate, SCHEMA.endDate, SCHEMA.previousStartDate,
    SCHEMA.location, SCHEMA.containedInPlace, SCHEMA.address, SCHEMA.streetAddress,
    SCHEMA.addressLocality, SCHEMA.addressRegion, SCHEMA.addressCountry, SCHEMA.postalCode,
    SCHEMA.geo, SCHEMA.latitude, SCHEMA.longitude, SCHEMA.offers, SCHEMA.eventStatus,
    SCHEMA.availability, SCHEMA.isAccessibleForFree, SCHEMA.price, SCHEMA.lowPrice,
    SCHEMA.priceCurrency, PARVIS.discipline, PARVIS.targetAudience, PARVIS.requiresAnotherOffer,
)  # fmt: skip
"""The properties that are read."""

SPACE = str(SCHEMA._NS)  # noqa: SLF001 - the namespace of a closed namespace
"""The address of schema.org that terms have here."""
SHORT, LONG = 500, 6000
"""The most characters of a name and of a description."""
MARKUP = re.compile(r"<[^>]+>")
OTHER_MARKUP = re.compile(r"<[^bius][^>]*>|</?(?!b|i|u|sup|sub)[^>]*>")
"""What the standard refuses in a name and in a description, as its schema writes it."""
LANGUAGE = re.compile(r"[a-z]{2,3}(?=-|$)")
UNDETERMINED = "und"
"""ISO 639 for a text whose language is not stated."""
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


class Statements:
    """The statements of a dataset by subject; `refused` are texts that the standard refuses."""

    def __init__(
        self, statements: Iterable[Statement], properties: Iterable[URIRef] = PROPERTIES
    ) -> None:
        names = frozenset(map(str, properties))
        things: dict[str, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
        for subject, step, value, language in statements:
            if value and (name := canonical_iri(step)) in names:
                things[subject][name].append((value, language))
        # Sorted, so that equal content gives equal bytes.
        self._things = {
            subject: {step: sorted(set(values)) for step, values in things[subject].items()}
            for subject in sorted(things)
        }
        self.refused: set[tuple[str, str]] = set()

    def subjects(self) -> Iterable[str]:
        return self._things

    def values(self, subject: str, step: URIRef) -> list[str]:
        return [value for value, _ in self._things.get(subject, {}).get(str(step), ())]

    def value(self, subject: str, step: URIRef) -> str:
        """Return the first value of a property, empty if there is none."""
        return next(iter(self.values(subject, step)), "")

    def texts(self, subject: str, step: URIRef) -> dict[str, str]:
        """Return the first text of a property in each language, `UNDETERMINED` for none."""
        texts: dict[str, str] = {}
        for value, language in self._things.get(subject, {}).get(str(step), ()):
            texts.setdefault(language.lower() or UNDETERMINED, value)
        return texts

    def kinds(self, subject: str) -> set[str]:
        return set(map(canonical_iri, self.values(subject, RDF.type)))

    def names(self, subject: str, step: URIRef = SCHEMA.name) -> list[Json]:
        return self._texts(subject, step, SHORT, MARKUP)

    def descriptions(self, subject: str) -> list[Json]:
        return self._texts(subject, SCHEMA.description, LONG, OTHER_MARKUP)

    def _texts(self, subject: str, step: URIRef, most: int, refused: re.Pattern[str]) -> list[Json]:
        texts = []
        for value, tag in self._things.get(subject, {}).get(str(step), ()):
            # The standard's pattern has no line breaks.
            text, code = " ".join(value.split()), LANGUAGE.match(tag.lower())
            if not text or len(text) > most or refused.search(text):
                self.refused.add((subject, value))
            else:
                texts.append({"lang": code[0] if code else UNDETERMINED, "value": text})
        return [text for at, text in enumerate(texts) if text not in texts[:at]]

    def instant(self, subject: str, step: URIRef) -> str:
        """Return a date and time with its offset; empty if the hour is not stated."""
        return next((v for v in self.values(subject, step) if INSTANT.fullmatch(v)), "")

    def flag(self, subject: str, step: URIRef) -> bool | None:
        """Return a boolean, None if it is not stated."""
        return {"true": True, "1": True, "false": False, "0": False}.get(self.value(subject, step))

    def identifiers(self, subject: str) -> list[str | Json]:
        """Return the identifiers that the partner gave, else the pool's own."""
        identifiers: list[str | Json] = [
            to_uri(iri) for iri in self.values(subject, SCHEMA.sameAs) if is_absolute(iri)
        ]
        for node in self.values(subject, SCHEMA.identifier):
            authority, number = self.value(node, SCHEMA.propertyID), self.value(node, SCHEMA.value)
            if authority and number:
                identifiers.append({"type": "Identifier", "authority": authority, "id": number})
        return identifiers or [to_uri(subject)]

    def pages(self, subject: str) -> list[Json]:
        return [{"type": "WebPage", "url": url} for url in self.addresses(subject, SCHEMA.url)]

    def media(self, subject: str) -> list[Json]:
        return [{"type": "Media", "url": url} for url in self.addresses(subject, SCHEMA.image)]

    def addresses(self, subject: str, step: URIRef) -> list[str]:
        """Return the values that are web addresses."""
        return [to_uri(value) for value in self.values(subject, step) if is_absolute(value)]


def last_part(iri: str) -> str:
    """Return the name of a schema.org term, under either of its addresses."""
    return canonical_iri(iri).removeprefix(SPACE)


def is_absolute(text: str) -> bool:
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*:\S+$", text) is not None


def to_uri(iri: str) -> str:
    """Return an IRI as a URI (RFC 3987 §3.1): letters of other scripts are encoded."""
    return quote(iri, safe="%:/?#[]@!$&'()*+,;=~")


def stated(**members: Any) -> Json:  # noqa: ANN401 - any JSON
    """Return the members of an object that have a value."""
    return {name: value for name, value in members.items() if value not in (None, "", [])}
