"""Commands of researchers' questions: practice, ask, question."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parvis.cli.bilingual import Command, Group, spoken
from parvis.cli.terminal import (
    FILE,
    escape_controls,
    open_pool,
    pool_options,
    print_json,
    print_line,
    read_text,
    write_new,
)
from parvis.config import Settings
from parvis.errors import UsageError
from parvis.i18n import N_, choose_text, say

if TYPE_CHECKING:
    from parvis.ledger.queries.release_questions import ReleaseQuestion

QUERY = "A counting query in SPARQL, or @FILE."
ENDINGS = (".nq", ".ttl")
NO_FORM = N_("{file}: the ending of the practice pool must be .nq (N-Quads) or .ttl (Turtle)")
NOTHING_TO_DO = N_("say where to write the practice pool (--output), or a query to run on it")
ONLY_RELEASE = N_("add --for-release: the query is queued for the steward, who releases its table")
WRITTEN = N_("practice pool written to {file}: {count} released figures, invented partners")
ASKED = N_("question {id} waits for the steward; nothing was computed yet")
STATE = N_("{id}  {day}  {party}: {state}")
WHY = N_("    why: {reason}")
UNPROVED = N_("suppressed figures that are not proved uncertain: {count}")


@click.command(cls=Command)
@click.option("-o", "--output", type=FILE, help="Where to write it: .nq or .ttl.")
@click.option("--query", default="", help=QUERY)
@click.option("--reader", help="For whom: a partner's name, an IRI or “anonymous”.")
@pool_options
def practice_command(
    output: Path | None, query: str, reader: str | None, settings: Settings, *, in_json: bool
) -> None:
    """Write the practice pool: invented figures that add up to the released ones.

    With a query, show its table on them. The same published figures give the same file.
    """
    from parvis.pooling.publics.tables import table_to_json
    from parvis.pooling.serving.access import find_reader
    from parvis.pooling.serving.service import PoolService
    from parvis.pooling.serving.site.practice import read_practice_pool
    from parvis.pooling.stewardship.requests.questions import read_request

    if output is None and not query:
        raise UsageError(NOTHING_TO_DO)
    if output is not None and output.suffix.lower() not in ENDINGS:
        raise UsageError(NO_FORM, file=output)
    with open_pool(settings) as pool, closing(PoolService(settings)) as service:
        practice = read_practice_pool(service, find_reader(pool, reader or "anonymous"))
    if output is not None:
        lines = practice.list_quads() if output.suffix.lower() == ".nq" else None
        write_new(output, b"".join(lines or practice.list_triples()).decode())
        if not in_json:
            print_line(WRITTEN, file=output, count=len(practice.figures), err=True)
    if query:
        request = read_request(settings, _read_query(query))
        _print_table(table_to_json(request, practice.select(request)), in_json=in_json)
    elif in_json:
        print_json({"file": str(output), "figures": len(practice.figures)})


@click.command(cls=Command)
@click.argument("query", metavar="QUERY")
@click.option("--for-release", is_flag=True, help="Queue it for the steward.")
@click.option("--party", metavar="TEXT", required=True, help="In whose name.")
@click.option("--purpose", metavar="TEXT", required=True, help="What the table is for.")
@pool_options
def ask_command(
    query: str,
    party: str,
    purpose: str,
    settings: Settings,
    *,
    for_release: bool,
    in_json: bool,
) -> None:
    """Ask a counting query of the pool's own figures, for release.

    QUERY is a text, or @FILE. Its table is controlled as a release is, once the steward reads it
    over; nothing of it is shown before it is released.
    """
    from parvis.ledger import SHELL
    from parvis.pooling.serving.access import find_reader
    from parvis.pooling.stewardship.requests.questions import ask_release, question_to_json

    if not for_release:
        raise UsageError(ONLY_RELEASE)
    with open_pool(settings) as pool:
        iri = str(find_reader(pool, party).iri)
    question = ask_release(settings, iri, SHELL, _read_query(query), purpose)
    if in_json:
        print_json(question_to_json(question))
    else:
        print_line(ASKED, id=question.id)


@click.group(cls=Group)
def question() -> None:
    """Decide about questions for release: list, examine, release, refuse."""


@question.command
@click.option("--party", metavar="TEXT", help="Only those of a party.")
@pool_options
def list_command(party: str | None, settings: Settings, *, in_json: bool) -> None:
    """List the questions for release, the newest first."""
    from parvis.ledger.queries.release_questions import ReleaseQuestions
    from parvis.pooling.serving.access import find_reader
    from parvis.pooling.stewardship.requests.questions import question_to_json

    questions = ReleaseQuestions(settings.data)
    if party is None:
        rows = questions.all()
    else:
        with open_pool(settings) as pool:
            rows = questions.of(str(find_reader(pool, party).iri))
    if in_json:
        print_json([question_to_json(row) for row in rows])
    for row in rows if not in_json else ():
        _print_question(row)


@question.command
@click.argument("name", metavar="ID")
@pool_options
def show_command(name: str, settings: Settings, *, in_json: bool) -> None:
    """Show a question with its query, and its table once it is released."""
    from parvis.ledger.queries.release_questions import ReleaseQuestions

    _print_whole(ReleaseQuestions(settings.data).require(name), in_json=in_json)


@question.command
@click.argument("name", metavar="ID")
@pool_options
def examine_command(name: str, settings: Settings, *, in_json: bool) -> int:
    """Compute the table of a question and show it, with what is suppressed and why.

    It is for the host alone. Exit code 1 when something could not be proved uncertain.
    """
    from parvis.pooling.stewardship.requests.questions import examine_question

    with open_pool(settings) as pool:
        preview = examine_question(pool, name)
    _print_table(preview, in_json=in_json)
    if preview["unproved"] and not in_json:
        print_line(UNPROVED, count=preview["unproved"], err=True)
    return 1 if preview["unproved"] else 0


@question.command
@click.argument("name", metavar="ID")
@pool_options
def release_command(name: str, settings: Settings, *, in_json: bool) -> None:
    """Release the table of a question that was examined; whoever asked is told.

    It becomes a release, which all later ones are controlled against.
    """
    from parvis.pooling.stewardship.requests.questions import release_question

    with open_pool(settings) as pool:
        released = release_question(pool, name)
    _print_whole(released, in_json=in_json)


@question.command
@click.argument("name", metavar="ID")
@click.option("--reason", metavar="TEXT", required=True, help="Why: whoever asked reads it.")
@pool_options
def refuse_command(name: str, reason: str, settings: Settings, *, in_json: bool) -> None:
    """Refuse to release the table of a question, with a reason."""
    from parvis.pooling.stewardship.requests.questions import refuse_question

    _print_whole(refuse_question(settings, name, reason), in_json=in_json)


def _read_query(text: str) -> str:
    """Return a query, or the content of the file that ``@FILE`` names."""
    return read_text(Path(text[1:])) if text.startswith("@") else text


def _print_question(row: "ReleaseQuestion") -> None:
    from parvis.pooling.stewardship.requests.questions import STATES

    day = row.created.date().isoformat()
    print_line(STATE, id=row.id, day=day, party=row.party, state=say(spoken(), STATES[row.state]))
    if row.reason:
        print_line(WHY, reason=row.reason)


def _print_whole(row: "ReleaseQuestion", *, in_json: bool) -> None:
    from parvis.pooling.stewardship.requests.questions import question_to_json

    if in_json:
        print_json(question_to_json(row))
        return
    _print_question(row)
    click.echo(escape_controls(row.query))
    if row.table is not None:
        _print_table(row.table, in_json=False)


def _print_table(table: Any, *, in_json: bool) -> None:
    from parvis.pooling.stewardship.requests.questions import table_to_csv

    if in_json:
        print_json(table)
        return
    for line in table_to_csv(table, spoken()).splitlines():
        click.echo(escape_controls(line))
    for row in table["rows"]:
        for reason in row.get("reasons", ()):
            name = ", ".join(choose_text(spoken(), label) for label in row["labels"])
            click.echo(escape_controls(f"{name}: {choose_text(spoken(), reason)}"))
