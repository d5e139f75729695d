"""Evidence that two entities are one: the weight of each kind, and the reason in both languages.

A piece of evidence scores from -1 (against) to 1 (for). Together they give a score from 0 to 1 in
which no kind but a strong identifier comes near 1 alone: a name never suffices.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from itertools import product
from math import asin, cos, radians, sin, sqrt
from types import MappingProxyType
from typing import NamedTuple

from parvis.config import clock
from parvis.i18n import N_, both
from parvis.linking.names import likeness, name, same_municipality


class Kind(StrEnum):
    """What a piece of evidence is about."""

    IDENTIFIER = "identifier"
    NAME = "name"
    ADDRESS = "address"
    POSTAL_CODE = "postal-code"
    COORDINATES = "coordinates"
    TIME = "time"
    PLACE = "place"
    LOCALITY = "locality"
    URL = "url"


WEIGHTS = {
    Kind.IDENTIFIER: 0.99,
    Kind.NAME: 0.6,
    Kind.ADDRESS: 0.55,
    Kind.POSTAL_CODE: 0.3,
    Kind.COORDINATES: 0.5,
    Kind.TIME: 0.5,
    Kind.PLACE: 0.5,
    Kind.LOCALITY: 0.25,
    Kind.URL: 0.6,
}
"""How near to certainty the best evidence of a kind comes alone."""
AGAINST = WEIGHTS | {Kind.TIME: 0.95, Kind.LOCALITY: 0.8}
"""Share of the score that the worst evidence of a kind removes.

