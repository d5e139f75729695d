"""An invented pool of four houses that count their distinct people together, in a project."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from parvis.config import Settings
from parvis.ledger import SHELL, RoundRecord
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publics.release import portray
from parvis.pooling.publics.rounds.messages import receive_message
from parvis.pooling.publics.rounds.opening import RoundRequest, open_round
from parvis.statistics.distinct.rounds import Kind, Kit, Round, draw_kits
from parvis.vocab.iris import DatasetKey
from tests import classes
from tests.people_sketch import Person, sketch

HOUSES = ("maison-0", "maison-1", "maison-2", "maison-3")
PEOPLE = DatasetKey(classes.HOST, "personnes")
PROJECT = "publics"
BITS = 12
PROJECT_TEXT = """<id/project/publics> a parvis:PoolingProject ;
  dct:title "Publics communs"@fr , "Shared audiences"@en ;
  parvis:objective "Se compter."@fr , "To count."@en ; parvis:carrier <id/partner/tiers> ;
  parvis:charter parvis:profile-1 ; schema:startDate "2025-01-01"^^xsd:date ;
  schema:endDate "2099-12-31"^^xsd:date ;
  org:hasMember {members} {more} ."""
HOLDER = '; parvis:keyHolder "Me Tremblay, notaire"@fr , "Me Tremblay, notary"@en'
COUNTING = """odrl:permission [ odrl:target <id/dataset/{0}/publics> ;
    odrl:assignee parvis:host ; odrl:action parvis:countPeople ;
    odrl:duty [ odrl:action odrl:anonymize ] ]"""
COMPARING = """ , [ odrl:target <id/dataset/{0}/publics> ;
    odrl:assignee parvis:host ; odrl:action parvis:compareAudiences ;
    odrl:duty [ odrl:action odrl:anonymize ] ;
    odrl:constraint
      [ odrl:leftOperand odrl:recipient ; odrl:operator odrl:eq ; odrl:rightOperand {1} ] ,
      [ odrl:leftOperand odrl:purpose ; odrl:operator odrl:isA ;
        odrl:rightOperand dpv:ServiceUsageAnalytics ] ,
      [ odrl:leftOperand odrl:dateTime ; odrl:operator odrl:lt ;
        odrl:rightOperand "2098-01-01T00:00:00-05:00"^^xsd:dateTime ] ]"""
SIGNED = """\
# ── Signature ──
<id/agreement/{0}-publics> dct:dateAccepted "2026-06-15"^^xsd:date ;
  owl:versionInfo "1" ; parvis:textHash "{1}" .
"""


def write_project(folder: Path, more: str = HOLDER) -> None:
    members = " , ".join(f"<id/partner/{name}>" for name in (*HOUSES, classes.HOST))
    text = PROJECT_TEXT.format(members=members, more=more)
    place = folder / "projects"
    place.mkdir(exist_ok=True)
    (place / "publics.ttl").write_text(f"{classes.PREFIXES}\n{text}\n", encoding="utf-8")


def write_agreement(
    folder: Path, name: str, others: Iterable[str] = (), *, counts: bool = True
) -> None:
    """Write a house's signed agreement in the project; `others` may be compared with it."""
    rules = (
        COUNTING.format(name)
        if counts
        else COUNTING.replace("countPeople", "discover").format(name)
    )
    for other in others:
        iri = "parvis:everyone" if other == "*" else f"<id/partner/{other}>"
        rules += COMPARING.format(name, iri)
    text = classes.AGREEMENT.format(name, rules).replace(
        f"<id/agreement/{name}>", f"<id/agreement/{name}-publics>"
    )
    text = text.rstrip(" .") + f" ; dct:isPartOf <id/project/{PROJECT}> ."
    prefixes = f"{classes.PREFIXES}@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
    body = f"{prefixes}\n{text}\n"
    signature = SIGNED.format(name, sha256(body.encode()).hexdigest())
    (folder / name / f"agreement-{PROJECT}.ttl").write_text(body + signature, encoding="utf-8")


def write_catalog(folder: Path) -> None:
    """Write the pool: the first two houses may be compared, and all count people."""
    texts = {"catalog.ttl": classes.CATALOG}
    for name in (classes.HOST, *HOUSES):
        texts[f"{name}/partner.ttl"] = classes.PARTNER.format(name, "theatre-company")
    reading = (
        classes.READING.format(slug, "parvis:everyone", "") for slug in ("portrait", "personnes")
    )
    texts[f"{classes.HOST}/agreement.ttl"] = classes.AGREEMENT.format(
        classes.HOST, " ; ".join(reading)
    )
    for key in (classes.PORTRAIT, PEOPLE):
        text = classes.DATASET.format(key, classes.HOST, "")
        texts[f"{key}/dataset.ttl"] = text.replace("Publics", f"Jeu {key.dataset} :")
    for path, text in texts.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{classes.PREFIXES}\n{text}\n", encoding="utf-8")
    write_project(folder)
    for number, name in enumerate(HOUSES):
        classes.write_giver(folder, name, number)
        write_agreement(
            folder, name, {"maison-0": ["maison-1"], "maison-1": ["maison-0"]}.get(name, [])
        )


def make(folder: Path) -> Settings:
    """Write the pool, submit what its houses give, and release the portrait."""
    write_catalog(folder / "catalog")
    settings = classes.settings_in(folder)
    with Pool.open(settings) as pool:
        for name in HOUSES:
            outcome = submit(pool, DatasetKey(name, "publics"))
            assert outcome.accepted, list(outcome.report.in_words("en"))
        portray(pool)
    return settings


def people_of(house: str, size: int = 300) -> list[Person]:
    """Return the buyers of a house: it shares a third of them with every other one."""
    number = HOUSES.index(house)
    common = [f"c{i}@exemple.org" for i in range(size // 3)]
    own = [f"{house}-{i}@exemple.org" for i in range(size - size // 3)]
    region = "06" if number % 2 else "13"
    return [Person(name.encode(), region, {"theatre": 1}) for name in (*common, *own)]


def open_for(
    pool: Pool, partners: Sequence[str], kind: Kind = Kind.DISTINCT, **more: object
) -> RoundRecord:
    request = RoundRequest(PROJECT, kind, "2025", tuple(partners), bits=BITS, **more)  # type: ignore[arg-type] # as given
    return open_round(pool, request)


def write_messages(
    folder: Path, record: RoundRecord, kits: dict[str, Kit] | None = None
) -> dict[str, Path]:
    """Draw the kits of a round, and write the message of each partner to a file."""
    opened = Round.from_json(record.text)
    kits = kits or draw_kits(opened)
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name in opened.partners:
        files[name] = folder / f"{name}.message"
        files[name].write_bytes(sketch(opened, kits[name], people_of(name)))
    return files


def send_all(pool: Pool, record: RoundRecord, files: dict[str, Path]) -> None:
    for name, file in files.items():
        receive_message(pool, record.project, record.number, pool.iris.partner(name), file, SHELL)
