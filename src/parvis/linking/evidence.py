"""Evidence that two things are one: what each kind is worth, and why, in both languages.

A piece of evidence scores from -1 (speaks against) to 1 (speaks for). Together they give a score
from 0 to 1 in which no kind but a strong identifier comes near 1 alone: a name never suffices.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from parvis.i18n import N_, both
from parvis.linking.names import likeness, name


class Kind(StrEnum):
    """What a piece of evidence is about."""

    IDENTIFIER = "identifier"
    NAME = "name"
    ADDRESS = "address"
    POSTAL_CODE = "postal-code"
    COORDINATES = "coordinates"
    TIME = "time"
    PLACE = "place"
    URL = "url"


WEIGHTS = {
    Kind.IDENTIFIER: 0.99,
    Kind.NAME: 0.6,
    Kind.ADDRESS: 0.55,
    Kind.POSTAL_CODE: 0.3,
    Kind.COORDINATES: 0.5,
    Kind.TIME: 0.5,
    Kind.PLACE: 0.5,
    Kind.URL: 0.6,
}
"""How near to certainty the best evidence of a kind comes alone."""
AGAINST = WEIGHTS | {Kind.TIME: 0.95}
"""How much of it the worst evidence of a kind takes: two hours are two performances."""

LEAST_LIKE = 0.5
"""Names less alike than this speak against."""

SAME_IDENTIFIER = N_("they share the identifier {shared}")
OTHER_IDENTIFIERS = N_("the same authority gives them two identifiers: {here} and {there}")
SAME_NAME = N_("they bear the same name: “{here}”")
LIKE_NAMES = N_("their names are {percent} % alike: “{here}” and “{there}”")
OTHER_NAMES = N_("their names are hardly alike: “{here}” and “{there}”")
DECLARED = N_("{iri} is said to be the same as {other}")
SAME_PLACE = N_("they take place at the same place: “{here}” and “{there}”")
SAME_URL = N_("they have the same web page: {here}")


class Evidence(NamedTuple):
    """One reason for or against, from -1 to 1; the sentence is rendered when it is read."""

    kind: Kind
    score: float
    template: str
    fields: Mapping[str, object] = MappingProxyType({})

    @property
    def said(self) -> dict[str, str]:
        """Say it in each language."""
        return both(self.template, **self.fields)


def of_identifiers(here: Iterable[str], there: Iterable[str]) -> Evidence | None:
    """Compare strong identifiers, as `identifier` writes them; None if they have none in common.

    >>> of_identifiers({"neq:1141234567"}, {"neq:1141234567"}).score
    1.0
    >>> of_identifiers({"neq:1141234567"}, {"neq:1149999999"}).score
    -1.0
    """
    ours, theirs = set(here), set(there)
    if shared := sorted(ours & theirs):
        return Evidence(Kind.IDENTIFIER, 1.0, SAME_IDENTIFIER, {"shared": ", ".join(shared)})
    for one in sorted(ours):
        scheme = one.partition(":")[0]
        for other in sorted(theirs):
            if other.partition(":")[0] == scheme:
                fields = {"here": one, "there": other}
                return Evidence(Kind.IDENTIFIER, -1.0, OTHER_IDENTIFIERS, fields)
    return None


def of_names(here: Sequence[str], there: Sequence[str]) -> Evidence | None:
    """Compare the names of two things, the nearest pair counts; None if one has no name."""
    if not any(map(str.strip, here)) or not any(map(str.strip, there)):
        return None
    alike, one, other = -1.0, "", ""
    for ours in here:
        for theirs in there:
            if (found := likeness(ours, theirs)) > alike:
                alike, one, other = found, ours, theirs
    fields = {"here": one, "there": other, "percent": round(alike * 100)}
    if alike < LEAST_LIKE:
        return Evidence(Kind.NAME, alike / LEAST_LIKE - 1, OTHER_NAMES, fields)
    template = SAME_NAME if alike == 1.0 and one == other else LIKE_NAMES
    return Evidence(Kind.NAME, alike, template, fields)


def of_places(here: Sequence[str], there: Sequence[str]) -> Evidence | None:
    """Compare the names of where two events take place; unlike names say nothing."""
    found = of_names(here, there)
    if found is None or found.score < LEAST_LIKE:
        return None
    return Evidence(Kind.PLACE, found.score, SAME_PLACE, found.fields)


def of_urls(here: Iterable[str], there: Iterable[str]) -> Evidence | None:
    """Compare web addresses, as `parvis.linking.entity.address` writes them."""
    shared = sorted({*here} & {*there})
    return Evidence(Kind.URL, 1.0, SAME_URL, {"here": shared[0]}) if shared else None


def score(found: Iterable[Evidence]) -> float:
    """Put evidence together, from 0 to 1.

    Each piece for takes its share of the doubt that the others leave; each against takes its share
    of what they gave. The order never matters.

    >>> name = Evidence(Kind.NAME, 1.0, "")
    >>> round(score([name]), 2), round(score([name, Evidence(Kind.URL, 1.0, "")]), 2)
    (0.6, 0.84)
    """
    doubt = kept = 1.0
    for one in found:
        if one.score > 0:
            doubt *= 1 - WEIGHTS[one.kind] * one.score
        else:
            kept *= 1 + AGAINST[one.kind] * one.score
    return (1 - doubt) * kept


# Evidence of when events begin.

SAME_INSTANT = N_("they begin at the same time: {here}")
SAME_DAY = N_("they begin on the same day: {here}; one of them tells no hour")
OTHER_TIME = N_("they begin at two times: {here} and {there}")

ZONE = ZoneInfo("America/Toronto")
"""The clock by which an instant is of a day."""


def of_times(here: str, there: str) -> Evidence | None:
    """Compare when two events begin, as instants or days (ISO 8601).

    >>> of_times("2026-10-03T20:00:00-04:00", "2026-10-04T00:00:00Z").score
    1.0
    >>> of_times("2026-10-03T20:00:00-04:00", "2026-10-03").score
    0.8
    """
    one, other = moment(here), moment(there)
    if one is None or other is None:
        return None
    fields = {"here": here, "there": there}
    if one == other:
        if one[1]:
            return Evidence(Kind.TIME, 1.0, SAME_INSTANT, fields)
        return Evidence(Kind.TIME, 0.8, SAME_DAY, fields)
    if one[0] == other[0] and not (one[1] and other[1]):
        return Evidence(Kind.TIME, 0.8, SAME_DAY, fields)
    return Evidence(Kind.TIME, -1.0, OTHER_TIME, fields)


@lru_cache(maxsize=100_000)
def moment(text: str) -> tuple[str, str] | None:
    """Give the day and the hour of a text, the hour empty where none is told; None if neither.

    >>> moment("2026-10-04T00:00:00Z"), moment("bientôt") is None
    (('2026-10-03', '20:00'), True)
    """
    try:
        if len(text) <= len("2026-10-03"):
            return date.fromisoformat(text).isoformat(), ""
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    local = found.astimezone(ZONE) if found.tzinfo else found
    return local.date().isoformat(), f"{local:%H:%M}"


# Evidence of where things are: streets, postal codes, coordinates.

Point = tuple[float, float]
"""Latitude and longitude, in degrees (WGS 84)."""

SAME_ADDRESS = N_("they have the same address: “{here}” and “{there}”")
OTHER_NUMBERS = N_("their addresses have two numbers: “{here}” and “{there}”")
SAME_POSTAL = N_("they have the same postal code: {here}")
OTHER_POSTAL = N_("their postal codes are far from each other: {here} and {there}")
NEAR = N_("{metres} m lie between them")

AREA = 3
"""Signs of a postal code that tell the area of sorting."""
_NUMBER = re.compile(r"\s*(\d+)\s*[a-z]?\s*(?:[,;]|\b)", re.IGNORECASE)
_STREETS = frozenset(
    re.findall(
        r"\w+",
        "rue avenue ave av boulevard boul blvd bd bl chemin che ch route rte rang rg cote montee"
        " mtee place pl quai terrasse carre square allee street road rd ouest est nord sud o e n s"
        " bureau local suite greve de du des la le les l d",
    )
)
"""Words of a street's name that are often left out."""


