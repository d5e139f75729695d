"""Commands on the catalogue folder, on saved queries that enter it, and on RDF files."""

from pathlib import Path

import click

from parvis.cli.bilingual import Command, Group, spoken
from parvis.cli.terminal import (
    FILE,
    open_pool,
    pool_options,
    print_json,
    print_line,
    print_result,
    reason_option,
    show,
)
from parvis.config import Settings, clock
from parvis.i18n import N_, choose_text, say

FOUND = N_("{subject}: {sentence}")
GOOD = N_("{datasets} records and {links} links looked at: nothing to say")
BAD = N_("{datasets} records and {links} links looked at: {count} things to repair")


@click.group(cls=Group)
def catalog() -> None:
    """Look after the catalogue folder."""


@catalog.command
@click.option("--offline", is_flag=True, help="Call no other server: links are not followed.")
@click.option(
    "--shapes",
    type=FILE,
    multiple=True,
    help="Further shapes for the published catalogue, such as DCAT-AP's own.",
)
@pool_options
def check(settings: Settings, shapes: tuple[Path, ...], *, offline: bool, in_json: bool) -> int:
    """Look through every record as harvesters will: texts, lists, shapes, links.

    Exit code 1 if there is anything to repair.
    """
    from parvis.pooling.stewardship.texts.check import check_catalogue

    with open_pool(settings) as pool:
        proof = check_catalogue(pool, shapes, offline=offline)
    if in_json:
        print_json(proof)
    else:
        for finding in proof.findings:
            sentence = finding.in_words(spoken())
            print_line(FOUND, subject=finding.focus, sentence=sentence)
        template, problems = (BAD if proof.findings else GOOD), len(proof.findings)
        print_line(template, datasets=proof.datasets, links=proof.links, count=problems)
    return 1 if proof.findings else 0


CHANGED = N_("{number}  {at}  {who}: {reason}")
NO_REASON = N_("no reason stated")
UNDOES = N_("  undoes change {number}")
CHANGED_OUTSIDE = N_("  {path}: changed since by hand, outside parvis")
PATH = "  {path}"
NOT_COMMITTED = N_("  not yet in git: the next change tries again")
UNDONE = N_("change {undoes} is undone, by change {number}")


@catalog.command
@click.argument("path", default="")
@click.option(
    "-n",
    "--number",
    "count",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help="How many changes.",
)
@click.option("--texts", is_flag=True, help="With the texts before and after, in JSON.")
@pool_options
def history(path: str, count: int, settings: Settings, *, texts: bool, in_json: bool) -> None:
    """List the changes of the catalogue's texts, the latest first: who, when, why.

    PATH is a text or a folder of the catalogue folder, such as a partner's name.
    """
    from parvis.pooling.stewardship.texts import (
        author_in_words,
        change_to_json,
        list_changes,
        list_outside,
    )

    changes = list_changes(settings, path.strip("/"), count)
    outside = list_outside(settings, changes)
    if in_json or texts:
        print_json([change_to_json(change, outside, with_texts=texts) for change in changes])
        return
    for change in changes:
        print_line(
            CHANGED,
            number=change.number,
            at=change.at.astimezone(clock.QUEBEC).isoformat(" ", "minutes")[:16],
            who=author_in_words(change.author, spoken()),
            reason=change.reason or say(spoken(), NO_REASON),
        )
        if change.undoes:
            print_line(UNDOES, number=change.undoes)
        by_hand = {text.path for text in outside if text.change == change.number}
        for name in change.paths:
            print_line(CHANGED_OUTSIDE if name in by_hand else PATH, path=name)
        if change.revision is None:
            print_line(NOT_COMMITTED)


@catalog.command
@click.argument("number", type=int)
@reason_option
@pool_options
def undo(number: int, reason: str, settings: Settings, *, in_json: bool) -> None:
    """Write the texts as they were before a change, which is a change too.

    Refused where something has changed them since.
    """
    from parvis.ledger import SHELL
    from parvis.pooling.stewardship.texts import change_to_json, undo_change

    change = undo_change(settings, number, SHELL, reason)
    result = change_to_json(change, [])
    print_result(result, UNDONE, in_json=in_json)


