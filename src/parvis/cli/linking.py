"""Commands on duplicates and on the same entities elsewhere: link, identities."""

from getpass import getuser
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
    show_count,
)
from parvis.config import Settings
from parvis.errors import UsageError
from parvis.i18n import N_, number, say

if TYPE_CHECKING:
    from parvis.pooling.linking.candidates import LinkingResult
    from parvis.pooling.linking.identities import Identities


FOUND = N_("{things} things, {compared} compared anew: {candidates} candidates, {waiting} to judge")
LINKED = N_(
    "linked by a shared identifier: {linked}; taken back: {undone}; sets that are one: {sets}"
)
OF_RULE = N_(
    "  of {judged} pairs of the rule that a person judged, {positive} are one ({percent} %)"
)
OF_SCORE = N_(
    "  of {judged} pairs judged, from the score {score} on, {positive} are one ({percent} %)"
)
OF_GRAPH = N_("  {graph}: of {things} things {linked} are known elsewhere, {waiting} may be")
WITHIN_GRAPH = N_("  {graph}: {count} pairs of its own may each be one thing, listed twice")
PROBLEM = N_("  ! {problem}")
WRITTEN = N_(
    "{count} candidates are in {file}: fill in the first column (yes, no, unsure), then --import"
)
READ = N_("{count} judgements are written down; next: parvis publish")
PAIR = N_("{place} of {count} · {kind} · score {score}")
PARTS = 1000
"""The length of the progress bar."""
MOST = 20
"""The most problems, or candidates, printed."""
KEYS = {"o": "positive", "y": "positive", "n": "negative", "i": "unsure", "u": "unsure"}
"""The answers of a person, in either language; s and p skip, q quits."""
SKIP, QUIT = frozenset("sp"), "q"

export_option = click.option(
    "--export", "out", type=FILE, help="Write the candidates as CSV, to be judged there."
)
import_option = click.option(
    "--import", "filled", type=FILE, help="Write down what was judged in such a file."
)
author_option = click.option(
    "--author", default="", help="Who judges; else the name of the account."
)


@click.command(cls=Command)
@click.option("--review", is_flag=True, help="Judge the candidates one by one, in the terminal.")
@export_option
@import_option
@click.option("--undo", "taken_back", type=int, help="Take back the judgement of this number.")
@author_option
@pool_options
def link_command(
    out: Path | None,
    filled: Path | None,
    taken_back: int | None,
    author: str,
    settings: Settings,
    *,
    review: bool,
    in_json: bool,
) -> None:
    """Find what is one thing under several names, and decide on it.

    Things that share a strong identifier are linked at once; of all others, candidates are listed
    with their reasons, and a person decides. Only what has changed since the last run is compared;
    --review and --export compare it first, so that what they list is never out of date.
    """
    from parvis.pooling.linking import judgements as judged_file
    from parvis.pooling.linking.judgements import judge, list_candidates, new_decisions, undo

    # Each of these options is a way to judge.
    if sum((review, out is not None, filled is not None, taken_back is not None)) > 1:
        raise UsageError("--review, --export, --import and --undo go one at a time")
    lang = spoken()
    if out is not None:
        _link_pool(settings)
        count = judged_file.write(out, list_candidates(settings.data), lang)
        print_line(WRITTEN, count=count, file=out)
    elif filled is not None:
        judgements = new_decisions(settings.data, judged_file.read(filled))
        # Unchanged judgements of the file are left out: only new decisions are recorded.
        done = judge(settings.data, judgements, author or getuser())
        print_line(READ, count=len(done))
    elif taken_back is not None:
        undo(settings.data, taken_back, author or getuser())
        print_line("the judgement {number} is taken back; next: parvis publish", number=taken_back)
    elif review:
        _link_pool(settings)
        _review_candidates(settings.data, author or getuser(), lang)
    else:
        _print_links(_link_pool(settings), lang, in_json=in_json)


