"""Areas: the regions of postal codes, numbers of inhabitants, and a steward's additions."""

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


def area_iri(code: str) -> str:
    return f"{CONCEPT}area/{code}"


def load_areas(folder: Path, rows: str, head: str = HEAD) -> Areas:
    """Read a steward's list of areas."""
    (folder / "areas.csv").write_text(head + rows, encoding="utf-8")
    return read_areas(folder)


def regions(areas: Areas, *codes: str) -> dict[str, tuple[str, ...]]:
    """Return the areas of the pool to which codes add up, each with those codes."""
    plan = (
        read_strata(AGES, areas)
        .nestings["area"]
        .plan([area_iri(postal_code) for postal_code in codes])
    )
    return {
        code.rpartition("/")[2]: tuple(codes[n] for n in places) for code, places in plan.items()
    }


def test_postal_codes_add_up_to_their_region() -> None:
    """By the longest prefix; codes of no single region count in the total only."""
    sums = regions(Areas(), "H2X", "H3A", "H7N", "G1R", "J4K", "J0E", "M5V")
    assert sums == {
        "06": ("H2X", "H3A"),
        "13": ("H7N",),
        "03": ("G1R",),
        "16": ("J4K",),
        "outside-qc": ("M5V",),
        "total": ("H2X", "H3A", "H7N", "G1R", "J4K", "J0E", "M5V"),
    }


def test_a_region_is_not_counted_again_by_postal_code() -> None:
    """A contributed region takes precedence over its postal codes."""
    assert regions(Areas(), "06", "H2X")["total"] == ("06",)


def test_a_steward_can_add_postal_codes(tmp_path: Path) -> None:
    """A postal code of two regions counts in the total only."""
    areas = load_areas(tmp_path, "J0E,05,,census\nJ0P,16,,census\nJ0P,07,,census\n")
    sums = regions(areas, "J0E", "J0P")
    assert sums == {"05": ("J0E",), "total": ("J0E", "J0P")}


def test_the_inhabitants_of_the_regions_add_up_to_those_of_the_province(tmp_path: Path) -> None:
    """As in the census; every area of the list has a number, except two."""
    inhabitants = Areas().inhabitants
    assert (
        sum(inhabitants[area_iri(f"{number:02}")] for number in range(1, 18))
        == inhabitants[area_iri("qc")]
    )
    listed = {
        str(concept) for concept in ontology().subjects(SKOS.inScheme, URIRef(f"{CONCEPT}area"))
    }
    assert listed - inhabitants.keys() == NOWHERE
    assert load_areas(tmp_path, "10,,39,municipal roll\n").inhabitants[area_iri("10")] == 39


def test_an_area_with_few_or_unknown_inhabitants_is_too_small(tmp_path: Path) -> None:
    """“Everywhere” and “unknown” are no areas."""
    listed = (area_iri("10"), area_iri("11"), area_iri("J0E"), *sorted(NOWHERE))
    areas = load_areas(tmp_path, "10,,39,municipal roll\n11,,40,municipal roll\n")
    assert areas.small_areas(listed, 40) == {area_iri("10"), area_iri("J0E")}
    assert areas.small_areas(listed, 41) == {area_iri("10"), area_iri("11"), area_iri("J0E")}


def test_a_steward_s_list_does_not_change_the_pooled_areas(tmp_path: Path) -> None:
    """One hierarchy for all releases: two could be compared to recover figures."""
    areas = load_areas(tmp_path, "J0E,05,12,census\n10,,39,census\n")
    assert read_strata(AGES, areas).codes("area") == read_strata(AGES).codes("area")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("Laval,,40,roll\n", "row 2: “Laval” is no area"),
        ("H2X,06,,roll\nH2X 1Y4,06,,roll\n", "row 3: “H2X 1Y4” is no area"),
        ("J0E,H2X,,roll\n", "row 2: “H2X” is no area"),
        ("10,,-3,roll\n", "“-3” is no number of inhabitants"),
        ("10,,many,roll\n", "“many” is no number of inhabitants"),
        ("10,,39, \n", "row 2: the source is not stated"),
    ],
)
def test_a_wrong_row_is_refused_by_its_number(tmp_path: Path, rows: str, message: str) -> None:
    """The whole file is refused."""
    with pytest.raises(CatalogError, match=message):
        load_areas(tmp_path, rows)


def test_a_file_with_other_columns_or_encoding_is_refused(tmp_path: Path) -> None:
    """Without a file, only the built-in list counts."""
    assert read_areas(tmp_path) == Areas()
    with pytest.raises(CatalogError, match="the columns are area, within, inhabitants, source"):
        load_areas(tmp_path, "10,39\n", "area,inhabitants\n")
    (tmp_path / "areas.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CatalogError, match="cannot be read"):
        read_areas(tmp_path)


def test_the_list_of_areas_cites_its_sources() -> None:
    """For its inhabitants and its postal codes."""
    graph: Graph = ontology()
    assert set(graph.subjects(PARVIS.inhabitants)) > set(graph.subjects(PARVIS.postalPrefix))
    assert graph.value(URIRef(f"{CONCEPT}area"), SKOS.editorialNote)
