"""The command on RDF files: validate."""

from pathlib import Path

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.options import FILE
from parvis.pooling.validate import validate_files
from parvis.validation import ENGINES


@click.command(cls=Command)
@click.argument("data", type=FILE, nargs=-1, required=True)
@click.option("--shapes", type=FILE, multiple=True, help="Shapes; else the pool's own.")
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="auto",
    help="Which engine judges; auto takes the fastest for each shape.",
)
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["human", "turtle", "json"]),
    default="human",
    help="How the report is written.",
)
@click.option("-o", "--output", type=FILE, help="Where to write the report; else stdout.")
def validate(
    data: tuple[Path, ...], shapes: tuple[Path, ...], engine: str, form: str, output: Path | None
) -> int:
    """Validate RDF files with SHACL; exit code 1 if they do not conform."""
    found = validate_files(data, shapes, engine)
    text = found.written(form, spoken())
    if output:
        output.write_text(text, encoding="utf-8")
    else:
        click.echo(text, nl=not text.endswith("\n"))
    return 0 if found.conforms else 1


COMMANDS = (validate,)
