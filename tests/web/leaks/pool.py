"""An invented pool full of secrets: each dataset has words that only some readers may see.

Three kinds of words end in the dataset's name: `NAME` in its address and graph name, `TITLE` in its
record, `CONTENT` in its entities, their IRIs, and the name of its file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

from parvis.config import Limits, Settings, Share
from parvis.ledger import Judgement, JudgementDecision, Judgements
from parvis.pooling.intake.load import load
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.vocab.iris import DatasetKey
from tests.classes import CATALOG, PREFIXES

BASE = "http://pool.test/"
NAME, TITLE, CONTENT = "zq", "tt", "vw"

NOTHING: frozenset[str] = frozenset()
KNOWS = frozenset({NAME, TITLE})
READS = KNOWS | {CONTENT}

ANONYMOUS, HOST = "", "tiers"
READERS = ("alpha", "beta", "gamma", "chercheuse", ANONYMOUS)
"""All but the third party: beta is a member, gamma's agreement ended, the researcher's is valid."""

GIVER = "alpha"
MANY = 419
"""Rows of the dataset that is listed but closed: a number that occurs nowhere else."""


@dataclass(frozen=True)
class Secret:
    """A dataset: its rules, what each reader may see, and what all others may see."""

    rules: str
    visible: Mapping[str, frozenset[str]]
    visible_to_others: frozenset[str] = NOTHING
    rows: int = 2

    def by(self, reader: str) -> frozenset[str]:
        """Return the kinds of words that a reader may see."""
        return self.visible.get(reader, self.visible_to_others)


def rule(assignee: str, actions: str = "odrl:read , parvis:discover", constraint: str = "") -> str:
    """Write a permission; ``%s`` stands for the dataset."""
    parts = f"odrl:target %s ; odrl:assignee {assignee} ; odrl:action {actions} {constraint}"
    return f"odrl:permission [ {parts} ]"


def date_constraint(operator: str, instant: str) -> str:
    """Write a constraint on the date."""
    return (
        f"; odrl:constraint [ odrl:leftOperand odrl:dateTime ; odrl:operator odrl:{operator} ;"
        f' odrl:rightOperand "{instant}"^^xsd:dateTime ]'
    )


EVERYONE = rule("parvis:everyone")
FOR_HOST = rule("parvis:host", "odrl:aggregate")
FOR_BETA = rule("<id/partner/beta>", "odrl:read")
FOR_HER = rule("<id/party/zqchercheuse>", "odrl:read")

SECRETS: dict[str, Secret] = {
    "open": Secret(EVERYONE, {}, READS),
    "known": Secret(
        f"{rule('parvis:everyone', 'parvis:discover')} ; {FOR_BETA} ; {FOR_HER}",
        {"alpha": READS, "beta": READS, "chercheuse": READS, HOST: READS},
        KNOWS,
        MANY,
    ),
    "members": Secret(
        rule("parvis:members"), {"alpha": READS, "beta": READS, HOST: READS}, NOTHING
    ),
    "granted": Secret(FOR_HER, {"alpha": READS, "chercheuse": READS, HOST: READS}),
    "hidden": Secret(FOR_HOST, {"alpha": READS, HOST: READS}),
    "ended": Secret(
        rule("<id/partner/gamma>", constraint=date_constraint("lt", "2020-01-01T00:00:00-05:00")),
        {"alpha": READS, HOST: READS},
    ),
    "barred": Secret(
        f"{EVERYONE} ; odrl:prohibition [ odrl:target %s ; odrl:assignee <id/partner/beta> ;"
        " odrl:action odrl:use , parvis:discover ]",
        {"beta": NOTHING},
        READS,
    ),
    "due": Secret(
        f"{EVERYONE} ; odrl:obligation [ odrl:target %s ; odrl:assignee parvis:host ;"
        f" odrl:action odrl:delete {date_constraint('gteq', '2020-01-01T00:00:00-05:00')} ]",
        {},
    ),
    "closed": Secret(FOR_HOST, {"alpha": READS, HOST: READS}),
    "gone": Secret(FOR_HOST, {}),
}
"""`closed` was open when the first generation was published; `gone` was withdrawn before.

They are all alpha's, who always reads its own data."""

RULES = {name: secret.rules for name, secret in SECRETS.items()}
BEFORE = RULES | {"closed": EVERYONE}
"""The agreement now, and at the first publication."""

ABSENT = "absent"
LOADED = "urn:x:zqloaded"
"""A graph loaded for the members."""

PARTNER = """<id/partner/{0}> a schema:Organization , org:Organization , foaf:Agent ;
  schema:name "Maison {0}"@fr , "House {0}"@en ; foaf:name "Maison {0}" ;
  parvis:organizationType <https://w3id.org/parvis/concept/organization-type/theatre-company> ;
  parvis:invented true ."""
PARTY = """<id/party/zqchercheuse> a foaf:Agent , schema:Person ;
  schema:name "Chercheuse ttchercheuse"@fr , "Researcher ttchercheuse"@en ."""
AGREEMENT = """<id/agreement/{0}> a odrl:Agreement ; odrl:uid <id/agreement/{0}> ;
  odrl:profile parvis:profile-1 ; odrl:conflict odrl:prohibit ;
  dct:title "Entente vwagreement"@fr , "Agreement vwagreement"@en ;
  odrl:assigner <id/partner/{0}> ; {1} ."""
