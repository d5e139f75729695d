"""Kinds of things that may be one; a thing of one kind is never a thing of another."""

from collections.abc import Iterable
from functools import cache

from rdflib.namespace import FOAF, ORG

from parvis.vocab.namespaces import PARVIS, PREFIXES

ORGANIZATION, PLACE, EVENT, SERIES, PRODUCTION = KINDS = (
    "organization",
    "place",
    "event",
    "series",
    "production",
)
"""As they stand in the IRIs of things: ``/id/<kind>/<key>``."""


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_NAMED = {
    ORGANIZATION: _listed(
        "Organization PerformingGroup TheaterGroup DanceGroup MusicGroup NGO Corporation"
        " EducationalOrganization NewsMediaOrganization LibrarySystem ArchiveOrganization"
    ),
    PLACE: _listed(
        "Place CivicStructure PerformingArtsTheater Museum Library MusicVenue StadiumOrArena Park"
        " EventVenue LandmarksOrHistoricalBuildings MovieTheater PlaceOfWorship TouristAttraction"
    ),
    SERIES: _listed("EventSeries Festival"),
    PRODUCTION: _listed("CreativeWork Play Movie MusicComposition Book ShortStory"),
}
_OTHERS = {
    str(ORG.Organization): ORGANIZATION,
    str(FOAF.Organization): ORGANIZATION,
    str(PARVIS.Production): PRODUCTION,
}


@cache
def kind_of(type_iri: str) -> str | None:
    """Tell of which kind things of a type are; None for a type that is not compared.

    >>> kind_of("https://schema.org/DanceEvent"), kind_of("http://schema.org/Festival")
    ('event', 'series')
    >>> kind_of("http://schema.org/Offer") is None
    True
    """
    plain = type_iri.replace("https://schema.org/", PREFIXES["schema"])
    if plain in _OTHERS:
        return _OTHERS[plain]
    if not plain.startswith(PREFIXES["schema"]):
        return None
    name = plain.removeprefix(PREFIXES["schema"])
    if name.endswith("Event"):
        return EVENT
    return next((kind for kind, names in _NAMED.items() if name in names), None)


def kinds_of(types: Iterable[str]) -> set[str]:
    """Tell of which kinds a thing is; more than one is a contradiction.

    A festival is often said to be an event too: it is a series.
    """
    found = {kind for one in types if (kind := kind_of(one))}
    return found - {EVENT} if SERIES in found else found
