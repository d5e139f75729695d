"""The command on what leaves the pool: withdraw."""

from pathlib import Path

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.expiring import REMAINS, SHORT
from parvis.cli.options import as_json, folders, print_json, settings
from parvis.cli.visible import visible
from parvis.i18n import N_, say
from parvis.ledger import Link
from parvis.pooling.pool import Pool
from parvis.pooling.withdraw import withdraw

WITHDRAWN = N_("{dataset} is withdrawn; its tombstone stays")
ALREADY = N_("{name} was withdrawn already")
WITHOUT = N_("generation {generation} is served without it")
PROOF = N_("its deletion is proved ({proof}): parvis certificate {dataset}")
REASON = N_("Why, for the tombstone, in the language of the command.")


@click.command(cls=Command, name="withdraw")
@click.argument("name", metavar="PARTNER[/DATASET]")
@click.option("--reason", default="", help=REASON)
@folders
@as_json
def withdraw_command(
    name: str, reason: str, data: Path | None, catalog: Path | None, *, in_json: bool
) -> int:
    """Take a dataset, or all of a partner's, out of the pool; a tombstone stays.

    The files received go too, and a generation without it, built from nothing, is served at once.
    To submit the dataset again brings it back.
    """
    said = {spoken(): reason} if reason else {}
    with Pool.open(settings(data, catalog)) as pool:
        found = withdraw(pool, name, said)
    if in_json:
        print_json(found.to_json())
        return 0
    for one in found.tombstones:
        click.echo(say(spoken(), WITHDRAWN, dataset=one.key))
    if not found.tombstones:
        click.echo(say(spoken(), ALREADY, name=name))
    if found.generation is not None:
        click.echo(say(spoken(), WITHOUT, generation=found.generation))
    for link in found.proofs:
        _tell_proof(link)
    return 1 if any(link.entry["search"]["remains"] for link in found.proofs) else 0


def _tell_proof(link: Link) -> None:
    """Say where the proof of a deletion is, and what was left behind."""
    dataset = link.entry["dataset"]
    click.echo(say(spoken(), PROOF, dataset=dataset, proof=link.hash[:SHORT]))
    for place, count in link.entry["search"]["remains"].items():
        told = say(spoken(), REMAINS, dataset=dataset, place=place, count=count)
        click.echo(visible(told), err=True)


COMMANDS = (withdraw_command,)
