"""How well a thing answers a query: evidence of names, of identifiers and of other values."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from parvis.i18n import N_, both
from parvis.linking.evidence import Evidence, Kind, of_identifiers, of_names, score
from parvis.linking.identifiers import identifier
from parvis.linking.names import likeness
from parvis.pooling.reconciling.facts import Fact, Facts
from parvis.pooling.reconciling.kinds import IDENTIFIER, SAME
from parvis.pooling.reconciling.queries import Condition, Query, Value
from parvis.pooling.words import Texts, words
from parvis.vocab.namespaces import SCHEMA

SAME_NAME = 0.95
"""Names that are at least so alike are taken for the same."""
SAME_TEXT = 0.85
"""Other texts that are at least so alike agree."""
DAY = 10
"""Characters of a date."""

NAME_ALIKE = N_("how alike the names are, in percent")
AGREES = N_("how well “{property}” agrees, in percent")

KINDS: Mapping[str, Kind] = {
    **dict.fromkeys((IDENTIFIER, *SAME), Kind.IDENTIFIER),
    str(SCHEMA.postalCode): Kind.POSTAL_CODE,
    str(SCHEMA.streetAddress): Kind.ADDRESS,
    str(SCHEMA.url): Kind.URL,
    str(SCHEMA.startDate): Kind.TIME,
    str(SCHEMA.location): Kind.PLACE,
    str(SCHEMA.containedInPlace): Kind.PLACE,
}
"""The kinds of evidence that properties give; the others only put candidates in order."""
NAMED = both(NAME_ALIKE)
NUDGE = 0.2
"""The share of a score that other properties have together."""


@dataclass(frozen=True)
class Feature:
    """One thing that a score is made of, with a number from 0 to 100 or a yes or no."""

    id: str
    name: Mapping[str, str]
    value: float | bool


@dataclass(frozen=True)
class Weighed:
    """How well a thing answers: from 0 to 100, why, and what kinds of evidence speak for it."""

    score: float
    features: tuple[Feature, ...]
    certain: bool
    excluded: bool = False


def weighed(
    query: Query, names: Sequence[str], found: Facts, labels: Mapping[str, Texts]
) -> Weighed:
    """Weigh a thing by its names and by what is said of it; `labels` name the properties."""
    evidence: list[Evidence] = []
    features: list[Feature] = []
    if query.names:
        named = of_names(query.names, names)
        evidence += [] if named is None else [named]
        alike = 0 if named is None else int(str(named.fields["percent"]))
        features.append(Feature("name", NAMED, alike))
    others: list[float] = []
    excluded = False
    for one in query.conditions:
        agreed = _agreed(one, found.get(one.property, ()))
        excluded |= one.required and agreed < SAME_TEXT
        features.append(_feature(one, agreed, labels.get(one.property, {})))
        if (kind := KINDS.get(one.property)) and one.quantifier != "none":
            evidence += filter(None, [_evidence(kind, one, found, agreed)])
        else:
            others.append(agreed)
    whole = score(evidence)
    if others:
        whole *= 1 - NUDGE + NUDGE * sum(others) / len(others)
    return Weighed(round(100 * whole, 1), tuple(features), _is_certain(evidence), excluded)


def _is_certain(evidence: Iterable[Evidence]) -> bool:
    """Say whether evidence is strong, and none speaks against.

    A strong identifier is; so is the same name with a second kind of evidence. A name alone never.
    """
    found = {one.kind: one.score for one in evidence}
    if any(value < 0 for value in found.values()):
        return False
    if found.get(Kind.IDENTIFIER):
        return True
    strong = (Kind.URL, Kind.ADDRESS, Kind.POSTAL_CODE)
    second = any(found.get(kind, 0) > SAME_TEXT for kind in strong)
    placed = found.get(Kind.TIME, 0) > SAME_TEXT and found.get(Kind.PLACE, 0) > SAME_TEXT
    return found.get(Kind.NAME, 0) >= SAME_NAME and (second or placed)


def _evidence(kind: Kind, one: Condition, found: Facts, agreed: float) -> Evidence | None:
    """Turn what a property has into evidence; nothing, where the thing says nothing of it."""
    if kind is Kind.IDENTIFIER:
        ours = filter(None, (identifier(value.iri or value.text) for value in one.values))
        told = (fact.text for step in (IDENTIFIER, *SAME) for fact in found.get(step, ()))
        return of_identifiers(ours, filter(None, map(identifier, told)))
    if not found.get(one.property):
        return None
    return Evidence(kind, agreed if agreed >= SAME_TEXT else agreed - 1, "")


def _feature(one: Condition, agreed: float, label: Texts) -> Feature:
    """Tell how well a property agrees."""
    name = dict(label) or words().of_term(one.property)
    return Feature(one.property, both(AGREES, property=name), round(100 * agreed))


def _agreed(one: Condition, facts: Sequence[Fact]) -> float:
    """Say how well values agree with those wanted, from 0 to 1."""
    alike = [max((_alike(one.property, v, f) for f in facts), default=0.0) for v in one.values]
    best = {"any": max, "all": min, "none": max}[one.quantifier](alike, default=0.0)
    return 1 - best if one.quantifier == "none" else best


def _alike(step: str, value: Value, fact: Fact) -> float:
    """Compare a value with one of the thing's, as the property has it."""
    if fact.iri is not None and fact.iri in {value.iri, value.text}:
        return 1.0
    if value.iri is not None and fact.iri is not None:
        return 0.0
    reading = READ.get(step)
    if reading is not None:
        ours, theirs = reading(value.text), reading(fact.text)
        return float(bool(ours) and ours == theirs)
    texts = [*fact.labels.values()] or [fact.text]
    return max(likeness(value.text, text) for text in texts)


def _code(text: str) -> str:
    """Write a postal code, or a number, without spaces.

    >>> _code("g1r 2b5")
    'G1R2B5'
    """
    return re.sub(r"[\s-]", "", text).upper()


def _site(text: str) -> str:
    """Write a Web address without its scheme, *www* and last stroke.

    >>> _site("https://www.Lanterne.example/") == _site("http://lanterne.example")
    True
    """
    parts = urlsplit(text if "//" in text else f"//{text}")
    host = (parts.netloc or "").lower().removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}" + (f"?{parts.query}" if parts.query else "")


def _strong(text: str) -> str:
    """Write an identifier as its authority does, or as it is."""
    return identifier(text) or text.strip()


def _day(text: str) -> str:
    """Give the day of a date or an instant."""
    return text.strip()[:DAY]


READ: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys((IDENTIFIER, *SAME), _strong),
    str(SCHEMA.postalCode): _code,
    str(SCHEMA.url): _site,
    str(SCHEMA.startDate): _day,
    str(SCHEMA.endDate): _day,
}
"""How values of some properties are read before they are compared."""
