"""The candidates and problems of entities in memory: what the index must find too, step by step."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from parvis.linking.candidates import (
    FIRST,
    WORD,
    Candidate,
    Pair,
    blocks,
    candidate,
    neighbours,
    rank,
    unusable_identifiers,
)
from parvis.linking.entity import Entity
from parvis.linking.problems import ACROSS, LinkingProblem, report_shared_identifier


def problems(entities: Collection[Entity]) -> Iterator[LinkingProblem]:
    """Report identifiers that link nothing, and `sameAs` statements across kinds."""
    for key, bearers in sorted(unusable_identifiers(entities).items()):
        yield report_shared_identifier(key, [entity.iri for entity in bearers])
    kinds = {entity.iri: entity.kind for entity in entities}
    for entity in entities:
        for other in entity.same_as:
            if kinds.get(other, entity.kind) != entity.kind:
                fields = {"iri": entity.iri, "kind": entity.kind, "other": other}
                yield LinkingProblem(ACROSS, entity.graph, fields | {"other_kind": kinds[other]})


def candidates(
    entities: Collection[Entity], changed: Collection[str] | None = None
) -> list[Candidate]:
    """Return the best candidates of each entity, the highest score first.

    With `changed` (IRIs) only pairs with one of those are compared.
    """
    vain = unusable_identifiers(entities)
    numbered = list(entities)
    members: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for number, entity in enumerate(numbered):
        for block in set(blocks(entity)):
            members[entity.kind, block].append(number)
    shared = ((block.startswith(WORD), numbers) for (_, block), numbers in members.items())
    near = neighbours(numbered.__getitem__, shared, changed)
    compared = (
        candidate(numbered[number], numbered[neighbour], vain)
        for number, neighbour_numbers in near.items()
        for neighbour in neighbour_numbers
    )
    return best_candidates(pair for pair in compared if pair is not None)


def best_candidates(pairs: Iterable[Candidate]) -> list[Candidate]:
    """Return the first few of each entity, the best first, and all that share an identifier."""
    by_iri: defaultdict[str, list[Candidate]] = defaultdict(list)
    for pair in pairs:
        by_iri[pair.here].append(pair)
        by_iri[pair.there].append(pair)
    best: dict[Pair, Candidate] = {}
    for ranked in by_iri.values():
        ranked.sort(key=lambda pair: (-pair.score, pair.pair))
        best |= {pair.pair: pair for pair in ranked[:FIRST]}
        best |= {pair.pair: pair for pair in ranked[FIRST:] if pair.shares_identifier}
    return sorted(best.values(), key=rank)
