"""Commands on where datasets come from, and on files given to the site: refresh, feeds, queue."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from parvis.cli.bilingual import Command, Group, spoken
from parvis.cli.generations import tell_published
from parvis.cli.options import as_json, folders, print_json, settings
from parvis.cli.terminal import visible
from parvis.i18n import N_, explain, say
from parvis.ledger import Deposit, DepositState
from parvis.pooling.intake.deliveries import health
from parvis.pooling.intake.deposits import accept, refuse, settle, waiting
from parvis.pooling.intake.refresh import Refreshed, due, look_over, refresh, refreshable
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish

# The commands on where datasets come from: refresh, feeds.

SAME = N_("{dataset}: unchanged")
STORED = N_("{dataset}: changed; {triples} facts are now its content; next: parvis publish")
NOT_TAKEN = N_("{dataset}: changed, but refused: its content stays as it was")
FAILED = N_("{dataset}: {reason}")
NOTHING = N_("no dataset here has an address or a file beside its record")
NOTHING_DUE = N_("no source is due to be asked")
DUE = N_("Only those that are due, by the frequency that their records announce.")
PUBLISH = N_("Then publish, if anything has changed.")
NEVER = N_("no source was ever asked: parvis refresh")
FEED = {
    "good": N_("{dataset}: good; last changed {changed}"),
    "awaited": N_("{dataset}: nothing has come yet"),
    "late": N_("{dataset}: late; last changed {changed}, expected {expected}"),
    "broken": N_("{dataset}: broken since {failing}: {why}"),
    "stopped": N_("{dataset}: stopped; last changed {changed}"),
}
WELL = frozenset({"good", "awaited"})


@click.command(cls=Command, name="refresh")
@click.argument("name", metavar="[PARTNER[/DATASET]]", required=False)
@click.option("--due", "only_due", is_flag=True, help=DUE)
@click.option("--publish", "publishing", is_flag=True, help=PUBLISH)
@folders
@as_json
def refresh_command(  # noqa: PLR0913 - its options
    name: str | None,
    data: Path | None,
    catalog: Path | None,
    *,
    only_due: bool,
    publishing: bool,
    in_json: bool,
) -> int:
    """Fetch datasets anew from where their records say, and submit those that have changed.

    Without a name, all that have an address, or a file beside their record. What fails for one
    stops no other; the exit code is the gravest.
    """
    with Pool.open(settings(data, catalog)) as pool:
        asked = refreshable(pool, name)
        chosen = due(pool, asked, datetime.now(UTC)) if only_due else asked
        found = []
        for one in refresh(pool, chosen):
            found.append(one)
            if not in_json:
                _tell_refreshed(one)
        if name is None:
            look_over(pool)
        changed = publishing and any(one.status == "stored" for one in found)
        published = publish(pool) if changed else None
    told = [one.to_json() for one in found]
    if in_json:
        print_json({"refreshed": told, "published": published} if publishing else told)
    else:
        if not found:
            click.echo(say(spoken(), NOTHING_DUE if asked else NOTHING))
        if published:
            tell_published(published)
    left_out = published is not None and bool(published["left_out"])
    return max(1 if left_out else 0, *(one.exit_code for one in found), 0)


@click.command(cls=Command, name="feeds")
@folders
@as_json
def feeds_command(data: Path | None, catalog: Path | None, *, in_json: bool) -> int:
    """Tell how the source of each dataset does, as the last refresh left it.

    Late, broken or stopped ones first; the exit code is then 1.
    """
    found = health(settings(data, catalog).data)
    if in_json:
        print_json(found)
    else:
        for one in found:
            _tell_feed(one)
        if not found:
            click.echo(say(spoken(), NEVER))
    return 0 if all(one["state"] in WELL for one in found) else 1


def _tell_feed(one: dict[str, Any]) -> None:
    """Print how one source does."""
    lang = spoken()
    days = {name: (one[name] or "")[:10] for name in ("changed", "expected", "failing")}
    why = (one["why"] or {}).get(lang, "")
    told = say(lang, FEED[one["state"]], dataset=one["dataset"], why=why, **days)
    click.echo(visible(told), err=one["state"] not in WELL)


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


# The command on the files that partners gave to the site: queue.

EMPTY_QUEUE = N_("no file waits")
EXPIRED = N_("{file}, for {dataset}, waited until {until} and is gone")
DONE = {
    DepositState.ACCEPTED: N_("{file} is the content of {dataset}; next: parvis publish"),
    DepositState.REFUSED: N_("{file}, for {dataset}, is refused"),
}
REASON = N_("Why, as the partner will read it, in the language of the command.")


@click.group(cls=Group)
def queue() -> None:
    """Decide about the files that partners gave to the site."""


@queue.command(cls=Command, name="list")
@folders
@as_json
def list_command(data: Path | None, catalog: Path | None, *, in_json: bool) -> int:
    """List the files that wait, the oldest first, each with why no rule accepted it.

    What has waited for too long goes, and what was cut short is finished.
    """
    with Pool.open(settings(data, catalog)) as pool:
        over = settle(pool)
        found = waiting(pool.settings)
    if in_json:
        print_json([one.to_json() for one in found])
        return 0
    for one in over:
        click.echo(_said(EXPIRED, one), err=True)
    for one in found:
        figures = [f"{one.facts[name]:g}" for name in ("rows", "errors") if name in one.facts]
        pieces = (one.id, one.given.isoformat(timespec="minutes"), one.dataset, one.file, *figures)
        click.echo(visible("  ".join(pieces)))
        for why in one.waits:
            click.echo(visible(f"    {why[spoken()]}"))
    if not found:
        click.echo(say(spoken(), EMPTY_QUEUE))
    return 0


@queue.command(cls=Command, name="accept")
@click.argument("name", metavar="ID")
@folders
@as_json
def accept_command(name: str, data: Path | None, catalog: Path | None, *, in_json: bool) -> int:
    """Make a file that waits the content of its dataset; it is checked once more.

    Exit code 1 if it would no longer be accepted: it is then refused.
    """
    with Pool.open(settings(data, catalog)) as pool:
        return _tell(accept(pool, name, None), in_json=in_json)


@queue.command(cls=Command, name="refuse")
@click.argument("name", metavar="ID")
@click.option("--reason", required=True, help=REASON)
@folders
@as_json
def refuse_command(
    name: str, reason: str, data: Path | None, catalog: Path | None, *, in_json: bool
) -> int:
    """Refuse a file that waits, with a reason that its partner will read."""
    done = refuse(settings(data, catalog), name, None, {spoken(): reason})
    _tell(done, in_json=in_json)
    return 0


def _tell(done: Deposit, *, in_json: bool) -> int:
    """Print what became of a file."""
    if in_json:
        print_json(done.to_json())
    else:
        click.echo(_said(DONE[done.state], done))
    return 0 if done.state is DepositState.ACCEPTED else 1


def _said(template: str, one: Deposit) -> str:
    fields = {"file": one.file, "dataset": one.dataset, "until": one.until.date().isoformat()}
    return visible(say(spoken(), template, **fields))
