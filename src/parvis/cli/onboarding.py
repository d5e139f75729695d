"""The command that brings a partner's file in by one step: onboard."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.terminal import (
    FILE,
    escape_controls,
    pool_options,
    print_json,
    print_line,
    reason_option,
    show,
)
from parvis.config import Settings, clock
from parvis.config.json_data import to_json
from parvis.errors import UsageError
from parvis.i18n import N_, say

if TYPE_CHECKING:
    from parvis.pooling.stewardship.onboarding import Onboarding, OnboardingRequest


WRITTEN = N_("{file} is written")
TO_SIGN = N_(
    "read the agreement with the partner, then: parvis agreement sign {partner} … and parvis submit"
    " {dataset} FILE"
)
TO_PUBLISH = N_("next: parvis publish")
TO_MEND = N_("next: mend what the report tells, then parvis check {dataset} FILE")
ROLES = N_("a signature has the role of who signed, in French and in English: --role-fr, --role-en")
TOKEN = N_("the token of {partner}: it is shown this once, hand it over by a safe way")


@click.command(cls=Command)
@click.argument("name", metavar="NAME")
@click.option("--file", "file", type=FILE, required=True, help="The partner's file, as it is.")
@click.option(
    "--kind", metavar="TEXT", default="", help="Its kind of organisation, in words or by its code."
)
@click.option(
    "--access",
    type=click.Choice(("open", "members", "aggregate", "aggregate-members", "private")),
    required=True,
    help="Who may read the data besides the partner: open to everyone, members, aggregate for"
    " pooled figures alone (aggregate-members: among members), or private.",
)
@click.option(
    "--except",
    "excluded",
    metavar="TEXT",
    multiple=True,
    help=("A kind of organisation that may not read it all the same; repeatable."),
)
@click.option(
    "--in-return",
    is_flag=True,
    help="Open figures (--access members) to those members alone who give the same ones.",
)
@click.option("--mapping", type=FILE, help="The mapping of the file, where none is to be proposed.")
@click.option(
    "--keep",
    metavar="TEXT",
    default="",
    help=("How long the data are kept, from the first submission: P1Y, P18M."),
)
@click.option(
    "--purpose",
    metavar="TEXT",
    default="",
    help=("What figures on audiences are for: analytics, research, or another purpose of DPV."),
)
@click.option(
    "--responsible",
    metavar="PARTNER",
    default="",
    help=("Who answers for figures on audiences; else the partner itself."),
)
@click.option("--name-fr", metavar="TEXT", default="", help="The partner's name in French.")
@click.option("--name-en", metavar="TEXT", default="", help="Its name in English, if it differs.")
@click.option("--title-fr", metavar="TEXT", default="", help="The dataset's title in French.")
@click.option("--title-en", metavar="TEXT", default="", help="Its title in English.")
@click.option(
    "--dataset",
    "dataset",
    metavar="NAME",
    default="",
    help=("The dataset's name; else the file's."),
)
@click.option("--url", metavar="ADDRESS", default="", help="Its Web site.")
@click.option("--measure", default="", help="What figures count: attendance, tickets, visits…")
@click.option("--method", default="", help="How they were made: ticketing, counter, survey…")
@click.option("--discipline", default="", help="The discipline that they are all of.")
@click.option("--area", default="", help="The area where it all took place.")
@click.option("--period", default="", help="The period that they are all of.")
@click.option(
    "--role-fr",
    metavar="TEXT",
    default="",
    help=(
        "The role of who signed for the partner, in French: the agreement is signed, then the file"
        " submitted."
    ),
)
@click.option("--role-en", metavar="TEXT", default="", help="The same role in English.")
@reason_option
@pool_options
def onboard_command(
    name: str, reason: str, settings: Settings, *, in_json: bool, **options: Any
) -> int:
    """Bring a partner's file in: its record, mapping and agreement, then a check.

    NAME is the partner's folder and identifier: a–z, 0–9 and hyphens. A partner that is there gets
    one more dataset, and its agreement one more part. Every text is a draft to be reviewed.
    """
    from parvis.ledger import SHELL
    from parvis.pooling.stewardship.onboarding import onboard

    if bool(options["role_fr"]) != bool(options["role_en"]):
        raise UsageError(ROLES)
    request = _read_request(name, options)
    day = clock.day_in_quebec()
    onboarding = onboard(settings, request, day, SHELL, reason)
    if in_json:
        print_json(_to_json(onboarding))
    else:
        _print_onboarding(onboarding)
    return 0 if onboarding.outcome.accepted else 1


def _read_request(name: str, options: dict[str, Any]) -> "OnboardingRequest":
    from parvis.pooling.stewardship.onboarding import OnboardingRequest

    def in_both(option: str) -> dict[str, str] | None:
        french, english = options[f"{option}_fr"], options[f"{option}_en"]
        return {"fr": french or english, "en": english or french} if french or english else None

    stated = ("measure", "method", "discipline", "area", "period")
    plain = ("kind", "file", "access", "dataset", "url", "keep", "purpose", "responsible")
    return OnboardingRequest(
        name,
        name=in_both("name"),
        title=in_both("title"),
        role=in_both("role"),
        excluded=options["excluded"],
        in_return=options["in_return"],
        mapping=_read_mapping(options["mapping"]),
        stated={option: options[option] for option in stated},
        **{option: options[option] for option in plain},
    )


def _read_mapping(file: Path | None) -> str:
    """Return the text of a mapping; raise `MappingError` for one that is wrong."""
    from parvis.mapping.language import load

    if file is None:
        return ""
    load(file)
    return file.read_text(encoding="utf-8")


def _print_onboarding(onboarding: "Onboarding") -> None:
    from parvis.pooling.intake.summary import account_of

    for file in onboarding.files:
        print_line(WRITTEN, file=file)
    show(account_of(onboarding.outcome))
    fields: dict[str, Any] = {"partner": onboarding.key.partner, "dataset": onboarding.key}
    if onboarding.token is not None:
        click.echo(escape_controls(say(spoken(), TOKEN, **fields)), err=True)
        click.echo(onboarding.token.text)
    if not onboarding.outcome.accepted:
        print_line(TO_MEND, **fields)
    else:
        print_line(TO_PUBLISH if onboarding.signed else TO_SIGN, **fields)


def _to_json(onboarding: "Onboarding") -> dict[str, Any]:
    return {
        "dataset": to_json(onboarding.key),
        "files": [str(file) for file in onboarding.files],
        "signed": onboarding.signed,
        "outcome": onboarding.outcome.to_json(),
        "token": None if onboarding.token is None else onboarding.token.to_json(),
    }
