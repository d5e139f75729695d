"""Commands on what must go, and the proof of it: expire, withdraw, certificate, anonymisations."""

from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.options import FILE, as_json, folders, print_json, settings
from parvis.cli.terminal import visible
from parvis.errors import UsageError
from parvis.i18n import N_, say
from parvis.ledger import Link
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.certificates import certificate, form_of, save, written
from parvis.pooling.stewardship.retention import Expired, expire, withdraw

# Commands on what must go, and the proof of it: expire, certificate.

NOTHING_DUE = N_("nothing is due to be deleted")
DUE = N_("{dataset} is due to be deleted")
DELETED = N_(
    "{dataset} is deleted: {triples} facts, proof {proof}; {files} files and {quads} facts served"
    " were searched"
)
REMAINS = N_("something of {dataset} is left in {place}: {count} texts")
WITHOUT = N_("generation {generation} is served without what was deleted")
BACKUP = N_("to be removed until {until}: the backup {folder}, which holds {datasets}")
OVERDUE = N_("overdue since {until}: the backup {folder} still holds {datasets}")
BESIDE = N_("to be removed from the catalogue folder: {file}")
FORGOTTEN = N_("the audit trail has forgotten {count} entries, older than {days} days")
NO_INSTANT = N_("“{text}” is neither a day (2027-06-30) nor an ISO 8601 instant with its offset")
WRITTEN = N_("the certificate of destruction of {dataset} is written to {file}")
SHORT = 16
"""Digits of its hash by which a proof is told."""
DATE = N_(
    "As if it were that day, at its beginning in Québec, or that instant; else now. Today’s date"
    " confirms a clock that is not believed."
)
DRY_RUN = N_("Only tell what is due.")
OUTPUT = N_("Where to write it; the ending chooses: .html, .json, or one of RDF.")
NUMBER = N_("Which deletion, of several of one dataset; else the last.")


@click.command(cls=Command, name="expire")
@click.option("--date", "when", help=DATE)
@click.option("--dry-run", "trying", is_flag=True, help=DRY_RUN)
@folders
@as_json
def expire_command(
    when: str | None, data: Path | None, catalog: Path | None, *, trying: bool, in_json: bool
) -> int:
    """Delete for good what an agreement obliges the pool to delete, and prove it.

    To be run each day. What was cut short is finished; done again, it does nothing more. Exit code
    1 if something is left behind, or a backup should be gone by now. Nothing is deleted, without
    --date, where the clock is far from what the ledger knows of the time.
    """
    at = None if when is None else instant(when)
    with Pool.open(settings(data, catalog)) as pool:
        found = expire(pool, at, trying=trying)
    if in_json:
        print_json(found.to_json())
    else:
        _tell(found, pool.settings.audit_days)
    return 0 if found.good else 1


@click.command(cls=Command, name="certificate")
@click.argument("dataset")
@click.option("--number", type=int, help=NUMBER)
@click.option("-o", "--output", type=FILE, help=OUTPUT)
@folders
@as_json
def certificate_command(  # noqa: PLR0913 - its options
    dataset: str,
    number: int | None,
    output: Path | None,
    data: Path | None,
    catalog: Path | None,
    *,
    in_json: bool,
) -> int:
    """Give the certificate of destruction of a dataset, in Turtle unless a file says otherwise."""
    if output is not None:
        form_of(output)
    with Pool.open(settings(data, catalog)) as pool:
        found = certificate(pool, dataset, number)
    if output is not None:
        save(found, output)
        click.echo(say(spoken(), WRITTEN, dataset=dataset, file=output), err=True)
    elif in_json:
        print_json(found.to_json())
    else:
        click.echo(written(found, "ttl").decode(), nl=False)
    return 0


