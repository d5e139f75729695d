"""Evidence of where things are: streets, postal codes, coordinates."""

import re
from collections.abc import Sequence
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt

from parvis.i18n import N_
from parvis.linking.evidence import LEAST_LIKE, Evidence, Kind
from parvis.linking.names import name

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
