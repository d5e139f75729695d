"""The command on where datasets come from: refresh."""

from pathlib import Path

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.options import as_json, folders, print_json, settings
from parvis.cli.visible import visible
from parvis.i18n import N_, explain, say
from parvis.pooling.pool import Pool
from parvis.pooling.refresh import Refreshed, refresh, refreshable

SAME = N_("{dataset}: unchanged")
STORED = N_("{dataset}: changed; {triples} facts are now its content; next: parvis publish")
NOT_TAKEN = N_("{dataset}: changed, but refused: its content stays as it was")
FAILED = N_("{dataset}: {reason}")
NOTHING = N_("no dataset here has an address or a file beside its record")


@click.command(cls=Command, name="refresh")
@click.argument("name", metavar="[PARTNER[/DATASET]]", required=False)
@folders
@as_json
def refresh_command(
    name: str | None, data: Path | None, catalog: Path | None, *, in_json: bool
) -> int:
    """Fetch datasets anew from where their records say, and submit those that have changed.

    Without a name, all that have an address, or a file beside their record. What fails for one
    stops no other; the exit code is the gravest.
    """
    with Pool.open(settings(data, catalog)) as pool:
        found = []
        for one in refresh(pool, refreshable(pool, name)):
            found.append(one)
            if not in_json:
                _tell_refreshed(one)
    if in_json:
        print_json([one.to_json() for one in found])
    elif not found:
        click.echo(say(spoken(), NOTHING))
    return max((one.exit_code for one in found), default=0)


def _tell_refreshed(one: Refreshed) -> None:
    """Print what came of one dataset, with its report where that says why."""
    lang = spoken()
    if one.error is not None:
        click.echo(say(lang, FAILED, dataset=one.key, reason=explain(one.error, lang)), err=True)
        return
    if one.outcome is None:
        click.echo(say(lang, SAME, dataset=one.key))
        return
    template = STORED if one.outcome.stored else NOT_TAKEN
    click.echo(say(lang, template, dataset=one.key, triples=one.outcome.report.triples))
    if not one.outcome.stored:
        for line in one.outcome.report.in_words(lang):
            click.echo(f"  {visible(line)}")


COMMANDS = (refresh_command,)
