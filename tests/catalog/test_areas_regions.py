"""Québec's regions as tiles, with counts."""

from parvis.catalog.codelists import count_by_region, region_tiles
from parvis.vocab.namespaces import CONCEPT


def area_iri(code: str) -> str:
    return f"{CONCEPT}area/{code}"


def test_an_entity_counts_once_in_each_of_its_regions() -> None:
    """Repeated areas count once; in the order of the tiles, without empty ones."""
    counts = count_by_region(
        {"a": [area_iri("06"), area_iri("06"), area_iri("03")], "b": [area_iri("06")]}
    )
    assert counts == {area_iri("06"): 2, area_iri("03"): 1}
    assert list(counts) == [region for region in region_tiles() if region in counts]


def test_a_municipality_counts_in_its_region_and_the_province_in_none() -> None:
    """An area of several regions counts in none of them."""
    assert count_by_region({"a": [area_iri("longueuil")]}) == {area_iri("16"): 1}
    assert count_by_region({"a": [area_iri("qc")], "b": []}) == {}
