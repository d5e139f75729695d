"""The command that takes a mapping elsewhere: export-mapping."""

from pathlib import Path

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.options import FILE
from parvis.cli.writing import write_new
from parvis.pooling.export import export_mapping


@click.command(cls=Command, name="export-mapping")
@click.argument("mapping", type=FILE)
@click.option("-o", "--output", type=FILE, help="Where to write the Turtle; else stdout.")
def export_mapping_command(mapping: Path, output: Path | None) -> int:
    """Write a mapping.yml as RML in Turtle, for other engines.

    What RML has no words for is left out or changed, and told on stderr, one line for each;
    exit code 1 if nothing is left.
    """
    found = export_mapping(mapping)
    for loss in found.losses:
        click.echo(loss[spoken()], err=True)
    if not found.text.strip():
        return 1
    if output:
        write_new(output, found.text)
    else:
        click.echo(found.text, nl=False)
    return 0


COMMANDS = (export_mapping_command,)
