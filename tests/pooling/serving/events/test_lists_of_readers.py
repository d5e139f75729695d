"""A list is what one pass over all that its readers may read would give, whatever is described."""

from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.pooling.serving.events.filters import read_filter
from parvis.pooling.serving.events.selection import EventSelection
from parvis.store.events.choice import EventChoice
from tests.pooling.serving.events.former import (
    count_areas_formerly,
    read_formerly,
    select_formerly,
)
from tests.pooling.serving.events.invented import CONCEPT, ZONE, list_graphs, read_all
from tests.pooling.serving.events.test_listing import TODAY

GRAPHS = [
    f"https://pool.example/graph/{name}"
    for name in ("a/un", "a/deux", "b/un", "parvis/catalog", "parvis/links", "parvis/links/b")
]
ENTITIES = [f"<id/{path}>" for path in ("event/0", "event/1", "event/2", "place/0", "work/0")]
CONCEPTS = {
    "parvis:discipline": ["discipline/theatre", "discipline/music"],
    "parvis:targetAudience": ["audience/children-8-12", "audience/everyone"],
    "parvis:territory": ["area/06", "area/03"],
}
KINDS = ("Event", "EventSeries", "Festival", "Place", "VirtualLocation", "Organization", "Offer")
LINKS = (
    "location", "workPerformed", "superEvent", "containedInPlace", "address", "geo", "organizer",
    "creator", "offers",
)  # fmt: skip
VALUES = {
    "startDate": ['"2027-01-20"', '"2027-01-22T19:30:00-05:00"', '"2027-01-22Z"', '"bientôt"'],
    "endDate": ['"2027-01-25"', '"2027-01-22T21:00:00-05:00"'],
    "name": ['"Nuit \\"bleue\\""@fr', '"Blue"@en', '"Sans\\nlangue"', '"Autre"@fr'],
    "inLanguage": ['"fr-CA"', '"en"'],
    "eventStatus": ["schema:EventCancelled", "schema:EventScheduled", "schema:EventPostponed"],
    "latitude": ["45.5", "-91"],
    "longitude": ["-73.5", "179.5"],
}


@st.composite
def statements(draw: st.DrawFn) -> str:
    """Draw what graphs say of a few entities, by either address of schema.org."""
    schema = st.sampled_from(["schema", "other"])
    entity = st.sampled_from(ENTITIES)
    concept = st.sampled_from(sorted(CONCEPTS)).flatmap(
        lambda step: st.sampled_from(CONCEPTS[step]).map(lambda c: f"{step} <{CONCEPT}/{c}>")
    )
    value = st.sampled_from(sorted(VALUES)).flatmap(
        lambda name: st.tuples(schema, st.sampled_from(VALUES[name])).map(
            lambda pair: f"{pair[0]}:{name} {pair[1]}"
        )
    )
    kind = st.tuples(schema, st.sampled_from(KINDS)).map(lambda pair: f"a {pair[0]}:{pair[1]}")
    production = st.just("a parvis:Production")
    link = st.tuples(schema, st.sampled_from(LINKS), entity).map(
        lambda link: f"{link[0]}:{link[1]} {link[2]}"
    )
    same = entity.map(lambda other: f"owl:sameAs {other}")
    # Most entities are described enough to be listed.
    listed = st.builds(
        "a schema:{} ; schema:startDate {} ; schema:location {}".format,
        st.sampled_from(KINDS[:3]),
        st.sampled_from(VALUES["startDate"]),
        entity,
    )
    located = st.just(
        "a schema:Place ; schema:geo <id/geo/0> ; parvis:territory <{}>".format(
            f"{CONCEPT}/area/06"
        )
    )
    line = st.tuples(
        entity, st.one_of(listed, located, kind, production, concept, value, value, link, same)
    )
    point = "<id/geo/0> a schema:GeoCoordinates ; schema:latitude 45.5 ; schema:longitude -73.5 ."
    parts = [f"<{GRAPHS[1]}> {{ {point} }}"]
    for graph in GRAPHS[:4]:
        lines = draw(st.lists(line, min_size=6, max_size=20))
        parts.append(f"<{graph}> {{ {' '.join(f'{s} {rest} .' for s, rest in lines)} }}")
    members = draw(st.lists(entity, unique=True, min_size=1, max_size=4))
    for at, member in enumerate(members):
        graph = draw(st.sampled_from(GRAPHS[4:]))
        name = f"<id/name/{at % 2}>"
        parts.append(f"<{graph}> {{ {name} owl:sameAs {member} . }}")
    return PREFIXES + "\n".join(parts)


PREFIXES = """@base <https://pool.example/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix parvis: <https://w3id.org/parvis/ns#> .
@prefix schema: <http://schema.org/> . @prefix other: <https://schema.org/> .
"""
CHOICES = {
    "from": ["2027-01-01", "2027-01-22", "2027-01-22T20:00:00-05:00"],
    "until": ["2027-01-23", "2027-12-31"],
    "area": ["06"],
    "discipline": ["theatre", "music"],
    "audience": ["children", "everyone"],
    "language": ["fr", "en,fr"],
    "partner": ["a", "b", "a,b"],
    "bbox": ["-74,45,-73,46", "179,40,-70,50"],
    "place": ["https://pool.example/id/place/0,https://pool.example/id/name/0"],
}
FILTERS = st.fixed_dictionaries(
    {"from": st.sampled_from(CHOICES["from"])},
    optional={name: st.sampled_from(values) for name, values in CHOICES.items() if name != "from"},
)


@settings(max_examples=25, deadline=None)
@given(statements(), st.sets(st.sampled_from(GRAPHS), min_size=3), st.lists(FILTERS, max_size=3))
def test_a_list_is_what_one_pass_over_the_readable_graphs_gives(
    text: str, readable: set[str], filters: list[dict[str, str]]
) -> None:
    events = list_graphs(text, readable)
    former, former_places = read_formerly(text, readable)
    assert read_all(events) == (former, former_places)
    for values in filters:
        criteria = read_filter(values, TODAY, ZONE)
        chosen, selected = select_formerly(criteria, former), events.select(criteria)
        assert selected.names(1_000) == [event.iri for event in chosen]
        assert selected.total == len(chosen)
        assert dict(selected.count_by_area()) == count_areas_formerly(chosen)
        by_area = selected.count_by_area_and_discipline()
        assert {area: total for area, (total, _) in by_area.items()} == count_areas_formerly(chosen)
        for discipline in {discipline for event in chosen for discipline in event.disciplines}:
            of_discipline = [event for event in chosen if discipline in event.disciplines]
            assert {
                area: counts[discipline]
                for area, (_, counts) in by_area.items()
                if counts[discipline]
            } == count_areas_formerly(of_discipline)
        assert selected.datasets == sorted({key for event in chosen for key in event.datasets})
        places = [event.place for event in chosen if event.place]
        assert selected.count_by_place() == {
            place.iri: len([p for p in places if p.iri == place.iri]) for place in places
        }
        assert selected.concepts() == {
            "area": {area for place in places for area in place.within},
            "discipline": {iri for event in chosen for iri in event.disciplines},
            "audience": {iri for event in chosen for iri in event.audiences},
        }
    everything = EventSelection(events, EventChoice())
    assert {place.iri for place in everything.located(1_000)} == {
        event.place.iri for event in former if event.place and event.place.position
    }
