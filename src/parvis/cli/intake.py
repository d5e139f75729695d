"""Commands for beginners: init, init-mapping, preview, template."""

from pathlib import Path

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.options import FILE, MAYBE_SOURCE, dataset_key, folders, source
from parvis.cli.terminal import write_new
from parvis.config import Settings
from parvis.fetch.address import Source
from parvis.i18n import N_, say
from parvis.pooling.intake.check import preview
from parvis.pooling.intake.templates import facts, init, init_mapping, template
from parvis.pooling.pool import Pool

MADE = N_("{folder} holds a new pool; its README.md tells the next steps")
PROPOSED = N_("{file} holds a proposed mapping; read its comments, then try: parvis preview")
TEMPLATE = N_("{file} is a table of {count} columns to fill in")


@click.command(cls=Command, name="init")
@click.argument("folder", type=click.Path(path_type=Path))
def init_command(folder: Path) -> int:
    """Begin a new pool: a catalogue folder with a first partner, explained."""
    init(folder)
    click.echo(say(spoken(), MADE, folder=folder))
    return 0


@click.command(cls=Command, name="init-mapping")
@click.argument("file", type=FILE)
@click.option("-o", "--output", type=FILE, help="Where to write the mapping; else stdout.")
@click.option("--dataset", help="For which dataset, PARTNER/DATASET.")
@click.option("--measure", default="", help="What figures count: attendance, tickets, visits…")
@click.option("--method", default="", help="How they were made: ticketing, counter, survey…")
@click.option("--discipline", default="", help="The discipline that they are all of.")
@click.option("--area", default="", help="The area that they are all of.")
@click.option("--period", default="", help="The period that they are all of.")
def init_mapping_command(
    file: Path, output: Path | None, dataset: str | None, **options: str
) -> int:
    """Propose a mapping for a file: CSV, spreadsheet, JSON or calendar.

    What is sure is written; what is not stands as comments, with what else it may be. The head
    tells what the file could already answer, and which questions one more column would unlock.
    Of figures on publics, tell what no heading says.
    """
    known_facts = facts(dataset_key(dataset) if dataset else None, options)
    text = init_mapping(file, spoken(), Settings.load(None, None).limits, known_facts)
    if output is None:
        click.echo(text, nl=False)
        return 0
    # A mapping that a person may have completed is never overwritten.
    write_new(output, text)
    click.echo(say(spoken(), PROPOSED, file=output), err=True)
    return 0


@click.command(cls=Command, name="preview")
@click.argument("dataset")
@click.argument("file", type=source, metavar=MAYBE_SOURCE, required=False)
@click.option(
    "-n", "count", type=click.IntRange(1), default=10, show_default=True, help="How many rows."
)
@folders
def preview_command(dataset: str, file: Source | None, count: int, settings: Settings) -> int:
    """Show the first rows of a dataset’s file as triples (Turtle); nothing is stored."""
    with Pool.open(settings) as pool:
        for place, text in preview(pool, dataset_key(dataset), file, count):
            head = f"\n# {place.in_words(spoken())}\n" if place else ""
            click.echo(f"{head}{text}")
    return 0


@click.command(cls=Command, name="template")
@click.argument("name", metavar="CLASS")
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["csv", "xlsx"]),
    default="xlsx",
    show_default=True,
    help="As CSV or as a workbook, which also explains each column.",
)
@click.option("-o", "--output", type=FILE, help="Where to write; else CLASS with its ending.")
def template_command(name: str, form: str, output: Path | None) -> int:
    """Write an empty table for a class of the shared model.

    CLASS is Event, Place, Organization, Production, Observation, Reach… Headings, explanations
    and allowed values come from the shapes, in your language. Of figures, by-age, by-month,
    by-postal-code, long or survey gives an invented example of that form.
    """
    file = output or Path(f"{name.rpartition(':')[2]}.{form}")
    count = template(name, form, spoken(), file)
    click.echo(say(spoken(), TEMPLATE, file=file, count=count))
    return 0
