"""The register of anonymisations."""

from pathlib import Path

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.options import FILE, QUEBEC, as_json, folders, print_json
from parvis.config import Settings, clock
from parvis.errors import UsageError
from parvis.i18n import N_
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.register import read_register

ENDING = N_("{file}: the ending of a register must be .csv or .html")


@click.command(cls=Command, name="register")
@click.option("-o", "--output", type=FILE, help="Where to write it: .csv or .html; else shown.")
@folders
@as_json
def register_command(output: Path | None, settings: Settings, *, in_json: bool) -> int:
    """Write the register of anonymisations: what was done to each release of pooled publics.

    Purposes, responsible party, techniques, minimums reached, audit, next review. Exit code 1 if
    a review is overdue.
    """
    if output is not None and output.suffix.lower() not in {".csv", ".html"}:
        raise UsageError(ENDING, file=output)
    today = clock.now().astimezone(QUEBEC).date()
    anonymisations, lang = read_register(Pool.open(settings), today), spoken()
    if output is not None:
        page = output.suffix.lower() == ".html"
        text = anonymisations.to_html(lang) if page else anonymisations.to_csv(lang)
        # A spreadsheet needs the byte order mark to read the accents of a CSV file.
        output.write_text(text, encoding="utf-8" if page else "utf-8-sig", newline="")
    if in_json:
        print_json(anonymisations)
    elif output is None:
        click.echo(anonymisations.to_csv(lang), nl=False)
    return 1 if any(map(anonymisations.is_overdue, anonymisations.entries)) else 0
