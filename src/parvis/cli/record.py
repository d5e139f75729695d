"""Commands on the record: load, backup, restore."""

from pathlib import Path
from typing import cast

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.options import FILE, as_json, folders, print_json
from parvis.config import Settings
from parvis.i18n import N_, say
from parvis.pooling.intake.load import load
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.backup import backup, restore

LOADED_GRAPHS = {
    "open": N_("{triples} facts in {graphs} graphs are loaded, open to all; next: parvis publish"),
    "members": N_(
        "{triples} facts in {graphs} graphs are loaded, open to all members; next: parvis publish"
    ),
}
REMOVED = N_("{removed} other graphs have left the record")
BACKED_UP = N_("{folder} holds a backup: {graphs} graphs, {files} files")
RESTORED = N_("{graphs} graphs and {files} files are restored; next: parvis publish")
NOT_BACK = N_("{dataset} was deleted since: it does not come back")
GRAPH = N_("The graph of triples that stand in none.")
ACCESS = N_("Who may read them: all, or all members.")
WHOLE = N_("Let no other graph stay in the record.")
REPLACE = N_("Let the backup take the place of what the data folder holds.")


@click.command(cls=Command, name="load")
@click.argument("file", type=FILE)
@click.option("--graph", metavar="IRI", help=GRAPH)
@click.option(
    "--access",
    type=click.Choice(["open", "members"]),
    default="open",
    show_default=True,
    help=ACCESS,
)
@click.option("--replace-all", "whole", is_flag=True, help=WHOLE)
@folders
@as_json
def load_command(  # noqa: PLR0913 - one parameter an option
    file: Path, graph: str | None, access: str, settings: Settings, *, whole: bool, in_json: bool
) -> int:
    """Put the quads of an RDF file into the record as they are, under an agreement of the host.

    Graph names are kept; what each graph held before is replaced.
    """
    loaded = load(Pool.open(settings), file, graph, access, whole=whole)
    if in_json:
        print_json(loaded)
        return 0
    click.echo(say(spoken(), LOADED_GRAPHS[access], triples=loaded.triples, graphs=loaded.graphs))
    if loaded.removed:
        click.echo(say(spoken(), REMOVED, removed=loaded.removed))
    return 0


@click.command(cls=Command, name="backup")
@click.argument("folder", type=FILE)
@folders
@as_json
def backup_command(folder: Path, settings: Settings, *, in_json: bool) -> int:
    """Copy the record and all that was received into a new folder, while a server may serve."""
    _print_result(BACKED_UP, backup(settings, folder), in_json=in_json)
    return 0


@click.command(cls=Command, name="restore")
@click.argument("folder", type=FILE)
@click.option("--replace", "replacing", is_flag=True, help=REPLACE)
@folders
@as_json
def restore_command(folder: Path, settings: Settings, *, replacing: bool, in_json: bool) -> int:
    """Make the data folder's content that of a backup, once it has been checked."""
    restored = restore(settings, folder, replacing=replacing)
    _print_result(RESTORED, restored, in_json=in_json)
    return 0


def _print_result(template: str, document: dict[str, object], *, in_json: bool) -> None:
    if in_json:
        print_json(document)
    else:
        click.echo(say(spoken(), template, **document))
        for dataset in cast("list[str]", document.get("deleted_again", [])):
            click.echo(say(spoken(), NOT_BACK, dataset=dataset))
