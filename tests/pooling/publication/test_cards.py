"""The strata that a content covers, by the code lists of its concepts."""

from parvis.pooling.publication.cards import content_facets, label_strata
from parvis.store.record.statistics import Statistics
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
    assert values["territoire"] == [
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