def instant(text: str) -> datetime:
    """Read a day or an instant; a day is its beginning in Québec. Raises `UsageError`."""
    zone = ZoneInfo("America/Toronto")
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(NO_INSTANT, text=text) from error
    if found.tzinfo is None and found.time() == time() and "T" not in text and " " not in text:
        return found.replace(tzinfo=zone)
    if found.tzinfo is None:
        raise UsageError(NO_INSTANT, text=text)
    return found


def _tell(found: Expired, days: int) -> None:
    """Say what was done, and what is left for the steward to do."""
    lang = spoken()
    if not found.due and not found.deleted:
        click.echo(say(lang, NOTHING_DUE))
    for key in () if found.deleted else found.due:
        click.echo(say(lang, DUE, dataset=key))
    for link in found.deleted:
        told, search = link.entry, link.entry["search"]
        looked = {"files": search["files"], "quads": search["quads"]}
        fields = {
            "dataset": told["dataset"],
            "triples": told["triples"],
            "proof": link.hash[:SHORT],
        }
        click.echo(say(lang, DELETED, **fields, **looked))
        for place, count in search["remains"].items():
            text = say(lang, REMAINS, dataset=told["dataset"], place=place, count=count)
            click.echo(visible(text), err=True)
    if found.generation is not None:
        click.echo(say(lang, WITHOUT, generation=found.generation))
    _tell_duties(found, lang)
    if found.forgotten:
        click.echo(say(lang, FORGOTTEN, count=found.forgotten, days=days))


def _tell_duties(found: Expired, lang: str) -> None:
    """Say what the steward has to remove elsewhere."""
    now = datetime.now(ZoneInfo("America/Toronto"))
    for one in found.backups:
        names, until = ", ".join(one.datasets), one.until.date().isoformat()
        words = OVERDUE if one.overdue(now) else BACKUP
        told = say(lang, words, until=until, folder=one.folder, datasets=names)
        click.echo(visible(told), err=True)
    for file in found.beside:
        click.echo(visible(say(lang, BESIDE, file=file)), err=True)


# The command on what leaves the pool: withdraw.

WITHDRAWN = N_("{dataset} is withdrawn; its tombstone stays")
ALREADY = N_("{name} was withdrawn already")
SERVED_WITHOUT = N_("generation {generation} is served without it")
PROOF = N_("its deletion is proved ({proof}): parvis certificate {dataset}")
REASON = N_("Why, for the tombstone, in the language of the command.")


@click.command(cls=Command, name="withdraw")
@click.argument("name", metavar="PARTNER[/DATASET]")
@click.option("--reason", default="", help=REASON)
@folders
@as_json
def withdraw_command(
    name: str, reason: str, data: Path | None, catalog: Path | None, *, in_json: bool
) -> int:
    """Take a dataset, or all of a partner's, out of the pool; a tombstone stays.

    The files received go too, and a generation without it, built from nothing, is served at once.
    To submit the dataset again brings it back.
    """
    said = {spoken(): reason} if reason else {}
    with Pool.open(settings(data, catalog)) as pool:
        found = withdraw(pool, name, said)
    if in_json:
        print_json(found.to_json())
        return 0
    for one in found.tombstones:
        click.echo(say(spoken(), WITHDRAWN, dataset=one.key))
    if not found.tombstones:
        click.echo(say(spoken(), ALREADY, name=name))
    if found.generation is not None:
        click.echo(say(spoken(), SERVED_WITHOUT, generation=found.generation))
    for link in found.proofs:
        _tell_proof(link)
    return 1 if any(link.entry["search"]["remains"] for link in found.proofs) else 0


def _tell_proof(link: Link) -> None:
    """Say where the proof of a deletion is, and what was left behind."""
    dataset = link.entry["dataset"]
    click.echo(say(spoken(), PROOF, dataset=dataset, proof=link.hash[:SHORT]))
    for place, count in link.entry["search"]["remains"].items():
        told = say(spoken(), REMAINS, dataset=dataset, place=place, count=count)
        click.echo(visible(told), err=True)
