"""Commands on the whole pool: init, publish, generations, verify."""

from pathlib import Path

import click

from parvis.cli.bilingual import Command, Group, spoken
from parvis.cli.options import as_json, folders, print_json, settings
from parvis.i18n import N_, say
from parvis.pooling.begin import init
from parvis.pooling.generations import generations as all_generations
from parvis.pooling.generations import rollback, verify
from parvis.pooling.pool import Pool
from parvis.pooling.publish import publish

PUBLISHED = N_("generation {generation} is published: {open} open facts, {members} for members")
UNCOUNTED = N_("{dataset} could not be counted: only the number of its triples is published")
LEFT_OUT = N_("{dataset} has no file {form} to take away: {reason}")
CURRENT = N_("generation {generation} is served again")
SOUND = N_(
    "sound: {graphs} graphs of the record and {files} files of {generations} generations are as"
    " they were written; generation {generation} is served"
)
ANEW = N_("Build from nothing, not from a copy of what is served.")
MADE = N_("{folder} holds a new pool; its README.md tells the next steps")


@click.command(cls=Command, name="init")
@click.argument("folder", type=click.Path(path_type=Path))
def init_command(folder: Path) -> int:
    """Begin a new pool: a catalogue folder with a first partner, explained."""
    init(folder)
    click.echo(say(spoken(), MADE, folder=folder))
    return 0


@click.command(cls=Command, name="publish")
@click.option("--anew", is_flag=True, help=ANEW)
@folders
@as_json
def publish_command(data: Path | None, catalog: Path | None, *, anew: bool, in_json: bool) -> int:
    """Build a new generation from the record and serve it from now on."""
    found = publish(Pool.open(settings(data, catalog)), anew=anew)
    if in_json:
        print_json(found)
    else:
        click.echo(say(spoken(), PUBLISHED, **found))
        for dataset in found["uncounted"]:
            click.echo(say(spoken(), UNCOUNTED, dataset=dataset), err=True)
        for one in found["left_out"]:
            told = one | {"reason": one["reason"][spoken()]}
            click.echo(say(spoken(), LEFT_OUT, **told), err=True)
    return 0


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
                click.echo(f"{mark} {one['generation']}  {one['created']}  {one['open']}")
    return 0


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
    """Check the record and every generation that is kept, file by file."""
    found = verify(settings(data, catalog))
    if in_json:
        print_json(found)
    else:
        click.echo(say(spoken(), SOUND, **found))
    return 0


COMMANDS = (init_command, publish_command, generations, verify_command)
