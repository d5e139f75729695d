"""Areas: what a postal code is within, how many people live where, and what a steward tells."""

from pathlib import Path

import pytest
from rdflib import Graph, URIRef
from rdflib.namespace import SKOS

from parvis.catalog.codelists import NOWHERE, Areas, read_areas
from parvis.catalog.ontology import ontology
from parvis.errors import CatalogError
from parvis.pooling.publics.strata import read_strata
from parvis.vocab.namespaces import CONCEPT, PARVIS

HEAD = "area,within,inhabitants,source\n"
AGES = ("0-13", "14-64", "65-plus")


def area(code: str) -> str:
    """Give an area's IRI."""
    return f"{CONCEPT}area/{code}"


def told(folder: Path, rows: str, head: str = HEAD) -> Areas:
    """Read what a steward tells."""
    (folder / "areas.csv").write_text(head + rows, encoding="utf-8")
    return read_areas(folder)


def regions(areas: Areas, *given: str) -> dict[str, tuple[str, ...]]:
    """Give the areas of the pool that codes add up to, each with those codes."""
    plan = read_strata(AGES, areas).nestings["area"].plan([area(one) for one in given])
    return {code.rpartition("/")[2]: tuple(given[n] for n in some) for code, some in plan.items()}


def test_postal_codes_add_up_to_the_region_that_holds_them_all() -> None:
    """By the longest beginning; those of no single region enter the total alone."""
    found = regions(Areas(), "H2X", "H3A", "H7N", "G1R", "J4K", "J0E", "M5V")
    assert found == {
        "06": ("H2X", "H3A"),
        "13": ("H7N",),
        "03": ("G1R",),
        "16": ("J4K",),
        "outside-qc": ("M5V",),
        "total": ("H2X", "H3A", "H7N", "G1R", "J4K", "J0E", "M5V"),
    }


def test_a_person_of_a_region_is_not_counted_again_by_postal_code() -> None:
    """A region that is given counts as given."""
    assert regions(Areas(), "06", "H2X")["total"] == ("06",)


def test_a_steward_tells_of_postal_codes_that_no_list_tells_of(tmp_path: Path) -> None:
    """One that lies in two regions is of neither, and enters the total."""
    areas = told(tmp_path, "J0E,05,,census\nJ0P,16,,census\nJ0P,07,,census\n")
    found = regions(areas, "J0E", "J0P")
    assert found == {"05": ("J0E",), "total": ("J0E", "J0P")}


def test_people_of_regions_are_those_of_the_province(tmp_path: Path) -> None:
    """As the census has them; every area of the list but two has its number."""
    known = Areas().inhabitants
    assert sum(known[area(f"{number:02}")] for number in range(1, 18)) == known[area("qc")]
    listed = {str(one) for one in ontology().subjects(SKOS.inScheme, URIRef(f"{CONCEPT}area"))}
    assert listed - known.keys() == NOWHERE
    assert told(tmp_path, "10,,39,municipal roll\n").inhabitants[area("10")] == 39


def test_an_area_of_few_inhabitants_or_of_unknown_ones_is_too_small(tmp_path: Path) -> None:
    """Everywhere, and nobody knows where, are no areas."""
    some = (area("10"), area("11"), area("J0E"), *sorted(NOWHERE))
    areas = told(tmp_path, "10,,39,municipal roll\n11,,40,municipal roll\n")
    assert areas.small(some, 40) == {area("10"), area("J0E")}
    assert areas.small(some, 41) == {area("10"), area("11"), area("J0E")}


def test_the_pool_tells_the_areas_of_its_list_whatever_a_steward_says(tmp_path: Path) -> None:
    """One hierarchy for all releases: two could be held against one another."""
    areas = told(tmp_path, "J0E,05,12,census\n10,,39,census\n")
    assert read_strata(AGES, areas).codes("area") == read_strata(AGES).codes("area")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("Laval,,40,roll\n", "row 2: “Laval” is no area"),
        ("H2X,06,,roll\nH2X 1Y4,06,,roll\n", "row 3: “H2X 1Y4” is no area"),
        ("J0E,H2X,,roll\n", "row 2: “H2X” is no area"),
        ("10,,-3,roll\n", "“-3” is no number of inhabitants"),
        ("10,,many,roll\n", "“many” is no number of inhabitants"),
        ("10,,39, \n", "row 2: the source is not told"),
    ],
)
def test_a_wrong_row_is_refused_by_its_number(tmp_path: Path, rows: str, said: str) -> None:
    """Nothing of the file counts then."""
    with pytest.raises(CatalogError, match=said):
        told(tmp_path, rows)


def test_a_file_of_other_columns_or_of_no_text_is_refused(tmp_path: Path) -> None:
    """In one sentence; where there is none, the list alone counts."""
    assert read_areas(tmp_path) == Areas()
    with pytest.raises(CatalogError, match="the columns are area, within, inhabitants, source"):
        told(tmp_path, "10,39\n", "area,inhabitants\n")
    (tmp_path / "areas.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CatalogError, match="cannot be read"):
        read_areas(tmp_path)


def test_the_list_of_areas_names_its_source() -> None:
    """Of its inhabitants and of its postal codes."""
    graph: Graph = ontology()
    assert set(graph.subjects(PARVIS.inhabitants)) > set(graph.subjects(PARVIS.postalPrefix))
    assert graph.value(URIRef(f"{CONCEPT}area"), SKOS.editorialNote)
