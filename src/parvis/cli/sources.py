"""Commands on the sources of datasets, and on files sent to the site: refresh, feeds, queue."""

from typing import TYPE_CHECKING

import click

from parvis.cli.bilingual import Command, Group, spoken
from parvis.cli.generations import print_published
from parvis.cli.terminal import escape_controls, open_pool, pool_options, print_json, print_line
from parvis.config import Settings, clock
from parvis.i18n import N_, explain

if TYPE_CHECKING:
    from parvis.ledger import Deposit
    from parvis.pooling.intake.refresh import RefreshResult


STORED = N_("{dataset}: changed; its content is replaced; next: parvis publish")
NOT_TAKEN = N_("{dataset}: changed, but refused: its content stays as it was")
NOTHING = N_("no dataset here has an address or a file beside its record")
NOTHING_DUE = N_("no source is due to be asked")
DUE = "Only those that are due, by the frequency that their records announce."
PUBLISH = "Then publish, if anything has changed."
REASON = "Why, as the partner will read it, in the language of the command."
FEED = {
    "good": N_("{dataset}: good; last changed {changed}"),
    "awaited": N_("{dataset}: nothing has come yet"),
    "late": N_("{dataset}: late; last changed {changed}, expected {expected}"),
    "broken": N_("{dataset}: broken since {failing}: {why}"),
    "stopped": N_("{dataset}: stopped; last changed {changed}"),
}
WELL = frozenset({"good", "awaited"})


@click.command(cls=Command)
@click.argument("name", metavar="[PARTNER[/DATASET]]", required=False)
@click.option("--due", "only_due", is_flag=True, help=DUE)
@click.option("--publish", "publishing", is_flag=True, help=PUBLISH)
@pool_options
def refresh_command(
    name: str | None, settings: Settings, *, only_due: bool, publishing: bool, in_json: bool
) -> int:
    """Fetch datasets anew from where their records say, and submit those that have changed.

    Without a name, all that have an address, or a file beside their record. What fails for one
    stops no other; the exit code is the gravest.
    """
    from parvis.pooling.intake.refresh import due_datasets, note_deliveries, refresh, refreshable
    from parvis.pooling.publication.publish import publish
    from parvis.pooling.stewardship.generations import stamp_releases

    with open_pool(settings) as pool:
        datasets = refreshable(pool, name)
        chosen = due_datasets(pool, datasets, clock.machine_time()) if only_due else datasets
        results = []
        for refreshed in refresh(pool, chosen):
            results.append(refreshed)
            if not in_json:
                _print_refreshed(refreshed)
        # A full refresh also records the datasets that have no source to fetch.
        if name is None:
            note_deliveries(pool)
        changed = publishing and any(result.status == "stored" for result in results)
        published = publish(pool) if changed else None
        unstamped = stamp_releases(pool) if changed else []
    documents = [result.to_json() for result in results]
    if in_json:
        print_json({"refreshed": documents, "published": published} if publishing else documents)
    else:
        if not results:
            print_line(NOTHING_DUE if datasets else NOTHING)
        if published:
            print_published(published)
    for warning in unstamped:
        print_line(warning.template, err=True, **warning.fields)
    left_out = published is not None and bool(published["left_out"])
    # The exit code is the gravest of all.
    return max(1 if left_out else 0, *(result.exit_code for result in results), 0)


@click.command(cls=Command)
@pool_options
def feeds_command(settings: Settings, *, in_json: bool) -> int:
    """Tell how the source of each dataset does, as the last refresh left it.

    Late, broken or stopped ones first; the exit code is then 1.
    """
    from parvis.pooling.intake.sources import health

    sources = health(settings.data)
    if in_json:
        print_json(sources)
    else:
        for source in sources:
            days = {name: (source[name] or "")[:10] for name in ("changed", "expected", "failing")}
            why, state = (source["why"] or {}).get(spoken(), ""), source["state"]
            err = state not in WELL
            print_line(FEED[state], err=err, dataset=source["dataset"], why=why, **days)
        if not sources:
            print_line("no source was ever asked: parvis refresh")
    return 0 if all(source["state"] in WELL for source in sources) else 1


def _print_refreshed(refreshed: "RefreshResult") -> None:
    lang = spoken()
    if refreshed.error is not None:
        reason = explain(refreshed.error, lang)
        print_line("{dataset}: {reason}", err=True, dataset=refreshed.key, reason=reason)
        return
    if refreshed.outcome is None:
        print_line("{dataset}: unchanged", dataset=refreshed.key)
        return
    template = STORED if refreshed.outcome.stored else NOT_TAKEN
    print_line(template, dataset=refreshed.key)
    if not refreshed.outcome.stored:
        for line in refreshed.outcome.report.in_words(lang):
            click.echo(f"  {escape_controls(line)}")


DONE = {
    "accepted": N_("{file} is the content of {dataset}; next: parvis publish"),
    "refused": N_("{file}, for {dataset}, is refused"),
}
EXPIRED = N_("{file}, for {dataset}, waited until {until} and is gone")


@click.group(cls=Group)
def queue() -> None:
    """Decide about the files that partners gave to the site."""


@queue.command
@pool_options
def list_command(settings: Settings, *, in_json: bool) -> None:
    """List the files that wait, the oldest first, each with why no rule accepted it.

    What has waited for too long goes, and what was cut short is finished.
    """
    from parvis.pooling.intake.deposits import settle, waiting

    with open_pool(settings) as pool:
        expired = settle(pool)
        deposits = waiting(pool.settings)
    if in_json:
        print_json(deposits)
        return
    for deposit in expired:
        _print_deposit(EXPIRED, deposit, err=True)
    for deposit in deposits:
        figures = [
            f"{deposit.facts[name]:g}" for name in ("rows", "errors") if name in deposit.facts
        ]
        at = deposit.given.isoformat(timespec="minutes")
        pieces = (deposit.id, at, deposit.dataset, deposit.file, *figures)
        click.echo(escape_controls("  ".join(pieces)))
        for why in deposit.waits:
            click.echo(escape_controls(f"    {why[spoken()]}"))
    if not deposits:
        print_line("no file waits")


@queue.command
@click.argument("name", metavar="ID")
@pool_options
def accept_command(name: str, settings: Settings, *, in_json: bool) -> int:
    """Make a file that waits the content of its dataset; it is checked once more.

    Exit code 1 if it would no longer be accepted: it is then refused.
    """
    from parvis.pooling.intake.deposits import accept

    with open_pool(settings) as pool:
        return _print_decision(accept(pool, name), in_json=in_json)


@queue.command
@click.argument("name", metavar="ID")
@click.option("--reason", required=True, help=REASON)
@pool_options
def refuse_command(name: str, reason: str, settings: Settings, *, in_json: bool) -> None:
    """Refuse a file that waits, with a reason that its partner will read."""
    from parvis.pooling.intake.deposits import refuse

    deposit = refuse(settings, name, {spoken(): reason})
    _print_decision(deposit, in_json=in_json)


def _print_decision(deposit: "Deposit", *, in_json: bool) -> int:
    if in_json:
        print_json(deposit)
    else:
        _print_deposit(DONE[deposit.state], deposit)
    return 0 if deposit.state == "accepted" else 1


def _print_deposit(template: str, deposit: "Deposit", *, err: bool = False) -> None:
    until = deposit.until.date().isoformat()
    print_line(template, err=err, file=deposit.file, dataset=deposit.dataset, until=until)
