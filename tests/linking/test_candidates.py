"""What is compared, what is found, and what is reported instead of being merged."""

from dataclasses import replace

from parvis.linking.candidates import Candidate, best_candidates, candidates, problems
from parvis.linking.entity import Entity, GraphContent, entities
from parvis.linking.links import grounds
from parvis.linking.problems import (
    ACROSS,
    ADDRESSES,
    CONTRADICTORY,
    NAMELESS,
    SHARED,
    SWAPPED,
    LinkingProblem,
)

TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
SCHEMA = "http://schema.org/"
SAME = "<http://www.w3.org/2002/07/owl#sameAs>"
QID = "http://www.wikidata.org/entity/Q1"


def read(text: str, graph: str = "g") -> GraphContent:
    """Read lines in which ``a:`` stands for an IRI and ``s:`` for schema.org."""
    lines = sorted(
        f"{line.strip()} .\n".replace("s:", f"<{SCHEMA}").replace("a:", "<http://x.test/")
        for line in text.strip().splitlines()
    )
    words = (" ".join(_closed(word) for word in line.split(" ")) for line in lines)
    return entities([word.encode() for word in words], graph)


def _closed(word: str) -> str:
    return f"{word}>" if word.startswith("<") and not word.endswith(">") else word


def thing(iri: str, kind: str = "place", graph: str | None = None, **said: object) -> Entity:
    """Give a thing of a graph of its own."""
    return Entity(iri, kind, graph or f"g-{iri}", ("Théâtre de la Lanterne",))._replace(**said)  # type: ignore[arg-type]


def templates(found: list[LinkingProblem]) -> set[str]:
    """Tell which problems there are."""
    return {one.template for one in found}


def test_a_thing_is_read_with_its_address_and_coordinates() -> None:
    """They have subjects of their own; an event has the address of where it takes place."""
    found = read(
        f"""
        a:hall {TYPE} s:Place
        a:hall s:name "Th\\u00E9\\u00E2tre"@fr
        a:hall s:address a:where
        a:hall s:geo a:point
        a:where s:streetAddress "1, rue X"
        a:where s:postalCode "h2x 0z1"
        a:point s:latitude "45.5"
        a:point s:longitude "-73.5"
        a:show {TYPE} s:DanceEvent
        a:show s:name "Soirée"
        a:show s:startDate "2026-10-03"
        a:show s:location a:hall
        """
    )
    hall = found.entities["http://x.test/hall"]
    assert (hall.names, hall.streets, hall.postal) == (("Théâtre",), ("1, rue X",), "H2X0Z1")
    assert hall.point == (45.5, -73.5)
    show = found.entities["http://x.test/show"]
    assert (show.kind, show.postal, show.venues) == ("event", "H2X0Z1", ("Théâtre",))
    assert not found.problems


def test_what_cannot_be_told_is_reported_and_does_not_count() -> None:
    """Swapped coordinates, no name, two kinds at once, 69 addresses on one node."""
    many = "\n".join(f"a:node s:address a:where{number}" for number in range(69))
    found = read(
        f"""
        a:node {TYPE} s:Place
        a:node s:name "Partout"
        {many}
        a:where0 s:postalCode "H2X 0Z1"
        a:far {TYPE} s:Place
        a:far s:name "   "
        a:far s:latitude "-73.5"
        a:far s:longitude "45.5"
        a:both {TYPE} s:Place
        a:both {TYPE} s:Organization
        a:both s:name "Les deux"
        """
    )
    assert templates(found.problems) == {ADDRESSES, NAMELESS, SWAPPED, CONTRADICTORY}
    assert set(found.entities) == {"http://x.test/node", "http://x.test/far"}
    assert found.entities["http://x.test/node"].postal == ""
    assert found.entities["http://x.test/far"].point is None


