"""The command on relays: who reaches a public."""

from pathlib import Path

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.options import as_json, folders, print_json, settings
from parvis.cli.visible import visible
from parvis.pooling.relays import Told, relays_for, wanted


@click.command(cls=Command, name="relays")
@click.option("--public", required=True, help="Whom to reach: a code, a label or an IRI.")
@click.option("--area", help="Where.")
@click.option("--language", help="In which language.")
@click.option("--channel", help="By which channel.")
@click.option("--reader", help="For whom: a partner's name, an IRI or “anonymous”; else the host.")
@folders
@as_json
def relays_command(  # noqa: PLR0913, PLR0917 - one parameter an option
    public: str,
    area: str | None,
    language: str | None,
    channel: str | None,
    reader: str | None,
    data: Path | None,
    catalog: Path | None,
    *,
    in_json: bool,
) -> int:
    """Rank the organisations that reach a public, with the reasons.

    Relays are named as far as agreements let the reader read what declares them; of the others,
    only the number is told.
    """
    asked = wanted(public, area, language, channel)
    found = relays_for(settings(data, catalog), asked, reader)
    if in_json:
        print_json(found.to_json())
        return 0
    lang = spoken()
    for rank, one in enumerate(found.declared, 1):
        _show(rank, one, lang)
    click.echo(found.unnamed_said[lang])
    click.echo(found.derived_said[lang])
    for rank, one in enumerate(found.derived, 1):
        _show(rank, one, lang)
    return 0


def _show(rank: int, one: Told, lang: str) -> None:
    """Print a relay and its reasons."""
    name = one.name.get(lang) or next(iter(one.name.values()))
    click.echo(visible(f"{rank}. {name}"))
    for reason in one.reasons:
        click.echo(visible(f"   – {reason[lang]}"))


COMMANDS = (relays_command,)
