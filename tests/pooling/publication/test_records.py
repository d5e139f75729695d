"""What a content covers, by the lists that its concepts are of."""

from parvis.catalog.ontology import ontology
from parvis.pooling.publication.records import content_facets, label_strata
from parvis.store.record.statistics import Statistics
from parvis.vocab.namespaces import CONCEPT

USED = (
    *("age/65-plus", "age/0-13", "area/13", "area/06", "discipline/theatre", "language/total"),
    *("channel/unknown", "method/declared", "period/2025"),
)


def test_strata_are_told_in_the_order_of_a_language() -> None:
    """Ages and periods by their codes; what is told in total alone is named without values."""
    counted = Statistics(concepts={f"{CONCEPT}{one}": 1 for one in USED})
    strata = label_strata(content_facets(ontology(), counted)["strata"], "fr")
    told = {one.title["fr"]: [label for _, label in one.values] for one in strata}
    assert told["territoire"] == [
        "Laval (région administrative)",
        "Montréal (région administrative)",
    ]
    assert told["tranche d’âge"] == ["0 à 13 ans", "65 ans et plus"]
    assert [title for title, some in told.items() if not some] == ["langue", "canal"]
    assert len(told) == 6


def test_what_is_told_by_no_list_has_no_strata() -> None:
    """Nor what was not counted."""
    assert (
        content_facets(ontology(), Statistics(concepts={f"{CONCEPT}method/declared": 1}))["strata"]
        == {}
    )
    assert content_facets(ontology(), None) == {}
