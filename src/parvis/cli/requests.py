"""Commands on requests for access, notices and what became of data: request, notify, uses."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parvis.cli.bilingual import Command, Group, spoken
from parvis.cli.terminal import (
    FILE,
    dataset_key,
    escape_controls,
    open_pool,
    pool_options,
    print_json,
    print_line,
    write_new,
)
from parvis.config import Settings, clock
from parvis.i18n import N_, choose_text, say

if TYPE_CHECKING:
    from parvis.ledger import Request


STATE = N_("request {id} to {owner}: {state}, until {due}")
ENDED = N_("request {id} to {owner}: {state}")
RULE = N_("rule {id}: requests for {dataset} are answered at once")
RULE_ENDED = N_("the rule {id} is ended")
UNTIL = "The last day of access (2027-06-30)."
ANSWER = "One of the six items, as ITEM=TEXT (writing, presentation, grounds…); repeatable."
PURPOSE = "What for: a purpose of the Data Privacy Vocabulary, such as AcademicResearch."


@click.group(cls=Group)
def request() -> None:
    """Ask for access to data, and answer: offer, accept, decline, withdraw."""


@request.command
@click.option("--party", metavar="TEXT", help="Only those that a party made or is to answer.")
@pool_options
def list_command(party: str | None, settings: Settings, *, in_json: bool) -> None:
    """List the requests, the newest first."""
    from parvis.pooling.serving.access import find_reader
    from parvis.pooling.stewardship.requests import requesting as verbs

    with open_pool(settings) as pool:
        iri = None if party is None else find_reader(pool, party).iri
    views = verbs.list_requests(settings, iri)
    _print_requests([view.request for view in views], in_json=in_json)


@request.command
@click.argument("name", metavar="ID")
@pool_options
def show_command(name: str, settings: Settings, *, in_json: bool) -> None:
    """Show a request with its history."""
    from parvis.pooling.stewardship.requests import requesting as verbs

    view = verbs.read_request(settings, name, "", watching=True)
    if in_json:
        print_json(view)
        return
    _print_requests([view.request], in_json=False)
    for change in view.history:
        columns = (f"{change.at:%Y-%m-%d}", change.act, change.party or "", change.role)
        click.echo(escape_controls("  ".join(columns)))


@request.command
@click.argument("party")
@click.argument("subject", metavar="DATASET")
@click.option("--purpose", metavar="TEXT", required=True, help=PURPOSE)
@click.option("--until", metavar="DATE", required=True, help=UNTIL)
@click.option("--message", metavar="TEXT", required=True, help="Who will use the data, and how.")
@pool_options
def make_command(
    party: str,
    subject: str,
    purpose: str,
    until: str,
    message: str,
    settings: Settings,
    *,
    in_json: bool,
) -> None:
    """Ask for access to a dataset in the name of a party.

    The IRI of a show asks the partners that describe it.
    """
    from parvis.ledger import SHELL
    from parvis.pooling.serving.access import find_reader
    from parvis.pooling.serving.service import PoolService
    from parvis.pooling.stewardship.requests import requesting as verbs

    iri = subject if ":" in subject else f"{settings.base}id/dataset/{dataset_key(subject)}"
    wish = verbs.read_wish(iri, purpose, until, message)
    with open_pool(settings) as pool, closing(PoolService(settings)) as service:
        requests = verbs.request_access(service, find_reader(pool, party), SHELL, wish)
    _print_requests(requests, in_json=in_json)


@request.command
@click.argument("name", metavar="ID")
@click.option("--until", metavar="DATE", default="", help=UNTIL)
@click.option("--purpose", metavar="TEXT", default="", help=PURPOSE)
@click.option("--dataset", metavar="DATASET", default="", help="Which dataset, for a show.")
@click.option("--words", metavar="TEXT", default="", help="What the owner adds.")
@pool_options
def offer_command(
    name: str,
    until: str,
    purpose: str,
    dataset: str,
    words: str,
    settings: Settings,
    *,
    in_json: bool,
) -> None:
    """Answer a request by what its owner would allow; what is not said is as it was asked for."""
    from parvis.ledger import SHELL
    from parvis.pooling.stewardship.requests import requesting as verbs

    changed = verbs.offer_access(
        settings, name, SHELL, until=until, dataset=dataset, purpose=purpose, words=words
    )
    _print_requests([changed], in_json=in_json)


@request.command
@click.argument("name", metavar="ID")
@pool_options
def accept_command(name: str, settings: Settings, *, in_json: bool) -> None:
    """Accept an offer: the next version of the agreement is drafted, for both sides to sign."""
    from parvis.ledger import SHELL
    from parvis.pooling.stewardship.requests import requesting as verbs

    _print_requests([verbs.accept_offer(settings, name, SHELL)], in_json=in_json)


@request.command
@click.argument("name", metavar="ID")
@click.option("--reason", metavar="TEXT", required=True, help="Why: the other side reads it.")
@pool_options
def decline_command(name: str, reason: str, settings: Settings, *, in_json: bool) -> None:
    """Decline a request or an offer, with a reason."""
    from parvis.ledger import SHELL
    from parvis.pooling.stewardship.requests import requesting as verbs

    _print_requests([verbs.decline_request(settings, name, SHELL, reason)], in_json=in_json)


@request.command
@click.argument("name", metavar="ID")
@pool_options
def withdraw_command(name: str, settings: Settings, *, in_json: bool) -> None:
    """Take a request back."""
    from parvis.ledger import SHELL
    from parvis.pooling.stewardship.requests import requesting as verbs

    _print_requests([verbs.withdraw_request(settings, name, SHELL)], in_json=in_json)


@request.command
@pool_options
def expire_command(settings: Settings, *, in_json: bool) -> None:
    """End the requests whose time is over, and those that an agreement in force grants.

    The daily parvis expire does it too.
    """
    from parvis.pooling.stewardship.requests import requesting as verbs

    with open_pool(settings, lenient=True) as pool:
        settled = verbs.settle_requests(pool)
    if in_json:
        print_json(settled)
    else:
        _print_requests([*settled.expired, *settled.granted], in_json=False)


@request.command
@click.argument("dataset")
@click.option(
    "--whom",
    metavar="TEXT",
    default="members",
    help="“members”, or the IRI of a project or a kind of organisation.",
)
@click.option("--days", type=int, default=365, help="For how many days at most.")
@click.option("--purpose", metavar="TEXT", default="", help=PURPOSE)
@pool_options
def rule_command(
    dataset: str, whom: str, days: int, purpose: str, settings: Settings, *, in_json: bool
) -> None:
    """Store a rule of a partner that answers requests for one of its datasets at once."""
    from parvis.ledger import SHELL
    from parvis.pooling.stewardship.requests import requesting as verbs
    from parvis.pooling.stewardship.requests.standing_offers import add_standing_offer

    key = dataset_key(dataset)
    purposes = (verbs.require_purpose(purpose),) if purpose else ()
    owner = f"{settings.base}id/partner/{key.partner}"
    rule = add_standing_offer(settings, owner, key, whom, days, SHELL, purposes)
    if in_json:
        print_json(rule)
    else:
        print_line(RULE, id=rule.id, dataset=key)


@request.command
@click.argument("partner")
@click.argument("name", metavar="ID")
@pool_options
def end_rule_command(partner: str, name: str, settings: Settings, *, in_json: bool) -> None:
    """End a rule of a partner."""
    from parvis.ledger import SHELL
    from parvis.pooling.stewardship.requests.standing_offers import end_standing_offer

    end_standing_offer(settings, name, f"{settings.base}id/partner/{partner}", SHELL)
    if in_json:
        print_json({"ended": name})
    else:
        print_line(RULE_ENDED, id=name)


@request.command(name="law25")
@click.argument("name", metavar="ID")
@click.option("--answer", "answers", metavar="TEXT", multiple=True, help=ANSWER)
@click.option("--assessment", type=FILE, help="A privacy impact assessment (PDF, ODT, DOCX).")
@click.option("--step", metavar="TEXT", help="Which step has the day: requested, assessed…")
@click.option("--day", metavar="DATE", default="", help="The day of the step.")
@click.option("-o", "--output", type=FILE, help="Where to write the file to send (HTML).")
@pool_options
def law25_command(
    name: str,
    answers: tuple[str, ...],
    assessment: Path | None,
    step: str | None,
    day: str,
    output: Path | None,
    settings: Settings,
    *,
    in_json: bool,
) -> None:
    """Fill in and show the file of a request under Law 25: research without consent."""
    from parvis.governance.law25 import ITEMS, STEPS
    from parvis.ledger import SHELL
    from parvis.pooling.serving.service import PoolService
    from parvis.pooling.stewardship.requests import law25
    from parvis.pooling.stewardship.requests import requesting as verbs

    if answers:
        pairs = (answer.partition("=") for answer in answers)
        law25.write_answers(settings, name, {item: text for item, _, text in pairs}, SHELL)
    if assessment is not None:
        law25.join_assessment(settings, name, assessment, SHELL)
    if step is not None:
        law25.date_step(settings, name, step, day, SHELL)
    view = law25.read_file(settings, name)
    if output is not None:
        access = verbs.read_request(settings, name, "", watching=True).request
        with closing(PoolService(settings)) as service:
            names = {iri: service.names(iri) for iri in (access.requester, access.owner)}
        write_new(output, law25.render_document(settings, name, names))
    if in_json:
        print_json(view)
        return
    for item, (title, _) in ITEMS.items():
        written = view.file.answers.get(item) or "—"
        click.echo(escape_controls(f"{item}  {say(spoken(), title)}: {written}"))
    for stage, words in STEPS.items():
        dated = view.file.dates.get(stage)
        click.echo(f"{stage}  {say(spoken(), words)}: {dated or '—'}")


def _print_requests(requests: Sequence["Request"], *, in_json: bool) -> None:
    if in_json:
        print_json(list(requests))
        return
    for item in requests:
        print_line(
            STATE if item.due else ENDED,
            id=item.id,
            owner=item.owner,
            state=item.state,
            due=item.due and item.due.date(),
        )
        click.echo(f"  {escape_controls(choose_text(spoken(), item.title))}")


SENT = N_("messages sent: {sent}; to be tried again: {waiting}; given up: {failed}")
ANNOUNCED = N_("notices of dates: {count}")
COUNTED = N_("{state}: {count}")
AGAIN = N_("messages that wait again: {count}")


@click.group(cls=Group)
def notify() -> None:
    """Tell people what concerns them: send what waits, announce dates, list what is stuck."""


@notify.command
@pool_options
def send_command(settings: Settings, *, in_json: bool) -> int:
    """Send what waits in the outbox.

    A server that runs does it by itself. Exit code 1 if something could not be sent.
    """
    from parvis.pooling.notifications.sending import send_due

    outcome = send_due(settings)
    if in_json:
        print_json(outcome)
    else:
        print_line(SENT, sent=outcome.sent, waiting=outcome.waiting, failed=outcome.failed)
    return 1 if outcome.waiting or outcome.failed else 0


@notify.command
@pool_options
def dates_command(settings: Settings, *, in_json: bool) -> None:
    """Announce what is due in 30 days and in 7, and what is late, each date once.

    The daily parvis expire does it too.
    """
    from parvis.pooling.notifications.dates import announce_dates

    with open_pool(settings, lenient=True) as pool:
        count = announce_dates(pool)
    if in_json:
        print_json({"announced": count})
    else:
        print_line(ANNOUNCED, count=count)


@notify.command(name="list")
@pool_options
def outbox_command(settings: Settings, *, in_json: bool) -> None:
    """Count the messages by state, and list those that wait or were given up."""
    from parvis.ledger import Outbox

    outbox = Outbox(settings.data)
    if in_json:
        print_json({"counts": outbox.count(), "open": outbox.open()})
        return
    for state, count in sorted(outbox.count().items()):
        print_line(COUNTED, state=state, count=count)
    for delivery in outbox.open():
        columns = (delivery.notice, delivery.channel, delivery.state, delivery.error)
        click.echo(escape_controls("  ".join(columns)))


@notify.command
@pool_options
def retry_command(settings: Settings, *, in_json: bool) -> None:
    """Let the messages that were given up wait again."""
    from parvis.ledger import Outbox

    count = Outbox(settings.data).retry(clock.machine_time())
    if in_json:
        print_json({"waiting": count})
    else:
        print_line(AGAIN, count=count)


@click.command(cls=Command)
@click.argument("partner")
@click.option("--days", type=int, default=365, help="Of how many days.")
@pool_options
def uses_command(partner: str, days: int, settings: Settings, *, in_json: bool) -> None:
    """Show what became of a partner's data, as CSV: who read them, what they entered, deletions."""
    from parvis.pooling.serving.service import PoolService
    from parvis.pooling.stewardship.data_uses import report_uses

    with open_pool(settings) as pool, closing(PoolService(settings)) as service:
        slug = pool.catalog.require_partner(partner).slug
        report = report_uses(settings, service.snapshot(), slug, clock.now(), days)
    if in_json:
        print_json(report)
        return
    for line in report.to_csv(spoken()).splitlines():
        click.echo(escape_controls(line))
