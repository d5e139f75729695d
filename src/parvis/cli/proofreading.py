"""Commands on the catalogue folder as others will read it: catalog check."""

from pathlib import Path

import click

from parvis.cli.bilingual import Command, Group, spoken
from parvis.cli.options import FILE, as_json, folders, print_json, settings
from parvis.cli.visible import visible
from parvis.i18n import N_, say
from parvis.pooling.pool import Pool
from parvis.pooling.proofread import Proof, check_catalogue

FOUND = N_("{subject}: {rule}: {sentence}")
GOOD = N_("{datasets} records and {links} links looked at: nothing to say")
BAD = N_("{datasets} records and {links} links looked at: {count} things to repair")


@click.group(cls=Group)
def catalog() -> None:
    """Look after the catalogue folder."""


@catalog.command(cls=Command, name="check")
@click.option("--offline", is_flag=True, help="Call no other server: links are not followed.")
@click.option(
    "--shapes",
    type=FILE,
    multiple=True,
    help="Further shapes for the published catalogue, such as DCAT-AP's own.",
)
@folders
@as_json
def check(
    data: Path | None,
    catalog: Path | None,
    shapes: tuple[Path, ...],
    *,
    offline: bool,
    in_json: bool,
) -> int:
    """Look through every record as harvesters will: texts, lists, shapes, links.

    Exit code 1 if there is anything to repair.
    """
    with Pool.open(settings(data, catalog)) as pool:
        found = check_catalogue(pool, shapes, offline=offline)
    if in_json:
        print_json(found.to_json())
    else:
        _tell(found)
    return 1 if found.findings else 0


def _tell(found: Proof) -> None:
    """Print what was found, one line each, then a verdict."""
    lang = spoken()
    for one in found.findings:
        told = say(lang, FOUND, subject=one.focus, rule=one.rule, sentence=one.in_words(lang))
        click.echo(visible(told))
    counts = {"datasets": found.datasets, "links": found.links, "count": len(found.findings)}
    click.echo(say(lang, BAD if found.findings else GOOD, **counts))


COMMANDS = (catalog,)
