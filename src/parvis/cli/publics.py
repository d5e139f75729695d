"""Commands on figures on audiences: releases, box-office, results, rates, the trend, surveys."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.terminal import (
    FILE,
    escape_controls,
    open_pool,
    pool_options,
    print_json,
    print_line,
)
from parvis.config import Settings, clock
from parvis.errors import UsageError
from parvis.i18n import N_, choose_text, explain

if TYPE_CHECKING:
    from parvis.governance import Reader
    from parvis.pooling.publics.box_office import Receipt
    from parvis.pooling.publics.release import PortraitOutcome
    from parvis.pooling.serving.figures.portrait import PortraitRequest
    from parvis.pooling.serving.figures.rates import Rates
    from parvis.pooling.serving.figures.relays import RelayCard
    from parvis.pooling.serving.figures.story.absences import Absences
    from parvis.pooling.serving.figures.tables import ResultTable
    from parvis.pooling.serving.figures.trends import PooledTrend
    from parvis.pooling.serving.service import PoolService
    from parvis.pooling.stewardship.register import FiguresReview


MADE = N_(
    "release {release} of {dataset}: {told} figures are published, {suppressed} are suppressed"
    " ({figures} of the figures, {counted} of what they count); parvis publish shows it"
)
TRIED = N_(
    "release {release} of {dataset} would publish {told} figures and suppress {suppressed}"
    " ({figures} of the figures, {counted} of what they count); nothing was kept"
)
SAME = N_("nothing changed since release {release} of {dataset}: it stays")
FOR_SOME = N_(
    "{dataset} is for {readers} parties, as agreements stand: {beyond} of its figures are not"
    " published to all, or of fewer partners"
)
REPEATED = N_(
    "{repeated} of them read as in an earlier release: too few partners changed what they bring"
)
PROVED = N_("a calculation shows that nobody can work out any of the {proved} suppressed figures")
UNPROVED = N_(
    "the calculation could not show that nobody can work out {unproved} suppressed figures"
)
NOT_COMPARABLE = N_("not comparable: {count} figures of {contributor}, {code}")
OF_RELEASE = N_("{title}, release {release}")
OF_REASON = N_("    {reason}: {count}")
OF_MEASURE = N_("  {measure}: {published} published, {suppressed} suppressed")
PARTS = N_("not comparable: figures of {contributor} whose parts exceed their total")


@click.command(cls=Command)
@click.option("--dry-run", is_flag=True, help="Compute everything, keep nothing.")
@click.option(
    "--explain", "figure", metavar="CELL", help="Why a figure is published or suppressed."
)
@click.option(
    "--review", "reviewing", is_flag=True, help="Explain the last release of each edition."
)
@pool_options
def portray_command(
    figure: str | None, settings: Settings, *, dry_run: bool, reviewing: bool, in_json: bool
) -> int:
    """Release the pooled audiences: add partners' figures up, and leave out what would betray one.

    The release becomes the content of the host's dataset “portrait”, then one is made for each
    reciprocity class; parvis publish serves them. The same figures give the same release. CELL is
    the IRI of a figure or its last part; what is explained is for the host alone. Exit code 1 when
    something could not be proved uncertain.
    """
    from parvis.pooling.publics.release import explain_figure, portray
    from parvis.pooling.stewardship.register import read_figures_review

    if reviewing:
        _print_review(read_figures_review(settings), in_json=in_json)
        return 0
    with open_pool(settings) as pool:
        if figure is not None:
            print_line("For the host alone: this tells what the release hides.", err=True)
            print_json(explain_figure(pool, figure))
            return 0
        release = portray(pool, dry=dry_run)
    if in_json:
        print_json(release)
    else:
        for class_release in release.editions:
            _print_release(class_release)
    return 1 if any(class_release.unproved for class_release in release.editions) else 0


def _print_review(review: "FiguresReview", *, in_json: bool) -> None:
    if in_json:
        print_json(review)
        return
    lang = spoken()
    if review.problem:
        click.echo(escape_controls(review.problem[lang]), err=True)
    for release in review.releases:
        title = choose_text(lang, release.title)
        print_line(OF_RELEASE, title=title, release=release.number)
        for measure in release.measures:
            print_line(
                OF_MEASURE,
                measure=choose_text(lang, measure.measure),
                published=measure.published,
                suppressed=measure.suppressed,
            )
        for reason, count in release.rules:
            print_line(OF_REASON, reason=choose_text(lang, reason), count=count)
        for sentence in (*release.plausibility, *release.differences):
            click.echo(escape_controls(f"  {choose_text(lang, sentence)}"))


def _print_release(release: "PortraitOutcome") -> None:
    from parvis.governance import EVERYONE

    fields = release.to_json()
    part = {name: f"{100 * share:.1f} %" for name, share in fields["share"].items()}
    template = SAME if release.unchanged else MADE if release.stored else TRIED
    print_line(template, **fields | part)
    if fields["repeated"]:
        print_line(REPEATED, **fields)
    if EVERYONE not in release.recipients:
        print_line(FOR_SOME, readers=len(release.recipients), **fields)
    print_line(UNPROVED if release.unproved else PROVED, **fields)
    counts: Counter[tuple[str, str]] = Counter()
    # One line for each contributor and code, however many figures it concerns.
    for unfit in release.unfit:
        counts[unfit.contributor, unfit.code] += unfit.number
    for (contributor, code), count in sorted(counts.items()):
        template = NOT_COMPARABLE if code else PARTS
        print_line(template, count=count, contributor=contributor, code=code)


@click.command(cls=Command)
@click.option("--public", required=True, help="Whom to reach: a code, a label or an IRI.")
@click.option("--area", help="Where.")
@click.option("--language", help="In which language.")
@click.option("--channel", help="By which channel.")
@click.option("--reader", help="For whom: a partner's name, an IRI or “anonymous”; else the host.")
@pool_options
def relays_command(
    public: str,
    area: str | None,
    language: str | None,
    channel: str | None,
    reader: str | None,
    settings: Settings,
    *,
    in_json: bool,
) -> None:
    """Rank the organisations that reach an audience, with the reasons.

    Relays are named as far as agreements let the reader read what declares them; of the others,
    only the number is given.
    """
    from parvis.pooling.serving.figures.relays import find_served_relays, parse_relay_query

    request = parse_relay_query(public, area, language, channel)
    answer = find_served_relays(settings, request, reader)
    if in_json:
        print_json(answer)
        return
    lang = spoken()
    for rank, relay in enumerate(answer.declared, 1):
        _print_relay(rank, relay, lang)
    click.echo(answer.unnamed_text[lang])
    click.echo(answer.derived_text[lang])
    for rank, relay in enumerate(answer.derived, 1):
        _print_relay(rank, relay, lang)


def _print_relay(rank: int, relay: "RelayCard", lang: str) -> None:
    click.echo(escape_controls(f"{rank}. {choose_text(lang, relay.name)}"))
    for reason in relay.reasons:
        click.echo(escape_controls(f"   – {reason[lang]}"))


@click.command(cls=Command)
@click.option("-o", "--output", type=FILE, help="Where to write it: .csv or .html; else shown.")
@pool_options
def register_command(output: Path | None, settings: Settings, *, in_json: bool) -> int:
    """Write the register of anonymisations: what was done to each release of pooled audiences.

    Purposes, responsible party, techniques, minimums reached, audit, next review. Exit code 1 if
    a review is overdue.
    """
    from parvis.pooling.stewardship.register import read_register

    if output is not None and output.suffix.lower() not in {".csv", ".html"}:
        raise UsageError("{file}: the ending of a register must be .csv or .html", file=output)
    today = clock.day_in_quebec()
    anonymisations, lang = read_register(open_pool(settings), today), spoken()
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


POOLED = N_(
    "release {release} of {dataset}: {told} estimates are published, {suppressed} are suppressed;"
    " parvis publish shows it"
)
WOULD_POOL = N_(
    "release {release} of {dataset} would publish {told} estimates and suppress {suppressed};"
    " nothing was kept"
)
ESTIMATE = N_(
    "{period}, {question}, {answer}: {percent}%, between {low} and {high}% 19 times out of 20"
    " ({respondents} respondents, {contributors} partners)"
)


@click.command(cls=Command)
@click.option("--dry-run", is_flag=True, help="Compute everything, keep nothing.")
@pool_options
def surveys_command(settings: Settings, *, dry_run: bool, in_json: bool) -> int:
    """Release the pooled surveys: pool partners' samples, and leave out what would betray one.

    The release becomes the content of the host's dataset “sondages”; parvis publish serves it.
    Exit code 1 when something could not be proved uncertain.
    """
    from parvis.pooling.publics.surveys import labels_of, pool_surveys

    with open_pool(settings) as pool:
        outcome = pool_surveys(pool, dry=dry_run)
    fields, lang = outcome.to_json(), spoken()
    if in_json:
        print_json(outcome)
        return 1 if outcome.unproved else 0
    print_line(SAME if outcome.unchanged else POOLED if outcome.stored else WOULD_POOL, **fields)
    for figure in outcome.figures:
        if figure.estimate is None:
            continue
        period, question, answer = labels_of(figure.key, lang).values()
        (low, high), described = figure.interval, figure.to_json()
        described |= {"low": low, "high": high, "period": period}
        print_line(ESTIMATE, **described | {"question": question, "answer": answer})
    return 1 if outcome.unproved else 0


STORED = N_("figures stored: {stored} performances; next: parvis refresh")
NO_FIGURES = N_("no figures were sent for {dataset}")
NIGHT = N_("{performance}: {show}; known on {day}: {sold} tickets sold of {available}, {revenue} $")


@click.command(cls=Command)
@click.argument("name", metavar="DATASET")
@click.argument("file", metavar="[FILE]", type=FILE, required=False)
@pool_options
def box_office_command(name: str, file: Path | None, settings: Settings, *, in_json: bool) -> int:
    """Store the figures of performances, or list the last ones that are known.

    FILE is what a box office sends as JSON. Exit code 1 if some are refused: the others are stored.
    """
    from parvis.ledger import BoxOffice
    from parvis.pooling.publics.box_office import TOTAL, read_reports, receive

    with open_pool(settings) as pool:
        dataset = pool.catalog.require_named(name)
        if file is not None:
            reports = read_reports(file.read_bytes())
            party, policies = pool.iris.partner(dataset.key.partner), pool.catalog.policies
            receipt = receive(settings, policies, party, dataset.key.dataset, reports)
            return _print_receipt(receipt, in_json=in_json)
    reports = list(BoxOffice(settings.data).last(dataset.iri))
    if in_json:
        print_json([{**vars(r), "figures": [*map(_to_object, r.figures.items())]} for r in reports])
        return 0
    for report in reports:
        whole = report.figures.get((TOTAL, TOTAL), {})
        print_line(
            NIGHT,
            performance=report.performance,
            show=report.facts["show"],
            day=report.day.isoformat(),
            sold=whole.get("ticketsSold", "?"),
            available=whole.get("ticketsAvailable", "?"),
            revenue=whole.get("revenue", "?"),
        )
    if not reports:
        print_line(NO_FIGURES, dataset=dataset.key)
    return 0


def _to_object(line: tuple[tuple[str, str], Mapping[str, str]]) -> dict[str, str]:
    (price, channel), figures = line
    return {"priceType": price, "channel": channel, **figures}


def _print_receipt(receipt: "Receipt", *, in_json: bool) -> int:
    if in_json:
        print_json(receipt)
    else:
        print_line(STORED, stored=receipt.stored)
        for error in receipt.refused.values():
            click.echo(escape_controls(explain(error, spoken())), err=True)
        for performance, doubts in receipt.doubts.items():
            for doubt in doubts:
                click.echo(escape_controls(f"{performance}: {doubt[spoken()]}"), err=True)
    return 1 if receipt.refused else 0


@click.command(cls=Command)
@click.argument("partner", metavar="PARTNER")
@click.option(
    "--table",
    type=click.Choice(("sales", "weekdays", "openings", "trend", "profile")),
    help="One table alone.",
)
@pool_options
def results_command(partner: str, table: str | None, settings: Settings, *, in_json: bool) -> None:
    """Show what a partner gets back from its own figures, as CSV.

    When tickets sell, best days, openings, trend, and its profile next to the pool's and its
    peers'. It is for the partner and the host alone.
    """
    from parvis.pooling.serving.access import find_reader
    from parvis.pooling.serving.figures.results import read_results
    from parvis.pooling.serving.service import PoolService

    with open_pool(settings) as pool, closing(PoolService(settings)) as service:
        tables = read_results(service, find_reader(pool, partner), partner)
    selected = [result for result in tables if table in (None, result.name)]
    if in_json:
        print_json({result.name: result.to_json() for result in selected})
    else:
        _print_tables(selected, titled=table is None)


Computed = Callable[["PoolService", "Reader", "PortraitRequest"], "Rates | PooledTrend | Absences"]


def _compute_command(read: Computed) -> click.Command:
    """Make a command that prints what is computed of released figures, as one reader reads them."""

    @click.command(read.__name__.removesuffix("_command"), cls=Command, help=read.__doc__)
    @click.option("--release", default="", help="The dataset of the release; else the host's own.")
    @click.option("--measure", default="", help="What is counted: attendance, tickets…")
    @click.option("--period", default="", help="Which period; else the latest.")
    @click.option(
        "--reader", help="For whom: a partner's name, an IRI or “anonymous”; else the host."
    )
    @pool_options
    def command(
        release: str,
        measure: str,
        period: str,
        reader: str | None,
        settings: Settings,
        *,
        in_json: bool,
    ) -> None:
        from parvis.pooling.serving.access import find_reader
        from parvis.pooling.serving.figures.portrait import PortraitRequest
        from parvis.pooling.serving.service import PoolService

        with open_pool(settings) as pool, closing(PoolService(settings)) as service:
            party = find_reader(pool, reader or pool.catalog.third_party.iri)
            result = read(service, party, PortraitRequest(release, measure, period))
        if in_json:
            print_json(result)
        else:
            _print_tables([result.table], titled=False)

    return command


@_compute_command
def rates_command(service: "PoolService", reader: "Reader", request: "PortraitRequest") -> "Rates":
    """Show released figures per 1,000 inhabitants, as CSV.

    By place of residence, age and language, with the population, its year and its source.
    """
    from parvis.pooling.serving.figures.rates import read_rates

    return read_rates(service, reader, request)


@_compute_command
def absence_command(service: "PoolService", reader: "Reader", of: "PortraitRequest") -> "Absences":
    """Show who does not come, by place of residence and age, as CSV.

    The share of inhabitants, its interval, and the events near them: of released figures alone.
    """
    from parvis.pooling.serving.figures.story.absences import read_absences

    return read_absences(service, reader, of)


@_compute_command
def trend_command(
    service: "PoolService", reader: "Reader", request: "PortraitRequest"
) -> "PooledTrend":
    """Compare released figures with the same period of the year before, as CSV.

    The index is of the partners present in both periods, and only where both figures are published.
    """
    from parvis.pooling.serving.figures.trends import read_trend

    return read_trend(service, reader, request)


def _print_tables(tables: "Sequence[ResultTable]", *, titled: bool) -> None:
    lang = spoken()
    for table in tables:
        if titled:
            click.echo(f"# {choose_text(lang, table.title)}")
        for line in table.to_csv(lang).splitlines():
            click.echo(escape_controls(line))
