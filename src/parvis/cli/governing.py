"""Commands on agreements."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.options import as_json, folders, print_json, settings
from parvis.errors import UsageError
from parvis.i18n import N_, say
from parvis.pooling.decide import ACTIONS, may
from parvis.pooling.pool import Pool

YES, NO = N_("yes: {reason}"), N_("no: {reason}")
BY = N_("  the rule that decided: {rule}\n  of the agreement: {title} <{agreement}>")


@click.command(cls=Command, name="may")
@click.argument("reader")
@click.argument("graph")
@click.option(
    "--action", type=click.Choice(list(ACTIONS)), default="read", help="What one would do."
)
@click.option("--purpose", help="What for, as an IRI.")
@click.option("--date", "when", help="At which instant (ISO 8601 with its offset); else now.")
@folders
@as_json
def may_command(  # noqa: PLR0913, PLR0917 - one parameter an option
    reader: str,
    graph: str,
    action: str,
    purpose: str | None,
    when: str | None,
    data: Path | None,
    catalog: Path | None,
    *,
    in_json: bool,
) -> int:
    """Say whether a reader may do something with a dataset, and by which rule.

    READER is a partner's name, its IRI, or "anonymous"; GRAPH is PARTNER/DATASET or a graph's
    IRI. Exit code 1 if it may not.
    """
    decision = may(
        Pool.open(settings(data, catalog)), reader, graph, action, instant(when), purpose
    )
    if in_json:
        print_json(decision.to_json())
    else:
        told = vars(decision)
        click.echo(say(spoken(), YES if decision.allowed else NO, **told))
        if decision.rule:
            click.echo(say(spoken(), BY, **told))
        for text in decision.missing:
            click.echo(f"  {text[spoken()]}")
    return 0 if decision.allowed else 1


def instant(text: str | None) -> datetime:
    """Read an instant; raises `UsageError` for one without offset."""
    if text is None:
        return datetime.now(tz=ZoneInfo("America/Toronto"))
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError("“{text}” is not an ISO 8601 instant", text=text) from error
    if found.tzinfo is None:
        raise UsageError("the instant “{text}” has no offset", text=text)
    return found


COMMANDS = (may_command,)
