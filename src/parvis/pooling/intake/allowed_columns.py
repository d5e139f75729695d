"""Columns that the steward lets in although they seem to identify persons; and refused files.

Of a file that identifies persons, only the fact remains, in the audit trail: when, whose, which
columns and why. An allowance is in force while `allowed.json` has it; its reason is in the trail.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from parvis.catalog.entries import Dataset
from parvis.config import Settings, clock
from parvis.config.documents import Document
from parvis.errors import UnknownThing, UsageError
from parvis.i18n import N_
from parvis.ledger import SHELL, Act, Audit, Author, Event
from parvis.report import Report
from parvis.store.files import replace, writing
from parvis.vocab.iris import DatasetKey, slug

FILE = "allowed.json"
LONGEST = 300
"""Characters of a heading, or of a reason."""
SHOWN = 100
"""Refusals and allowances that are listed."""
NO_REASON = N_("say why the column may enter: the reason stays in the audit trail")
NO_COLUMN = N_("name the column as its heading does")
NO_DATASET = N_("there is no dataset {key}")
NOT_ALLOWED = N_("the column “{column}” of {key} was not allowed")


@dataclass(frozen=True)
class Allowance:
    """A column that may enter: since when, and why."""

    column: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class Refusal:
    """A file that was refused because it identifies persons; `by` is None for a command."""

    dataset: str
    at: datetime
    by: str | None
    columns: tuple[str, ...]
    rules: tuple[str, ...]


def allowances(data: Path, key: DatasetKey) -> list[Allowance]:
    """Return a dataset's columns that may enter. Raises `StoreError` for a damaged file."""
    try:
        body = _file(data, key).read_bytes()
    except FileNotFoundError:
        return []
    document = Document.parse(body, FILE)
    return [
        Allowance(column, entry.member("at").instant(), entry.member("reason").text())
        for column, entry in document.members()
    ]


def allow_column(
    settings: Settings, key: DatasetKey, column: str, reason: str, author: Author = SHELL
) -> None:
    """Let a column of a dataset's files in; raises `UnknownThing`, `UsageError` if unexplained."""
    column, reason = " ".join(column.split())[:LONGEST], " ".join(reason.split())[:LONGEST]
    if not column:
        raise UsageError(NO_COLUMN)
    if not reason:
        raise UsageError(NO_REASON)
    _change(settings, key, Allowance(column, clock.machine_time(), reason), author)


def forbid_column(settings: Settings, key: DatasetKey, column: str, author: Author = SHELL) -> None:
    """Take an allowance back: the next file with that column is refused again."""
    _require(settings, key)
    if column not in {allowance.column for allowance in allowances(settings.data, key)}:
        raise UnknownThing(NOT_ALLOWED, column=column[:LONGEST], key=key)
    _change(settings, key, Allowance(column, clock.machine_time(), ""), author)


def _change(settings: Settings, key: DatasetKey, change: Allowance, author: Author) -> None:
    """Replace the allowance of a column by another; one without a reason only takes it back."""
    _require(settings, key)
    data, dataset = settings.data, f"{settings.base}id/dataset/{key}"
    with writing(data):
        changed = [a for a in allowances(data, key) if a.column != change.column]
        changed += [change] if change.reason else []
        # The trail first: a kill between the two leaves the column refused, and the fact written.
        facts = (("column", change.column), ("reason", change.reason or None), *author.facts())
        Audit(data).append([Event(Act.ALLOW, change.at, author.party, ((dataset, None),), facts)])
        file = _file(data, key)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        content = {a.column: {"at": a.at.isoformat(), "reason": a.reason} for a in changed}
        replace(file, json.dumps(content, ensure_ascii=False).encode())


def _require(settings: Settings, key: DatasetKey) -> None:
    folder = settings.catalog / slug(key.partner) / slug(key.dataset)
    if not (folder / "dataset.ttl").is_file():
        raise UnknownThing(NO_DATASET, key=key)


def record_refusal(data: Path, dataset: Dataset, report: Report, author: Author) -> None:
    """Record that a file was refused: its columns and the rules, nothing of what it holds."""
    columns = dict.fromkeys(f.place.column for f in report.findings if f.place and f.place.column)
    rules = dict.fromkeys(finding.rule for finding in report.findings)
    facts = (("columns", "; ".join(columns)), ("rules", "; ".join(rules)), *author.facts())
    now = clock.machine_time()
    Audit(data).append([Event(Act.REFUSE, now, author.party, ((dataset.iri, None),), facts)])


def refusals(settings: Settings) -> list[Refusal]:
    """Return the last refused files, the newest first."""
    entries = (link.entry for link in Audit(settings.data).latest([Act.REFUSE], SHOWN))
    return [
        Refusal(
            entry["datasets"][0]["dataset"],
            datetime.fromisoformat(entry["at"]),
            entry["by"],
            *(tuple(filter(None, _text(entry, name).split("; "))) for name in ("columns", "rules")),
        )
        for entry in entries
    ]


def _text(entry: dict[str, Any], name: str) -> str:
    return str(entry.get(name) or "")


def all_allowances(data: Path) -> dict[DatasetKey, list[Allowance]]:
    """Return the columns that may enter, by dataset."""
    files = sorted((data / "incoming").glob(f"*/*/{FILE}"))
    keys = (DatasetKey(*file.parent.parts[-2:]) for file in files)
    return {key: columns for key in keys if (columns := allowances(data, key))}


def _file(data: Path, key: DatasetKey) -> Path:
    return data / "incoming" / str(key) / FILE
