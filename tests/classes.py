"""An invented pool in which some partners let their figures go to a reciprocity class only.

Six houses give theatre figures to all, five others to the members only; a museum is a member too
and gives nothing of theatre. The third party has a portrait for all, and one of theatre for the
members that give figures of theatre.
"""

from pathlib import Path

from parvis.config import Settings
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.vocab.iris import DatasetKey

BASE = "http://pool.test/"
OPEN = tuple(f"maison-{n}" for n in range(6))
RESERVED = tuple(f"scene-{n}" for n in range(5))
MUSEUM, HOST = "musee", "tiers"
PORTRAIT, CLASS = DatasetKey(HOST, "portrait"), DatasetKey(HOST, "portrait-theatre")

PREFIXES = """@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix dpv: <https://w3id.org/dpv#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix odrl: <http://www.w3.org/ns/odrl/2/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix parvis: <https://w3id.org/parvis/ns#> .
@prefix schema: <http://schema.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
CATALOG = """<catalog> a dcat:Catalog ; dct:title "Essai"@fr , "Test"@en ;
  dct:description "Inventé."@fr , "Invented."@en ; dct:publisher <id/partner/tiers> ;
  dct:license <https://creativecommons.org/licenses/by/4.0/> ; parvis:invented true ."""
PARTNER = """<id/partner/{0}> a schema:Organization , org:Organization , foaf:Agent ;
  schema:name "La {0}"@fr , "The {0}"@en ; foaf:name "{0}" ;
  parvis:organizationType <https://w3id.org/parvis/concept/organization-type/{1}> ;
  parvis:invented true ."""
AGREEMENT = """<id/agreement/{0}> a odrl:Agreement ; odrl:uid <id/agreement/{0}> ;
  odrl:profile parvis:profile-1 ; odrl:conflict odrl:prohibit ;
  dct:title "Entente {0}"@fr , "Agreement {0}"@en ; odrl:assigner <id/partner/{0}> ; {1} ."""
TOWARDS = (
    " ; odrl:constraint [ odrl:leftOperand odrl:recipient ; odrl:operator odrl:isA ;"
    " odrl:rightOperand {0} ]"
)
GIVING = (
    "odrl:permission [ odrl:target <id/dataset/{0}/publics> ; odrl:assignee parvis:host ;"
    " odrl:action odrl:aggregate{1} ]"
    " ; odrl:obligation [ odrl:target <id/dataset/{0}/publics> ; odrl:assignee parvis:host ;"
    " odrl:action odrl:delete ; odrl:constraint [ odrl:leftOperand odrl:dateTime ;"
    ' odrl:operator odrl:gteq ; odrl:rightOperand "2099-01-01T00:00:00-05:00"^^xsd:dateTime ] ]'
)
READING = (
    "odrl:permission [ odrl:target <id/dataset/tiers/{0}> ; odrl:assignee {1} ;"
    " odrl:action odrl:read{2} ] , [ odrl:target <id/dataset/tiers/{0}> ;"
    " odrl:assignee parvis:everyone ; odrl:action parvis:discover ]"
)
IN_RETURN = (
    " ; odrl:constraint [ odrl:leftOperand parvis:contributesStratum ; odrl:operator odrl:eq ;"
    " odrl:rightOperand parvis:sameStratum ]"
)
DATASET = """<id/dataset/{0}> a dcat:Dataset ;
  dct:title "Publics {0}"@fr , "Audiences {0}"@en ;
  dct:description "Inventé."@fr , "Invented."@en ;
  dct:publisher <id/partner/{1}> ; dct:license <https://creativecommons.org/licenses/by/4.0/> ;
  dct:accrualPeriodicity <http://publications.europa.eu/resource/authority/frequency/ANNUAL> ;
  dcat:theme <http://publications.europa.eu/resource/authority/data-theme/EDUC> ;
  dcat:keyword "publics"@fr , "audiences"@en ; dpv:hasPurpose dpv:ServiceUsageAnalytics ;
  dpv:hasResponsibleEntity <id/partner/{1}> ; parvis:invented true {2} ."""
