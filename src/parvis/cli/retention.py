"""Commands on deletions and their proof: expire, withdraw, certificate."""

from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.terminal import FILE, open_pool, pool_options, print_json, print_line
from parvis.config import Settings, clock
from parvis.errors import UsageError
from parvis.i18n import N_

if TYPE_CHECKING:
    from parvis.pooling.stewardship.retention import Expiry


DELETED = N_(
    "{dataset} is deleted: {triples} triples, proof {proof}; {files} files and {quads} triples"
    " served were searched"
)
REMAINS = N_("something of {dataset} is left in {place}: {count} texts")
BACKUP = N_("to be removed until {until}: the backup {folder}, which holds {datasets}")
OVERDUE = N_("overdue since {until}: the backup {folder} still holds {datasets}")
NO_INSTANT = N_("“{text}” is neither a day (2027-06-30) nor an ISO 8601 instant with its offset")
WRITTEN = N_("the certificate of destruction of {dataset} is written to {file}")
PROVED = N_("its deletion is proved ({proof}): parvis certificate {dataset}")
SERVED = N_("generation {generation} is served without what was deleted")
FORGOTTEN = N_("the audit trail has forgotten {count} entries, older than {days} days")
SHORT = 16
"""Digits of the hash of a proof that are printed."""
OUTPUT = "Where to write it; the ending chooses: .html, .json, or one of RDF."
NUMBER = "Which deletion, of several of one dataset; else the last."
DATE = (
    "As if it were that day, at its beginning in Québec, or that instant; else now. Today’s date"
    " confirms a clock that is not believed."
)


@click.command(cls=Command)
@click.option("--date", "when", help=DATE)
@click.option("--dry-run", "trying", is_flag=True, help="Only tell what is due.")
@pool_options
def expire_command(when: str | None, settings: Settings, *, trying: bool, in_json: bool) -> int:
    """Delete for good what an agreement obliges the pool to delete, and prove it.

    To be run each day. What was cut short is finished; done again, it does nothing more. Exit code
    1 if something is left behind, or a backup should be gone by now. Nothing is deleted, without
    --date, where the clock is far from what the ledger knows of the time.
    """
    from parvis.pooling.stewardship.retention import expire

    at = None if when is None else instant(when)
    # What is due is deleted whatever text is wrong: by the last valid ones, if need be.
    with open_pool(settings, lenient=True) as pool:
        expired = expire(pool, at, trying=trying)
    if in_json:
        print_json(expired)
    else:
        _print_expired(expired, pool.settings.audit_days)
    return 0 if expired.good else 1


@click.command(cls=Command)
@click.argument("dataset")
@click.option("--number", type=int, help=NUMBER)
@click.option("-o", "--output", type=FILE, help=OUTPUT)
@pool_options
def certificate_command(
    dataset: str, number: int | None, output: Path | None, settings: Settings, *, in_json: bool
) -> None:
    """Give the certificate of destruction of a dataset, in Turtle unless a file says otherwise."""
    from parvis.pooling.stewardship.erasure import certificate, form_of, render_certificate, save

    # A wrong ending is refused before the pool is opened.
    if output is not None:
        form_of(output)
    with open_pool(settings) as pool:
        proof = certificate(pool, dataset, number)
    if output is not None:
        save(proof, output)
        print_line(WRITTEN, err=True, dataset=dataset, file=output)
    elif in_json:
        print_json(proof)
    else:
        click.echo(render_certificate(proof, "ttl").decode(), nl=False)


def instant(text: str) -> datetime:
    """Parse a day or an instant; a day is its beginning in Québec. Raises `UsageError`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(NO_INSTANT, text=text) from error
    # “2027-06-30” is a day; “2027-06-30T00:00” is an instant without its offset.
    if moment.tzinfo is None and moment.time() == time() and "T" not in text and " " not in text:
        return moment.replace(tzinfo=clock.QUEBEC)
    if moment.tzinfo is None:
        raise UsageError(NO_INSTANT, text=text)
    return moment


def _print_expired(expired: "Expiry", days: int) -> None:
    if not expired.due and not expired.deleted:
        print_line("nothing is due to be deleted")
    # With --dry-run, nothing is deleted: the due datasets are listed instead.
    for key in () if expired.deleted else expired.due:
        print_line("{dataset} is due to be deleted", dataset=key)
    for link in expired.deleted:
        entry, search = link.entry, link.entry["search"]
        counts = {"files": search["files"], "quads": search["quads"], "triples": entry["triples"]}
        proof = link.hash[:SHORT]
        print_line(DELETED, dataset=entry["dataset"], proof=proof, **counts)
        for place, count in search["remains"].items():
            print_line(REMAINS, err=True, dataset=entry["dataset"], place=place, count=count)
    if expired.generation is not None:
        print_line(SERVED, generation=expired.generation)
    now = clock.machine_time().astimezone(clock.QUEBEC)
    for backup in expired.backups:
        names, until = ", ".join(backup.datasets), backup.until.date().isoformat()
        words = OVERDUE if backup.is_overdue(now) else BACKUP
        print_line(words, err=True, until=until, folder=backup.folder, datasets=names)
    for file in expired.source_files:
        print_line("to be removed from the catalogue folder: {file}", err=True, file=file)
    if expired.forgotten:
        print_line(FORGOTTEN, count=expired.forgotten, days=days)


@click.command(cls=Command)
@click.argument("name", metavar="PARTNER[/DATASET]")
@click.option(
    "--reason", default="", help="Why, for the tombstone, in the language of the command."
)
@pool_options
def withdraw_command(name: str, reason: str, settings: Settings, *, in_json: bool) -> int:
    """Take a dataset, or all of a partner's, out of the pool; a tombstone stays.

    The files received go too, and a generation without it, built from nothing, is served at once.
    To submit the dataset again brings it back.
    """
    from parvis.pooling.stewardship.retention import withdraw

    reasons = {spoken(): reason} if reason else {}
    with open_pool(settings) as pool:
        withdrawal = withdraw(pool, name, reasons)
    if in_json:
        print_json(withdrawal)
        return 0
    for stone in withdrawal.tombstones:
        print_line("{dataset} is withdrawn; its tombstone stays", dataset=stone.key)
    if not withdrawal.tombstones:
        print_line("{name} was withdrawn already", name=name)
    if withdrawal.generation is not None:
        print_line("generation {generation} is served without it", generation=withdrawal.generation)
    for link in withdrawal.proofs:
        dataset = link.entry["dataset"]
        print_line(PROVED, dataset=dataset, proof=link.hash[:SHORT])
        for place, count in link.entry["search"]["remains"].items():
            print_line(REMAINS, err=True, dataset=dataset, place=place, count=count)
    return 1 if any(link.entry["search"]["remains"] for link in withdrawal.proofs) else 0
