"""Commands on entities that are one: link, identities."""

from getpass import getuser
from pathlib import Path

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.options import FILE, as_json, folders, print_json, settings
from parvis.cli.terminal import counting, visible
from parvis.errors import UsageError
from parvis.i18n import N_, number, say
from parvis.ledger import Decision
from parvis.linking.entity import KINDS
from parvis.pooling.linking import judgements as judged_file
from parvis.pooling.linking.candidates import Linked, Precision, link
from parvis.pooling.linking.identities import Identities, accept, identities, write
from parvis.pooling.linking.judgements import (
    Judged,
    Shows,
    every,
    judge,
    other_than_stands,
    to_review,
    undo,
)
from parvis.pooling.pool import Pool

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
PROBLEM = N_("  ! {problem}")
MORE = N_("  … and {count} more problems: --json tells them all")
WRITTEN = N_(
    "{count} candidates are in {file}: fill in the first column (yes, no, unsure), then --import"
)
READ = N_("{count} judgements are written down; next: parvis publish")
UNDONE = N_("the judgement {number} is taken back; next: parvis publish")
ONE_ONLY = N_("--review, --export, --import and --undo go one at a time")
PAIR = N_("{place} of {count} · {kind} · score {score}")
ASK = N_("One thing? y yes, n no, u unsure, s skip, q quit")
NONE = N_("nothing waits to be judged; parvis link looks for more")
PARTS = 1000
"""Of which the bar tells how many are done."""
MOST = 20
"""Problems that are printed."""
KEYS = {
    "o": Decision.POSITIVE,
    "y": Decision.POSITIVE,
    "n": Decision.NEGATIVE,
    "i": Decision.UNSURE,
    "u": Decision.UNSURE,
}
"""What a person may answer, in either language; s and p skip, q quits."""
SKIP, QUIT = frozenset("sp"), "q"


@click.command(cls=Command, name="link")
@click.option("--review", is_flag=True, help="Judge the candidates one by one, in the terminal.")
@click.option("--export", "out", type=FILE, help="Write the candidates as CSV, to be judged there.")
@click.option("--import", "filled", type=FILE, help="Write down what was judged in such a file.")
@click.option("--undo", "taken_back", type=int, help="Take back the judgement of this number.")
@click.option("--author", default="", help="Who judges; else the name of the account.")
@folders
@as_json
def link_command(  # noqa: PLR0913, PLR0917 - one parameter an option
    out: Path | None,
    filled: Path | None,
    taken_back: int | None,
    author: str,
    data: Path | None,
    catalog: Path | None,
    *,
    review: bool,
    in_json: bool,
) -> int:
    """Find what is one thing under several names, and decide on it.

    Things that share a strong identifier are linked at once; of all others, candidates are told
    with their reasons, and a person decides. Only what has changed since the last run is compared.
    """
    if sum((review, out is not None, filled is not None, taken_back is not None)) > 1:
        raise UsageError(ONE_ONLY)
    where, lang = settings(data, catalog), spoken()
    if out is not None:
        count = judged_file.write(out, every(where.data), lang)
        click.echo(say(lang, WRITTEN, count=count, file=out))
    elif filled is not None:
        told = other_than_stands(where.data, judged_file.read(filled))
        done = judge(where.data, told, author or getuser())
        click.echo(say(lang, READ, count=len(done)))
    elif taken_back is not None:
        undo(where.data, taken_back, author or getuser())
        click.echo(say(lang, UNDONE, number=taken_back))
    elif review:
        _review(where.data, author or getuser(), lang)
    else:
        with Pool.open(where) as pool:
            _print_links(_linked(pool), lang, in_json=in_json)
    return 0