OF_CLASS = (
    "; dct:isVersionOf <id/dataset/tiers/portrait> ; dct:audience parvis:members ;"
    " parvis:discipline <https://w3id.org/parvis/concept/discipline/theatre>"
)
CASE = Path(__file__).parent / "cases" / "classes"
HEADS = "annee,discipline,region,0-13,14-64,65+,total"


def write_catalog(folder: Path) -> None:
    """Write the reviewed text of the pool, and its files."""
    _write(folder / "catalog.ttl", CATALOG)
    for name in (HOST, MUSEUM, *OPEN, *RESERVED):
        kind = "museum" if name == MUSEUM else "theatre-company"
        _write(folder / name / "partner.ttl", PARTNER.format(name, kind))
    for number, name in enumerate((*OPEN, *RESERVED)):
        write_giver(folder, name, number)
    _write(folder / MUSEUM / "agreement.ttl", AGREEMENT.format(MUSEUM, _promise(folder)))
    reading = (
        READING.format("portrait", "parvis:everyone", ""),
        READING.format("portrait-theatre", "parvis:members", IN_RETURN),
    )
    _write(folder / HOST / "agreement.ttl", AGREEMENT.format(HOST, " ; ".join(reading)))
    for key, more in ((PORTRAIT, ""), (CLASS, OF_CLASS)):
        text = DATASET.format(key, HOST, more)
        _write(folder / HOST / key.dataset / "dataset.ttl", text)


def write_giver(folder: Path, name: str, number: int) -> None:
    """Write a house's agreement, record, mapping and file."""
    write_agreement(folder, name, TOWARDS.format("parvis:members") if name in RESERVED else "")
    place = folder / name / "publics"
    _write(place / "dataset.ttl", DATASET.format(f"{name}/publics", name, ""))
    mapping = (CASE / "mapping.yml").read_text(encoding="utf-8").replace("HOUSE", name)
    (place / "mapping.yml").write_text(mapping, encoding="utf-8")
    rows = [
        ["2025", "theatre", region, *_counts(number, size)]
        for region, size in (("Montréal", 40), ("Laval", 20))
    ]
    lines = [HEADS, *(",".join(map(str, row)) for row in rows), ""]
    (place / "publics.csv").write_text("\n".join(lines), encoding="utf-8")


def write_agreement(folder: Path, name: str, towards: str, more: str = "") -> None:
    """Write what a house permits: to whom what is pooled from its figures may go."""
    rules = GIVING.format(name, towards) + more
    _write(folder / name / "agreement.ttl", AGREEMENT.format(name, rules))


def settings_in(folder: Path) -> Settings:
    """Give the settings of a pool in a folder."""
    return Settings(data=folder / "data", catalog=folder / "catalog", base=BASE)


def make(folder: Path) -> Settings:
    """Write the pool, and submit all that its houses give."""
    write_catalog(folder / "catalog")
    settings = settings_in(folder)
    with Pool.open(settings) as pool:
        for name in (*OPEN, *RESERVED):
            outcome = submit(pool, DatasetKey(name, "publics"))
            assert outcome.accepted, list(outcome.report.in_words("en"))
    return settings


def _counts(number: int, size: int) -> list[int]:
    ages = [size * (2 + number % 3), size * 5 + 7 * number, size * 3 + 11 * (number % 4)]
    return [*ages, sum(ages)]


def _promise(folder: Path) -> str:
    """Write the museum's agreement: it gives a record that it alone reads, and no figure."""
    place = folder / MUSEUM / "salles"
    _write(place / "dataset.ttl", DATASET.format(f"{MUSEUM}/salles", MUSEUM, ""))
    return (
        f"odrl:permission [ odrl:target <id/dataset/{MUSEUM}/salles> ;"
        f" odrl:assignee <id/partner/{MUSEUM}> ; odrl:action odrl:read ]"
    )


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{PREFIXES}\n{text}\n", encoding="utf-8")
