"""Generated data of a season of events, with planted violations."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

from rdflib.namespace import XSD

BASE = "https://pool.example/id/"
SCHEMA = "http://schema.org/"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
EVERY = 40
"""The number of events per defect."""

Facts = list[tuple[str, str]]


def schema(name: str) -> str:
    """Write a term of schema.org."""
    return f"<{SCHEMA}{name}>"


def typed(text: str, datatype: str) -> str:
    return f'"{text}"^^<{datatype}>'


def event(number: int) -> Facts:
    """Return the statements on a valid event."""
    day = f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}"
    return [
        (TYPE, schema("TheaterEvent")),
        (schema("name"), f'"Spectacle numéro {number}"@fr'),
        (schema("name"), f'"Show number {number}"@en'),
        (schema("startDate"), typed(f"{day}T19:30:00-05:00", XSD.dateTime)),
        (schema("endDate"), typed(f"{day}T21:30:00-05:00", XSD.dateTime)),
        (schema("location"), f"<{BASE}place/x/{number % 500}>"),
        (schema("organizer"), f"<{BASE}organization/x/{number % 50}>"),
        (schema("url"), f"<https://x.example/{number}>"),
        (schema("offers"), f"<{BASE}offer/x/{number}>"),
    ]


def offer(number: int) -> Facts:
    """Return the statements on a valid offer."""
    return [
        (TYPE, schema("Offer")),
        (schema("price"), typed(f"{number % 80 + 5}.5", XSD.decimal)),
        (schema("priceCurrency"), '"CAD"'),
    ]


def without(name: str) -> Callable[[Facts], Facts]:
    """Return a function that removes a property."""
    return lambda facts: [fact for fact in facts if fact[0] != schema(name)]


def also(name: str, value: str) -> Callable[[Facts], Facts]:
    """Return a function that adds a value to a property."""
    return lambda facts: [*facts, (schema(name), value)]


def instead(name: str, value: str) -> Callable[[Facts], Facts]:
    """Return a function that replaces the values of a property."""
    return lambda facts: also(name, value)(without(name)(facts))


ON_EVENTS: list[tuple[str, Callable[[Facts], Facts]]] = [
    ("Event-name", without("name")),
    ("Event-name", also("name", '"Un autre nom"@fr')),
    ("Event-name", also("name", '""@es')),
    ("Event-startDate", without("startDate")),
    ("Event-startDate", also("startDate", typed("2024-01-01T10:00:00Z", XSD.dateTime))),
    ("Event-startDate-form", instead("startDate", typed("2024-01-01T10:00:00", XSD.dateTime))),
    ("Event-endDate", instead("endDate", '"demain"')),
    ("Event-endDate-order", instead("endDate", typed("2024-01-01T10:00:00Z", XSD.dateTime))),
    ("Event-location", instead("location", '"Salle Bell"')),
    ("Event-location", also("location", f"<{BASE}place/x/other>")),
    ("Event-organizer", instead("organizer", '"La troupe"')),
    ("Event-url", instead("url", '"www.x.example"')),
    ("Event-offers", also("offers", '"gratuit"')),
    ("Event-isAccessibleForFree", also("isAccessibleForFree", '"oui"')),
]
ON_OFFERS: list[tuple[str, Callable[[Facts], Facts]]] = [
    ("Offer-price", instead("price", typed("-1", XSD.decimal))),
    ("Offer-price", also("price", typed("3", XSD.decimal))),
    ("Offer-priceCurrency", instead("priceCurrency", '"dollars"')),
]
FURTHER_RULES = {
    '"demain"': "Event-endDate-order",
    '"2024-01-01T10:00:00"^^': "Event-endDate-order",
    '"oui"': "Event-free",
}
"""Rules that a defect violates in addition: times with and without time zone have no order."""


def write_data(file: Path, triples: int) -> Counter[tuple[str, str]]:
    """Write triples; return the (rule, focus node) of each planted defect with their counts."""
    expected: Counter[tuple[str, str]] = Counter()
    with file.open("w", encoding="utf-8") as out:
        for line in _lines(triples, expected):
            out.write(line)
    return +expected


def _lines(triples: int, expected: Counter[tuple[str, str]]) -> Iterator[str]:
    defects = cycle(
        [*((True, *defect) for defect in ON_EVENTS), *((False, *defect) for defect in ON_OFFERS)]
    )
    amount = number = 0
    while amount < triples:
        names = f"{BASE}event/x/{number}", f"{BASE}offer/x/{number}"
        facts = [event(number), offer(number)]
        if number % EVERY == 0:
            on_event, rule, modify = next(defects)
            place = 0 if on_event else 1
            facts[place] = modify(facts[place])
            expected[rule, names[place]] += 1
            for pattern, further_rule in FURTHER_RULES.items():
                expected[further_rule, names[place]] += any(
                    pattern in value for _, value in facts[place]
                )
        for name, facts_ in zip(names, facts, strict=True):
            yield from (f"<{name}> {predicate} {value} .\n" for predicate, value in facts_)
        amount += sum(map(len, facts))
        number += 1
