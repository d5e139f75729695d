"""Commands on a partner's data: check, submit."""

from pathlib import Path

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.options import (
    MAYBE_SOURCE,
    as_json,
    dataset_key,
    folders,
    print_json,
    settings,
    source,
)
from parvis.cli.watching import watching
from parvis.i18n import N_, say
from parvis.pooling.bringing import Source
from parvis.pooling.pool import Pool
from parvis.pooling.submit import Outcome, check, submit


@click.command(cls=Command, name="check")
@click.argument("dataset")
@click.argument("file", type=source, metavar=MAYBE_SOURCE, required=False)
@folders
@as_json
def check_command(
    dataset: str, file: Source | None, data: Path | None, catalog: Path | None, *, in_json: bool
) -> int:
    """Try a dataset's file: convert, validate, compare with its agreement; nothing is stored."""
    with watching() as watch, Pool.open(settings(data, catalog), watch) as pool:
        found = check(pool, dataset_key(dataset), file)
    return _tell(found, in_json=in_json)


@click.command(cls=Command, name="submit")
@click.argument("dataset")
@click.argument("file", type=source, metavar=MAYBE_SOURCE, required=False)
@folders
@as_json
def submit_command(
    dataset: str, file: Source | None, data: Path | None, catalog: Path | None, *, in_json: bool
) -> int:
    """Check a dataset's file, then make it the dataset's content in the record.

    A violation, or more row errors than the dataset's threshold, changes nothing: exit code 1.
    """
    with watching() as watch, Pool.open(settings(data, catalog), watch) as pool:
        found = submit(pool, dataset_key(dataset), file)
    return _tell(found, in_json=in_json)


CHANGES = N_("since the last submission: {added} entities added, {changed} changed, {gone} gone")
UNCHANGED = N_("unchanged: the same file and mapping as the last time; nothing was done")
KEPT = N_("accepted: {triples} facts are now the content of {dataset}; next: parvis publish")
WOULD = N_("would be accepted: {triples} facts; nothing was stored")
REFUSED = N_("refused: nothing was changed")


def _tell(outcome: Outcome, *, in_json: bool) -> int:
    """Print what came of a file."""
    if in_json:
        print_json(outcome.to_json())
        return 0 if outcome.accepted else 1
    lang = spoken()
    for line in outcome.report.in_words(lang):
        click.echo(line)
    if (changes := outcome.changes) is not None:
        click.echo(
            say(lang, CHANGES, added=changes.added, changed=changes.changed, gone=changes.gone)
        )
    click.echo(say(lang, _verdict(outcome), triples=outcome.report.triples, dataset=outcome.key))
    return 0 if outcome.accepted else 1


def _verdict(outcome: Outcome) -> str:
    """Choose the sentence that says what came of a file."""
    if not outcome.accepted:
        return REFUSED
    if outcome.unchanged:
        return UNCHANGED
    return KEPT if outcome.stored else WOULD


COMMANDS = (check_command, submit_command)
