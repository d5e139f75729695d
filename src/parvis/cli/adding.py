"""Commands that write texts to be reviewed into the catalogue folder: add partner, dataset, …."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from parvis.cli.bilingual import Command, Group, spoken
from parvis.cli.options import FILE, as_json, dataset_key, folders, print_json, settings
from parvis.errors import UsageError
from parvis.i18n import N_, say
from parvis.pooling import adding as verbs

WRITTEN = N_("{file} is written; read it, complete it, then keep it in git")
DRAFTED = N_("{file} is a draft, not in force: discuss it, then parvis agreement sign")
NAME = N_("Its name in French, or in English.")
TITLE = N_("Its title in French, or in English.")
DESCRIPTION = N_("What it holds, in 50 characters or more, in French or in English.")
OBJECTIVE = N_("What the members want to reach together, in French or in English.")
KIND = N_("The code of its kind of organisation, as /ontology lists them (theatre-company…).")
NO_DATE = N_("“{text}” is not an ISO 8601 date")

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def in_both(name: str, words: str) -> Callable[[Decorated], Decorated]:
    """Add an option for a text in French, and one for the same in English."""

    def add(command: Decorated) -> Decorated:
        command = click.option(f"--{name}-en", metavar="TEXT", required=True, help=words)(command)
        return click.option(f"--{name}-fr", metavar="TEXT", required=True, help=words)(command)

    return add


@click.group(cls=Group)
def add() -> None:
    """Write texts into the catalogue folder, explained, to be reviewed; none is overwritten."""


@add.command(cls=Command, name="partner")
@click.argument("name", metavar="NAME")
@in_both("name", NAME)
@click.option("--kind", metavar="TEXT", required=True, help=KIND)
@click.option("--url", metavar="ADDRESS", default="", help="Its Web site.")
@folders
@as_json
def partner_command(  # noqa: PLR0913, PLR0917 - one parameter an option
    name: str,
    name_fr: str,
    name_en: str,
    kind: str,
    url: str,
    data: Path | None,
    catalog: Path | None,
    *,
    in_json: bool,
) -> int:
    """Add a partner: one who gives data.

    NAME becomes its folder and its identifier: a–z, 0–9 and hyphens.
    """
    names = {"fr": name_fr, "en": name_en}
    found = verbs.add_partner(settings(data, catalog), name, names, kind, url)
    return _tell(found, in_json=in_json)


@add.command(cls=Command, name="party")
@click.argument("name", metavar="NAME")
@in_both("name", NAME)
@click.option("--kind", metavar="TEXT", default="", help=KIND)
@folders
@as_json
def party_command(  # noqa: PLR0913, PLR0917 - one parameter an option
    name: str,
    name_fr: str,
    name_en: str,
    kind: str,
    data: Path | None,
    catalog: Path | None,
    *,
    in_json: bool,
) -> int:
    """Add a party that reads and gives no data: a research group, a platform.

    NAME becomes its folder and its identifier: a–z, 0–9 and hyphens.
    """
    names = {"fr": name_fr, "en": name_en}
    return _tell(verbs.add_party(settings(data, catalog), name, names, kind), in_json=in_json)


@add.command(cls=Command, name="dataset")
@click.argument("dataset")
@in_both("title", TITLE)
@in_both("description", DESCRIPTION)
@click.option("--licence", metavar="ADDRESS", required=True, help="The IRI of its licence.")
@folders
@as_json
def dataset_command(  # noqa: PLR0913, PLR0917 - one parameter an option
    dataset: str,
    title_fr: str,
    title_en: str,
    description_fr: str,
    description_en: str,
    licence: str,
    data: Path | None,
    catalog: Path | None,
    *,
    in_json: bool,
) -> int:
    """Add a dataset to a partner: its record; its mapping comes next (parvis init-mapping)."""
    found = verbs.add_dataset(
        settings(data, catalog),
        dataset_key(dataset),
        {"fr": title_fr, "en": title_en},
        {"fr": description_fr, "en": description_en},
        licence,
    )
    return _tell(found, in_json=in_json)


@add.command(cls=Command, name="project")
@click.argument("name", metavar="NAME")
@in_both("title", TITLE)
@in_both("objective", OBJECTIVE)
@click.option("--start", metavar="DATE", required=True, help="Its first day.")
@click.option("--end", metavar="DATE", required=True, help="Its last day: a project has an end.")
@click.option(
    "--member", "members", metavar="PARTNER", multiple=True, help="A member, by name; repeatable."
)
@folders
@as_json
def project_command(  # noqa: PLR0913, PLR0917 - one parameter an option
    name: str,
    title_fr: str,
    title_en: str,
    objective_fr: str,
    objective_en: str,
    start: str,
    end: str,
    members: tuple[str, ...],
    data: Path | None,
    catalog: Path | None,
    *,
    in_json: bool,
) -> int:
    """Add a pooling project, carried by the third party.

    The need of each member is for the member to state: its place is marked.
    """
    found = verbs.add_project(
        settings(data, catalog),
        name,
        {"fr": title_fr, "en": title_en},
        {"fr": objective_fr, "en": objective_en},
        start=day_of(start),
        end=day_of(end),
        members=members,
    )
    return _tell(found, in_json=in_json)


@add.command(cls=Command, name="agreement")
@click.argument("party")
@click.option("--project", metavar="TEXT", help="In which project, by name.")
@click.option("--from", "given", type=FILE, help="A text drafted elsewhere, in Turtle.")
@folders
@as_json
def agreement_command(  # noqa: PLR0913 - one parameter an option
    party: str,
    project: str | None,
    given: Path | None,
    data: Path | None,
    catalog: Path | None,
    *,
    in_json: bool,
) -> int:
    """Draft an agreement with a partner, or with a party that only reads.

    What is outside the charter is refused at once. A draft is in force once it is signed.
    """
    found = verbs.add_agreement(settings(data, catalog), party, project, given)
    return _tell(found, DRAFTED, in_json=in_json)


def day_of(text: str) -> date:
    """Read a day; raises `UsageError`."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(NO_DATE, text=text) from error


def _tell(files: list[Path], template: str = WRITTEN, *, in_json: bool) -> int:
    """Print what was written."""
    if in_json:
        print_json({"files": [str(one) for one in files]})
        return 0
    for file in files:
        click.echo(say(spoken(), template, file=file))
    return 0


COMMANDS = (add,)
