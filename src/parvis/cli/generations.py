"""Commands on generations: publish, generations, verify, pull."""

from pathlib import Path
from typing import Any

import click

from parvis.cli.bilingual import Command, Group, spoken
from parvis.cli.options import as_json, folder_options, folders, print_json
from parvis.cli.terminal import print_line
from parvis.config import Settings
from parvis.i18n import N_, say
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.stewardship.generations import generations as all_generations
from parvis.pooling.stewardship.generations import rollback, verify

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
def publish_command(settings: Settings, *, anew: bool, in_json: bool) -> int:
    """Build a new generation from the record and serve it from now on.

    A dataset whose record cannot be told is left out of the catalogue and named; the exit code is
    then 1.
    """
    generation = publish(Pool.open(settings), anew=anew)
    if in_json:
        print_json(generation)
    else:
        print_published(generation)
    return 1 if generation["left_out"] else 0


def print_published(generation: dict[str, Any]) -> None:
    """Print a published generation, and what was left out of it."""
    click.echo(say(spoken(), PUBLISHED, **generation))
    for dataset in generation["uncounted"]:
        click.echo(say(spoken(), UNCOUNTED, dataset=dataset), err=True)
    for template, omissions in ((LEFT_OUT, "left_out"), (NO_FILE, "no_file")):
        for omission in generation[omissions]:
            fields = omission | {"reason": omission["reason"][spoken()]}
            print_line(template, err=True, **fields)


@click.group(cls=Group, invoke_without_command=True)
@folder_options
@as_json
@click.pass_context
def generations(
    context: click.Context, data: Path | None, catalog: Path | None, *, in_json: bool
) -> int:
    """List the generations that are kept."""
    context.meta["parvis.folders"] = (data, catalog)
    if context.invoked_subcommand is None:
        listing = all_generations(Settings.load(data, catalog))
        if in_json:
            print_json(listing)
        else:
            for generation in listing:
                mark = "*" if generation["current"] else " "
                if generation["damaged"]:
                    state = generation["damaged"][spoken()]
                else:
                    state = f"{generation['created']}  {generation['open']}"
                click.echo(f"{mark} {generation['generation']}  {state}")
    return 0


@generations.command(cls=Command, name="rollback")
@click.argument("number", type=int)
@folder_options
@click.pass_context
def rollback_command(
    context: click.Context, number: int, data: Path | None, catalog: Path | None
) -> int:
    """Serve an earlier generation again."""
    # The folders may be named before the subcommand, or after it.
    outer_data, outer_catalog = context.meta["parvis.folders"]
    rollback(Pool.open(Settings.load(data or outer_data, catalog or outer_catalog)), number)
    click.echo(say(spoken(), CURRENT, generation=number))
    return 0


@click.command(cls=Command, name="verify")
@folders
@as_json
def verify_command(settings: Settings, *, in_json: bool) -> int:
    """Check the record, the ledger and every generation that is kept, file by file."""
    verification = verify(settings)
    if in_json:
        print_json(verification)
    else:
        click.echo(say(spoken(), SOUND, **verification))
        if verification["loaded"]:
            click.echo(say(spoken(), LOADED, loaded=len(verification["loaded"])))
        if verification["ledger"]:
            click.echo(say(spoken(), SOUND_LEDGER, ledger=verification["ledger"]))
        for name, head in verification["chains"].items():
            template = CHAINS[name]
            click.echo(say(spoken(), template, **head))
    return 0
