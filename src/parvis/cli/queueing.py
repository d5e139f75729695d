"""The command on the files that partners gave to the site: queue."""

from pathlib import Path

import click

from parvis.cli.bilingual import Command, Group, spoken
from parvis.cli.options import as_json, folders, print_json, settings
from parvis.cli.visible import visible
from parvis.i18n import N_, say
from parvis.ledger import Deposit, DepositState
from parvis.pooling.depositing import accept, refuse, settle, waiting
from parvis.pooling.pool import Pool

NOTHING = N_("no file waits")
EXPIRED = N_("{file}, for {dataset}, waited until {until} and is gone")
DONE = {
    DepositState.ACCEPTED: N_("{file} is the content of {dataset}; next: parvis publish"),
    DepositState.REFUSED: N_("{file}, for {dataset}, is refused"),
}
REASON = N_("Why, as the partner will read it, in the language of the command.")


@click.group(cls=Group)
def queue() -> None:
    """Decide about the files that partners gave to the site."""


@queue.command(cls=Command, name="list")
@folders
@as_json
def list_command(data: Path | None, catalog: Path | None, *, in_json: bool) -> int:
    """List the files that wait, the oldest first, each with why no rule accepted it.

    What has waited for too long goes, and what was cut short is finished.
    """
    with Pool.open(settings(data, catalog)) as pool:
        over = settle(pool)
        found = waiting(pool.settings)
    if in_json:
        print_json([one.to_json() for one in found])
        return 0
    for one in over:
        click.echo(_said(EXPIRED, one), err=True)
    for one in found:
        figures = [f"{one.facts[name]:g}" for name in ("rows", "errors") if name in one.facts]
        pieces = (one.id, one.given.isoformat(timespec="minutes"), one.dataset, one.file, *figures)
        click.echo(visible("  ".join(pieces)))
        for why in one.waits:
            click.echo(visible(f"    {why[spoken()]}"))
    if not found:
        click.echo(say(spoken(), NOTHING))
    return 0


@queue.command(cls=Command, name="accept")
@click.argument("name", metavar="ID")
@folders
@as_json
def accept_command(name: str, data: Path | None, catalog: Path | None, *, in_json: bool) -> int:
    """Make a file that waits the content of its dataset; it is checked once more.

    Exit code 1 if it would no longer be accepted: it is then refused.
    """
    with Pool.open(settings(data, catalog)) as pool:
        return _tell(accept(pool, name, None), in_json=in_json)


@queue.command(cls=Command, name="refuse")
@click.argument("name", metavar="ID")
@click.option("--reason", required=True, help=REASON)
@folders
@as_json
def refuse_command(
    name: str, reason: str, data: Path | None, catalog: Path | None, *, in_json: bool
) -> int:
    """Refuse a file that waits, with a reason that its partner will read."""
    done = refuse(settings(data, catalog), name, None, {spoken(): reason})
    _tell(done, in_json=in_json)
    return 0


def _tell(done: Deposit, *, in_json: bool) -> int:
    """Print what became of a file."""
    if in_json:
        print_json(done.to_json())
    else:
        click.echo(_said(DONE[done.state], done))
    return 0 if done.state is DepositState.ACCEPTED else 1


def _said(template: str, one: Deposit) -> str:
    fields = {"file": one.file, "dataset": one.dataset, "until": one.until.date().isoformat()}
    return visible(say(spoken(), template, **fields))


COMMANDS = (queue,)
