"""Commands on agreements, projects and the catalogue folder: add, agreement, project."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from parvis.cli.bilingual import Group, spoken
from parvis.cli.terminal import (
    FILE,
    dataset_key,
    day_of,
    instant,
    open_pool,
    pool_options,
    print_json,
    print_line,
    print_result,
    reason_option,
)
from parvis.config import Settings, clock
from parvis.i18n import LANGUAGES, N_, say

WRITTEN = N_("{file} is written; read it, complete it, then keep it in git")
DRAFTED = N_("{file} is a draft, not in force: discuss it, then parvis agreement sign")
NAME = "Its name in French, or in English."
TITLE = "Its title in French, or in English."
BUDGET = "The privacy budget (ε) that its counts of distinct people spend a year; else 1."
KIND = "The code of its kind of organisation, as /ontology lists them (theatre-company…)."

CommandFunction = Callable[..., None]


def bilingual_option(
    name: str, words: str, *, required: bool = True
) -> Callable[[CommandFunction], CommandFunction]:
    """Add an option for a text in French, and another for its English: the parameter `…_texts`."""

    def add(command: CommandFunction) -> CommandFunction:
        @wraps(command)
        def run(**options: Any) -> None:
            parameter = name.replace("-", "_")
            texts = {lang: options.pop(f"{parameter}_{lang}") or "" for lang in LANGUAGES}
            command(**{f"{parameter}_texts": texts}, **options)

        # The last decorator comes first in the help: French, then English.
        for lang in reversed(LANGUAGES):
            option = click.option(f"--{name}-{lang}", metavar="TEXT", required=required, help=words)
            run = option(run)
        return run

    return add


@click.group(cls=Group)
def add() -> None:
    """Write texts into the catalogue folder, explained, to be reviewed; none is overwritten."""


@add.command
@click.argument("name", metavar="NAME")
@bilingual_option("name", NAME)
@click.option("--kind", metavar="TEXT", required=True, help=KIND)
@click.option("--url", metavar="ADDRESS", default="", help="Its Web site.")
@reason_option
@pool_options
def partner_command(
    name: str,
    name_texts: dict[str, str],
    kind: str,
    url: str,
    reason: str,
    settings: Settings,
    *,
    in_json: bool,
) -> None:
    """Add a partner: one who gives data.

    NAME becomes its folder and its identifier: a–z, 0–9 and hyphens.
    """
    from parvis.ledger import SHELL
    from parvis.pooling.stewardship import entries as verbs

    files = verbs.add_partner(settings, name, name_texts, kind, url, SHELL, reason)
    _print_files(files, in_json=in_json)


@add.command
@click.argument("name", metavar="NAME")
@bilingual_option("name", NAME)
@click.option("--kind", metavar="TEXT", default="", help=KIND)
@reason_option
@pool_options
def party_command(
    name: str,
    name_texts: dict[str, str],
    kind: str,
    reason: str,
    settings: Settings,
    *,
    in_json: bool,
) -> None:
    """Add a party that reads and gives no data: a research group, a platform.

    NAME becomes its folder and its identifier: a–z, 0–9 and hyphens.
    """
    from parvis.ledger import SHELL
    from parvis.pooling.stewardship import entries as verbs

    _print_files(verbs.add_party(settings, name, name_texts, kind, SHELL, reason), in_json=in_json)


@add.command
@click.argument("dataset")
@bilingual_option("title", TITLE)
@bilingual_option(
    "description", "What it holds, in 50 characters or more, in French or in English."
)
@click.option("--licence", metavar="ADDRESS", required=True, help="The IRI of its licence.")
@reason_option
@pool_options
def dataset_command(
    dataset: str,
    title_texts: dict[str, str],
    description_texts: dict[str, str],
    licence: str,
    reason: str,
    settings: Settings,
    *,
    in_json: bool,
) -> None:
    """Add a dataset to a partner: its record; its mapping comes next (parvis init-mapping)."""
    from parvis.ledger import SHELL
    from parvis.pooling.stewardship import entries as verbs

    files = verbs.add_dataset(
        settings, dataset_key(dataset), title_texts, description_texts, licence, SHELL, reason
    )
    _print_files(files, in_json=in_json)


@add.command
@click.argument("name", metavar="NAME")
@bilingual_option("title", TITLE)
@bilingual_option("objective", "What the members want to reach together, in French or in English.")
@click.option("--start", metavar="DATE", required=True, help="Its first day.")
@click.option("--end", metavar="DATE", required=True, help="Its last day: a project has an end.")
@click.option(
    "--member", "members", metavar="PARTNER", multiple=True, help="A member, by name; repeatable."
)
@bilingual_option(
    "key-holder",
    "Who holds the keys, in French or in English, if it counts distinct people.",
    required=False,
)
@click.option("--people-budget", metavar="NUMBER", default="", help=BUDGET)
@reason_option
@pool_options
def project_command(
    name: str,
    title_texts: dict[str, str],
    objective_texts: dict[str, str],
    start: str,
    end: str,
    members: tuple[str, ...],
    key_holder_texts: dict[str, str],
    people_budget: str,
    reason: str,
    settings: Settings,
    *,
    in_json: bool,
) -> None:
    """Add a pooling project, carried by the third party.

    The need of each member is for the member to state: its place is marked.
    """
    from parvis.pooling.stewardship import entries as verbs

    first, last = day_of(start), day_of(end)
    files = verbs.add_project(
        settings,
        name,
        title_texts,
        objective_texts,
        start=first,
        end=last,
        members=members,
        key_holder=key_holder_texts,
        people_budget=people_budget,
        reason=reason,
    )
    _print_files(files, in_json=in_json)


@add.command
@click.argument("party")
@click.option("--project", metavar="TEXT", help="In which project, by name.")
@click.option("--from", "draft", type=FILE, help="A text drafted elsewhere, in Turtle.")
@reason_option
@pool_options
def agreement_command(
    party: str,
    project: str | None,
    draft: Path | None,
    reason: str,
    settings: Settings,
    *,
    in_json: bool,
) -> None:
    """Draft an agreement with a partner, or with a party that only reads.

    What is outside the charter is refused at once. A draft is in force once it is signed.
    """
    from parvis.ledger import SHELL
    from parvis.pooling.stewardship import entries as verbs

    files = verbs.add_agreement(settings, party, project, draft, SHELL, reason)
    _print_files(files, DRAFTED, in_json=in_json)


def _print_files(files: list[Path], template: str = WRITTEN, *, in_json: bool) -> None:
    if in_json:
        print_json({"files": [str(file) for file in files]})
    else:
        for file in files:
            print_line(template, file=file)


STATES = {"draft": N_("draft"), "in force": N_("in force")}


SIGNED = N_("{file} is signed: version {version}, {signed}, hash {hash}; parvis publish applies it")
SIGNED_BY_ONE = N_("{file} is signed by one side; it waits for the other")
CHANGE = N_("{group}: {dataset}: {before} → {after} ({readers} of {of})")
LOSS = N_("CLOSES  {group}: {dataset}: {before} → {after} ({readers} of {of})")
ENTERING = N_("pooled figures could take in: {dataset}")
LEAVING = N_("pooled figures would be made without: {dataset}")
UNCHANGED = N_("nothing would change for any reader")
WITHOUT = N_("generation {generation} is served under the agreements that are left")
CLOSED = N_("the project {project} is closed from {closed} on; read {files}")


@click.group(cls=Group)
def agreement() -> None:
    """Sign agreements, and list their versions."""


@agreement.command
@click.argument("party")
@click.option("--project", metavar="TEXT", help="In which project, by name.")
@bilingual_option("role", "The role of who signed for the party, in French or in English; no name.")
@click.option("--date", "when", metavar="DATE", help="The day of signature; else today.")
@click.option(
    "--side",
    type=click.Choice(("party", "third-party", "both")),
    default="both",
    show_default=True,
    help="Who signs: the party, the third party, or the third party for both, with paper in hand.",
)
@click.option("--confirm", is_flag=True, help="Sign although somebody loses what is open now.")
@reason_option
@pool_options
def sign_command(
    party: str,
    project: str | None,
    role_texts: dict[str, str],
    when: str | None,
    side: str,
    reason: str,
    settings: Settings,
    *,
    confirm: bool,
    in_json: bool,
) -> None:
    """Sign a party's draft, which is then in force; the version before is kept.

    Where one side signs, it waits for the other. The signature gives the day, the role of the
    signatory and the SHA-256 of the text, which cannot be changed any more without that being seen.
    """
    from parvis.ledger import SHELL
    from parvis.pooling.stewardship.agreements import Side, sign

    day = day_of(when) if when else clock.day_in_quebec()
    version = sign(
        settings,
        party,
        project,
        role_texts,
        day,
        SHELL,
        reason,
        side=Side(side),
        confirmed=confirm,
    )
    template = SIGNED if version["signed"] else SIGNED_BY_ONE
    print_result(version, template, in_json=in_json)


@agreement.command
@click.argument("party")
@click.option("--project", metavar="TEXT", help="In which project, by name.")
@pool_options
def simulate_command(party: str, project: str | None, settings: Settings, *, in_json: bool) -> int:
    """Say what a party's draft would open, to whom, and what it would close.

    Exit code 1 if somebody would lose what is open now.
    """
    from parvis.pooling.stewardship.agreements import simulate_draft
    from parvis.pooling.stewardship.agreements.simulating import LEVELS

    simulation = simulate_draft(settings, party, project)
    if in_json:
        print_json(simulation.to_json())
    else:
        lang = spoken()
        for row in simulation.rows:
            print_line(
                LOSS if row.is_loss else CHANGE,
                group=row.group,
                dataset=row.title,
                before=say(lang, LEVELS[row.before]),
                after=say(lang, LEVELS[row.after]),
                readers=row.readers,
                of=row.of,
            )
        for title in simulation.entering:
            print_line(ENTERING, dataset=title)
        for title in simulation.leaving:
            print_line(LEAVING, dataset=title)
        if not (simulation.rows or simulation.entering or simulation.leaving):
            print_line(UNCHANGED)
    return 1 if simulation.losses else 0


@agreement.command
@click.argument("party", required=False)
@pool_options
def list_command(party: str | None, settings: Settings, *, in_json: bool) -> None:
    """List the agreements of a party, or of all: drafts, those in force, former versions."""
    from parvis.pooling.stewardship.agreements import agreements

    versions = agreements(settings, party)
    if in_json:
        print_json(versions)
        return
    for version in versions:
        state = say(spoken(), STATES.get(version["state"], version["state"]))
        columns = (version[name] or "—" for name in ("version", "signed", "hash", "file"))
        click.echo("  ".join((state, *columns)))


@click.group(cls=Group)
def project() -> None:
    """End pooling projects."""


@project.command
@click.argument("name", metavar="NAME")
@bilingual_option("learned", "What was learned, in French or in English.")
@click.option("--date", "when", help="At which instant (ISO 8601 with its offset); else now.")
@reason_option
@pool_options
def close_command(
    name: str,
    learned_texts: dict[str, str],
    when: str | None,
    reason: str,
    settings: Settings,
    *,
    in_json: bool,
) -> None:
    """Close a project: its agreements then permit only what they say survives it.

    What was learned and what becomes of each dataset are written beside the project, and what is
    served is published anew. Nothing is destroyed: that is for the day when it is due.
    """
    from parvis.ledger import SHELL
    from parvis.pooling.stewardship.projects import close

    with open_pool(settings) as pool:
        # The closing is written into a file for people: microseconds would be noise.
        closing = close(
            pool, name, learned_texts, instant(when).replace(microsecond=0), SHELL, reason
        )
    if in_json:
        print_json(closing)
        return
    print_line(CLOSED, **closing | {"files": ", ".join(closing["files"])})
    for fate in closing["datasets"]:
        click.echo(f"  {fate['dataset']}: {fate['text'][spoken()]}")
    if closing["generation"] is not None:
        print_line(WITHOUT, generation=closing["generation"])