def _link_pool(settings: Settings) -> "LinkingResult":
    from parvis.pooling.linking.candidates import link

    with open_pool(settings) as pool, show_count("link", PARTS) as reached:
        # Without a terminal, progress need not be reported.
        watch = None if reached is None else lambda done, of: reached(PARTS * done // of)
        return link(pool, watch)


def _print_links(linked: "LinkingResult", lang: str, *, in_json: bool) -> None:
    if in_json:
        print_json(linked)
        return
    fields = vars(linked) | {"things": sum(linked.things.values())}
    print_line(FOUND, **fields)
    print_line(LINKED, **fields)
    for precision in linked.precision:
        if precision.judged:
            template = OF_RULE if precision.name == "rule" else OF_SCORE
            percent = number(lang, 100 * (precision.right or 0))
            print_line(template, score=precision.name, percent=percent, **vars(precision))
    for graph, duplicates in linked.duplicates.items():
        if duplicates.linked or duplicates.waiting:
            print_line(OF_GRAPH, graph=graph, **vars(duplicates))
    for graph, count in linked.waiting_within.items():
        print_line(WITHIN_GRAPH, graph=graph, count=count)
    for problem in linked.problems[:MOST]:
        print_line(PROBLEM, problem=problem.sentences[lang])
    if len(linked.problems) > MOST:
        more = len(linked.problems) - MOST
        print_line("  … and {count} more problems: --json tells them all", count=more)


def _review_candidates(data: Path, author: str, lang: str) -> None:
    from parvis.ledger import JudgementDecision
    from parvis.pooling.linking import judgements as judged_file
    from parvis.pooling.linking.judgements import PairDecision, judge, to_review

    # Each answer is stored at once, so that an interruption loses nothing.
    waiting = to_review(data).rows
    if not waiting:
        print_line("nothing waits to be judged; parvis link looks for more")
    count = len(waiting)
    for place, view in enumerate(waiting, 1):
        kind = say(lang, judged_file.KIND_NAMES[view.candidate.kind])
        score = f"{view.candidate.score:.2f}"
        print_line(PAIR, place=place, count=count, kind=kind, score=score)
        for iri, shown in ((view.candidate.here, view.here), (view.candidate.there, view.there)):
            where = judged_file.place(shown.start, shown.place)
            click.echo(escape_controls(f"  {shown.name} — {where} ({shown.dataset}) <{iri}>"))
        if view.candidate.is_internal:
            click.echo(f"    ! {say(lang, judged_file.WITHIN)}")
        for why in view.candidate.evidence:
            click.echo(
                escape_controls(f"    {'+' if why.score > 0 else '−'} {why.sentences[lang]}")
            )
        answer = ""
        while answer not in {*KEYS, *SKIP, QUIT}:
            words = click.prompt(
                say(lang, "One thing? y yes, n no, u unsure, s skip, q quit"), prompt_suffix=" "
            )
            answer = str(words.strip().casefold()[:1])
        if answer == QUIT:
            return
        if answer in KEYS:
            candidate = view.candidate
            decision = JudgementDecision(KEYS[answer])
            judgement = PairDecision(candidate.here, candidate.there, decision)
            done = judge(data, [judgement], author)
            click.echo(f"  → {done[0].number}")


ENTITIES_READ = N_(
    "{read} entities read, {kindless} without a stated kind: {candidates} candidates, {proposed}"
    " proposed by an identifier"
)
IDENTITIES_WRITTEN = N_(
    "{count} candidates are in {file}: read the first column over (yes, no, unsure), then --import"
)


@click.command(cls=Command)
@click.argument("file", required=False, type=FILE)
@click.option(
    "--kind",
    type=click.Choice(("organization", "place", "event", "series", "production")),
    help="What entities are whose types tell none.",
)
@export_option
@import_option
@author_option
@pool_options
def identities_command(
    file: Path | None,
    kind: str | None,
    out: Path | None,
    filled: Path | None,
    author: str,
    settings: Settings,
    *,
    in_json: bool,
) -> None:
    """Find what organisations, venues, events and works are elsewhere (Wikidata, Artsdata…).

    FILE holds entities: RDF (N-Triples, Turtle…), or CSV with the columns iri, name, type and
    identifiers. Nothing is looked up outside. What shares a strong identifier is proposed, a name
    alone never is; a person decides.
    """
    from parvis.pooling.linking import judgements as judged_file
    from parvis.pooling.linking.identities import accept, identities, write

    if (file is None) == (filled is None):
        raise UsageError("a file of entities, or --import: one of the two")
    lang = spoken()
    with open_pool(settings) as pool:
        if filled is not None:
            done = accept(pool, judged_file.read(filled), author or getuser())
            print_line(READ, count=len(done))
        elif file is not None:
            report = identities(pool, file, kind)
            if out is not None:
                write(out, report.proposals, lang)
            _print_identities(report, out, lang, in_json=in_json)


def _print_identities(report: "Identities", out: Path | None, lang: str, *, in_json: bool) -> None:
    if in_json:
        print_json(report)
        return
    count = len(report.proposals)
    print_line(
        ENTITIES_READ,
        candidates=count,
        read=report.read,
        kindless=report.kindless,
        proposed=report.proposed_count,
    )
    if report.kindless:
        print_line("  those whose kind is not stated were left out: --kind says what they are")
    for proposal in report.proposals[: 0 if out else MOST]:
        sign = "=" if proposal.proposed else "?"
        name = next(iter(proposal.local.names), proposal.local.iri)
        click.echo(escape_controls(f"  {sign} {proposal.score:.2f} {name} — {proposal.entity.iri}"))
    for problem in report.problems[:MOST]:
        print_line(PROBLEM, problem=problem.sentences[lang])
    if out is not None:
        print_line(IDENTITIES_WRITTEN, count=count, file=out)
