"""Québec's regions as tiles, and how many things each of them has."""

from parvis.catalog.codelists import count_by_region, region_tiles
from parvis.vocab.namespaces import CONCEPT


def area(code: str) -> str:
    """Name an area by its code."""
    return f"{CONCEPT}area/{code}"


def test_a_thing_counts_once_in_each_region_that_it_has() -> None:
    """However often it names it; in the order of the tiles, without those that have none."""
    found = count_by_region({"a": [area("06"), area("06"), area("03")], "b": [area("06")]})
    assert found == {area("06"): 2, area("03"): 1}
    assert list(found) == [one for one in region_tiles() if one in found]


def test_a_municipality_is_of_its_region_and_all_of_quebec_of_none() -> None:
    """What holds several regions tells of none of them."""
    assert count_by_region({"a": [area("longueuil")]}) == {area("16"): 1}
    assert count_by_region({"a": [area("qc")], "b": []}) == {}
