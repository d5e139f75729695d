"""Which entities of another authority are proposed for entities of the pool."""

import pytest

from parvis.linking.entity import Entity
from parvis.linking.identities import IdentityProposal, Matching

Q = "http://www.wikidata.org/entity/Q{}"
NEQ = "neq:1141234567"


def pool_entity(
    key: str, name: str, *identifiers: str, kind: str = "organization", graph: str = "g"
) -> Entity:
    """Make an entity of the pool."""
    iri = f"http://x.test/id/{kind}/{graph}/{key}"
    return Entity(iri, kind, graph, (name,), tuple(sorted(identifiers)))


def wikidata_entity(
    number: int, name: str, *identifiers: str, kind: str = "organization"
) -> Entity:
    """Make an entity of Wikidata."""
    iri = Q.format(number)
    identifiers = tuple(sorted((f"wikidata:Q{number}", *identifiers)))
    return Entity(iri, kind, "http://www.wikidata.org/entity/", (name,), identifiers)


def match(pool: list[Entity], *entities: Entity) -> tuple[list[IdentityProposal], Matching]:
    matching = Matching(pool)
    for entity in entities:
        matching.add(entity)
    return matching.rank_proposals(), matching


def test_a_shared_identifier_is_proposed_a_name_alone_never() -> None:
    """The name makes a candidate for a person to judge."""
    ours = pool_entity("lanterne", "Théâtre de la Lanterne", NEQ)
    (sure, doubtful), matching = match(
        [ours], wikidata_entity(1, "La Lanterne", NEQ), wikidata_entity(2, "Théâtre de la Lanterne")
    )
    assert (sure.entity.iri, sure.proposed) == (Q.format(1), True)
    assert (doubtful.entity.iri, doubtful.proposed) == (Q.format(2), False)
    assert doubtful.score <= 0.6
    assert matching.problems == []


def test_an_identity_stated_by_the_pool_is_proposed() -> None:
    """The entity's own IRI is an identifier; if the names differ, a person decides."""
    ours = pool_entity("x", "La Lanterne", "wikidata:Q7")
    (proposal,), _ = match([ours], wikidata_entity(7, "Théâtre La Lanterne"))
    assert proposal.proposed
    (proposal,), _ = match([ours], wikidata_entity(7, "Bibliothèque des pins"))
    assert not proposal.proposed


def test_entities_of_different_kinds_are_never_compared() -> None:
    ours = pool_entity("x", "La Lanterne", NEQ, kind="place")
    assert match([ours], wikidata_entity(1, "La Lanterne", NEQ))[0] == []


def test_an_identifier_of_several_entities_proposes_none_and_is_reported() -> None:
    """The names still make candidates."""
    entities = [wikidata_entity(n, "La Lanterne", NEQ) for n in range(1, 60)]
    proposals, matching = match([pool_entity("x", "La Lanterne", NEQ)], *entities)
    assert proposals
    assert not any(proposal.proposed for proposal in proposals)
    (problem,) = matching.problems
    assert NEQ in problem.sentences["fr"]
    assert "59" in problem.sentences["en"]


def test_two_entities_of_one_authority_for_one_entity_propose_none() -> None:
    """Each through another identifier: one of them is wrong."""
    ours = pool_entity("x", "La Lanterne", NEQ, "isni:0000000121032683")
    theirs = [
        wikidata_entity(1, "La Lanterne", NEQ),
        wikidata_entity(2, "Lanterne", "isni:0000000121032683"),
    ]
    proposals, matching = match([ours], *theirs)
    assert not any(proposal.proposed for proposal in proposals)
    assert len(matching.problems) == 1


@pytest.mark.parametrize("identifiers", [("wikidata:Q2",), ("isni:0000000121032683",)])
def test_a_contradicting_identifier_leaves_the_decision_to_a_person(
    identifiers: tuple[str, ...],
) -> None:
    theirs = wikidata_entity(1, "La Lanterne", NEQ, "isni:000000012146438X")
    (proposal,), _ = match([pool_entity("x", "La Lanterne", NEQ, *identifiers)], theirs)
    assert not proposal.proposed


def test_entities_without_name_or_identifier_are_never_matched() -> None:
    nameless = Entity(Q.format(1), "organization", "w")
    assert match([pool_entity("x", "", NEQ), pool_entity("y", "Y")], nameless)[0] == []
