"""Commands on columns that seem to identify persons, and that the steward may let in."""

import click

from parvis.cli.bilingual import Group
from parvis.cli.terminal import dataset_key, escape_controls, pool_options, print_json, print_line
from parvis.config import Settings
from parvis.i18n import N_
from parvis.pooling.intake.allowed_columns import (
    all_allowances,
    allow_column,
    forbid_column,
    refusals,
)

ALLOWED = N_("the column “{column}” of {dataset} may enter; the reason is in the audit trail")
FORBIDDEN = N_("the column “{column}” of {dataset} may no longer enter")


@click.group(cls=Group)
def column() -> None:
    """Decide about columns that seem to identify persons."""


@column.command
@pool_options
def list_command(settings: Settings, *, in_json: bool) -> None:
    """List the files that were refused because they identify persons, and the columns let in."""
    refused, allowed = refusals(settings), all_allowances(settings.data)
    if in_json:
        by_dataset = {str(key): columns for key, columns in allowed.items()}
        print_json({"refused": refused, "allowed": by_dataset})
        return
    for refusal in refused:
        at = refusal.at.isoformat(timespec="minutes")
        pieces = ("-", at, refusal.dataset, "; ".join(refusal.columns), "; ".join(refusal.rules))
        click.echo(escape_controls("  ".join(pieces)))
    for key, columns in allowed.items():
        for allowance in columns:
            at = allowance.at.isoformat(timespec="minutes")
            pieces = ("+", at, str(key), allowance.column, allowance.reason)
            click.echo(escape_controls("  ".join(pieces)))
    if not refused and not allowed:
        print_line("no file was refused because it identifies persons")


with_dataset = click.argument("dataset")
with_column = click.argument("name", metavar="COLUMN")


@column.command
@with_dataset
@with_column
@click.option("--reason", required=True, help="Why; it stays in the audit trail.")
@pool_options
def allow_command(
    dataset: str, name: str, reason: str, settings: Settings, *, in_json: bool
) -> None:
    """Let a column of a dataset’s files in, by its heading, though it seems to identify persons.

    Data on audiences is not concerned: no identifier enters it.
    """
    allow_column(settings, dataset_key(dataset), name, reason)
    _print_done(ALLOWED, dataset, name, in_json=in_json)


@column.command
@with_dataset
@with_column
@pool_options
def forbid_command(dataset: str, name: str, settings: Settings, *, in_json: bool) -> None:
    """Take back what was allowed: the next file with that column is refused again."""
    forbid_column(settings, dataset_key(dataset), name)
    _print_done(FORBIDDEN, dataset, name, in_json=in_json)


def _print_done(template: str, dataset: str, name: str, *, in_json: bool) -> None:
    if in_json:
        print_json({"dataset": dataset, "column": name})
    else:
        print_line(template, column=name, dataset=dataset)
