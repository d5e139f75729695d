"""Evidence that two things are one: what each kind is worth, and why, in both languages.

A piece of evidence scores from -1 (speaks against) to 1 (speaks for). Together they give a score
from 0 to 1 in which no kind but a strong identifier comes near 1 alone: a name never suffices.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from parvis.i18n import N_, both
from parvis.linking.names import likeness


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
