"""A small invented catalogue folder, which tests may modify."""

from pathlib import Path

import pytest

from parvis.catalog.folder import Catalog

BASE = "https://pool.example/"
PREFIXES = """
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix frequency: <http://publications.europa.eu/resource/authority/frequency/> .
@prefix kind: <https://w3id.org/parvis/concept/organization-type/> .
@prefix odrl: <http://www.w3.org/ns/odrl/2/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix parvis: <https://w3id.org/parvis/ns#> .
@prefix schema: <http://schema.org/> .
@prefix theme: <http://publications.europa.eu/resource/authority/data-theme/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
CATALOG = """
<catalog> a dcat:Catalog ; dct:title "Catalogue"@fr, "The catalogue"@en ;
    dct:description "Un essai."@fr, "A trial."@en ; dct:publisher <id/partner/host> .
"""
PARTNER = """
<id/partner/{slug}> a schema:Organization, org:Organization, foaf:Agent ;
    schema:name "{slug} (inventé)"@fr, "{slug} (invented)"@en ; foaf:name "{slug}" ;
    parvis:organizationType kind:{kind} ; parvis:invented true .
"""
DATASET = """
<id/dataset/{key}> a dcat:Dataset ; dct:title "Jeu {key}"@fr, "Dataset {key}"@en ;
    dct:description "Inventé."@fr, "Invented."@en ; dct:publisher <id/partner/{partner}> ;
    dct:license <https://creativecommons.org/licenses/by/4.0/> ;
    dct:accrualPeriodicity frequency:ANNUAL ; dcat:theme theme:EDUC ;
    dcat:keyword "arts de la scène"@fr ; parvis:invented true ;
    dct:source <https://theatre.example/donnees> .
"""
AGREEMENT = """
<id/agreement/theatre> a odrl:Agreement ; odrl:profile parvis:profile-1 ;
    odrl:conflict odrl:prohibit ; odrl:assigner <id/partner/theatre> ;
    dct:title "Entente"@fr, "Agreement"@en ;
    odrl:permission
        [ odrl:target <id/dataset/theatre/events> ; odrl:assignee parvis:everyone ;
          odrl:action odrl:read ] ,
        [ odrl:target <id/dataset/theatre/publics> ; odrl:assignee <id/partner/museum> ;
          odrl:action odrl:read ] .
"""


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(PREFIXES + text, encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a catalogue folder: third party, museum, theatre with two datasets, agreement."""
    write(tmp_path / "catalog.ttl", CATALOG)
    kinds = {"host": "third-party", "museum": "museum", "theatre": "theatre-company"}
    for slug, kind in kinds.items():
        write(tmp_path / slug / "partner.ttl", PARTNER.format(slug=slug, kind=kind))
    for name in ("events", "publics"):
        key = f"theatre/{name}"
        write(tmp_path / key / "dataset.ttl", DATASET.format(key=key, partner="theatre"))
    write(tmp_path / "theatre" / "agreement.ttl", AGREEMENT)
    return tmp_path


@pytest.fixture
def catalog(folder: Path) -> Catalog:
    return Catalog.load(folder, BASE)
