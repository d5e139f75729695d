"""A record that is pushed to a CKAN and pulled from it again says the same."""

import shutil
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parvis.catalog.folder import Catalog
from parvis.catalog.portals.ckan import Ckan
from parvis.catalog.portals.fields import BUILT_IN, Fields
from parvis.catalog.portals.harvest import Portal, PortalKind, read_package
from parvis.catalog.record import DatasetState, dataset_record
from parvis.catalog.records import Contact, DatasetRecord
from parvis.config import Settings
from parvis.fetch.address import Address
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.stewardship.harvesting.portals import harvest, prepare
from tests.catalog.portals.conftest import prepare_pool

if TYPE_CHECKING:
    from tests.catalog.portals.conftest import CkanServer

ALL_FIELDS = """
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix language: <http://publications.europa.eu/resource/authority/language/> .
<id/dataset/theatre-b/spectacles>
  dct:description "Deux paragraphes.\\n\\nLe second."@fr , "Two paragraphs.\\n\\nThe second."@en ;
  dct:language language:FRA , language:ENG ;
  dct:issued "2025-09-01"^^xsd:date ;
  dct:spatial <https://w3id.org/parvis/concept/area/qc> ,
    <https://w3id.org/parvis/concept/area/laval> ;
  dct:temporal [ a dct:PeriodOfTime ; dcat:startDate "2025-09-01"^^xsd:date ;
      dcat:endDate "2026-06-30"^^xsd:date ] ,
    [ a dct:PeriodOfTime ; dcat:startDate "2026-09-01"^^xsd:date ] ;
  dcat:keyword "festival"@fr , "festival"@en , "théâtre jeunesse"@fr ;
  dcat:contactPoint [ a vcard:Organization ; vcard:fn "Billetterie" ;
    vcard:hasEmail <mailto:billets@theatre-b.example> ;
    vcard:hasURL <https://theatre-b.example/contact> ] .
"""
DESCRIPTION = (
    '  dct:description "Données inventées pour les essais."@fr , "Data invented for tests."@en ;\n'
)
LICENCE = "<https://creativecommons.org/licenses/by/4.0/>"
ELSEWHERE = {
    **dict.fromkeys(("key", "iri", "graph", "page", "base", "catalogue"), "of the place"),
    **dict.fromkeys(("publisher", "public", "policy"), "decided by whose record it is"),
    **dict.fromkeys(("modified", "version", "activity", "entry"), "of the submissions there"),
    **dict.fromkeys(("distributions", "cube", "conforms_to"), "made of the content there"),
    "pages": "where the record was taken from",
    "series": "no CKAN has series",
    "invented": "a mark of this pool",
    "other_triples": "what no portal knows",
}
"""The fields of a record that a portal does not hold, and why."""


@pytest.fixture(scope="session")
def once_rich(tmp_path_factory: pytest.TempPathFactory, once_published: Path) -> Path:
    """Publish the small pool with a record that fills every field; another is under agreement."""
    folder = tmp_path_factory.mktemp("rich")
    settings = prepare_pool(folder)
    shutil.copytree(once_published, settings.data, symlinks=True)
    file = settings.catalog / "theatre-b" / "spectacles" / "dataset.ttl"
    text = file.read_text("utf-8")
    assert DESCRIPTION in text
    file.write_text(text.replace(DESCRIPTION, "") + ALL_FIELDS, encoding="utf-8")
    file = settings.catalog / "theatre-b" / "billets" / "dataset.ttl"
    text = file.read_text("utf-8")
    file.write_text(text.replace(LICENCE, "<id/agreement/theatre-b>"), encoding="utf-8")
    with Pool.open(settings) as pool:
        publish(pool)
    return folder


@pytest.fixture
def rich(once_rich: Path, tmp_path: Path) -> Settings:
    """Return a copy of that pool."""
    shutil.copytree(once_rich, tmp_path / "rich", symlinks=True)
    return Settings.load(data=tmp_path / "rich" / "data", catalog=tmp_path / "rich" / "catalog")


def read_record(settings: Settings, name: str) -> DatasetRecord:
    catalog = Catalog.load(settings.catalog, settings.base)
    return dataset_record(catalog, catalog.require_named(name).key, DatasetState())


def comparable(record: DatasetRecord, name: str) -> object:
    """Return a field's value without the addresses that a text gives its own nodes."""
    value = getattr(record, name)
    if name == "temporal":
        return sorted(period.interval for period in value)
    if isinstance(value, Contact):
        return (value.name, value.email, value.url)
    if name == "keywords":
        return {lang: sorted(words) for lang, words in value.items()}
    return value


@pytest.mark.parametrize("configuration", BUILT_IN)
@pytest.mark.parametrize("dataset", ["spectacles", "billets"])
def test_every_field_that_a_portal_holds_comes_back(
    rich: Settings, portal: "CkanServer", as_admin: Ckan, configuration: str, dataset: str
) -> None:
    """With the fields of a stock CKAN and with those of Données Québec."""
    pushed = prepare(rich, as_admin, Fields.load(configuration), 100)
    list(pushed.carry_out())
    assert not pushed.failed
    with Pool.open(rich) as pool:
        source = Portal(Address.parse(portal.url), PortalKind.CKAN, "fr")
        outcomes = harvest(pool, source, "theatre-b", "fr", dry_run=False).take_records()
    assert {outcome.status.value for outcome in outcomes} == {"new"}
    before = read_record(rich, f"theatre-b/{dataset}")
    after = read_record(rich, f"theatre-b/theatre-b-{dataset}")
    names = {field.name for field in fields(DatasetRecord)} - ELSEWHERE.keys()
    if before.issued is None:  # of its first submission, which the portal states
        assert after.issued is not None
        names.remove("issued")
    assert {name: comparable(after, name) for name in names} == {
        name: comparable(before, name) for name in names
    }


def test_files_have_the_names_of_formats_that_portals_use(
    rich: Settings, portal: "CkanServer", as_admin: Ckan
) -> None:
    """An archive of tables is an archive, and a media type is no address."""
    list(prepare(rich, as_admin, Fields.load(), 100).carry_out())
    resources = portal.named("theatre-b_spectacles")["resources"]
    by_ending = {
        resource["url"].rpartition("/")[2].partition(".")[2]: (
            resource["format"],
            resource["mimetype"],
        )
        for resource in resources
        if "/dumps/" in resource["url"]
    }
    assert by_ending["csv.zip"] == ("ZIP", "application/zip")
    assert by_ending["nq.gz"] == ("GZIP", "application/gzip")
    assert by_ending["ttl"] == ("TTL", "text/turtle")
    assert not any(":" in text for pair in by_ending.values() for text in pair)


HOSTILE = [
    {"language": "[", "theme": "[" * 100_000, "spatial_uris": "[1, {}]"},
    {"temporal_periods": '["/", "2026/2027/2028", "x"]', "issued": "soon", "title_en": "  "},
    {"keywords_fr": '{"a": 1}', "spatial_uri": "javascript:alert(1)", "contact_url": "x"},
    {"license_uri": "not a licence", "notes_en": "\u0000"},
]


@pytest.mark.parametrize("extras", HOSTILE)
def test_extras_of_any_form_are_read_or_left_out(extras: dict[str, str]) -> None:
    """Anybody may write them."""
    rows = [{"key": key, "value": value} for key, value in extras.items()]
    package = {"id": "i", "name": "n", "title": "T", "license_id": "cc-by", "extras": rows}
    offered = read_package(package, "https://ckan.example", "fr")
    assert all(isinstance(text, str) for texts in offered.terms.values() for text in texts)
    assert offered.title == {"fr": "T"}
