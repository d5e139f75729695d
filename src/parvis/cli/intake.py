"""Commands on a partner's files: init, init-mapping, preview, template, check, submit."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.terminal import (
    FILE,
    MAYBE_SOURCE,
    dataset_key,
    folders,
    open_pool,
    pool_options,
    print_json,
    print_line,
    show,
    show_progress,
    source,
    write_new,
)
from parvis.config import Settings
from parvis.fetch.address import Source
from parvis.i18n import LANGUAGES, N_

if TYPE_CHECKING:
    from parvis.pooling.intake.submit import Outcome


PROPOSED = N_("{file} holds a proposed mapping; read its comments, then try: parvis preview")
ReportFile = tuple[Path, str]
"""The file of a report, and its form."""


@click.command(cls=Command)
@click.argument("folder", type=FILE)
@click.option("--empty", is_flag=True, help="Leave the invented partner and project out.")
def init_command(folder: Path, *, empty: bool) -> None:
    """Begin a new pool: a catalogue folder with a first partner, explained."""
    from parvis.pooling.intake.templates import init

    init(folder, empty=empty)
    print_line("{folder} holds a new pool; its README.md tells the next steps", folder=folder)


@click.command(cls=Command)
@click.argument("file", type=FILE)
@click.option("-o", "--output", type=FILE, help="Where to write the mapping; else stdout.")
@click.option("--dataset", help="For which dataset, PARTNER/DATASET.")
@click.option(
    "--class",
    type=click.Choice(("event", "place", "organization", "production", "observation", "reach")),
    help="What its rows are, where the file does not tell.",
)
@click.option(
    "--text-lang", type=click.Choice(LANGUAGES), help="The language that its texts are in."
)
@click.option("--sheet", help="The sheet of a workbook; else the first that has a table.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=PROPERTY",
    help="What a column is, whatever it seems to be; without a property, left out; repeatable.",
)
@click.option("--measure", default="", help="What figures count: attendance, tickets, visits…")
@click.option("--method", default="", help="How they were made: ticketing, counter, survey…")
@click.option("--discipline", default="", help="The discipline that they are all of.")
@click.option("--area", default="", help="The area where it all took place.")
@click.option("--period", default="", help="The period that they are all of.")
def init_mapping_command(
    file: Path,
    output: Path | None,
    dataset: str | None,
    columns: tuple[str, ...],
    **options: str | None,
) -> None:
    """Propose a mapping for a file: CSV, spreadsheet, JSON or calendar.

    What is sure is written; what is not stands as comments, with what else it may be. The head
    tells what the file could already answer, and which questions one more column would unlock.
    Of figures on audiences, tell what no heading says.
    """
    from parvis.pooling.intake.new_mappings import hints, init_mapping
    from parvis.pooling.intake.templates import facts

    stated = {name: text or "" for name, text in options.items()}
    known_facts = facts(dataset_key(dataset) if dataset else None, stated)
    settings = Settings.load(None, None)
    text = init_mapping(file, spoken(), settings, known_facts, hints=hints(stated, columns))
    if output is None:
        click.echo(text, nl=False)
        return
    # A mapping that a person may have completed is never overwritten.
    write_new(output, text)
    print_line(PROPOSED, file=output, err=True)


with_file = click.argument("file", type=source, metavar=MAYBE_SOURCE, required=False)


@click.command(cls=Command)
@click.argument("dataset")
@with_file
@click.option(
    "-n", "count", type=click.IntRange(1), default=10, show_default=True, help="How many rows."
)
@folders
def preview_command(dataset: str, file: Source | None, count: int, settings: Settings) -> None:
    """Show the first rows of a dataset’s file as triples (Turtle); nothing is stored."""
    from parvis.pooling.intake.check import preview

    with open_pool(settings) as pool:
        for place, text in preview(pool, dataset_key(dataset), file, count):
            head = f"\n# {place.in_words(spoken())}\n" if place else ""
            click.echo(f"{head}{text}")


@click.command(cls=Command)
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
def template_command(name: str, form: str, output: Path | None) -> None:
    """Write an empty table for a class of the shared model.

    CLASS is Event, Place, Organization, Production, Observation, Reach… Headings, explanations
    and allowed values come from the shapes, in your language. Of figures, by-age, by-month,
    by-postal-code, long or survey gives an invented example of that form. questionnaire is the
    table of the answers to a survey.
    """
    from parvis.pooling.intake.templates import template

    file = output or Path(f"{name.rpartition(':')[2]}.{form}")
    count = template(name, form, spoken(), file)
    print_line("{file} is a table of {count} columns to fill in", file=file, count=count)


def report_form(_context: click.Context, _option: click.Parameter, file: Path | None) -> Any:
    """Return the file of a report with its form, or None; a wrong ending raises `UsageError`."""
    if file is None:
        return None
    from parvis.pooling.report_forms import form_of

    return file, form_of(file)


report_file = click.option(
    "--report",
    type=FILE,
    # A wrong ending is refused before anything is done.
    callback=report_form,
    help="Where to write the report too; the ending chooses: .json, .csv or .html.",
)


@click.command(cls=Command)
@click.argument("dataset")
@with_file
@click.option(
    "--compare", is_flag=True, help="Say what changed since the last submission: things, totals."
)
@pool_options
@report_file
def check_command(
    dataset: str,
    file: Source | None,
    settings: Settings,
    report: ReportFile | None,
    *,
    compare: bool,
    in_json: bool,
) -> int:
    """Try a dataset's file: convert, validate, compare with its agreement; nothing is stored."""
    from parvis.pooling.intake.submit import check

    with show_progress() as watch, open_pool(settings, watch) as pool:
        outcome = check(pool, dataset_key(dataset), file, compare=compare)
    return _print_outcome(outcome, report, in_json=in_json)


@click.command(cls=Command)
@click.argument("dataset")
@with_file
@click.option(
    "--approve",
    is_flag=True,
    help="Let in what waits for approval: it describes what is another's, or its totals jump.",
)
@pool_options
@report_file
def submit_command(
    dataset: str,
    file: Source | None,
    settings: Settings,
    report: ReportFile | None,
    *,
    approve: bool,
    in_json: bool,
) -> int:
    """Check a dataset's file, then make it the dataset's content in the record.

    A violation, or more row errors than the dataset's threshold, changes nothing: exit code 1. So
    does a file that waits for approval: it describes another's, or its totals jump.
    """
    from parvis.pooling.intake.submit import submit

    with show_progress() as watch, open_pool(settings, watch) as pool:
        outcome = submit(pool, dataset_key(dataset), file, approved=approve)
    return _print_outcome(outcome, report, in_json=in_json)


def _print_outcome(outcome: "Outcome", report: ReportFile | None, *, in_json: bool) -> int:
    from parvis.pooling.intake.summary import account_of
    from parvis.pooling.report_forms import save

    account = account_of(outcome)
    if report is not None:
        save(account, *report, spoken())
    if in_json:
        print_json(account.data)
    else:
        show(account)
    # A file that was not stored for want of approval is not a success.
    return 0 if account.good and (outcome.stored or not outcome.wants_approval) else 1