MEMBER = "<id/partner/beta> odrl:partOf parvis:members ."
DATASET = """<id/dataset/alpha/zq{0}> a dcat:Dataset ;
  dct:title "Le tt{0}"@fr , "The tt{0}"@en ; dct:description "Du tt{0}."@fr , "Of tt{0}."@en ;
  dct:publisher <id/partner/alpha> ; dct:license <https://creativecommons.org/licenses/by/4.0/> ;
  dct:accrualPeriodicity <http://publications.europa.eu/resource/authority/frequency/ANNUAL> ;
  dcat:theme <http://publications.europa.eu/resource/authority/data-theme/EDUC> ;
  dcat:keyword "tt{0}"@fr , "tt{0}"@en ; parvis:errorThreshold 0.05 ; parvis:invented true ."""
MAPPING = """sources:
  shows:
    access: vw{0}.csv
    referenceFormulation: csv
mappings:
  event:
    sources: shows
    s: id/event/alpha/$(No)
    po:
      - [a, schema:TheaterEvent]
      - [schema:name, $(Titre), fr~lang]
      - [schema:startDate, $(Date), xsd:dateTime]
      - [schema:location, id/place/alpha/vw{0}~iri]
      - [schema:organizer, id/partner/alpha~iri]
      - p: parvis:discipline
        o: {{function: fn:concept, parameters: [[value, théâtre], [scheme, discipline]], type: iri}}
      - [schema:url, $(Page)~iri]
  place:
    sources: shows
    s: id/place/alpha/vw{0}
    po:
      - [a, schema:Place]
      - [schema:name, Salle vw{0}, fr~lang]
"""
DAY = "2026-12-11T20:00:00-05:00"
LINKED = datetime(2026, 11, 26, tzinfo=UTC)
QUERY = """# fr: Quels spectacles sont annoncés ?
# en: Which shows are announced?
# theme: offres
SELECT ?show ?title ?hall { ?show a schema:TheaterEvent ; schema:name ?title ;
  schema:location/schema:name ?hall }
"""

FREE = Share(rows=0, query_seconds=0, parallel=8)
LIMITS = Limits(anonymous=FREE, party=FREE)
"""Limits that no reader reaches."""


def settings_in(folder: Path) -> Settings:
    """Return the settings of a pool in a folder."""
    return Settings(data=folder / "data", catalog=folder / "catalog", base=BASE, limits=LIMITS)


def key_of(name: str) -> DatasetKey:
    return DatasetKey(GIVER, f"{NAME}{name}")


def write_catalog(folder: Path, rules: Mapping[str, str] = RULES) -> None:
    """Write the catalogue folder of a pool with these datasets."""
    catalog = folder / "catalog"
    _write(catalog / "catalog.ttl", CATALOG)
    for partner in (HOST, GIVER, "beta", "gamma"):
        _write(catalog / partner / "partner.ttl", PARTNER.format(partner))
    _write(catalog / "zqchercheuse" / "party.ttl", PARTY)
    write_agreement(folder, rules)
    for name in rules:
        write_dataset(folder, name)
    (catalog / "queries").mkdir()
    (catalog / "queries" / "spectacles.rq").write_text(QUERY, encoding="utf-8")


def write_agreement(folder: Path, rules: Mapping[str, str] = RULES) -> None:
    """Write the agreement of `alpha`: the rules on each dataset."""
    text = " ;\n  ".join(_target(name, rule) for name, rule in rules.items())
    turtle = f"{AGREEMENT.format(GIVER, text)}\n{MEMBER}"
    _write(folder / "catalog" / GIVER / "agreement.ttl", turtle)


def write_dataset(folder: Path, name: str, title: str = "", rows: int = 0) -> None:
    """Write a dataset's record, mapping and file; `title` is added to every text."""
    place = folder / "catalog" / GIVER / f"{NAME}{name}"
    _write(
        place / "dataset.ttl",
        DATASET.format(f"{name}{title}").replace(f"zq{name}{title}", f"zq{name}"),
    )
    (place / "mapping.yml").write_text(MAPPING.format(name), encoding="utf-8")
    lines = [
        f"vw{name}-{number},Soirée vw{name}{title} {number},{DAY},https://x.example/vw{name}"
        for number in range(rows or SECRETS[name].rows)
    ]
    text = "\n".join(["No,Titre,Date,Page", *lines, ""])
    (place / f"vw{name}.csv").write_text(text, encoding="utf-8")


def submit_all(pool: Pool, names: Iterable[str] = SECRETS) -> None:
    for name in names:
        outcome = submit(pool, key_of(name))
        assert outcome.accepted, list(outcome.report.in_words("en"))


def link_all(pool: Pool) -> None:
    """Judge that the places of all datasets are the same, and that two of their shows are not."""
    for number, (first, second) in enumerate(combinations(sorted(SECRETS), 2)):
        for kind, end, decision in (
            ("place", "", JudgementDecision.POSITIVE),
            ("event", f"-{number % 2}", JudgementDecision.NEGATIVE),
        ):
            first_iri, second_iri = (
                pool.iris.thing(kind, f"alpha/vw{name}{end}") for name in (first, second)
            )
            first_graph, second_graph = (pool.iris.graph(key_of(name)) for name in (first, second))
            judgement = Judgement(
                kind,
                first_iri,
                second_iri,
                first_graph,
                second_graph,
                decision,
                "vwagreement",
                LINKED,
            )
            Judgements(pool.settings.data).append([judgement])


def load_graph(pool: Pool, folder: Path, text: str = "") -> None:
    """Load a graph of quads for the members."""
    file = folder / "loaded.nq"
    file.write_text(f'<urn:x:vwloaded> <urn:x:p> "vwloaded {text}" <{LOADED}> .\n', "utf-8")
    load(pool, file, access="members")


def _target(name: str, rules: str) -> str:
    """Apply rules to a dataset."""
    return rules.replace("%s", f"<id/dataset/alpha/zq{name}>")


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{PREFIXES}\n{text}\n", encoding="utf-8")