def _linked(pool: Pool) -> Linked:
    """Look for candidates; a bar tells how far it is."""
    with counting("link", PARTS) as reached:
        if reached is None:
            return link(pool)
        return link(pool, lambda done, of: reached(PARTS * done // of))


def _print_links(found: Linked, lang: str, *, in_json: bool) -> None:
    """Print what a run came to."""
    if in_json:
        print_json(found.to_json())
        return
    told = vars(found) | {"things": sum(found.things.values())}
    click.echo(say(lang, FOUND, **told))
    click.echo(say(lang, LINKED, **told))
    for one in found.precision:
        if one.judged:
            click.echo(_precision(one, lang))
    for graph, counted in found.duplicates.items():
        if counted.linked or counted.waiting:
            click.echo(visible(say(lang, OF_GRAPH, graph=graph, **vars(counted))))
    for problem in found.problems[:MOST]:
        click.echo(visible(say(lang, PROBLEM, problem=problem.said[lang])))
    if len(found.problems) > MOST:
        click.echo(say(lang, MORE, count=len(found.problems) - MOST))


def _precision(one: Precision, lang: str) -> str:
    """Say how right candidates were, or the rule."""
    template = OF_RULE if one.name == "rule" else OF_SCORE
    percent = number(lang, 100 * (one.right or 0))
    return say(lang, template, score=one.name, percent=percent, **vars(one))


def _review(data: Path, author: str, lang: str) -> None:
    """Ask about one candidate after the other; each answer is written down at once."""
    waiting = to_review(data).some
    if not waiting:
        click.echo(say(lang, NONE))
    for place, one in enumerate(waiting, 1):
        _show(one, place, len(waiting), lang)
        answer = _answer(lang)
        if answer == QUIT:
            return
        if answer in KEYS:
            candidate = one.candidate
            told = Judged(candidate.here, candidate.there, KEYS[answer])
            done = judge(data, [told], author)
            click.echo(f"  → {done[0].number}")


def _answer(lang: str) -> str:
    """Ask until an answer is understood."""
    while True:
        told = click.prompt(say(lang, ASK), prompt_suffix=" ").strip().casefold()[:1]
        if told in KEYS or told in SKIP or told == QUIT:
            return str(told)


def _show(one: Shows, place: int, count: int, lang: str) -> None:
    """Print a candidate: both things, then the reasons."""
    kind = say(lang, judged_file.KIND_NAMES[one.candidate.kind])
    score = f"{one.candidate.score:.2f}"
    click.echo(say(lang, PAIR, place=place, count=count, kind=kind, score=score))
    for iri, shown in ((one.candidate.here, one.here), (one.candidate.there, one.there)):
        where = judged_file.place(shown.start, shown.place)
        click.echo(visible(f"  {shown.name} — {where} <{iri}>"))
    for why in one.candidate.evidence:
        click.echo(visible(f"    {'+' if why.score > 0 else '−'} {why.said[lang]}"))


# The command on what things of the pool are elsewhere: identities.

ENTITIES_READ = N_(
    "{read} entities read, {kindless} of no kind told: {candidates} candidates, {proposed} proposed"
    " by an identifier"
)
KINDLESS = N_("  those of no kind told were left out: --kind says what they are")
IDENTITIES_WRITTEN = N_(
    "{count} candidates are in {file}: read the first column over (yes, no, unsure), then --import"
)
IDENTITIES_READ = N_("{count} judgements are written down; next: parvis publish")
PROBLEM_LINE = N_("  ! {problem}")
FILE_OR_IMPORT = N_("a file of entities, or --import: one of the two")
MOST_PRINTED = 20
"""Candidates, and problems, that are printed."""


@click.command(cls=Command, name="identities")
@click.argument("file", required=False, type=FILE)
@click.option("--kind", type=click.Choice(KINDS), help="What entities are whose types tell none.")
@click.option("--export", "out", type=FILE, help="Write the candidates as CSV, to be judged there.")
@click.option("--import", "filled", type=FILE, help="Write down what was judged in such a file.")
@click.option("--author", default="", help="Who judges; else the name of the account.")
@folders
@as_json
def identities_command(  # noqa: PLR0913, PLR0917 - one parameter an option
    file: Path | None,
    kind: str | None,
    out: Path | None,
    filled: Path | None,
    author: str,
    data: Path | None,
    catalog: Path | None,
    *,
    in_json: bool,
) -> int:
    """Find what organisations, venues, events and works are elsewhere (Wikidata, Artsdata…).

    FILE holds entities: RDF (N-Triples, Turtle…), or CSV with the columns iri, name, type and
    identifiers. Nothing is looked up outside. What shares a strong identifier is proposed, a name
    alone never is; a person decides.
    """
    if (file is None) == (filled is None):
        raise UsageError(FILE_OR_IMPORT)
    lang = spoken()
    with Pool.open(settings(data, catalog)) as pool:
        if filled is not None:
            done = accept(pool, judged_file.read(filled), author or getuser())
            click.echo(say(lang, IDENTITIES_READ, count=len(done)))
        elif file is not None:
            found = identities(pool, file, kind)
            if out is not None:
                write(out, found.proposals, lang)
            _print_identities(found, out, lang, in_json=in_json)
    return 0


def _print_identities(found: Identities, out: Path | None, lang: str, *, in_json: bool) -> None:
    """Print what a file came to."""
    if in_json:
        print_json(found.to_json())
        return
    count = len(found.proposals)
    told = {"read": found.read, "kindless": found.kindless, "proposed": found.proposed}
    click.echo(say(lang, ENTITIES_READ, candidates=count, **told))
    if found.kindless:
        click.echo(say(lang, KINDLESS))
    for one in found.proposals[: 0 if out else MOST_PRINTED]:
        sign = "=" if one.proposed else "?"
        name = next(iter(one.thing.names), one.thing.iri)
        click.echo(visible(f"  {sign} {one.score:.2f} {name} — {one.entity.iri}"))
    for problem in found.problems[:MOST_PRINTED]:
        click.echo(visible(say(lang, PROBLEM_LINE, problem=problem.said[lang])))
    if out is not None:
        click.echo(say(lang, IDENTITIES_WRITTEN, count=count, file=out))
