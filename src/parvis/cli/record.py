"""Commands on the record, and on the map of regions: load, backup, restore, regions."""

from pathlib import Path

import click

from parvis.cli.bilingual import Command
from parvis.cli.terminal import FILE, open_pool, pool_options, print_json, print_line, print_result
from parvis.config import Settings
from parvis.errors import UsageError
from parvis.i18n import N_

LOADED_GRAPHS = {
    "open": N_(
        "{triples} triples in {graphs} graphs are loaded, open to all; next: parvis publish"
    ),
    "members": N_(
        "{triples} triples in {graphs} graphs are loaded, open to all members; next: parvis publish"
    ),
}
CONFIRMED = N_("confirmed; next: parvis publish")
WHICH = N_("name the folder of the backup")
UNKNOWN_SINCE = N_(
    "nothing here tells what was withdrawn, deleted or revoked since {since}: it may be back."
    " Restore again with --ledger, or look for it by hand, then: parvis restore --confirm"
)
RESTORED = N_("{graphs} graphs and {files} files are restored; next: parvis publish")


@click.command(cls=Command)
@click.argument("file", type=FILE)
@click.option("--graph", metavar="IRI", help="The graph of triples that stand in none.")
@click.option(
    "--access",
    type=click.Choice(["open", "members"]),
    default="open",
    show_default=True,
    help="Who may read them: all, or all members.",
)
@click.option("--replace-all", "whole", is_flag=True, help="Let no other graph stay in the record.")
@pool_options
def load_command(
    file: Path, graph: str | None, access: str, settings: Settings, *, whole: bool, in_json: bool
) -> None:
    """Put the quads of an RDF file into the record as they are, under an agreement of the host.

    Graph names are kept; what each graph held before is replaced.
    """
    from parvis.pooling.intake.load import load

    loaded = load(open_pool(settings), file, graph, access, whole=whole)
    if in_json:
        print_json(loaded)
        return
    print_line(LOADED_GRAPHS[access], triples=loaded.triples, graphs=loaded.graphs)
    if loaded.removed:
        print_line("{removed} other graphs have left the record", removed=loaded.removed)


@click.command(cls=Command)
@click.argument("folder", type=FILE)
@pool_options
def backup_command(folder: Path, settings: Settings, *, in_json: bool) -> None:
    """Copy the record and all that was received into a new folder, while a server may serve."""
    from parvis.pooling.stewardship.backup import backup

    result = backup(settings, folder)
    print_result(result, "{folder} holds a backup: {graphs} graphs, {files} files", in_json=in_json)


@click.command(cls=Command)
@click.argument("folder", type=FILE, required=False)
@click.option(
    "--replace",
    "replacing",
    is_flag=True,
    help="Let the backup take the place of what the data folder holds.",
)
@click.option("--ledger", type=FILE, help="In a new place, the newest ledger that there is.")
@click.option("--confirm", is_flag=True, help="Let what was restored be published and served.")
@pool_options
def restore_command(
    folder: Path | None,
    ledger: Path | None,
    settings: Settings,
    *,
    replacing: bool,
    confirm: bool,
    in_json: bool,
) -> None:
    """Make the data folder's content that of a backup, once it has been checked.

    In a new place, the newest ledger tells what was withdrawn, deleted or revoked since. Without
    it, nothing is published or served until --confirm.
    """
    from parvis.pooling.stewardship.backup import confirm_restored, restore

    if confirm:
        confirm_restored(settings)
        print_result({"confirmed": True}, CONFIRMED, in_json=in_json)
        return
    if folder is None:
        raise UsageError(WHICH)
    restored = restore(settings, folder, replacing=replacing, ledger=ledger)
    print_result(restored, RESTORED, in_json=in_json)
    for dataset in () if in_json else restored.get("deleted_again", []):
        print_line("{dataset} was deleted since: it does not come back", dataset=dataset)
    if restored["unconfirmed"] and not in_json:
        print_line(UNKNOWN_SINCE, err=True, since=restored["unconfirmed"][:10])


OUTLINED = N_(
    "{file}: outlines of {regions} regions, {points} points of {points_before}, {bytes} bytes"
)
LEFT_OUT = N_("left out, since another feature has its code: {name}")


@click.command(cls=Command)
@click.argument("file", type=FILE)
@click.option("--replace", is_flag=True, help="Write over the outlines that the pool has.")
@pool_options
def regions_command(settings: Settings, file: Path, *, replace: bool, in_json: bool) -> None:
    """Draw the maps of regions with outlines: read them from a file of boundaries.

    FILE is the layer regio_s of Découpages administratifs (Données Québec, CC BY 4.0) in GeoJSON.
    It is simplified to about 60 kB and written to regions.json of the catalogue folder; without
    it, maps show each region as a tile.
    """
    from parvis.pooling.publics.regions.outlines import import_regions

    imported = import_regions(file, settings.catalog, settings.limits, replace=replace)
    if in_json:
        print_json(imported)
        return
    print_line(
        OUTLINED,
        file=imported.file,
        regions=imported.regions,
        points=imported.points,
        points_before=imported.points_before,
        bytes=imported.bytes,
    )
    for name in imported.left_out:
        print_line(LEFT_OUT, name=name)
