"""Candidates: pairs of entities that may be one, each with its evidence, the most likely first.

Only entities of one kind are compared, and only if they share a block: an identifier, a web page, a
postal code, a distinguishing word, a day at a place. Two entities of one graph, which tells them
apart, are candidates only if they bear one name and nothing speaks against.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
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
    of_localities,
    of_names,
    of_places,
    of_points,
    of_postal_codes,
    of_sites,
    of_times,
    of_urls,
    score,
)
from parvis.linking.names import distinguishing_marks, likeness, municipality, name

LEAST = 0.4
"""The lowest score of a candidate that is reported, unless it shares an identifier."""
LEAST_WITHIN = 0.7
"""The lowest score of a candidate within one dataset: a name needs another reason."""
SAME_NAME = 0.9
"""Likeness of the names of a candidate within one dataset."""
AT_ONE_SPOT = 0.6
"""Evidence of coordinates from which two entities stand at one spot: 200 m."""
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
    """Two entities that may be one, with the reasons; `here` comes before `there`.

    `graphs` are those of its two entities, in this order.
    """

    kind: str
    here: str
    there: str
    score: float
    evidence: tuple[Evidence, ...]
    graphs: tuple[str, str] = ("", "")

    @property
    def pair(self) -> Pair:
        return self.here, self.there

    @property
    def is_internal(self) -> bool:
        """Whether both entities are of one dataset."""
        return self.graphs[0] == self.graphs[1]

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
            "graphs": list(self.graphs),
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
        graphs = tuple(candidate["graphs"])
        return cls(**{**candidate, "evidence": evidence, "graphs": graphs})


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
        web := of_urls(left.urls, right.urls) or of_sites(left.sites, right.sites),
    ]
    postal, points = of_postal_codes(left.postal, right.postal), of_points(left.point, right.point)
    # A borough may be named, or the municipality before a merger, or another office.
    is_near = (postal is not None and postal.score == 1) or (
        points is not None and points.score >= AT_ONE_SPOT
    )
    is_explained = web is not None or is_near
    evidence.append(of_localities(left.localities, right.localities, is_explained=is_explained))
    if left.kind == EVENT:
        venue = of_places(left.venues, right.venues)
        # The postal code of the venue counts, or else its name.
        if postal is not None and (postal.score <= 0 or venue is None):
            venue = Evidence(Kind.PLACE, postal.score, postal.template, postal.fields)
        evidence += [of_times(left.start, right.start), venue]
    else:
        evidence += [of_addresses(left.streets, right.streets), postal, points]
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
    yield from (f"h {site}" for site in entity.sites)
    if entity.postal:
        yield f"p {entity.postal}"
    places = [key for text in entity.localities if (key := municipality(text))]
    for text in entity.names:
        parsed = name(text)
        yield f"k {parsed.key}"
        # A name that many have is compared within its municipality.
        yield from (f"k {parsed.key} {place}" for place in places)
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
    """Return, by number, each entity's later neighbours that share a block.

    `members` are the blocks: whether the block is of a word, and the numbers in it.
    """

    def summarise(number: int) -> tuple[int, str, str, str, bool]:
        node = entity(number)
        is_changed = changed is None or node.iri in changed
        return number, node.graph, node.iri, node.start, is_changed

    near: defaultdict[int, set[int]] = defaultdict(set)
    # A word that many entities have is not enough: a second block must be shared.
    once: defaultdict[int, set[int]] = defaultdict(set)
    for is_word, numbers in members:
        if not 1 < len(numbers) <= LARGEST:
            continue
        is_weak = is_word and len(numbers) > TELLING
        for left, right in combinations(map(summarise, numbers), 2):
            number, graph, iri, start, is_changed = left
            other, other_graph, other_iri, other_start, other_changed = right
            # Within a graph, a word is not enough, and each performance is an event of its own.
            is_compared = graph != other_graph or (not is_word and start == other_start)
            if is_compared and iri != other_iri and (is_changed or other_changed):
                target = near if not is_weak or other in once[number] else once
                target[number].add(other)
    return near


def candidate(entity: Entity, other: Entity, vain: Collection[str]) -> Candidate | None:
    """Compare two entities; None if hardly anything speaks for them."""
    left, right = (entity, other) if entity.iri < other.iri else (other, entity)
    if left.graph == right.graph and not _bear_one_name(left, right):
        return None
    evidence = compare_entities(left, right, vain)
    graphs = left.graph, right.graph
    pair = Candidate(left.kind, left.iri, right.iri, score(evidence), tuple(evidence), graphs)
    # A person must see a shared identifier, whatever speaks against.
    if pair.score < LEAST and not pair.shares_identifier:
        return None
    if left.graph == right.graph:
        # A dataset tells its entities apart: one reason against is enough to believe it.
        is_doubtful = any(reason.score < 0 for reason in evidence)
        is_vague = left.kind == EVENT and not _has_hour(left)
        if is_doubtful or is_vague or pair.score < LEAST_WITHIN:
            return None
    return pair


def _bear_one_name(left: Entity, right: Entity) -> bool:
    """Whether two entities have a name in common, with the same numbers and single letters."""
    return any(
        distinguishing_marks(text) == distinguishing_marks(other)
        and likeness(text, other) >= SAME_NAME
        for text, other in product(left.names, right.names)
    )


def _has_hour(event: Entity) -> bool:
    start = moment(event.start)
    return start is not None and bool(start[1])


def hundredths(pair: Candidate) -> int:
    """Return the score in hundredths, as it is displayed."""
    return round(pair.score * 100)


def rank(pair: Candidate) -> tuple[int, list[str], Pair]:
    """Return the sort key: the highest score first, then by dataset."""
    return -hundredths(pair), sorted(pair.graphs), pair.pair
