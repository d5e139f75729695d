"""The command that reads the boundaries of Québec's regions: regions."""

from pathlib import Path

import click

from parvis.cli.bilingual import Command
from parvis.cli.terminal import FILE, pool_options, print_json, print_line
from parvis.config import Settings
from parvis.i18n import N_
from parvis.pooling.publics.regions import import_regions

WRITTEN = N_(
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
    imported = import_regions(file, settings.catalog, settings.limits, replace=replace)
    if in_json:
        print_json(imported)
        return
    print_line(
        WRITTEN,
        file=imported.file,
        regions=imported.regions,
        points=imported.points,
        points_before=imported.points_before,
        bytes=imported.bytes,
    )
    for name in imported.left_out:
        print_line(LEFT_OUT, name=name)
