"""Commands on the whole pool: publish, generations, verify, recall, pull, load, backup, restore."""

from pathlib import Path
from typing import Any

import click

from parvis.cli.bilingual import Command, Group, spoken
from parvis.cli.options import as_json, folders, print_json, settings
from parvis.cli.terminal import visible
from parvis.i18n import N_, say
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.stewardship.generations import generations as all_generations
from parvis.pooling.stewardship.generations import rollback, verify

# Commands on the whole pool: publish, generations, verify.

PUBLISHED = N_("generation {generation} is published: {open} open facts, {members} for members")
UNCOUNTED = N_("{dataset} could not be counted: only the number of its triples is published")
LEFT_OUT = N_("the record of {dataset} is left out: {reason}")
NO_FILE = N_("{dataset} has no file {form} to take away: {reason}")
CURRENT = N_("generation {generation} is served again")
SOUND = N_(
    "sound: {graphs} graphs of the record and {files} files of {generations} generations are as"
    " they were written; generation {generation} is served"
)
LOADED = N_("{loaded} of these graphs were loaded as they were")
SOUND_LEDGER = N_("the ledger is sound too (form {ledger})")
CHAINS = {
    "deletions": N_("the chain of deletions holds: {entries} entries, last hash {hash}"),
    "audit": N_("the audit trail holds: {entries} entries, last hash {hash}"),
}
ANEW = N_("Build from nothing, not from a copy of what is served.")


@click.command(cls=Command, name="publish")
@click.option("--anew", is_flag=True, help=ANEW)
@folders
@as_json
def publish_command(data: Path | None, catalog: Path | None, *, anew: bool, in_json: bool) -> int:
    """Build a new generation from the record and serve it from now on.

    A dataset whose record cannot be told is left out of the catalogue and named; the exit code is
    then 1.
    """
    found = publish(Pool.open(settings(data, catalog)), anew=anew)
    if in_json:
        print_json(found)
    else:
        tell_published(found)
    return 1 if found["left_out"] else 0


def tell_published(found: dict[str, Any]) -> None:
    """Print what was published, and what was left out of it."""
    click.echo(say(spoken(), PUBLISHED, **found))
    for dataset in found["uncounted"]:
        click.echo(say(spoken(), UNCOUNTED, dataset=dataset), err=True)
    for one in found["left_out"]:
        told = say(spoken(), LEFT_OUT, dataset=one["dataset"], reason=one["reason"][spoken()])
        click.echo(visible(told), err=True)
    for one in found["no_file"]:
        told = say(spoken(), NO_FILE, **one | {"reason": one["reason"][spoken()]})
        click.echo(visible(told), err=True)


@click.group(cls=Group, invoke_without_command=True)
@folders
@as_json
@click.pass_context
def generations(
    context: click.Context, data: Path | None, catalog: Path | None, *, in_json: bool
) -> int:
    """List the generations that are kept."""
    context.meta["parvis.folders"] = (data, catalog)
    if context.invoked_subcommand is None:
        found = all_generations(settings(data, catalog))
        if in_json:
            print_json(found)
        else:
            for one in found:
                mark = "*" if one["current"] else " "
                click.echo(f"{mark} {one['generation']}  {_state(one)}")
    return 0


def _state(one: dict[str, Any]) -> str:
    """Say when a generation was made and how much is open in it, or how it is damaged."""
    if one["damaged"]:
        return str(one["damaged"][spoken()])
    return f"{one['created']}  {one['open']}"


@generations.command(cls=Command, name="rollback")
@click.argument("number", type=int)
@folders
@click.pass_context
def rollback_command(
    context: click.Context, number: int, data: Path | None, catalog: Path | None
) -> int:
    """Serve an earlier generation again."""
    told_data, told_catalog = context.meta["parvis.folders"]
    rollback(Pool.open(settings(data or told_data, catalog or told_catalog)), number)
    click.echo(say(spoken(), CURRENT, generation=number))
    return 0


@click.command(cls=Command, name="verify")
@folders
@as_json
def verify_command(data: Path | None, catalog: Path | None, *, in_json: bool) -> int:
    """Check the record, the ledger and every generation that is kept, file by file."""
    found = verify(settings(data, catalog))
    if in_json:
        print_json(found)
    else:
        click.echo(say(spoken(), SOUND, **found))
        if found["loaded"]:
            click.echo(say(spoken(), LOADED, loaded=len(found["loaded"])))
        if found["ledger"]:
            click.echo(say(spoken(), SOUND_LEDGER, ledger=found["ledger"]))
        for name, head in found["chains"].items():
            template = CHAINS[name]
            click.echo(say(spoken(), template, **head))
    return 0
