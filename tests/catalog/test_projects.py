"""Parties that read but contribute no data."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rdflib import URIRef

from parvis.catalog.distributions import catalog_graph
from parvis.catalog.folder import Catalog
from parvis.errors import CatalogError

BASE = "https://pool.example/"
RESEARCHER = f"{BASE}id/party/chercheuse"
PREFIXES = """
@prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix odrl: <http://www.w3.org/ns/odrl/2/> .
@prefix parvis: <https://w3id.org/parvis/ns#> .
@prefix schema: <http://schema.org/> .
"""
PARTY = '<id/party/chercheuse> a foaf:Agent ; schema:name "Elle"@fr , "She"@en .'
AGREEMENT = """
<id/agreement/chercheuse> a odrl:Agreement ; odrl:profile parvis:profile-1 ;
    odrl:conflict odrl:prohibit ; odrl:assigner <id/partner/host> ;
    dct:title "Entente"@fr , "Agreement"@en ;
    odrl:permission [ odrl:target <id/dataset/host/pooled> ;
        odrl:assignee <id/party/chercheuse> ; odrl:action odrl:read ] .
"""


@pytest.fixture
def researcher_folder(folder: Path) -> Path:
    """Write a researcher's folder; the third party has a dataset."""
    pooled, template = folder / "host" / "pooled", folder / "theatre" / "events" / "dataset.ttl"
    pooled.mkdir()
    text = template.read_text(encoding="utf-8")
    text = text.replace("theatre/events", "host/pooled").replace("partner/theatre", "partner/host")
    (pooled / "dataset.ttl").write_text(text, encoding="utf-8")
    write(folder / "chercheuse", "party.ttl", PARTY)
    return folder / "chercheuse"


def write(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(PREFIXES + text, encoding="utf-8")


def test_a_party_is_found_by_folder_and_iri(researcher_folder: Path) -> None:
    """Like a partner, but not listed among the contributors."""
    catalog = Catalog.load(researcher_folder.parent, BASE)
    party = catalog.party_named("chercheuse")
    assert party is not None
    assert party is catalog.party_named(RESEARCHER)
    assert party.names == {"fr": "Elle", "en": "She"}
    assert catalog.party_named("theatre") is catalog.partners["theatre"]
    assert catalog.party_named("personne") is None
    assert "chercheuse" not in catalog.partners


def test_a_party_that_only_reads_is_not_published(researcher_folder: Path) -> None:
    """A researcher's name is in the pool's agreements, not in its catalogue."""
    catalog = Catalog.load(researcher_folder.parent, BASE)
    assert (URIRef(RESEARCHER), None, None) in catalog.law
    published = catalog_graph(catalog, [], catalog.datasets, datetime(2026, 11, 24, tzinfo=UTC))
    assert not [term for triple in published for term in triple if str(term) == RESEARCHER]


def test_a_party_is_bound_by_an_agreement(researcher_folder: Path) -> None:
    """Her own with the third party, or a partner's that names her; membership is something else."""
    assert not Catalog.load(researcher_folder.parent, BASE).policies.has_agreement(RESEARCHER)
    write(researcher_folder, "agreement.ttl", AGREEMENT)
    policies = Catalog.load(researcher_folder.parent, BASE).policies
    assert policies.has_agreement(RESEARCHER)
    assert policies.has_agreement(f"{BASE}id/partner/theatre")
    assert policies.has_agreement(f"{BASE}id/partner/museum")  # named by the theatre
    assert RESEARCHER not in policies.parties.collections["https://w3id.org/parvis/ns#members"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<id/partner/host> ;\n", "<id/partner/theatre> ;\n", "not the third party"),
        ("odrl:assignee <id/party/chercheuse>", "odrl:assignee parvis:everyone", "another party"),
        ("dataset/host/pooled", "dataset/theatre/publics", "no dataset of the third party"),
    ],
)
def test_the_third_party_s_agreement_covers_only_its_own_data_and_the_party(
    researcher_folder: Path, old: str, new: str, message: str
) -> None:
    """Partners share their data in their own agreements."""
    assert old in AGREEMENT
    write(researcher_folder, "agreement.ttl", AGREEMENT.replace(old, new))
    with pytest.raises(CatalogError, match=message):
        Catalog.load(researcher_folder.parent, BASE)


def test_a_folder_belongs_to_one_party(researcher_folder: Path) -> None:
    """Not of a partner and a reader, nor of another party."""
    write(researcher_folder, "party.ttl", PARTY.replace("party/chercheuse", "party/autre"))
    with pytest.raises(CatalogError, match="its place in the folder says"):
        Catalog.load(researcher_folder.parent, BASE)
    shutil.rmtree(researcher_folder)
    write(researcher_folder.parent / "theatre", "party.ttl", PARTY)
    with pytest.raises(CatalogError, match="a folder is that of one party"):
        Catalog.load(researcher_folder.parent, BASE)
