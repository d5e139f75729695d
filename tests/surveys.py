"""A pool of invented partners that survey their audiences with the shared questionnaire."""

import csv
import random
import shutil
from pathlib import Path

from parvis.config import Settings
from parvis.vocab.iris import DatasetKey

CASE = Path(__file__).parent / "cases" / "publics"
POOLED = DatasetKey("tiers", "sondages")
HEADINGS = ("Période", "Poids", "Groupe d’âge", "Première visite", "Avec qui")
AGES = ("18 à 24 ans", "25 à 34 ans", "35 à 44 ans", "65 à 74 ans")
RULES = """
<id/agreement/{name}> odrl:permission [
    odrl:target <id/dataset/{name}> ; odrl:assignee parvis:host ; odrl:action odrl:aggregate ;
    odrl:duty [ odrl:action odrl:anonymize ] ] ;
  odrl:obligation [ odrl:target <id/dataset/{name}> ; odrl:assignee parvis:host ;
    odrl:action odrl:delete ; odrl:constraint [ odrl:leftOperand odrl:dateTime ;
      odrl:operator odrl:gteq ; odrl:rightOperand "2099-01-01T00:00:00-05:00"^^xsd:dateTime ] ] .
"""


def key_of(partner: str) -> DatasetKey:
    return DatasetKey(partner, "enquete")


def write_catalog(folder: Path, partners: tuple[str, ...]) -> Settings:
    """Write a catalogue in which partners let their surveys be pooled for everyone."""
    shutil.copytree(CASE, folder)
    record = (folder / "troupe-a" / "publics" / "dataset.ttl").read_text(encoding="utf-8")
    agreement = (folder / "troupe-a" / "agreement.ttl").read_text(encoding="utf-8")
    partner_text = (folder / "troupe-a" / "partner.ttl").read_text(encoding="utf-8")
    for partner in partners:
        dataset = folder / partner / "enquete"
        dataset.mkdir(parents=True)
        (dataset.parent / "partner.ttl").write_text(
            partner_text.replace("troupe-a", partner).replace("Troupe A", partner), "utf-8"
        )
        (dataset / "dataset.ttl").write_text(
            record.replace("troupe-a/publics", f"{partner}/enquete").replace("troupe-a", partner),
            "utf-8",
        )
        head = agreement.partition("  odrl:permission")[0].rstrip(" ;\n") + " .\n"
        name = f"{partner}/enquete"
        rules = RULES.format(name=name).replace(f"agreement/{name}", f"agreement/{partner}")
        (dataset.parent / "agreement.ttl").write_text(
            head.replace("troupe-a", partner) + rules, "utf-8"
        )
    pooled = folder / "tiers" / "sondages"
    pooled.mkdir()
    text = record.replace("troupe-a/publics", str(POOLED)).replace(
        "partner/troupe-a", "partner/tiers"
    )
    (pooled / "dataset.ttl").write_text(text, "utf-8")
    tiers = folder / "tiers" / "agreement.ttl"
    reading = (
        f"<id/agreement/tiers> odrl:permission [ odrl:target <id/dataset/{POOLED}> ;"
        " odrl:assignee parvis:everyone ; odrl:action odrl:read , parvis:discover ] .\n"
    )
    tiers.write_text(tiers.read_text("utf-8") + reading, "utf-8")
    return Settings.load(data=folder.parent / "data", catalog=folder)


def draw_answers(seed: int, size: int = 120, period: str = "2025") -> list[list[str]]:
    """Draw the answers of a sample, with weights."""
    chance = random.Random(seed)  # noqa: S311 - invented answers
    rows = []
    for _ in range(size):
        weight = f"{chance.uniform(0.5, 2.0):.2f}".replace(".", ",")
        age = chance.choices(AGES, (4, 3, 2, 1))[0]
        first = chance.choices(("Oui", "Non", ""), (3, 5, 1))[0]
        company = chance.choices(("Seul", "En couple", "En famille"), (2, 3, 5))[0]
        rows.append([period, weight, age, first, company])
    return rows


def write_answers(file: Path, rows: list[list[str]], headings: tuple[str, ...] = HEADINGS) -> Path:
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([headings, *rows])
    return file
