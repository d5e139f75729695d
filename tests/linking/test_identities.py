"""Which entities of another authority are proposed for the pool's things, and which never are."""

import pytest

from parvis.linking.entity import Entity
from parvis.linking.identities import IdentityProposal, Matching

Q = "http://www.wikidata.org/entity/Q{}"
NEQ = "neq:1141234567"


def thing(key: str, name: str, *known: str, kind: str = "organization", graph: str = "g") -> Entity:
    """Make a thing of the pool."""
    iri = f"http://x.test/id/{kind}/{graph}/{key}"
    return Entity(iri, kind, graph, (name,), tuple(sorted(known)))


def entity(number: int, name: str, *known: str, kind: str = "organization") -> Entity:
    """Make an entity of Wikidata."""
    iri = Q.format(number)
    known = tuple(sorted((f"wikidata:Q{number}", *known)))
    return Entity(iri, kind, "http://www.wikidata.org/entity/", (name,), known)


def found(things: list[Entity], *entities: Entity) -> tuple[list[IdentityProposal], Matching]:
    """Match."""
    matching = Matching(things)
    for one in entities:
        matching.take(one)
    return matching.found(), matching


def test_a_shared_identifier_proposes_and_a_name_alone_never() -> None:
    """The name makes a candidate, for a person to judge."""
    ours = thing("lanterne", "Théâtre de la Lanterne", NEQ)
    (sure, doubtful), matching = found(
        [ours], entity(1, "La Lanterne", NEQ), entity(2, "Théâtre de la Lanterne")
    )
    assert (sure.entity.iri, sure.proposed) == (Q.format(1), True)
    assert (doubtful.entity.iri, doubtful.proposed) == (Q.format(2), False)
    assert doubtful.score <= 0.6
    assert matching.problems == []


def test_what_the_pool_says_to_be_the_same_is_proposed() -> None:
    """The entity's own IRI is an identifier; under another name, it is for a person to see."""
    ours = thing("x", "La Lanterne", "wikidata:Q7")
    (one,), _ = found([ours], entity(7, "Théâtre La Lanterne"))
    assert one.proposed
    (one,), _ = found([ours], entity(7, "Bibliothèque des pins"))
    assert not one.proposed


def test_things_of_another_kind_are_never_compared() -> None:
    """A venue is no organisation, whatever they share."""
    ours = thing("x", "La Lanterne", NEQ, kind="place")
    assert found([ours], entity(1, "La Lanterne", NEQ))[0] == []


def test_one_identifier_for_many_entities_proposes_none_and_is_told() -> None:
    """It proves nothing; names make candidates still."""
    many = [entity(n, "La Lanterne", NEQ) for n in range(1, 60)]
    told, matching = found([thing("x", "La Lanterne", NEQ)], *many)
    assert told
    assert not any(one.proposed for one in told)
    (problem,) = matching.problems
    assert NEQ in problem.said["fr"]
    assert "59" in problem.said["en"]


def test_two_entities_of_one_authority_for_one_thing_propose_none() -> None:
    """Each by another identifier: someone is wrong."""
    ours = thing("x", "La Lanterne", NEQ, "isni:0000000121032683")
    theirs = [
        entity(1, "La Lanterne", NEQ),
        entity(2, "Lanterne", "isni:0000000121032683"),
    ]
    told, matching = found([ours], *theirs)
    assert not any(one.proposed for one in told)
    assert len(matching.problems) == 1


@pytest.mark.parametrize("known", [("wikidata:Q2",), ("isni:0000000121032683",)])
def test_an_identifier_that_contradicts_leaves_it_to_a_person(known: tuple[str, ...]) -> None:
    """Though another is shared."""
    theirs = entity(1, "La Lanterne", NEQ, "isni:000000012146438X")
    (one,), _ = found([thing("x", "La Lanterne", NEQ, *known)], theirs)
    assert not one.proposed


def test_entities_without_name_or_identifier_are_compared_with_nothing() -> None:
    """Nor are things without name."""
    nothing = Entity(Q.format(1), "organization", "w")
    assert found([thing("x", "", NEQ), thing("y", "Y")], nothing)[0] == []