Two hours are two performances; most namesakes are in two municipalities.
"""

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
SAME_SITE = N_("they have the same website, which no other has: {here}")


ACRONYM = 4
"""Letters of a name of an authority that is an acronym, at most."""


class Evidence(NamedTuple):
    """One reason for or against, from -1 to 1; its sentence is rendered when it is read."""

    kind: Kind
    score: float
    template: str
    fields: Mapping[str, object] = MappingProxyType({})

    @property
    def sentences(self) -> dict[str, str]:
        return both(self.template, **self.fields)


def write_identifier(identifier: str) -> str:
    """Write an identifier for people, after the name of its authority.

    >>> write_identifier("neq:1141234567"), write_identifier("wikidata:Q1234")
    ('NEQ 1141234567', 'Wikidata Q1234')
    """
    scheme, _, key = identifier.partition(":")
    return f"{scheme.upper() if len(scheme) <= ACRONYM else scheme.capitalize()} {key}"


def of_identifiers(left: Iterable[str], right: Iterable[str]) -> Evidence | None:
    """Compare strong identifiers, as `identifier` writes them; None if no scheme is in common.

    >>> of_identifiers({"neq:1141234567"}, {"neq:1141234567"}).score
    1.0
    >>> of_identifiers({"neq:1141234567"}, {"neq:1149999999"}).score
    -1.0
    """
    left_keys, right_keys = set(left), set(right)
    if shared := sorted(left_keys & right_keys):
        return Evidence(
            Kind.IDENTIFIER,
            1.0,
            SAME_IDENTIFIER,
            {"shared": ", ".join(map(write_identifier, shared))},
        )
    for key in sorted(left_keys):
        scheme = key.partition(":")[0]
        for other in sorted(right_keys):
            if other.partition(":")[0] == scheme:
                fields = {"here": write_identifier(key), "there": write_identifier(other)}
                return Evidence(Kind.IDENTIFIER, -1.0, OTHER_IDENTIFIERS, fields)
    return None


def of_names(left: Sequence[str], right: Sequence[str]) -> Evidence | None:
    """Compare the names of two entities by their nearest pair; None if either has no name."""
    if not any(map(str.strip, left)) or not any(map(str.strip, right)):
        return None
    alike, best, best_other = -1.0, "", ""
    for text in left:
        for other in right:
            if (closeness := likeness(text, other)) > alike:
                alike, best, best_other = closeness, text, other
    fields = {"here": best, "there": best_other, "percent": round(alike * 100)}
    if alike < LEAST_LIKE:
        return Evidence(Kind.NAME, alike / LEAST_LIKE - 1, OTHER_NAMES, fields)
    template = SAME_NAME if alike == 1.0 and best == best_other else LIKE_NAMES
    return Evidence(Kind.NAME, alike, template, fields)


def of_places(left: Sequence[str], right: Sequence[str]) -> Evidence | None:
    """Compare the names of the venues of two events; unlike names are no evidence."""
    names = of_names(left, right)
    if names is None or names.score < LEAST_LIKE:
        return None
    return Evidence(Kind.PLACE, names.score, SAME_PLACE, names.fields)


def of_urls(left: Iterable[str], right: Iterable[str]) -> Evidence | None:
    """Compare web addresses, as `parvis.linking.sites.address` writes them."""
    shared = sorted({*left} & {*right})
    return Evidence(Kind.URL, 1.0, SAME_URL, {"here": shared[0]}) if shared else None


def of_sites(left: Iterable[str], right: Iterable[str]) -> Evidence | None:
    """Compare the sites that each alone has in its dataset."""
    shared = sorted({*left} & {*right})
    return Evidence(Kind.URL, 0.5, SAME_SITE, {"here": shared[0]}) if shared else None


def score(evidence: Iterable[Evidence]) -> float:
    """Combine evidence into a score from 0 to 1, whatever its order.

    >>> name = Evidence(Kind.NAME, 1.0, "")
    >>> round(score([name]), 2), round(score([name, Evidence(Kind.URL, 1.0, "")]), 2)
    (0.6, 0.84)
    """
    # Each reason for takes its share of the doubt the others leave; each reason against takes its
    # share of what they gave.
    doubt = remaining = 1.0
    for reason in evidence:
        if reason.score > 0:
            doubt *= 1 - WEIGHTS[reason.kind] * reason.score
        else:
            remaining *= 1 + AGAINST[reason.kind] * reason.score
    return (1 - doubt) * remaining


# Evidence of time.

SAME_INSTANT = N_("they begin at the same time: {here}")
SAME_DAY = N_("they begin on the same day: {here}; one of them tells no hour")
OTHER_TIME = N_("they begin at two times: {here} and {there}")


def of_times(left: str, right: str) -> Evidence | None:
    """Compare when two events begin: instants or days (ISO 8601).

    >>> of_times("2026-10-03T20:00:00-04:00", "2026-10-04T00:00:00Z").score
    1.0
    >>> of_times("2026-10-03T20:00:00-04:00", "2026-10-03").score
    0.8
    """
    start, other_start = moment(left), moment(right)
    if start is None or other_start is None:
        return None
    fields = {"here": left, "there": right}
    if start == other_start:
        if start[1]:
            return Evidence(Kind.TIME, 1.0, SAME_INSTANT, fields)
        return Evidence(Kind.TIME, 0.8, SAME_DAY, fields)
    if start[0] == other_start[0] and not (start[1] and other_start[1]):
        return Evidence(Kind.TIME, 0.8, SAME_DAY, fields)
    return Evidence(Kind.TIME, -1.0, OTHER_TIME, fields)


@lru_cache(maxsize=100_000)
def moment(text: str) -> tuple[str, str] | None:
    """Return the day and the hour of a text, the hour empty where it has none; None if neither.

    >>> moment("2026-10-04T00:00:00Z"), moment("bientôt") is None
    (('2026-10-03', '20:00'), True)
    """
    try:
        if len(text) <= len("2026-10-03"):
            return date.fromisoformat(text).isoformat(), ""
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    local = instant.astimezone(clock.QUEBEC) if instant.tzinfo else instant
    return local.date().isoformat(), f"{local:%H:%M}"


# Evidence of place: municipalities, streets, postal codes, coordinates.

Point = tuple[float, float]
"""Latitude and longitude, in degrees (WGS 84)."""

SAME_ADDRESS = N_("they have the same address: “{here}” and “{there}”")
OTHER_NUMBERS = N_("their addresses have two numbers: “{here}” and “{there}”")
SAME_POSTAL = N_("they have the same postal code: {here}")
OTHER_POSTAL = N_("their postal codes are far from each other: {here} and {there}")
NEAR = N_("{metres} m lie between them")
SAME_LOCALITY = N_("they are in the same municipality: {here}")
OTHER_LOCALITY = N_("they are in two municipalities: {here} and {there}")

AREA = 3
"""Leading characters of a postal code: the forward sortation area."""
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


def of_localities(
    left: Iterable[str], right: Iterable[str], *, is_explained: bool = False
) -> Evidence | None:
    """Compare municipalities by their names; None if either has none, or the names do not tell.

    With `is_explained`, where both may be right, two municipalities are less against.

    >>> of_localities(["Saint-Jérôme"], ["St-Jerome (Québec)"]).score
    1.0
    >>> of_localities(["Gaspé"], ["Percé"]).score, of_localities(["Gaspé"], []) is None
    (-1.0, True)
    """
    against: Evidence | None = None
    for text, other in product(left, right):
        same, fields = same_municipality(text, other), {"here": text, "there": other}
        if same:
            return Evidence(Kind.LOCALITY, 1.0, SAME_LOCALITY, fields)
        if same is None:
            return None
        worth = -0.5 if is_explained else -1.0
        against = against or Evidence(Kind.LOCALITY, worth, OTHER_LOCALITY, fields)
    return against


def of_addresses(left: Sequence[str], right: Sequence[str]) -> Evidence | None:
    """Compare street addresses by their nearest pair; None if either has none.

    >>> of_addresses(["1210, rue des Allumeurs"], ["1210 Allumeurs"]).score
    1.0
    """
    best: Evidence | None = None
    for address, other in product(left, right):
        (number, words), (other_number, other_words) = _address(address), _address(other)
        if not words or not other_words:
            continue
        fields = {"here": address, "there": other}
        alike = len(words & other_words) / min(len(words), len(other_words))
        # The number decides first, then the words that distinguish streets.
        if number and other_number and number != other_number:
            evidence = Evidence(Kind.ADDRESS, -0.6, OTHER_NUMBERS, fields)
        elif alike >= LEAST_LIKE:
            worth = alike if number and other_number else alike / 2
            evidence = Evidence(Kind.ADDRESS, worth, SAME_ADDRESS, fields)
        else:
            continue
        if best is None or evidence.score > best.score:
            best = evidence
    return best


@lru_cache(maxsize=100_000)
def _address(text: str) -> tuple[str, frozenset[str]]:
    """Return the civic number and the words that distinguish the street."""
    number = _NUMBER.match(text)
    street = text[number.end() :] if number else text
    words = frozenset(name(street).telling)
    return number[1] if number else "", words - _STREETS or words


def of_postal_codes(left: str, right: str) -> Evidence | None:
    """Compare postal codes without spaces; rural ones (second character 0) weigh less.

    >>> of_postal_codes("H2X0Z1", "H2X0Z1").score, of_postal_codes("H2X0Z1", "G5L0Z7").score
    (1.0, -0.7)
    """
    if not left or not right:
        return None
    fields = {"here": left, "there": right}
    if left == right:
        return Evidence(Kind.POSTAL_CODE, 0.5 if left[1:2] == "0" else 1.0, SAME_POSTAL, fields)
    if left[:AREA] != right[:AREA]:
        return Evidence(Kind.POSTAL_CODE, -0.7, OTHER_POSTAL, fields)
    return None


def of_points(left: Point | None, right: Point | None) -> Evidence | None:
    """Compare coordinates: for within 50 m, against beyond 2 km, little in between."""
    if left is None or right is None:
        return None
    distance = metres(left, right)
    near = ((50, 1.0), (200, 0.6), (1000, 0.2), (2000, 0.0))
    worth = next((worth for most, worth in near if distance <= most), -0.7)
    return Evidence(Kind.COORDINATES, worth, NEAR, {"metres": round(distance)}) if worth else None


def metres(start: Point, end: Point) -> float:
    """Return the great-circle distance in metres.

    >>> round(metres((45.5, -73.5), (45.5, -73.5)))
    0
    """
    (north, east), (other_north, other_east) = ((radians(a), radians(b)) for a, b in (start, end))
    half = sin((other_north - north) / 2) ** 2
    half += cos(north) * cos(other_north) * sin((other_east - east) / 2) ** 2
    return 2 * 6_371_000 * asin(sqrt(min(1.0, half)))
