"""Commands on rounds of distinct people and of shared audiences, for the third party."""

from pathlib import Path

import click

from parvis.cli.bilingual import Group, spoken
from parvis.cli.terminal import (
    FILE,
    escape_controls,
    open_pool,
    pool_options,
    print_json,
    print_line,
)
from parvis.config import Settings
from parvis.i18n import LANGUAGES, N_, choose_text

OPENED = N_(
    "round {number} of the project {project} is open until {until}: give its file to the key"
    " holder ({holder}), who runs parvis kits, and to the partners, who run parvis sketch"
)
RECEIVED = N_("the message of {party} is received; {missing} are missing")
COMPLETE = N_("the message of {party} is received; all are there: parvis rounds merge")
MERGED = N_("the messages are added up: read the estimates over, then parvis rounds approve")
RELEASED = N_("{count} estimates of {all} enter the record; parvis publish shows them")
DELIVERED = N_("the result is on the pages of its partners alone; nothing is published")
DESTROYED = N_("the messages are destroyed: parvis rounds certificate {project} {number}")
REFUSED = N_("round {number} of the project {project} is refused, its messages are destroyed")
LINE = N_("{project} {number}: {kind}, {period}, {state}; missing: {missing}")
FIGURE = N_("  {discipline}, {area}: about {value} people ({low} to {high}), {entries} entries")
WITHHELD = N_("  {discipline}, {area}: not released: {why}")
NO_ROUNDS = N_("no round was opened yet: parvis rounds open PROJECT PERIOD")
WRITTEN = N_("the round is written to {file}")


@click.group(cls=Group)
def rounds() -> None:
    """Count distinct people across partners, from masked messages that show nobody."""


@rounds.command("list")
@pool_options
def list_command(settings: Settings, *, in_json: bool) -> None:
    """List the rounds: how far each is, and whose messages are missing."""
    from parvis.pooling.publics.rounds.reading import list_rounds

    views = list_rounds(settings)
    if in_json:
        print_json(views)
        return
    lang = spoken()
    if not views:
        print_line(NO_ROUNDS)
    for view in views:
        print_line(
            LINE,
            project=view.project,
            number=view.number,
            kind=view.kind_name[lang],
            period=choose_text(lang, view.period),
            state=view.state_name[lang],
            missing=", ".join(view.missing) or "0",
        )
        for sentence in view.sentences(lang):
            click.echo(escape_controls(f"  {sentence}"))


@rounds.command("open")
@click.argument("project")
@click.argument("period")
@click.option("--overlap", is_flag=True, help="Estimate the shared audience, not the people.")
@click.option("--partner", "partners", multiple=True, help="A partner’s name; else all members.")
@click.option("--until", default="", help="The last day on which messages are received.")
@click.option(
    "--epsilon",
    default="",
    help="The privacy budget that it spends; else what is left of the year, 1 at most.",
)
@click.option(
    "--public",
    is_flag=True,
    help="Release the shared audience to everyone, where partners are enough.",
)
@click.option("-o", "--output", type=FILE, help="Where to write the round’s file.")
@pool_options
def open_command(
    project: str,
    period: str,
    partners: tuple[str, ...],
    until: str,
    epsilon: str,
    output: Path | None,
    settings: Settings,
    *,
    overlap: bool,
    public: bool,
    in_json: bool,
) -> None:
    """Open a round of a project for a year or a season, as the agreements of its partners permit.

    The file of the round goes to the key holder, who draws the kits, and to the partners.
    """
    from parvis.cli.terminal import write_new
    from parvis.pooling.publics.rounds.document import read_round
    from parvis.pooling.publics.rounds.opening import RoundRequest, open_round
    from parvis.statistics.distinct.rounds import Kind

    kind = Kind.OVERLAP if overlap else Kind.DISTINCT
    request = RoundRequest(project, kind, period, partners, until, epsilon, public)
    with open_pool(settings) as pool:
        record = open_round(pool, request)
    opened = read_round(record)
    if output is not None:
        write_new(output, record.text)
        print_line(WRITTEN, err=True, file=output)
    if in_json:
        print_json(opened.to_json())
        return
    print_line(
        OPENED,
        number=record.number,
        project=project,
        until=opened.until.isoformat(),
        holder=opened.key_holder,
    )


