"""Parties that read and give no data."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rdflib import URIRef

from parvis.catalog import Catalog, catalog_graph
from parvis.errors import CatalogError

BASE = "https://pool.example/"
HER = f"{BASE}id/party/chercheuse"
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
def hers(folder: Path) -> Path:
    """Give a researcher's folder; the third party has a dataset."""
    pooled, made = folder / "host" / "pooled", folder / "theatre" / "events" / "dataset.ttl"
    pooled.mkdir()
    text = made.read_text(encoding="utf-8")
    text = text.replace("theatre/events", "host/pooled").replace("partner/theatre", "partner/host")
    (pooled / "dataset.ttl").write_text(text, encoding="utf-8")
    write(folder / "chercheuse", "party.ttl", PARTY)
    return folder / "chercheuse"


def write(folder: Path, name: str, text: str) -> None:
    """Write a file with the prefixes."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(PREFIXES + text, encoding="utf-8")


def test_a_party_is_found_by_its_folder_and_by_its_iri(hers: Path) -> None:
    """As a partner is; it is none, and has no place among those who give."""
    catalog = Catalog.load(hers.parent, BASE)
    party = catalog.party_named("chercheuse")
    assert party is not None
    assert party is catalog.party_named(HER)
    assert party.names == {"fr": "Elle", "en": "She"}
    assert catalog.party_named("theatre") is catalog.partners["theatre"]
    assert catalog.party_named("personne") is None
    assert "chercheuse" not in catalog.partners


def test_who_only_reads_is_not_published(hers: Path) -> None:
    """A researcher's name is in the law of the pool, not in its catalogue."""
    catalog = Catalog.load(hers.parent, BASE)
    assert (URIRef(HER), None, None) in catalog.law
    shown = catalog_graph(catalog, [], catalog.datasets, datetime(2026, 11, 24, tzinfo=UTC))
    assert not [term for triple in shown for term in triple if str(term) == HER]


def test_an_agreement_is_what_binds_a_party(hers: Path) -> None:
    """Of its own with the third party, or by name in a partner's; being a member is more."""
    assert not Catalog.load(hers.parent, BASE).policies.bind(HER)
    write(hers, "agreement.ttl", AGREEMENT)
    policies = Catalog.load(hers.parent, BASE).policies
    assert policies.bind(HER)
    assert policies.bind(f"{BASE}id/partner/theatre")
    assert policies.bind(f"{BASE}id/partner/museum")  # named by the theatre
    assert HER not in policies.parties.collections["https://w3id.org/parvis/ns#members"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<id/partner/host> ;\n", "<id/partner/theatre> ;\n", "not the third party"),
        ("odrl:assignee <id/party/chercheuse>", "odrl:assignee parvis:everyone", "another party"),
        ("dataset/host/pooled", "dataset/theatre/publics", "no dataset of the third party"),
    ],
)
def test_the_third_party_opens_only_its_own_and_only_to_her(
    hers: Path, old: str, new: str, said: str
) -> None:
    """What partners open stands in their own agreements."""
    assert old in AGREEMENT
    write(hers, "agreement.ttl", AGREEMENT.replace(old, new))
    with pytest.raises(CatalogError, match=said):
        Catalog.load(hers.parent, BASE)


def test_a_folder_is_that_of_one_party(hers: Path) -> None:
    """Not of a partner and of a reader, nor of somebody else."""
    write(hers, "party.ttl", PARTY.replace("party/chercheuse", "party/autre"))
    with pytest.raises(CatalogError, match="its place in the folder says"):
        Catalog.load(hers.parent, BASE)
    shutil.rmtree(hers)
    write(hers.parent / "theatre", "party.ttl", PARTY)
    with pytest.raises(CatalogError, match="a folder is that of one party"):
        Catalog.load(hers.parent, BASE)