def of_addresses(here: Sequence[str], there: Sequence[str]) -> Evidence | None:
    """Compare addresses of streets, the nearest pair counts; None if one has none.

    >>> of_addresses(["1210, rue des Allumeurs"], ["1210 Allumeurs"]).score
    1.0
    """
    best: Evidence | None = None
    for one in here:
        for other in there:
            found = _streets(one, other)
            if found is not None and (best is None or found.score > best.score):
                best = found
    return best


def _streets(one: str, other: str) -> Evidence | None:
    """Compare two addresses: the number first, then the words that tell streets apart."""
    (number, words), (other_number, other_words) = _street(one), _street(other)
    if not words or not other_words:
        return None
    fields = {"here": one, "there": other}
    alike = len(words & other_words) / min(len(words), len(other_words))
    if number and other_number and number != other_number:
        return Evidence(Kind.ADDRESS, -0.6, OTHER_NUMBERS, fields)
    if alike < LEAST_LIKE:
        return None
    return Evidence(
        Kind.ADDRESS, alike if number and other_number else alike / 2, SAME_ADDRESS, fields
    )


@lru_cache(maxsize=100_000)
def _street(text: str) -> tuple[str, frozenset[str]]:
    """Read the number of an address and the words that tell its street."""
    found = _NUMBER.match(text)
    rest = text[found.end() :] if found else text
    words = frozenset(name(rest).telling)
    return found[1] if found else "", words - _STREETS or words


def of_postal_codes(here: str, there: str) -> Evidence | None:
    """Compare postal codes without spaces; those of a rural area (second sign 0) tell less.

    >>> of_postal_codes("H2X0Z1", "H2X0Z1").score, of_postal_codes("H2X0Z1", "G5L0Z7").score
    (1.0, -0.7)
    """
    if not here or not there:
        return None
    fields = {"here": here, "there": there}
    if here == there:
        return Evidence(Kind.POSTAL_CODE, 0.5 if here[1:2] == "0" else 1.0, SAME_POSTAL, fields)
    if here[:AREA] != there[:AREA]:
        return Evidence(Kind.POSTAL_CODE, -0.7, OTHER_POSTAL, fields)
    return None


def of_points(here: Point | None, there: Point | None) -> Evidence | None:
    """Compare coordinates: within 50 m speaks for, beyond 2 km against, between little."""
    if here is None or there is None:
        return None
    away = metres(here, there)
    near = ((50, 1.0), (200, 0.6), (1000, 0.2), (2000, 0.0))
    worth = next((worth for most, worth in near if away <= most), -0.7)
    return Evidence(Kind.COORDINATES, worth, NEAR, {"metres": round(away)}) if worth else None


def metres(here: Point, there: Point) -> float:
    """Measure along a great circle, in metres.

    >>> round(metres((45.5, -73.5), (45.5, -73.5)))
    0
    """
    (north, east), (other_north, other_east) = ((radians(a), radians(b)) for a, b in (here, there))
    half = sin((other_north - north) / 2) ** 2
    half += cos(north) * cos(other_north) * sin((other_east - east) / 2) ** 2
    return 2 * 6_371_000 * asin(sqrt(min(1.0, half)))
