"""Commands on one file: convert, clean, count its people, let a column in."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parvis.cli.bilingual import Command, Group, spoken
from parvis.cli.terminal import (
    FILE,
    ONE_SOURCE,
    as_json,
    dataset_key,
    escape_controls,
    pool_options,
    print_json,
    print_line,
    show_progress,
    source,
    write_new,
)
from parvis.config import Settings
from parvis.config.json_data import to_json
from parvis.i18n import N_, day, say

if TYPE_CHECKING:
    from parvis.fetch.address import Source
    from parvis.mapping.screening.cleaning_note import CleanFile


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
    from parvis.pooling.cleaning.clean_file import clean_file, save

    with clean_file(file, Settings.load(None, None).limits, sheet, without) as clean:
        if not in_json:
            _show(clean)
        wanted = clean.changed and (confirmed or (not in_json and _confirm(ASKED, clean.path.name)))
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


def _show(clean: "CleanFile") -> None:
    """Print what was done and the first rows of what will leave."""
    from parvis.mapping.screening.cleaning_note import NOTHING

    if not clean.changed:
        print_line(NOTHING, file=clean.name)
        return
    for line in clean.note(spoken()):
        click.echo(escape_controls(line))
    click.echo(f"\n{say(spoken(), LEAVES)}")
    for row in (clean.headings, *clean.first_rows):
        click.echo(escape_controls(f"  {' | '.join(row)}"))


def _confirm(question: str, name: str) -> bool:
    if not sys.stdin.isatty():
        return False
    answer = click.prompt(say(spoken(), question, file=name), prompt_suffix=" ")
    return str(answer).strip().casefold()[:1] in YES


DRAWN = N_("{file}: for {partner}")
HAND_OVER = N_(
    "Give each partner its kit outside this platform, by hand or by a channel that the third"
    " party does not read, and no other kit. Then erase this folder: who holds these kits and"
    " the messages can tell who may be on which list. Draw new kits for each round."
)
ASKED_WITH_KIT = N_("Write {file} and erase the kit? y yes, n no")
MESSAGE_WRITTEN = N_("{file} was written: give it to the third party, by {until}")
KIT_ERASED = N_("{file} was erased: a kit hides one message, and the key holder draws new ones")
KIT_KEPT = N_(
    "{file} was not erased: erase it, for whoever compared two messages made with it would see"
    " which of the numbers come from your buyers"
)


@click.command(cls=Command)
@click.argument("round_file", metavar="ROUND", type=FILE)
@click.argument("folder", type=FILE)
@as_json
def kits_command(round_file: Path, folder: Path, *, in_json: bool) -> None:
    """Draw the secret kits of a round of counting distinct people: the key holder does it.

    ROUND is the file that the third party opened; FOLDER receives a kit for each partner. Nothing
    is sent, and the third party never sees a kit.
    """
    from parvis.pooling.cleaning.sketch_file import write_kits

    files = write_kits(round_file, folder)
    if in_json:
        print_json({"kits": {slug: str(file) for slug, file in files.items()}})
        return
    for slug, file in files.items():
        print_line(DRAWN, file=file, partner=slug)
    print_line(HAND_OVER)


@click.command(cls=Command)
@click.argument("file", type=FILE)
@click.argument("out", type=FILE)
@click.option(
    "--round", "round_file", type=FILE, required=True, help="The round, as the third party made it."
)
@click.option("--kit", type=FILE, required=True, help="Your kit, which the key holder gave you.")
@click.option("--sheet", help="The sheet of a workbook; else the first that has a table.")
@click.option("--email", metavar="COLUMN", help="The column of e-mail addresses, by its heading.")
@click.option("--phone", metavar="COLUMN", help="The column of telephone numbers, by its heading.")
@click.option("--area", metavar="COLUMN", help="The column of postal codes, by its heading.")
@click.option("--discipline", metavar="COLUMN", help="The column of disciplines, by its heading.")
@click.option("--all-in", metavar="NAME", help="The discipline of all rows, by its name or code.")
@click.option("--yes", "confirmed", is_flag=True, help="Write without asking.")
@click.option("--keep-kit", is_flag=True, help="Do not erase the kit once the message is written.")
@as_json
def sketch_command(
    file: Path,
    out: Path,
    round_file: Path,
    kit: Path,
    sheet: str | None,
    all_in: str | None,
    *,
    confirmed: bool,
    keep_kit: bool,
    in_json: bool,
    **columns: str | None,
) -> int:
    """Count the people of a file of buyers for a round, on this machine, and write the message OUT.

    No name, contact or row leaves: the message holds masked numbers, which say nothing before those
    of all partners are added up. What was counted is shown first, and nothing is sent. The kit is
    then erased: it hides one message.
    """
    from parvis.config import Settings
    from parvis.pooling.cleaning.sketch_file import save_message, sketch_file
    from parvis.statistics.distinct.buyers import BuyerColumns, BuyersFile

    buyers = BuyersFile(file, sheet, BuyerColumns(**columns), all_in)
    limits = Settings.load(None, None).limits
    with sketch_file(buyers, round_file, kit, limits) as sketch:
        if not in_json:
            for line in sketch.summary.lines(sketch.round, spoken()):
                click.echo(escape_controls(line))
        written = confirmed or (not in_json and _confirm(ASKED_WITH_KIT, out.name))
        if written:
            save_message(sketch, out, None if keep_kit else kit)
    if in_json:
        print_json({**to_json(sketch.summary), "written": str(out) if written else None})
    elif written:
        print_line(MESSAGE_WRITTEN, file=out, until=day(spoken(), sketch.round.until))
        print_line(KIT_KEPT if keep_kit else KIT_ERASED, file=kit)
    else:
        print_line(NOT_WRITTEN, err=True)
    return 0 if written else 1


ALLOWED = N_("the column “{column}” of {dataset} may enter; the reason is in the audit trail")
FORBIDDEN = N_("the column “{column}” of {dataset} may no longer enter")


@click.group(cls=Group)
def column() -> None:
    """Decide about columns that seem to identify persons."""


@column.command
@pool_options
def list_command(settings: Settings, *, in_json: bool) -> None:
    """List the files that were refused because they identify persons, and the columns let in."""
    from parvis.pooling.intake.allowed_columns import all_allowances, refusals

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
    from parvis.pooling.intake.allowed_columns import allow_column

    allow_column(settings, dataset_key(dataset), name, reason)
    _print_done(ALLOWED, dataset, name, in_json=in_json)


@column.command
@with_dataset
@with_column
@pool_options
def forbid_command(dataset: str, name: str, settings: Settings, *, in_json: bool) -> None:
    """Take back what was allowed: the next file with that column is refused again."""
    from parvis.pooling.intake.allowed_columns import forbid_column

    forbid_column(settings, dataset_key(dataset), name)
    _print_done(FORBIDDEN, dataset, name, in_json=in_json)


def _print_done(template: str, dataset: str, name: str, *, in_json: bool) -> None:
    if in_json:
        print_json({"dataset": dataset, "column": name})
    else:
        print_line(template, column=name, dataset=dataset)


@click.command(cls=Command)
@click.argument("mapping", type=FILE)
@click.option("-o", "--output", type=FILE, help="Where to write (.nt, .nq or .ttl); else stdout.")
@click.option(
    "--source",
    "file",
    type=source,
    metavar=ONE_SOURCE,
    help="What to convert; else the file the mapping names.",
)
@click.option("--report", type=FILE, help="Where to write the report, as JSON.")
@click.option("--base", help="The address under which IRIs are minted.")
@click.option("--strict", is_flag=True, help="Refuse a file in which any row has an error.")
def convert(
    mapping: Path,
    output: Path | None,
    file: "Source | None",
    report: Path | None,
    base: str | None,
    *,
    strict: bool,
) -> None:
    """Run one mapping document over its file: rows become RDF.

    Row errors are told on stderr and in the report; they do not stop the rest.
    """
    from parvis.pooling.intake.without_pool import convert_file

    with show_progress() as watch:
        result = convert_file(mapping, file, output, base=base, strict=strict, watch=watch)
    if report:
        text = json.dumps(result.to_json(), ensure_ascii=False, indent=2)
        report.write_text(text, encoding="utf-8")
    # Without --output, stdout has the RDF: the report goes to stderr.
    for line in result.in_words(spoken()):
        click.echo(escape_controls(line), err=True)


@click.command(cls=Command)
@click.argument("mapping", type=FILE)
@click.option("-o", "--output", type=FILE, help="Where to write the Turtle; else stdout.")
def export_mapping_command(mapping: Path, output: Path | None) -> int:
    """Write a mapping.yml as RML in Turtle, for other engines.

    What RML has no words for is left out or changed, and told on stderr, one line for each;
    exit code 1 if nothing is left.
    """
    from parvis.pooling.intake.without_pool import export_mapping

    text, losses = export_mapping(mapping)
    for loss in losses:
        click.echo(loss[spoken()], err=True)
    if not text.strip():
        return 1
    if output:
        write_new(output, text)
    else:
        click.echo(text, nl=False)
    return 0
