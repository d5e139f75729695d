"""The kinds of jobs: the name of each, the arguments it takes, and what it will do."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from parvis.config import Settings
from parvis.errors import UnknownThing, UsageError
from parvis.fetch.address import Address
from parvis.i18n import DEFAULT, LANGUAGES, N_
from parvis.ledger import Job, JobState

Arguments = Mapping[str, Any]
Parse = Callable[[Settings, str, object], Any]
"""Reads one argument of a name: its text, or the value that it has in JSON."""

NO_KIND = N_("there is no job of the kind “{kind}”")
UNKNOWN = N_("a job of the kind “{kind}” takes no “{name}”")
NOT_TEXT = N_("“{name}” is a text of {most} characters at most")
NOT_FLAG = N_("“{name}” is yes or no")
NOT_LANGUAGE = N_("“{name}” is one of {names}")
NOT_NUMBER = N_("“{name}” is a whole number")
NO_NAME = N_("say which: “{name}” is missing")
NOTHING_NAMED = N_("there is no partner, dataset or published version {name}")
WORD = "word"
"""Stands for a word that confirms a job without a name."""
LONGEST = 500
"""Characters of a text."""
DIGITS = 9
"""Digits of a number."""
DIGEST = re.compile(r"[0-9a-f]{16}")
YES, NO = ("true", "1", "on", "yes"), (None, "", "false", "0", "no")
"""The texts of a flag."""
NAME = re.compile(r"[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)?")


def _read_flag(_: Settings, name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    # A value of JSON may be a list, which no set can be asked for.
    if value in YES:
        return True
    if value in NO:
        return False
    raise UsageError(NOT_FLAG, name=name)


def _read_text(_: Settings, name: str, value: object) -> str:
    text = "" if value is None else value
    if not isinstance(text, str) or len(text) > LONGEST:
        raise UsageError(NOT_TEXT, name=name, most=LONGEST)
    return " ".join(text.split())


def _read_language(_: Settings, name: str, value: object) -> str:
    """Read the language of a reason."""
    if value is None or value == "":
        return DEFAULT
    if value not in LANGUAGES:
        raise UsageError(NOT_LANGUAGE, name=name, names=", ".join(LANGUAGES))
    return str(value)


def _read_number(_: Settings, name: str, value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= DIGITS:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**DIGITS:
        return value
    raise UsageError(NOT_NUMBER, name=name)


def _require_digest(_: Settings, name: str, value: object) -> str:
    """Read the id of a backup, or of a question for release."""
    if not isinstance(value, str) or not DIGEST.fullmatch(value):
        raise UsageError(NO_NAME, name=name)
    return value


def _require_address(settings: Settings, name: str, value: object) -> str:
    """Read the address of another site; raises `AddressError`."""
    text = _read_text(settings, name, value)
    Address.parse(text)
    return text


def _read_name(settings: Settings, name: str, value: object) -> str:
    """Read the name of a partner or a dataset; empty for all."""
    text = _read_text(settings, name, value)
    if text and not NAME.fullmatch(text):
        raise UnknownThing(NOTHING_NAMED, name=text)
    return text


def _require_name(settings: Settings, name: str, value: object) -> str:
    text = _read_name(settings, name, value)
    if not text:
        raise UsageError(NO_NAME, name=name)
    return text


@dataclass(frozen=True)
class JobKind:
    """A kind of job: its title, how its arguments are read, and the one that its author retypes.

    A job that destroys or undoes something is only started by somebody who typed `retyped`.
    """

    title: str
    parameters: Mapping[str, Parse]
    retyped: str = ""
    of: str = ""

    def read(self, settings: Settings, kind: str, arguments: Arguments) -> dict[str, Any]:
        """Return all arguments of a job, each checked; raises `UsageError`."""
        for name in arguments.keys() - self.parameters.keys():
            raise UsageError(UNKNOWN, kind=kind, name=name)
        return {
            name: parse(settings, name, arguments.get(name))
            for name, parse in self.parameters.items()
        }


REASON: Mapping[str, Parse] = {"reason": _read_text, "reason_lang": _read_language}
KINDS: Mapping[str, JobKind] = {
    "publish": JobKind(N_("Publish"), {"anew": _read_flag}),
    "portray": JobKind(N_("Prepare the figures on audiences"), {"dry": _read_flag}),
    "surveys": JobKind(N_("Prepare the results of surveys"), {"dry": _read_flag}),
    "examine-table": JobKind(
        N_("Compute a table that was asked for"), {"question": _require_digest}, of="question"
    ),
    "release-table": JobKind(
        N_("Release a table that was asked for"), {"question": _require_digest}, of="question"
    ),
    "link": JobKind(N_("Look for duplicates"), {}),
    "refresh": JobKind(
        N_("Fetch sources anew"),
        {"name": _read_name, "due": _read_flag, "publish": _read_flag},
        of="name",
    ),
    "backup": JobKind(N_("Make a backup"), {}),
    "verify-backup": JobKind(N_("Check a backup"), {"backup": _require_digest}, of="backup"),
    "verify": JobKind(N_("Check all that is stored"), {}),
    "catalog-check": JobKind(N_("Check the catalogue"), {"offline": _read_flag}),
    "ckan-push": JobKind(N_("Send the records to CKAN"), {"dry": _read_flag}),
    "ckan-pull": JobKind(
        N_("Take records from a portal"),
        {"url": _require_address, "partner": _require_name, "dry": _read_flag, **REASON},
        of="partner",
    ),
    "expire": JobKind(N_("Delete what is due"), {}, retyped=WORD),
    "withdraw": JobKind(
        N_("Withdraw"), {"name": _require_name, **REASON}, retyped="name", of="name"
    ),
    "rollback": JobKind(
        N_("Go back to a published version"),
        {"number": _read_number},
        retyped="number",
        of="number",
    ),
    "recall": JobKind(
        N_("Recall"),
        {"name": _require_name, "version": _read_text, **REASON},
        retyped="name",
        of="name",
    ),
}
"""The kinds, by the word that programs use."""


STATE_NAMES: Mapping[JobState, str] = {
    JobState.WAITING: N_("waiting"),
    JobState.RUNNING: N_("running"),
    JobState.CANCELLING: N_("being cancelled"),
    JobState.DONE: N_("done"),
    JobState.FAILED: N_("failed"),
    JobState.CANCELLED: N_("cancelled"),
    JobState.INTERRUPTED: N_("interrupted"),
}


def require_kind(kind: str) -> JobKind:
    """Return a kind; raises `UsageError` for one that does not exist."""
    if kind not in KINDS:
        raise UsageError(NO_KIND, kind=kind)
    return KINDS[kind]


def subject_of(job: Job) -> str:
    """Return what a job is about, as its arguments name it; empty for the whole pool."""
    return str(job.arguments.get(KINDS[job.kind].of, "")) if job.kind in KINDS else ""
