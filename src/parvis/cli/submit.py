"""Commands on a partner's data: check, submit."""

from pathlib import Path

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.options import FILE, MAYBE_SOURCE, as_json, dataset_key, folders, print_json, source
from parvis.cli.terminal import show, show_progress
from parvis.config import Settings
from parvis.fetch.address import Source
from parvis.pooling.intake.submit import Outcome, check, submit
from parvis.pooling.intake.summary import account_of
from parvis.pooling.pool import Pool
from parvis.pooling.report_forms import form_of, save

ReportFile = tuple[Path, str]
"""The file of a report, and its form."""


report_file = click.option(
    "--report",
    type=FILE,
    # A wrong ending is refused before anything is done.
    callback=lambda _context, _option, file: None if file is None else (file, form_of(file)),
    help="Where to write the report too; the ending chooses: .json, .csv or .html.",
)


@click.command(cls=Command, name="check")
@click.argument("dataset")
@click.argument("file", type=source, metavar=MAYBE_SOURCE, required=False)
@folders
@as_json
@report_file
def check_command(
    dataset: str,
    file: Source | None,
    settings: Settings,
    report: ReportFile | None,
    *,
    in_json: bool,
) -> int:
    """Try a dataset's file: convert, validate, compare with its agreement; nothing is stored."""
    with show_progress() as watch, Pool.open(settings, watch) as pool:
        outcome = check(pool, dataset_key(dataset), file)
    return _print_outcome(outcome, report, in_json=in_json)


@click.command(cls=Command, name="submit")
@click.argument("dataset")
@click.argument("file", type=source, metavar=MAYBE_SOURCE, required=False)
@click.option(
    "--approve",
    is_flag=True,
    help="Let it in though it speaks of what is another partner's, or the third party's.",
)
@folders
@as_json
@report_file
def submit_command(  # noqa: PLR0913 - one parameter an option
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
    does a file that speaks of what is another's to describe, unless it is approved.
    """
    with show_progress() as watch, Pool.open(settings, watch) as pool:
        outcome = submit(pool, dataset_key(dataset), file, approved=approve)
    return _print_outcome(outcome, report, in_json=in_json)


def _print_outcome(outcome: Outcome, report: ReportFile | None, *, in_json: bool) -> int:
    account = account_of(outcome)
    if report is not None:
        save(account, *report, spoken())
    if in_json:
        print_json(account.data)
    else:
        show(account)
    # A file that was not stored for want of approval is not a success.
    return 0 if account.good and (outcome.stored or not outcome.wants_approval) else 1
