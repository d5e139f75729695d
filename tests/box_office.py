"""A partner's dataset for its box office, and the figures of a night, all invented."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from parvis.config import Settings
from parvis.vocab.iris import DatasetKey

CASE = Path(__file__).parent / "cases" / "pool"
PARTY = "http://pool.test/id/partner/theatre-b"
KEY = DatasetKey("theatre-b", "billetterie")
IRI = f"http://pool.test/id/dataset/{KEY}"
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date()
NIGHT: dict[str, Any] = {
    "performance": "lueur-1",
    "show": "La lueur",
    "start": "2026-11-20T20:00:00-05:00",
    "venue": "Salle du Quai",
    "area": "Capitale-Nationale",
    "discipline": "théâtre",
    "asOf": YESTERDAY.isoformat(),
    "capacity": 400,
    "blocked": 12,
    "reserved": 9,
    "ticketsSold": 230,
    "complimentary": 14,
    "revenue": "6190.50",
    "prices": [
        {"priceType": "réduit", "channel": "Site web", "ticketsSold": 80, "revenue": 1760},
    ],
}
DELETED = """
<id/agreement/theatre-b> odrl:permission [
    odrl:target <id/dataset/theatre-b/billetterie> ; odrl:assignee parvis:everyone ;
    odrl:action parvis:discover ] ;
  odrl:obligation [ odrl:target <id/dataset/theatre-b/billetterie> ; odrl:assignee parvis:host ;
    odrl:action odrl:delete ; odrl:constraint [ odrl:leftOperand odrl:dateTime ;
      odrl:operator odrl:gteq ; odrl:rightOperand "2030-01-01T00:00:00-05:00"^^xsd:dateTime ] ] .
"""


def add_dataset(partner: Path) -> None:
    """Write the record of a dataset for figures, and its agreement, into a partner's folder."""
    record = (partner / "reserve" / "dataset.ttl").read_text(encoding="utf-8")
    (partner / KEY.dataset).mkdir()
    purpose = (
        "<id/dataset/theatre-b/billetterie> <https://w3id.org/dpv#hasPurpose>"
        " <https://w3id.org/dpv#ServiceUsageAnalytics> ;"
        " <https://w3id.org/dpv#hasResponsibleEntity> <id/partner/theatre-b> .\n"
    )
    (partner / KEY.dataset / "dataset.ttl").write_text(
        record.replace("theatre-b/reserve", str(KEY)) + purpose, encoding="utf-8"
    )
    with (partner / "agreement.ttl").open("a", encoding="utf-8") as file:
        file.write(DELETED)


def write_catalog(folder: Path) -> Settings:
    """Write the catalogue of a pool with such a dataset; return its settings."""
    shutil.copytree(CASE, folder / "catalog")
    add_dataset(folder / "catalog" / KEY.partner)
    return Settings.load(data=folder / "data", catalog=folder / "catalog")