def test_an_identifier_that_two_graphs_share_links_at_once() -> None:
    """If nothing speaks against it."""
    some = [thing("a", identifiers=("isni:1",)), thing("b", identifiers=("isni:1",))]
    (found,) = candidates(some)
    assert grounds(found) is not None
    there = some[1]._replace(names=("Musée des Marées",), postal="G5L0Z7")
    (found,) = candidates([some[0]._replace(postal="H2X0Z1"), there])
    assert grounds(found) is None


def test_an_identifier_copied_to_the_wrong_row_links_nothing() -> None:
    """Two organisations whose names are hardly alike are left to a person, first in the list."""
    known = ("neq:1100000005",)
    one = thing("a", "organization", names=("Chœur des Battures",), identifiers=known)
    other = thing("b", "organization", names=("Harmonie des Bâtisseurs",), identifiers=known)
    for there in (other, other._replace(names=("Festival des Neiges",))):
        (found,) = candidates([one, there])
        assert found.score > 0.5
        assert grounds(found) is None


def test_a_name_alone_never_links() -> None:
    """Nor do a name, an address and a web page together."""
    one = thing("a", streets=("1 rue X",), postal="H2X0Z1", urls=("x.test",))
    (found,) = candidates([one, one._replace(iri="b", graph="gb")])
    assert found.score > 0.9
    assert grounds(found) is None


def test_an_identifier_for_many_links_none_of_them() -> None:
    """One that a graph gives to two of its things, or that a venue has like an organisation."""
    known = ("wikidata:Q1",)
    twice = [thing("a", graph="g", identifiers=known), thing("b", graph="g", identifiers=known)]
    listed = [*twice, thing("c", identifiers=known)]
    assert not [one for one in candidates(listed) if grounds(one)]
    assert templates(list(problems(listed))) == {SHARED}
    across = [
        thing("a", identifiers=known),
        thing("b", "organization", identifiers=known),
        thing("c", identifiers=known),
    ]
    assert not [one for one in candidates(across) if grounds(one)]
    assert templates(list(problems(across))) == {SHARED}


def test_things_of_two_kinds_are_never_compared() -> None:
    """An organisation and its venue often bear one name; sameAs in a circle changes nothing."""
    listed = [
        thing("a", same=("b",)),
        thing("b", "organization", same=("c",)),
        thing("c", same=("a",)),
    ]
    found = candidates(listed)
    assert [one.pair for one in found] == [("a", "c")]
    assert not [one for one in found if grounds(one)]
    told = [one for one in problems(listed) if one.template == ACROSS]
    assert len(told) == 2
    assert all(one.said["fr"] != one.said["en"] for one in told)


def test_two_evenings_of_one_show_are_two_events() -> None:
    """The same title, place and page on another day, or at another hour, is another event."""
    show = thing(
        "a", "event", postal="H2X0Z1", urls=("x.test/show",), start="2026-10-03T20:00:00-04:00"
    )
    later = show._replace(iri="b", graph="gb", start="2026-10-03T14:00:00-04:00")
    day = show._replace(iri="c", graph="gc", start="2026-10-03")
    assert [one.pair for one in candidates([show, later])] == []
    assert {one.pair for one in candidates([show, later, day])} == {("a", "c"), ("b", "c")}


def test_what_is_compared_anew_gives_what_comparing_all_gives() -> None:
    """Only pairs with what has changed are compared."""
    listed = [thing(iri, postal="H2X0Z1") for iri in "abcd"]
    everything = candidates(listed)
    without = [one for one in everything if "b" not in one.pair]
    assert best_candidates([*without, *candidates(listed, {"b"})]) == everything


def test_a_candidate_is_read_as_it_was_kept() -> None:
    """With its reasons, in both languages."""
    (one,) = candidates([thing("a"), thing("b")])
    again = Candidate.from_json(one.to_json())
    assert again == replace(one, score=again.score)
    assert [why.said for why in again.evidence] == [why.said for why in one.evidence]
