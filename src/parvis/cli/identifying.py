"""The command on what things of the pool are elsewhere: identities."""

from getpass import getuser
from pathlib import Path

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.options import FILE, as_json, folders, print_json, settings
from parvis.cli.visible import visible
from parvis.errors import UsageError
from parvis.i18n import N_, say
from parvis.linking.kinds import KINDS
from parvis.pooling import judged_file
from parvis.pooling.identities import Identities, accept, identities, write
from parvis.pooling.pool import Pool

FOUND = N_(
    "{read} entities read, {kindless} of no kind told: {candidates} candidates, {proposed} proposed"
    " by an identifier"
)
KINDLESS = N_("  those of no kind told were left out: --kind says what they are")
WRITTEN = N_(
    "{count} candidates are in {file}: read the first column over (yes, no, unsure), then --import"
)
READ = N_("{count} judgements are written down; next: parvis publish")
PROBLEM = N_("  ! {problem}")
ONE_ONLY = N_("a file of entities, or --import: one of the two")
MOST = 20
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
        raise UsageError(ONE_ONLY)
    lang = spoken()
    with Pool.open(settings(data, catalog)) as pool:
        if filled is not None:
            done = accept(pool, judged_file.read(filled), author or getuser())
            click.echo(say(lang, READ, count=len(done)))
        elif file is not None:
            found = identities(pool, file, kind)
            if out is not None:
                write(out, found.proposals, lang)
            _tell(found, out, lang, in_json=in_json)
    return 0


def _tell(found: Identities, out: Path | None, lang: str, *, in_json: bool) -> None:
    """Print what a file came to."""
    if in_json:
        print_json(found.to_json())
        return
    count = len(found.proposals)
    told = {"read": found.read, "kindless": found.kindless, "proposed": found.proposed}
    click.echo(say(lang, FOUND, candidates=count, **told))
    if found.kindless:
        click.echo(say(lang, KINDLESS))
    for one in found.proposals[: 0 if out else MOST]:
        sign = "=" if one.proposed else "?"
        name = next(iter(one.thing.names), one.thing.iri)
        click.echo(visible(f"  {sign} {one.score:.2f} {name} — {one.entity.iri}"))
    for problem in found.problems[:MOST]:
        click.echo(visible(say(lang, PROBLEM, problem=problem.said[lang])))
    if out is not None:
        click.echo(say(lang, WRITTEN, count=count, file=out))


COMMANDS = (identities_command,)
