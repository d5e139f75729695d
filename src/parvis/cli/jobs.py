"""Commands on what waits for the steward, and on the jobs that pages start: today, job."""

from typing import TYPE_CHECKING

import click

from parvis.cli.bilingual import Command, Group, spoken
from parvis.cli.terminal import escape_controls, pool_options, print_json, print_line
from parvis.config import Settings
from parvis.i18n import choose_text, percent, say

if TYPE_CHECKING:
    from parvis.ledger import Job


@click.command(cls=Command)
@pool_options
def today(settings: Settings, *, in_json: bool) -> None:
    """Tell what waits for the steward: files, publication, agreements, sources, links, backups."""
    from parvis.pooling.stewardship.today import list_tasks

    tasks = list_tasks(settings)
    if in_json:
        print_json(tasks)
        return
    for task in tasks:
        click.echo(escape_controls(f"{'!' if task.count else ' '} {task.sentence[spoken()]}"))
        for item in task.items:
            click.echo(escape_controls(f"    {choose_text(spoken(), item)}"))


WELL = frozenset({"done", "waiting", "running"})


@click.group(cls=Group, no_args_is_help=True)
def job() -> None:
    """Look after the jobs that were started on a page of the steward."""


@job.command
@pool_options
def list_command(settings: Settings, *, in_json: bool) -> None:
    """List the last jobs, the newest first."""
    from parvis.pooling.stewardship.jobs import list_jobs

    jobs = list_jobs(settings)
    if in_json:
        print_json(jobs)
        return
    for entry in jobs:
        click.echo(escape_controls(_describe(entry)))
    if not jobs:
        print_line("no job was started yet")


@job.command(cls=Command)
@click.argument("number", type=int)
@pool_options
def show(number: int, settings: Settings, *, in_json: bool) -> int:
    """Show a job: how far it is, or how it ended; exit code 1 if it failed."""
    from parvis.pooling.stewardship.jobs import get_job

    return _print_job(get_job(settings, number), in_json=in_json)


@job.command(cls=Command)
@click.argument("number", type=int)
@pool_options
def cancel(number: int, settings: Settings, *, in_json: bool) -> None:
    """Cancel a job that waits or runs: nothing is left half done."""
    from parvis.pooling.stewardship.jobs import cancel_job

    _print_job(cancel_job(settings, number), in_json=in_json)


def _print_job(entry: "Job", *, in_json: bool) -> int:
    if in_json:
        print_json(entry)
    else:
        click.echo(escape_controls(_describe(entry)))
        for sentence in (*entry.log, *entry.problems):
            click.echo(escape_controls(f"  {sentence[spoken()]}"))
    return 0 if entry.state in WELL else 1


def _describe(entry: "Job") -> str:
    from parvis.pooling.stewardship.jobs import KINDS, STATE_NAMES, subject_of

    lang = spoken()
    title = say(lang, KINDS[entry.kind].title) if entry.kind in KINDS else entry.kind
    parts = [
        str(entry.number),
        entry.created.isoformat(timespec="minutes"),
        " ".join(filter(None, (title, subject_of(entry)))),
        say(lang, STATE_NAMES[entry.state]),
    ]
    if not entry.is_over and entry.step:
        done = "" if entry.fraction is None else f" ({percent(lang, entry.fraction)})"
        parts.append(f"{entry.step[lang]}{done}")
    return "  ".join(parts)
