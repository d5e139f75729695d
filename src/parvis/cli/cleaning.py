"""The command that cleans a file at a partner's site: clean."""

import sys
from pathlib import Path

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.terminal import FILE, as_json, escape_controls, print_json, print_line
from parvis.config import Settings
from parvis.config.json_data import to_json
from parvis.i18n import N_, say
from parvis.mapping.screening.cleaning_note import NOTHING, CleanFile
from parvis.pooling.cleaning.clean_file import clean_file, save

LEAVES = N_("What will leave, the first rows:")
WRITTEN = N_("{file} was written, and {note}, which says what was done")
NOT_WRITTEN = N_("nothing was written; --yes writes without asking")
ASKED = N_("Write {file}? y yes, n no")
YES = frozenset({"y", "o"})
"""The first letters of yes and of oui."""


@click.command(cls=Command)
@click.argument("file", type=FILE)
@click.option("--sheet", help="The sheet of a workbook; else the first that has a table.")
@click.option(
    "--without",
    multiple=True,
    metavar="COLUMN",
    help="Leave a column out too, by its heading; may be repeated.",
)
@click.option("--yes", "confirmed", is_flag=True, help="Write without asking.")
@click.option("--replace", is_flag=True, help="Write over an earlier clean file and its note.")
@as_json
def clean_command(
    file: Path,
    sheet: str | None,
    without: tuple[str, ...],
    *,
    confirmed: bool,
    replace: bool,
    in_json: bool,
) -> int:
    """Remove from a file of orders or customers what identifies persons, and add up its rows.

    What will leave is shown first. NAME-clean.csv is then written beside the file, with a note of
    what was done. The file itself stays as it is, and nothing is sent.
    """
    with clean_file(file, Settings.load(None, None).limits, sheet, without) as clean:
        if not in_json:
            _show(clean)
        wanted = clean.changed and (confirmed or (not in_json and _confirm(clean)))
        written = save(clean, file.parent, spoken(), replace=replace) if wanted else ()
    if in_json:
        fields = to_json(clean)
        # The folder that it was in is no longer there.
        del fields["path"]
        print_json({**fields, "written": written})
    elif written:
        print_line(WRITTEN, file=written[0], note=written[1])
    elif clean.changed:
        print_line(NOT_WRITTEN, err=True)
    return 0 if written or not clean.changed else 1


def _show(clean: CleanFile) -> None:
    """Print what was done and the first rows of what will leave."""
    if not clean.changed:
        print_line(NOTHING, file=clean.name)
        return
    for line in clean.note(spoken()):
        click.echo(escape_controls(line))
    click.echo(f"\n{say(spoken(), LEAVES)}")
    for row in (clean.headings, *clean.first_rows):
        click.echo(escape_controls(f"  {' | '.join(row)}"))


def _confirm(clean: CleanFile) -> bool:
    if not sys.stdin.isatty():
        return False
    answer = click.prompt(say(spoken(), ASKED, file=clean.path.name), prompt_suffix=" ")
    return str(answer).strip().casefold()[:1] in YES
