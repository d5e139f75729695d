"""Partners' venues by area, from which the coverage of figures is computed."""

from datetime import UTC, datetime

import pytest

from parvis.catalog.codelists import Areas
from parvis.config import Settings
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publics.strata import count_venues, read_strata
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT

NAME = "      - [schema:name, $(Salle), fr~lang]\n"
CODE = "      - [schema:address, id/address/theatre-b/$(Salle)~iri]\n"
ADDRESS = """  address:
    sources: shows
    s: id/address/theatre-b/$(Salle)
    po:
      - [a, schema:PostalAddress]
      - [schema:postalCode, "{code}"]
"""
TOWN = "      - [parvis:territory, concept:area/laval~iri]\n"
TOTAL = f"{CONCEPT}area/total"
AT = datetime(2026, 11, 1, tzinfo=UTC)
KNOWN = (
    "    [ odrl:target <id/dataset/theatre-b/reserve> ; odrl:assignee parvis:everyone ;"
    " odrl:action parvis:discover ] ,\n"
)


@pytest.mark.parametrize(
    ("statements", "address_mapping", "region"),
    [
        (CODE, ADDRESS.format(code="H7N 1A1"), "13"),
        (CODE + TOWN, ADDRESS.format(code="G1R 2B5"), "13"),
        (CODE, ADDRESS.format(code="J0E 1A0"), None),
    ],
)
def test_a_venue_is_counted_in_its_territory_or_by_its_postal_code(
    settings: Settings, statements: str, address_mapping: str, region: str | None
) -> None:
    """Shared by two datasets it counts once; without a region it counts in the total only."""
    mapping = settings.catalog / "theatre-b" / "spectacles" / "mapping.yml"
    text = mapping.read_text(encoding="utf-8").replace(NAME, NAME + statements)
    mapping.write_text(text.rstrip("\n") + "\n" + address_mapping, encoding="utf-8")
    agreement = settings.catalog / "theatre-b" / "agreement.ttl"
    rules = agreement.read_text(encoding="utf-8")
    agreement.write_text(
        rules.replace("odrl:permission\n", f"odrl:permission\n{KNOWN}"), encoding="utf-8"
    )
    with Pool.open(settings) as pool:
        for name in ("spectacles", "reserve"):
            submit(pool, DatasetKey("theatre-b", name))
        venues = count_venues(pool, Areas(), read_strata(settings.disclosure.ages), (), AT)
    (theatre,) = venues.counts
    assert venues.counts[theatre] == 2
    assert {area.rpartition("/")[2] for area in venues.of_area} == ({region} if region else set())
    assert venues.coverage(TOTAL, {theatre}, 3) == 1
    assert venues.coverage(f"{CONCEPT}area/13", {theatre}, 3) is None
    assert venues.coverage(f"{CONCEPT}area/13", {theatre}, 1) == (1 if region else None)


@pytest.mark.parametrize("contributes", [False, True])
def test_venues_of_undiscoverable_datasets_are_not_counted(
    settings: Settings,
    contributes: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """A contributor counts as one venue all the same: it agreed to pooling its figures."""
    with Pool.open(settings) as pool:
        submit(pool, DatasetKey("theatre-b", "reserve"))
        theatre = pool.catalog.require_partner("theatre-b").iri
        contributors = {theatre} if contributes else frozenset[str]()
        venues = count_venues(
            pool, Areas(), read_strata(settings.disclosure.ages), contributors, AT
        )
    assert venues.counts == ({theatre: 1} if contributes else {})
