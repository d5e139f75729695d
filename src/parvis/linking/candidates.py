"""Candidates: pairs of entities that may be one, each with its evidence, the most likely first.

Only entities of one kind and of two graphs are compared, and only if they share a block: an
identifier, a web page, a postal code, a distinguishing word, a day at a place.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Self

from parvis.linking.entity import EVENT, Entity
from parvis.linking.evidence import (
    AREA,
    DECLARED,
    Evidence,
    Kind,
    moment,
    of_addresses,
    of_identifiers,
    of_names,
    of_places,
    of_points,
    of_postal_codes,
    of_times,
    of_urls,
    score,
)
from parvis.linking.names import name

LEAST = 0.4
"""The lowest score of a candidate that is reported."""
FIRST = 3
"""How many candidates are reported of each entity."""
LARGEST = 40
"""Entities in a block; a larger block distinguishes nothing and is left out."""
TELLING = 12
"""Entities that share a word, up to which the word alone makes a pair."""
WORD = "t "
"""Prefix of the names of word blocks."""


Pair = tuple[str, str]
"""Two IRIs, in alphabetical order."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two entities that may be one, with the reasons; `here` comes before `there`."""

    kind: str
    here: str
    there: str
    score: float
    evidence: tuple[Evidence, ...]

    @property
    def pair(self) -> Pair:
        return self.here, self.there

    @property
    def shares_identifier(self) -> bool:
        """Whether both entities bear one strong identifier."""
        return any(reason.kind is Kind.IDENTIFIER and reason.score == 1 for reason in self.evidence)

    def to_json(self) -> dict[str, Any]:
        # Reasons are stored as templates: the sentence is rendered in the reader's language.
        return {
            "kind": self.kind,
            "here": self.here,
            "there": self.there,
            "score": round(self.score, 4),
            "evidence": [
                {"kind": reason.kind, "score": round(reason.score, 4),
                 "template": reason.template, "fields": dict(reason.fields)}
                for reason in self.evidence
            ],
        }  # fmt: skip

    @classmethod
    def from_json(cls, candidate: Mapping[str, Any]) -> Self:
        evidence = tuple(
            Evidence(**{**reason, "kind": Kind(reason["kind"])}) for reason in candidate["evidence"]
        )
        return cls(**{**candidate, "evidence": evidence})


def unusable_identifiers(entities: Collection[Entity]) -> dict[str, list[Entity]]:
    """Return the identifiers that link nothing, with the entities that bear them."""
    bearers: defaultdict[str, list[Entity]] = defaultdict(list)
    for entity in entities:
        for key in entity.identifiers:
            bearers[key].append(entity)
    # A venue is no organisation, and a graph that names two entities tells them apart.
    return {
        key: named
        for key, named in bearers.items()
        if len({entity.kind for entity in named}) > 1
        or len({entity.graph for entity in named}) < len(named)
    }


def compare_entities(left: Entity, right: Entity, vain: Collection[str] = ()) -> list[Evidence]:
    """Return the evidence on two entities of one kind; identifiers in `vain` are ignored."""
    declared = (
        Evidence(Kind.IDENTIFIER, 0.8, DECLARED, {"iri": entity.iri, "other": other.iri})
        for entity, other in ((left, right), (right, left))
        if other.iri in entity.same_as
    )
    evidence = [
        of_identifiers(
            [key for key in left.identifiers if key not in vain],
            [key for key in right.identifiers if key not in vain],
        ),
        next(declared, None),
        of_names(left.names, right.names),
        of_urls(left.urls, right.urls),
    ]
    if left.kind == EVENT:
        postal = of_postal_codes(left.postal, right.postal)
        venue = of_places(left.venues, right.venues)
        # The postal code of the venue counts, or else its name.
        if postal is not None and (postal.score <= 0 or venue is None):
            venue = Evidence(Kind.PLACE, postal.score, postal.template, postal.fields)
        evidence += [of_times(left.start, right.start), venue]
    else:
        evidence += [
            of_addresses(left.streets, right.streets),
            of_postal_codes(left.postal, right.postal),
            of_points(left.point, right.point),
        ]
    return [reason for reason in evidence if reason is not None]


def blocks(entity: Entity) -> Iterator[str]:
    """Yield the blocks of an entity: it is compared with the entities that share one of them."""
    yield from (f"i {key}" for key in entity.identifiers)
    if entity.kind == EVENT:
        # A tour has one name for many performances: every block of an event is within its day.
        if (start := moment(entity.start)) is not None:
            day, _ = start
            if entity.postal:
                yield f"p {day} {entity.postal}"
            for text in entity.names:
                yield from (f"{WORD}{day} {word}" for word in name(text).telling)
            for text in entity.venues:
                yield f"v {day} {name(text).key}"
        return
    yield f"= {entity.iri}"
    yield from (f"= {iri}" for iri in entity.same_as)
    yield from (f"u {url}" for url in entity.urls)
    if entity.postal:
        yield f"p {entity.postal}"
    for text in entity.names:
        parsed = name(text)
        yield f"k {parsed.key}"
        yield from (f"k {short}" for short in parsed.acronyms)
        for word in parsed.telling:
            yield f"{WORD}{word}"
            if entity.postal:
                yield f"{WORD}{word} {entity.postal[:AREA]}"


Watch = Callable[[int, int], None]
"""Progress callback: how many entities are done, and of how many."""


def neighbours(
    entity: Callable[[int], Entity],
    members: Iterable[tuple[bool, list[int]]],
    changed: Collection[str] | None,
) -> dict[int, set[int]]:
    """Return, by number, each entity's later neighbours of other graphs that share a block.

    `members` are the blocks: whether the block is of a word, and the numbers in it.
    """

    def summarise(number: int) -> tuple[int, str, str, bool]:
        node = entity(number)
        return number, node.graph, node.iri, changed is None or node.iri in changed

    near: defaultdict[int, set[int]] = defaultdict(set)
    # A word that many entities have is not enough: a second block must be shared.
    once: defaultdict[int, set[int]] = defaultdict(set)
    for is_word, numbers in members:
        if not 1 < len(numbers) <= LARGEST:
            continue
        is_weak = is_word and len(numbers) > TELLING
        for left, right in combinations(map(summarise, numbers), 2):
            number, graph, iri, is_changed = left
            other, other_graph, other_iri, other_changed = right
            if graph != other_graph and iri != other_iri and (is_changed or other_changed):
                target = near if not is_weak or other in once[number] else once
                target[number].add(other)
    return near


def candidate(entity: Entity, other: Entity, vain: Collection[str]) -> Candidate | None:
    """Compare two entities; None if hardly anything speaks for them."""
    left, right = (entity, other) if entity.iri < other.iri else (other, entity)
    evidence = compare_entities(left, right, vain)
    total = score(evidence)
    if total < LEAST:
        return None
    return Candidate(left.kind, left.iri, right.iri, total, tuple(evidence))


def rank(pair: Candidate) -> tuple[float, Pair]:
    """Return the sort key that puts the most likely first."""
    return -pair.score, pair.pair
