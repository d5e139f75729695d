"""The first three characters of Québec's postal codes, and their regions."""

from functools import cache

import pytest
from rdflib import URIRef
from rdflib.namespace import SKOS

from parvis.catalog.codelists import Areas
from parvis.catalog.ontology import ontology
from parvis.vocab.namespaces import CONCEPT, PARVIS

# GeoNames' two files of Canadian postal codes (March 2022), taken together: third characters by the
# first two. H0H, which is reserved, is left out.
ASSIGNED = {
    "G0": "ABCEGHJKLMNPRSTVWXYZ",
    "G1": "ABCEGHJKLMNPRSTVWXY",
    "G2": "ABCEGJKLMN",
    "G3": "ABCEGHJKLMNSZ",
    "G4": "ARSTVWXZ",
    "G5": "ABCHJLMNRTVXYZ",
    "G6": "ABCEGHJKLPRSTVWXYZ",
    "G7": "ABGHJKNPSTXYZ",
    "G8": "ABCEGHJKLMNPTVWYZ",
    "G9": "ABCHNPRTX",
    "H0": "M",
    "H1": "ABCEGHJKLMNPRSTVWXYZ",
    "H2": "ABCEGHJKLMNPRSTVWXYZ",
    "H3": "ABCEGHJKLMNPRSTVWXYZ",
    "H4": "ABCEGHJKLMNPRSTVWXYZ",
    "H5": "AB",
    "H7": "ABCEGHJKLMNPRSTVWXY",
    "H8": "NPRSTYZ",
    "H9": "ABCEGHJKPRSWX",
    "J0": "ABCEGHJKLMNPRSTVWXYZ",
    "J1": "ACEGHJKLMNRSTXZ",
    "J2": "ABCEGHJKLMNRSTWXY",
    "J3": "ABEGHLMNPRTVXYZ",
    "J4": "BGHJKLMNPRSTVWXYZ",
    "J5": "ABCJKLMNRTVWXYZ",
    "J6": "AEJKNRSTVWXYZ",
    "J7": "ABCEGHJKLMNPRTVWXYZ",
    "J8": "ABCEGHLMNPRTVXYZ",
    "J9": "ABEHJLPTVXYZ",
}
PREFIXES = {first + third for first, thirds in ASSIGNED.items() for third in thirds}


@cache
def areas_by_prefix(step: URIRef) -> dict[str, set[str]]:
    """Return the codes of the areas that list each prefix of Québec."""
    areas: dict[str, set[str]] = {}
    for area, prefix in ontology().subject_objects(step):
        if str(prefix)[0] in "GHJ":
            areas.setdefault(str(prefix), set()).add(str(area).rpartition("/")[2])
    return areas


def wider(prefix: str) -> set[str]:
    return {iri.rpartition("/")[2] for iri in Areas().within.get(f"{CONCEPT}area/{prefix}", ())} - {
        "total"
    }


def test_every_assigned_prefix_is_in_one_region_or_shared() -> None:
    """Each is listed once, by a region, or by the province and the regions that share it."""
    listed, shared = (
        areas_by_prefix(step) for step in (PARVIS.postalPrefix, PARVIS.sharedPostalPrefix)
    )
    province = URIRef(f"{CONCEPT}area/qc")
    regions = {
        str(region).rpartition("/")[2] for region in ontology().subjects(SKOS.broader, province)
    }
    assert len(regions) == 17
    assert listed.keys() == PREFIXES
    assert all(len(areas) == 1 for areas in listed.values())
    assert {prefix for prefix, areas in listed.items() if areas == {"qc"}} == shared.keys()
    assert all(len(areas) > 1 and areas <= regions for areas in shared.values())
    for prefix in PREFIXES - shared.keys():
        assert listed[prefix] <= regions
        assert wider(prefix) == listed[prefix] | {"qc"}
    assert all(wider(prefix) == {"qc"} for prefix in shared)


@pytest.mark.parametrize(
    ("region", "prefixes"),
    [
        ("01", "G5L G5R"),
        ("02", "G7H"),
        ("03", "G0A G1R"),
        ("04", "G9A"),
        ("05", "J1H J2G"),
        ("06", "H2X"),
        ("07", "J8X"),
        ("08", "J9X"),
        ("09", "G4R G5C"),
        ("10", "G8P J0M"),
        ("11", "G4T G4X"),
        ("12", "G6V"),
        ("13", "H7A"),
        ("14", "J6E"),
        ("15", "J7Y"),
        ("16", "H0M J4H"),
        ("17", "J2B"),
    ],
)
def test_well_known_prefixes_are_in_their_region(region: str, prefixes: str) -> None:
    """Rivière-du-Loup (G5R) is in Bas-Saint-Laurent, Granby (J2G) in Estrie since 2021."""
    assert all(wider(prefix) == {region, "qc"} for prefix in prefixes.split())


@pytest.mark.parametrize(
    ("prefix", "regions"),
    [("J0K", {"04", "14"}), ("J0E", {"05", "16"}), ("G0W", {"02", "04", "10"})],
)
def test_regions_name_the_prefixes_that_they_share(prefix: str, regions: set[str]) -> None:
    assert areas_by_prefix(PARVIS.sharedPostalPrefix)[prefix] == regions


@pytest.mark.parametrize("prefix", ["H0H", "H6A", "G4B", "G9Z", "J9W", "J4A"])
def test_a_prefix_that_is_not_assigned_is_in_no_area(prefix: str) -> None:
    assert not wider(prefix)


def test_prefixes_of_other_provinces_are_outside_quebec() -> None:
    assert wider("M5V") == wider("A9Z") == {"outside-qc"}
