"""Candidates: pairs that may be one thing, each with its evidence, the most likely first.

Only things of one kind that two graphs speak of are compared, and of those only the ones that
share a block: an identifier, a web page, a postal code, a telling word, a day at a place.
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
from parvis.linking.problems import ACROSS, SHARED, Problem

LEAST = 0.4
"""The score below which a pair is not told."""
FIRST = 3
"""How many candidates are told of each thing."""
LARGEST = 40
"""Things in a block; a larger one tells nothing apart and is left out."""
TELLING = 12
"""Things that share a word, up to which the word alone brings two together."""
WORD = "t "
"""How the names of blocks of a word begin."""
_SOME = 3

Pair = tuple[str, str]
"""Two IRIs, in their order."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two things that may be one, with the reasons; `here` comes before `there`."""

    kind: str
    here: str
    there: str
    score: float
    evidence: tuple[Evidence, ...]

    @property
    def pair(self) -> Pair:
        """Give both IRIs."""
        return self.here, self.there

    @property
    def identified(self) -> bool:
        """Say whether both bear one strong identifier."""
        return any(why.kind is Kind.IDENTIFIER and why.score == 1 for why in self.evidence)

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data; the reasons are kept as templates, and said when read."""
        return {
            "kind": self.kind,
            "here": self.here,
            "there": self.there,
            "score": round(self.score, 4),
            "evidence": [
                {"kind": one.kind, "score": round(one.score, 4), "template": one.template,
                 "fields": dict(one.fields)}
                for one in self.evidence
            ],
        }  # fmt: skip

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        evidence = (Evidence(**{**one, "kind": Kind(one["kind"])}) for one in found["evidence"])
        return cls(**{**found, "evidence": tuple(evidence)})


def shared_in_vain(things: Collection[Entity]) -> dict[str, list[Entity]]:
    """Give the identifiers that several things bear which cannot be one.

    Two things of one graph are two to who gives them; a venue is no organisation.
    """
    bearers: defaultdict[str, list[Entity]] = defaultdict(list)
    for one in things:
        for known in one.identifiers:
            bearers[known].append(one)
    return {
        known: some
        for known, some in bearers.items()
        if len({one.kind for one in some}) > 1 or _repeats(one.graph for one in some)
    }


def _repeats(graphs: Iterable[str]) -> bool:
    found = list(graphs)
    return len(set(found)) < len(found)


def problems(things: Collection[Entity]) -> Iterator[Problem]:
    """Tell which identifiers link nothing, and which things are said to be what they cannot be."""
    for known, some in sorted(shared_in_vain(things).items()):
        named = ", ".join(sorted({one.iri for one in some})[:_SOME])
        fields = {"identifier": known, "count": len(some), "some": named}
        yield Problem(SHARED, "", fields)
    kinds = {one.iri: one.kind for one in things}
    for one in things:
        for other in one.same:
            if kinds.get(other, one.kind) != one.kind:
                fields = {"iri": one.iri, "kind": one.kind, "other": other}
                yield Problem(ACROSS, one.graph, fields | {"other_kind": kinds[other]})


def compared(here: Entity, there: Entity, vain: Collection[str] = ()) -> list[Evidence]:
    """Give the evidence on two things of one kind; identifiers in `vain` say nothing."""
    ours = [one for one in here.identifiers if one not in vain]
    theirs = [one for one in there.identifiers if one not in vain]
    found = [
        of_identifiers(ours, theirs),
        _declared(here, there),
        of_names(here.names, there.names),
        of_urls(here.urls, there.urls),
    ]
    if here.kind == EVENT:
        found += [of_times(here.start, there.start), _placed(here, there)]
    else:
        found += [
            of_addresses(here.streets, there.streets),
            of_postal_codes(here.postal, there.postal),
            of_points(here.point, there.point),
        ]
    return [one for one in found if one is not None]


def _declared(here: Entity, there: Entity) -> Evidence | None:
    """Tell whether a graph says that one thing is the other."""
    for one, other in ((here, there), (there, here)):
        if other.iri in one.same:
            return Evidence(Kind.IDENTIFIER, 0.8, DECLARED, {"iri": one.iri, "other": other.iri})
    return None


def _placed(here: Entity, there: Entity) -> Evidence | None:
    """Tell whether two events take place at one place, by its address or else by its name."""
    postal = of_postal_codes(here.postal, there.postal)
    named = of_places(here.venues, there.venues)
    if postal is None or (postal.score > 0 and named is not None):
        return named
    return Evidence(Kind.PLACE, postal.score, postal.template, postal.fields)


def blocks(one: Entity) -> Iterator[str]:
    """Name the blocks of a thing: it is compared with what shares one of them."""
    yield from (f"i {known}" for known in one.identifiers)
    if one.kind == EVENT:
        yield from _event_blocks(one)
        return
    yield f"= {one.iri}"
    yield from (f"= {other}" for other in one.same)
    yield from (f"u {url}" for url in one.urls)
    if one.postal:
        yield f"p {one.postal}"
    for text in one.names:
        read = name(text)
        yield f"k {read.key}"
        yield from (f"k {short}" for short in read.acronyms)
        for word in read.telling:
            yield f"{WORD}{word}"
            if one.postal:
                yield f"{WORD}{word} {one.postal[:AREA]}"


def _event_blocks(one: Entity) -> Iterator[str]:
    """Name the blocks of an event, all within its day."""
    found = moment(one.start)
    if found is None:
        return
    day, _ = found
    if one.postal:
        yield f"p {day} {one.postal}"
    for text in one.names:
        yield from (f"{WORD}{day} {word}" for word in name(text).telling)
    for text in one.venues:
        yield f"v {day} {name(text).key}"


Watch = Callable[[int, int], None]
"""Is told how many things are done, and of how many."""


def candidates(
    things: Collection[Entity], changed: Collection[str] | None = None, watch: Watch | None = None
) -> list[Candidate]:
    """Give the candidates of things, those of each that score highest, the best first.

    With `changed` (IRIs) only pairs with one of those are compared.
    """
    vain = shared_in_vain(things)
    listed = list(things)
    members: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for place, one in enumerate(listed):
        for block in set(blocks(one)):
            members[one.kind, block].append(place)
    kept: list[Candidate] = []
    shared = ((block.startswith(WORD), some) for (_, block), some in members.items())
    near = neighbours(listed.__getitem__, shared, changed)
    for number, (place, others) in enumerate(near.items(), 1):
        for other in others:
            found = candidate(listed[place], listed[other], vain)
            if found is not None:
                kept.append(found)
        if watch is not None and number % 1000 == 0:
            watch(number, len(near))
    return first(kept)


def neighbours(
    entity: Callable[[int], Entity],
    members: Iterable[tuple[bool, list[int]]],
    changed: Collection[str] | None,
) -> dict[int, set[int]]:
    """Give each thing with the later ones that share a block with it and stand elsewhere.

    Things go by number; of each block it is told whether it is a word's, and what is in it. One
    word that many have is not enough: a second block must be shared.
    """
    near: defaultdict[int, set[int]] = defaultdict(set)
    once: defaultdict[int, set[int]] = defaultdict(set)
    for is_word, some in members:
        if not 1 < len(some) <= LARGEST:
            continue
        is_weak = is_word and len(some) > TELLING
        told = [(one, *_told(entity(one), changed)) for one in some]
        for (one, graph, iri, new), (other, home, named, newer) in combinations(told, 2):
            if graph != home and iri != named and (new or newer):
                (near if not is_weak or other in once[one] else once)[one].add(other)
    return near


def _told(one: Entity, changed: Collection[str] | None) -> tuple[str, str, bool]:
    """Tell of which graph a thing is, its IRI, and whether it is to be compared."""
    return one.graph, one.iri, changed is None or one.iri in changed


def candidate(one: Entity, other: Entity, vain: Collection[str]) -> Candidate | None:
    """Compare two things; None if hardly anything speaks for them."""
    here, there = (one, other) if one.iri < other.iri else (other, one)
    found = compared(here, there, vain)
    together = score(found)
    if together < LEAST:
        return None
    return Candidate(here.kind, here.iri, there.iri, together, tuple(found))


def first(found: Iterable[Candidate]) -> list[Candidate]:
    """Keep the first few of each thing, the best first, and all that share an identifier."""
    best: defaultdict[str, list[Candidate]] = defaultdict(list)
    for one in found:
        best[one.here].append(one)
        best[one.there].append(one)
    kept: dict[Pair, Candidate] = {}
    for some in best.values():
        some.sort(key=rank)
        kept |= {one.pair: one for one in some[:FIRST]}
        kept |= {one.pair: one for one in some[FIRST:] if one.identified}
    return sorted(kept.values(), key=rank)


def rank(one: Candidate) -> tuple[float, Pair]:
    """Put the most likely first."""
    return -one.score, one.pair
