"""Which entities are compared, which candidates result, and which problems are reported instead."""

from dataclasses import replace
from datetime import UTC, datetime

from linking_in_memory import best_candidates, candidates, problems

from parvis.linking.candidates import LEAST, Candidate
from parvis.linking.entity import Entity, GraphContent, entities
from parvis.linking.links import apply_rule, grounds
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


def make_entity(
    iri: str, kind: str = "place", graph: str | None = None, **fields: object
) -> Entity:
    """Make an entity in a graph of its own."""
    return Entity(iri, kind, graph or f"g-{iri}", ("Théâtre de la Lanterne",))._replace(**fields)  # type: ignore[arg-type]


def list_templates(issues: list[LinkingProblem]) -> set[str]:
    return {problem.template for problem in issues}


def test_an_entity_is_read_with_its_address_and_coordinates() -> None:
    """They have nodes of their own; an event takes the address of its venue."""
    content = read(
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
    hall = content.entities["http://x.test/hall"]
    assert (hall.names, hall.streets, hall.postal) == (("Théâtre",), ("1, rue X",), "H2X0Z1")
    assert hall.point == (45.5, -73.5)
    show = content.entities["http://x.test/show"]
    assert (show.kind, show.postal, show.venues) == ("event", "H2X0Z1", ("Théâtre",))
    assert not content.problems


def test_unclear_entities_are_reported_and_ignored() -> None:
    """Swapped coordinates, no name, two kinds at once, 69 addresses on one node."""
    addresses = "\n".join(f"a:node s:address a:where{number}" for number in range(69))
    content = read(
        f"""
        a:node {TYPE} s:Place
        a:node s:name "Partout"
        {addresses}
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
    assert list_templates(content.problems) == {ADDRESSES, NAMELESS, SWAPPED, CONTRADICTORY}
    assert set(content.entities) == {"http://x.test/node", "http://x.test/far"}
    assert content.entities["http://x.test/node"].postal == ""
    assert content.entities["http://x.test/far"].point is None


def test_an_identifier_shared_by_two_graphs_links_at_once() -> None:
    """Unless other evidence contradicts it."""
    pair = [make_entity("a", identifiers=("isni:1",)), make_entity("b", identifiers=("isni:1",))]
    (candidate,) = candidates(pair)
    assert grounds(candidate) is not None
    contradiction = pair[1]._replace(names=("Musée des Marées",), postal="G5L0Z7")
    (candidate,) = candidates([pair[0]._replace(postal="H2X0Z1"), contradiction])
    assert grounds(candidate) is None


def test_an_identifier_copied_to_the_wrong_row_links_nothing() -> None:
    """Two organisations with different names are left to a person, first in the list."""
    identifiers = ("neq:1100000005",)
    chorus = make_entity(
        "a", "organization", names=("Chœur des Battures",), identifiers=identifiers
    )
    orchestra = make_entity(
        "b", "organization", names=("Harmonie des Bâtisseurs",), identifiers=identifiers
    )
    for counterpart in (orchestra, orchestra._replace(names=("Festival des Neiges",))):
        (candidate,) = candidates([chorus, counterpart])
        assert candidate.score > 0.5
        assert grounds(candidate) is None


def test_a_name_alone_never_links() -> None:
    """Nor do a name, an address and a web page together."""
    theatre = make_entity("a", streets=("1 rue X",), postal="H2X0Z1", urls=("x.test",))
    (candidate,) = candidates([theatre, theatre._replace(iri="b", graph="gb")])
    assert candidate.score > 0.9
    assert grounds(candidate) is None


def test_an_identifier_of_several_entities_links_none_of_them() -> None:
    """A graph gives it to two entities, or a venue shares it with an organisation."""
    identifiers = ("wikidata:Q1",)
    duplicates = [
        make_entity("a", graph="g", identifiers=identifiers),
        make_entity("b", graph="g", identifiers=identifiers),
    ]
    local = [*duplicates, make_entity("c", identifiers=identifiers)]
    assert not [candidate for candidate in candidates(local) if grounds(candidate)]
    assert list_templates(list(problems(local))) == {SHARED}
    mixed = [
        make_entity("a", identifiers=identifiers),
        make_entity("b", "organization", identifiers=identifiers),
        make_entity("c", identifiers=identifiers),
    ]
    assert not [candidate for candidate in candidates(mixed) if grounds(candidate)]
    assert list_templates(list(problems(mixed))) == {SHARED}


def test_entities_of_two_kinds_are_never_compared() -> None:
    """An organisation and its venue often share a name; circular sameAs changes nothing."""
    entries = [
        make_entity("a", same_as=("b",)),
        make_entity("b", "organization", same_as=("c",)),
        make_entity("c", same_as=("a",)),
    ]
    matches = candidates(entries)
    assert [match.pair for match in matches] == [("a", "c")]
    assert not [match for match in matches if grounds(match)]
    circular = [match for match in problems(entries) if match.template == ACROSS]
    assert len(circular) == 2
    assert all(match.sentences["fr"] != match.sentences["en"] for match in circular)


def test_two_dates_of_one_show_are_two_events() -> None:
    """The same title, place and page at another date or time is another event."""
    show = make_entity(
        "a", "event", postal="H2X0Z1", urls=("x.test/show",), start="2026-10-03T20:00:00-04:00"
    )
    later = show._replace(iri="b", graph="gb", start="2026-10-03T14:00:00-04:00")
    day = show._replace(iri="c", graph="gc", start="2026-10-03")
    assert [candidate.pair for candidate in candidates([show, later])] == []
    assert {candidate.pair for candidate in candidates([show, later, day])} == {
        ("a", "c"),
        ("b", "c"),
    }


def test_an_incremental_comparison_gives_the_same_candidates() -> None:
    """Only pairs with a changed entity are compared."""
    entries = [make_entity(iri, postal="H2X0Z1") for iri in "abcd"]
    complete = candidates(entries)
    unchanged = [candidate for candidate in complete if "b" not in candidate.pair]
    assert best_candidates([*unchanged, *candidates(entries, {"b"})]) == complete


def test_namesakes_in_two_municipalities_are_no_candidates() -> None:
    """Those of one municipality are, however it is spelled; without one, the names decide."""
    gaspe = make_entity("a", names=("Centre culturel",), localities=("Gaspé",))
    for locality in ("Percé", "Sainte-Anne-des-Monts (Québec)"):
        assert not candidates([gaspe, gaspe._replace(iri="b", graph="gb", localities=(locality,))])
    near, unplaced = (
        gaspe._replace(iri="b", graph="gb", localities=localities)
        for localities in (("Ville de GASPE, QC",), ())
    )
    (supported,), (plain,) = candidates([gaspe, near]), candidates([gaspe, unplaced])
    assert supported.score > plain.score > LEAST


def test_two_names_of_municipalities_at_one_spot_are_left_to_a_person() -> None:
    """A borough, the municipality before a merger: never linked at once, never hidden."""
    verdun = make_entity("a", localities=("Verdun",), postal="H4G1A1", identifiers=("isni:1",))
    (candidate,) = candidates(
        [verdun, verdun._replace(iri="b", graph="gb", localities=("Montréal",))]
    )
    assert candidate.score > LEAST
    assert grounds(candidate) is None


def test_an_identifier_shared_in_two_municipalities_is_shown_to_a_person() -> None:
    """It was looked up by the name: it links nothing, but someone must see it."""
    pair = [
        make_entity(iri, localities=(locality,), identifiers=("wikidata:Q1",))
        for iri, locality in (("a", "Gaspé"), ("b", "Percé"))
    ]
    (candidate,) = candidates(pair)
    assert candidate.shares_identifier
    assert grounds(candidate) is None


def test_many_namesakes_are_compared_within_their_municipality() -> None:
    """A name that many have distinguishes nothing by itself."""
    towns = [f"Val-{letter}{other}" for letter in "bcdfghj" for other in "aiowy"]
    halls = [
        make_entity(
            f"{graph}{number}", graph=graph, names=("Salle communautaire",), localities=(t,)
        )
        for graph in ("first", "second")
        for number, t in enumerate(towns)
    ]
    matches = {candidate.pair for candidate in candidates(halls)}
    assert matches == {(f"first{number}", f"second{number}") for number in range(len(towns))}


PLACES = """
    a:{0} {1} s:Place
    a:{0} s:name "{2}"
    a:{0} s:url <{3}>
"""


def read_places(graph: str, *places: tuple[str, str, str]) -> list[Entity]:
    """Read places of a graph: a key, a name and a web page each."""
    text = "".join(PLACES.rstrip().format(key, TYPE, label, page) for key, label, page in places)
    return list(read(text, graph).entities.values())


def test_a_site_that_one_entity_alone_has_supports_it() -> None:
    """Whatever the page; not a site on which several have a page, nor one that many share."""
    ours = read_places("first", ("x", "La Lanterne", "http://www.lanterne.example/salles"))
    theirs = read_places("second", ("y", "Lanterne", "http://billets.lanterne.example"))
    other = read_places("second", ("z", "Musée", "http://lanterne.example/musee"))
    (supported,), (plain,) = (
        candidates([*ours, *theirs]),
        candidates([*ours, theirs[0]._replace(sites=())]),
    )
    assert supported.score > plain.score
    city = read_places(
        "second",
        ("y", "Lanterne", "http://lanterne.example/salle"),
        ("z", "Musée", "http://lanterne.example/musee"),
    )
    assert [entity.sites for entity in (*theirs, *other, *city)] == [
        ("lanterne.example",), ("lanterne.example",), (), ()
    ]  # fmt: skip
    for page in ("http://facebook.com/lanterne", "http://lanterne.wixsite.com/accueil"):
        (entity,) = read_places("first", ("x", "La Lanterne", page))
        assert entity.sites == ()


def test_two_rows_of_one_dataset_are_candidates_and_never_linked_at_once() -> None:
    """If they bear one name, something else supports it, and nothing speaks against."""
    hall = make_entity(
        "a", graph="g", postal="H2X0Z1", streets=("1 rue X",), identifiers=("isni:1",)
    )
    (candidate,) = candidates([hall, hall._replace(iri="b", names=("THÉÂTRE LA LANTERNE",))])
    assert candidate.is_internal
    assert grounds(candidate) is None
    assert not apply_rule([candidate], {}, datetime.now(UTC)).new
    different: tuple[dict[str, object], ...] = (
        {"postal": "", "streets": ()},
        {"streets": ("20 rue X",)},
        {"names": ("Théâtre de la Lanterne 2",)},
        {"names": ("Salle D, la Lanterne",)},
        {"names": ("Salle du Moulin",)},
        {"kind": "organization"},
    )
    for fields in different:
        assert not candidates([hall, hall._replace(iri="b", **fields)]), fields  # type: ignore[arg-type]


def test_two_events_of_one_dataset_are_candidates_only_at_the_same_instant() -> None:
    """A matinée and an evening are two; two rows without an hour may be."""
    show = make_entity("a", "event", "g", postal="H2X0Z1", start="2026-10-03T20:00:00-04:00")
    assert candidates([show, show._replace(iri="b")])
    for start in ("2026-10-03T14:00:00-04:00", "2026-10-03"):
        same = show._replace(start=start), show._replace(iri="b", start=start)
        assert bool(candidates(same)) == (len(start) > 10)
        assert not candidates([show, same[1]])


def test_candidates_of_one_score_are_listed_by_dataset() -> None:
    """The order is the same at each run, and that of the index."""
    halls = [
        make_entity(iri, graph=graph, postal="H2X0Z1")
        for iri, graph in (("d", "g1"), ("c", "g2"), ("b", "g3"), ("a", "g1"))
    ]
    matches = candidates([halls[0], halls[1], halls[2]])
    assert [sorted(match.graphs) for match in matches] == [["g1", "g2"], ["g1", "g3"], ["g2", "g3"]]


def test_a_candidate_survives_json() -> None:
    """With its evidence in both languages."""
    (candidate,) = candidates([make_entity("a"), make_entity("b")])
    restored = Candidate.from_json(candidate.to_json())
    assert restored == replace(candidate, score=restored.score)
    assert [evidence.sentences for evidence in restored.evidence] == [
        evidence.sentences for evidence in candidate.evidence
    ]
