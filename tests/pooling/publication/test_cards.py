"""The strata that a content covers, by the code lists of its concepts."""

from rdflib import RDF

from parvis.pooling.publication.cards import content_facets, count_entities, label_strata
from parvis.store.record.statistics import ClassStatistics, PropertyStatistics, Statistics
from parvis.vocab.namespaces import CONCEPT

USED = (
    *("age/65-plus", "age/0-13", "area/13", "area/06", "discipline/theatre", "language/total"),
    *("channel/unknown", "method/declared", "period/2025"),
)


def test_strata_are_sorted_in_the_readers_language() -> None:
    """Ages and periods by their codes; a dimension with totals only has no values."""
    counted = Statistics(concepts={f"{CONCEPT}{stratum}": 1 for stratum in USED})
    strata = label_strata(content_facets(counted)["strata"], "fr")
    values = {stratum.title["fr"]: [label for _, label in stratum.values] for stratum in strata}
    assert values["région"] == [
        "Laval (région administrative)",
        "Montréal (région administrative)",
    ]
    assert values["tranche d’âge"] == ["0 à 13 ans", "65 ans et plus"]
    assert [title for title, labels in values.items() if not labels] == ["langue", "canal"]
    assert len(values) == 6


def test_content_without_concepts_has_no_strata() -> None:
    """Nor has content that was not counted."""
    assert content_facets(Statistics(concepts={f"{CONCEPT}method/declared": 1}))["strata"] == {}
    assert content_facets(None) == {}


def test_entities_are_counted_by_kind_each_once() -> None:
    """With one class each, classes are summed; with wider classes too, the widest counts all."""
    event, dance, place = (f"http://schema.org/{name}" for name in ("Event", "DanceEvent", "Place"))
    figures = "http://purl.org/linked-data/cube#Observation"
    counts = {event: 3, dance: 5, place: 2, figures: 9}
    classes = {iri: ClassStatistics(entities=number) for iri, number in counts.items()}
    once = Statistics(properties={str(RDF.type): PropertyStatistics(19, 19)}, classes=classes)
    assert count_entities(once) == {"events": 8, "places": 2, "figures": 9}
    wider = classes | {event: ClassStatistics(entities=8)}
    twice = Statistics(properties={str(RDF.type): PropertyStatistics(24, 19)}, classes=wider)
    assert count_entities(twice) == {"events": 8, "places": 2, "figures": 9}
    assert count_entities(Statistics()) == {}