@click.command(cls=Command)
@click.argument("data", type=FILE, nargs=-1, required=True)
@click.option("--shapes", type=FILE, multiple=True, help="Shapes; else the pool's own.")
@click.option(
    "--engine",
    type=click.Choice(("auto", "compiled", "pyshacl")),
    default="auto",
    help="Which engine judges; auto takes the fastest for each shape.",
)
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(("human", "turtle", "json", "csv", "html")),
    default="human",
    help="How the report is written.",
)
@click.option("-o", "--output", type=FILE, help="Where to write the report; else stdout.")
@click.option(
    "--fail-on",
    type=click.Choice(("info", "warning", "violation")),
    help="The least severity that gives exit code 1; else any result, as SHACL has it.",
)
def validate(
    data: tuple[Path, ...],
    shapes: tuple[Path, ...],
    engine: str,
    form: str,
    output: Path | None,
    *,
    fail_on: str | None,
) -> int:
    """Validate RDF files with SHACL; exit code 1 if they do not conform."""
    from parvis.pooling.intake.without_pool import validate_files
    from parvis.report import Severity

    validation = validate_files(data, shapes, engine)
    if output:
        validation.save(output, form, spoken())
    elif form == "human":
        show(validation.account)
    else:
        click.echo(validation.render(form, spoken()), nl=False)
    # By default any result means that the data do not conform (SHACL §3.6.1).
    return 0 if validation.passes(Severity[fail_on.upper()] if fail_on else None) else 1


# Queries that people saved and made public.

LISTED = N_("{id}  {title} (version {version})")
NONE_LISTED = N_("nobody has made a saved query public")
PROMOTED = N_("{file} is written: the next publication shows the question")
REMOVED = N_("the query {id} is deleted")


@click.group(cls=Group)
def query() -> None:
    """Look after the queries that people saved and made public."""


@query.command("list")
@pool_options
def list_command(settings: Settings, *, in_json: bool) -> None:
    """List the public queries, the last saved first; private ones are their owners' alone."""
    from parvis.ledger import SavedQueries
    from parvis.pooling.serving.site.saved_queries import saved_query_to_json

    queries = SavedQueries(settings.data).public()
    if in_json:
        print_json([saved_query_to_json(settings, saved) for saved in queries])
        return
    for saved in queries:
        title = choose_text(spoken(), saved.last.title)
        print_line(LISTED, id=saved.id, title=title, version=saved.last.number)
    if not queries:
        print_line(NONE_LISTED)


@query.command
@click.argument("name", metavar="ID")
@click.option("--name", "slug", default="", help="Its name in addresses; else that of its title.")
@click.option(
    "--theme",
    type=click.Choice(
        (
            *("rencontres", "offres", "publics", "relais", "lieux", "organismes", "liens"),
            *("provenance", "donnees", "autres"),
        )
    ),
    default="autres",
    help="What the question is about.",
)
@reason_option
@pool_options
def promote(
    name: str, slug: str, theme: str, reason: str, settings: Settings, *, in_json: bool
) -> None:
    """Make a question of the gallery out of a public query; publish to show it."""
    from parvis.ledger import SHELL
    from parvis.pooling.stewardship.texts.promoting import promote_query

    file = promote_query(settings, name, slug, theme=theme, author=SHELL, reason=reason)
    result = {"id": name, "file": str(file)}
    print_result(result, PROMOTED, in_json=in_json)


@query.command
@click.argument("name", metavar="ID")
@pool_options
def remove(name: str, settings: Settings, *, in_json: bool) -> None:
    """Delete a public query: its address then leads nowhere."""
    from parvis.pooling.serving.site.saved_queries import delete_query

    delete_query(settings, name, None, decides=True)
    print_result({"id": name}, REMOVED, in_json=in_json)
