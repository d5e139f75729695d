"""The message of a partner whose buyers are listed in a test, without a file of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from parvis.statistics.distinct.rounds import Kit, Round
from parvis.statistics.distinct.sketching import PeopleSketch


@dataclass(frozen=True, slots=True)
class Person:
    """A buyer, or one purchase of a buyer; `identifier` as `normalize_person` returns it."""

    identifier: bytes
    region: str | None = None
    disciplines: Mapping[str, int] = field(default_factory=dict)


def sketch(round_: Round, kit: Kit, people: Iterable[Person]) -> bytes:
    """Return the message of a partner; one identifier may come several times."""
    counted = PeopleSketch(round_, kit)
    for person in people:
        counted.add(person.identifier, counted.places(person.region, person.disciplines))
    return counted.message()
