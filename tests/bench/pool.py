"""The smallest pool that accepts the events: a catalogue folder of one partner and one dataset."""

from pathlib import Path

import languages

KEY = "bench/events"
PREFIXES = """\
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix odrl: <http://www.w3.org/ns/odrl/2/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix parvis: <https://w3id.org/parvis/ns#> .
@prefix schema: <http://schema.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

"""
CATALOG = """\
<catalog> a dcat:Catalog ;
  dct:title "Banc d’essai (inventé)"@fr , "Bench (invented)"@en ;
  dct:description "Un parvis inventé, pour mesurer."@fr , "An invented parvis, to measure."@en ;
  dct:publisher <id/partner/bench> ;
  dct:license <https://creativecommons.org/licenses/by/4.0/> ;
  parvis:invented true .
"""
PARTNER = """\
<id/partner/bench> a schema:Organization , org:Organization , foaf:Agent ;
  schema:name "Banc (inventé)"@fr , "Bench (invented)"@en ;
  foaf:name "Banc (inventé)" ;
  parvis:organizationType <https://w3id.org/parvis/concept/organization-type/theatre-company> ;
  parvis:invented true .
"""
AGREEMENT = """\
<id/agreement/bench> a odrl:Agreement ;
  odrl:uid <id/agreement/bench> ;
  odrl:profile parvis:profile-1 ;
  odrl:conflict odrl:prohibit ;
  dct:title "Entente inventée"@fr , "Invented agreement"@en ;
  dct:dateAccepted "2026-06-15"^^xsd:date ;
  odrl:assigner <id/partner/bench> ;
  odrl:permission
    [ odrl:target <id/dataset/bench/events> ; odrl:assignee parvis:everyone ;
      odrl:action odrl:read , parvis:discover ] .
"""
DATASET = """\
<id/dataset/bench/events> a dcat:Dataset ;
  dct:title "Événements (inventés)"@fr , "Events (invented)"@en ;
  dct:description "Données inventées pour mesurer."@fr , "Data invented to measure."@en ;
  dct:publisher <id/partner/bench> ;
  dct:license <https://creativecommons.org/licenses/by/4.0/> ;
  dct:accrualPeriodicity <http://publications.europa.eu/resource/authority/frequency/ANNUAL> ;
  dcat:theme <http://publications.europa.eu/resource/authority/data-theme/EDUC> ;
  dcat:keyword "événements"@fr , "events"@en ;
  parvis:errorThreshold 0.05 ;
  parvis:invented true .
"""


def write(folder: Path, patience: float) -> None:
    """Write the catalogue folder; a conversion may take `patience` seconds."""
    settings = f'base = "{languages.BASE}"\n[limits]\nconversion_seconds = {patience:g}\n'
    files = {
        "parvis.toml": settings,
        "catalog.ttl": PREFIXES + CATALOG,
        "bench/partner.ttl": PREFIXES + PARTNER,
        "bench/agreement.ttl": PREFIXES + AGREEMENT,
        "bench/events/dataset.ttl": PREFIXES + DATASET,
        "bench/events/mapping.yml": languages.yarrrml("csv"),
    }
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