@rounds.command("reopen")
@click.argument("project")
@click.argument("number", type=int)
@click.option("--until", default="", help="The last day on which messages are received.")
@pool_options
def reopen_command(
    project: str, number: int, until: str, settings: Settings, *, in_json: bool
) -> None:
    """Open a new round with the partners that sent, in place of one that waits for others."""
    from parvis.pooling.publics.rounds.document import read_round
    from parvis.pooling.publics.rounds.opening import reopen_round

    with open_pool(settings) as pool:
        record = reopen_round(pool, project, number, until=until)
    opened = read_round(record)
    if in_json:
        print_json(opened.to_json())
        return
    holder, last = opened.key_holder, opened.until.isoformat()
    print_line(OPENED, number=record.number, project=project, until=last, holder=holder)


@rounds.command("receive")
@click.argument("project")
@click.argument("number", type=int)
@click.argument("partner")
@click.argument("file", type=FILE)
@pool_options
def receive_command(
    project: str, number: int, partner: str, file: Path, settings: Settings, *, in_json: bool
) -> None:
    """Receive the message of a partner from a file, as it would send it on its page."""
    from parvis.ledger import SHELL
    from parvis.pooling.publics.rounds.messages import receive_message
    from parvis.pooling.publics.rounds.reading import view_round

    with open_pool(settings) as pool:
        party = pool.catalog.require_partner(partner).iri
        record = receive_message(pool, project, number, party, file, SHELL)
    view = view_round(record)
    if in_json:
        print_json(view)
    else:
        words = RECEIVED if view.missing else COMPLETE
        print_line(words, party=partner, missing=", ".join(view.missing))


@rounds.command("merge")
@click.argument("project")
@click.argument("number", type=int)
@pool_options
def merge_command(project: str, number: int, settings: Settings, *, in_json: bool) -> None:
    """Add up the messages once all are there, and show what would be released."""
    from parvis.pooling.publics.rounds.merging import merge_round
    from parvis.pooling.publics.rounds.reviewing import review_round

    with open_pool(settings) as pool:
        record = merge_round(pool, project, number)
        review = review_round(pool, record)
    if in_json:
        print_json(review)
        return
    lang = spoken()
    for sentence in review.sentences(lang):
        click.echo(escape_controls(sentence))
    for figure in review.figures:
        fields = {
            name: choose_text(lang, review.labels[getattr(figure, name)])
            for name in ("discipline", "area")
        }
        if figure.why is not None:
            print_line(WITHHELD, err=False, why=figure.why[lang], **fields)
        else:
            numbers = {"value": figure.value, "low": figure.low, "high": figure.high}
            print_line(FIGURE, err=False, entries=figure.entries, **numbers, **fields)
    print_line(MERGED)


@rounds.command("approve")
@click.argument("project")
@click.argument("number", type=int)
@pool_options
def approve_command(project: str, number: int, settings: Settings, *, in_json: bool) -> None:
    """Approve the estimates of a round: release them, or give them to its partners alone."""
    from parvis.pooling.publics.rounds.deciding import approve_round
    from parvis.pooling.publics.rounds.reading import view_round

    with open_pool(settings) as pool:
        record = approve_round(pool, project, number)
    if in_json:
        print_json(view_round(record))
        return
    figures = (record.published or {}).get("figures", [])
    if record.public:
        count = sum(figure["value"] is not None for figure in figures) if figures else 1
        print_line(RELEASED, count=count, all=len(figures) or 1)
    else:
        print_line(DELIVERED)
    print_line(DESTROYED, project=project, number=number)


@rounds.command("refuse")
@click.argument("project")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why, in the language of the command.")
@pool_options
def refuse_command(
    project: str, number: int, reason: str, settings: Settings, *, in_json: bool
) -> None:
    """End a round without any release, and destroy its messages."""
    from parvis.pooling.publics.rounds.deciding import refuse_round
    from parvis.pooling.publics.rounds.reading import view_round

    with open_pool(settings) as pool:
        record = refuse_round(pool, project, number, {spoken(): reason})
    if in_json:
        print_json(view_round(record))
    else:
        print_line(REFUSED, number=number, project=project)


@rounds.command("certificate")
@click.argument("project")
@click.argument("number", type=int)
@pool_options
def certificate_command(project: str, number: int, settings: Settings, *, in_json: bool) -> None:
    """Give the certificate that the messages of a round were destroyed."""
    from parvis.pooling.publics.rounds.certificates import require_certificate

    certificate = require_certificate(settings, project, number)
    if in_json:
        print_json(certificate)
        return
    lang = spoken() if spoken() in LANGUAGES else LANGUAGES[0]
    for line in (certificate.title(lang), *certificate.lines(lang)):
        click.echo(escape_controls(line))
