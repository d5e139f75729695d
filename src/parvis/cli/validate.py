"""The command on RDF files: validate."""

from pathlib import Path

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.terminal import FILE, show
from parvis.pooling.intake.validate import FORMS, validate_files
from parvis.report import Severity
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
    type=click.Choice(FORMS),
    default="human",
    help="How the report is written.",
)
@click.option("-o", "--output", type=FILE, help="Where to write the report; else stdout.")
@click.option(
    "--fail-on",
    type=click.Choice([severity.name.lower() for severity in Severity]),
    help="The least severity that gives exit code 1; else any result, as SHACL has it.",
)
def validate(
    data: tuple[Path, ...],
    shapes: tuple[Path, ...],
    engine: str,
    form: str,
    output: Path | None,
    *,
    fail_on: str | None,
) -> int:
    """Validate RDF files with SHACL; exit code 1 if they do not conform."""
    validation = validate_files(data, shapes, engine)
    if output:
        validation.save(output, form, spoken())
    elif form == "human":
        show(validation.account)
    else:
        click.echo(validation.render(form, spoken()), nl=False)
    # By default any result means that the data do not conform (SHACL §3.6.1).
    return 0 if validation.passes(Severity[fail_on.upper()] if fail_on else None) else 1
