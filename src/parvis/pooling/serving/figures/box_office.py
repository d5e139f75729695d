"""The performances of a partner whose box-office figures have not come."""

from datetime import date, timedelta
from importlib.resources import files
from typing import Any

from parvis.config import clock
from parvis.governance import Reader
from parvis.ledger import BoxOffice
from parvis.pooling.serving.service import PoolService

OWN = files(__package__).joinpath("own_performances.rq").read_text(encoding="utf-8")
DAYS = 90
"""How long ago a performance took place at most that is asked for."""


def list_missing(host: PoolService, reader: Reader, dataset: str) -> list[dict[str, Any]]:
    """List the recent performances of a party that have no figures, or none of their own day.

    The performances are those of all that it publishes; `dataset` holds its figures.
    """
    today = clock.machine_time().date()
    reports = BoxOffice(host.settings.data).last(dataset)
    reported = {report.performance: report.day for report in reports}
    party = str(reader.iri).removeprefix(f"{host.settings.base}id/partner/")
    own = f"{host.settings.base}id/event/{party}/"
    missing = []
    for row in host.rows(reader, OWN, own=own):
        day, name = date.fromisoformat(row["start"][:10]), row["event"].removeprefix(own)
        known = reported.get(name)
        is_recent = today - timedelta(days=DAYS) <= day < today
        if is_recent and (known is None or known < day):
            fields = {"performance": name, "name": row["name"], "start": row["start"]}
            missing.append({**fields, "asOf": known and known.isoformat()})
    return missing
