"""Commands on agreements and projects: agreement sign, agreement list, project close."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from parvis.cli.adding import day_of, in_both
from parvis.cli.bilingual import Command, Group, spoken
from parvis.cli.governing import instant
from parvis.cli.options import as_json, folders, print_json, settings
from parvis.i18n import N_, say
from parvis.pooling.agreeing import agreements, sign
from parvis.pooling.closing import close
from parvis.pooling.pool import Pool

SIGNED = N_("{file} is signed: version {version}, {signed}, hash {hash}; parvis publish applies it")
CLOSED = N_("the project {project} is closed from {closed} on; read {files}")
WITHOUT = N_("generation {generation} is served under the agreements that are left")
ROLE = N_("The role of who signed for the party, in French or in English; no name.")
LEARNED = N_("What was learned, in French or in English.")


@click.group(cls=Group)
def agreement() -> None:
    """Sign agreements, and list their versions."""


@agreement.command(cls=Command, name="sign")
@click.argument("party")
@click.option("--project", metavar="TEXT", help="In which project, by name.")
@in_both("role", ROLE)
@click.option("--date", "when", metavar="DATE", help="The day of signature; else today.")
@folders
@as_json
def sign_command(  # noqa: PLR0913, PLR0917 - one parameter an option
    party: str,
    project: str | None,
    role_fr: str,
    role_en: str,
    when: str | None,
    data: Path | None,
    catalog: Path | None,
    *,
    in_json: bool,
) -> int:
    """Put a party's draft in force, signed: a new version; the one before is kept.

    The signature gives the day, the role of the signatory and the SHA-256 of the text, which
    cannot be changed any more without that being seen.
    """
    day = day_of(when) if when else _today()
    role = {"fr": role_fr, "en": role_en}
    found = sign(settings(data, catalog), party, project, role, day)
    if in_json:
        print_json(found)
    else:
        click.echo(say(spoken(), SIGNED, **found))
    return 0


@agreement.command(cls=Command, name="list")
@click.argument("party", required=False)
@folders
@as_json
def list_command(
    party: str | None, data: Path | None, catalog: Path | None, *, in_json: bool
) -> int:
    """List the agreements of a party, or of all: drafts, those in force, former versions."""
    found = agreements(settings(data, catalog), party)
    if in_json:
        print_json(found)
        return 0
    for one in found:
        told = (one[name] or "—" for name in ("state", "version", "signed", "hash", "file"))
        click.echo("  ".join(told))
    return 0


@click.group(cls=Group)
def project() -> None:
    """End pooling projects."""


@project.command(cls=Command, name="close")
@click.argument("name", metavar="NAME")
@in_both("learned", LEARNED)
@click.option("--date", "when", help="At which instant (ISO 8601 with its offset); else now.")
@folders
@as_json
def close_command(  # noqa: PLR0913, PLR0917 - one parameter an option
    name: str,
    learned_fr: str,
    learned_en: str,
    when: str | None,
    data: Path | None,
    catalog: Path | None,
    *,
    in_json: bool,
) -> int:
    """Close a project: its agreements then permit only what they say survives it.

    What was learned and what becomes of each dataset are written beside the project, and what is
    served is published anew. Nothing is destroyed: that is for the day when it is due.
    """
    learned = {"fr": learned_fr, "en": learned_en}
    with Pool.open(settings(data, catalog)) as pool:
        found = close(pool, name, learned, instant(when).replace(microsecond=0))
    if in_json:
        print_json(found)
        return 0
    click.echo(say(spoken(), CLOSED, **found | {"files": ", ".join(found["files"])}))
    for one in found["datasets"]:
        click.echo(f"  {one['dataset']}: {one['text'][spoken()]}")
    if found["generation"] is not None:
        click.echo(say(spoken(), WITHOUT, generation=found["generation"]))
    return 0


def _today() -> date:
    """Tell today's date where the pool is."""
    return datetime.now(tz=ZoneInfo("America/Toronto")).date()


COMMANDS = (agreement, project)
