"""Reads OAI-PMH requests: arguments, dates and resumption tokens."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from flask import request

from parvis.i18n import N_, say
from parvis.web.http.language import language

ARGUMENTS: dict[str, tuple[set[str], set[str]]] = {
    "Identify": (set(), set()),
    "ListMetadataFormats": (set(), {"identifier"}),
    "ListSets": (set(), {"resumptionToken"}),
    "GetRecord": ({"identifier", "metadataPrefix"}, set()),
    "ListIdentifiers": ({"metadataPrefix"}, {"from", "until", "set"}),
    "ListRecords": ({"metadataPrefix"}, {"from", "until", "set"}),
}
"""The verbs, each with its required and its optional arguments (§4)."""

LONGEST = 2_000
"""Characters read of a resumption token: ours have some hundred."""
SECOND, DAY = "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"

VERB = N_("the verb is one of {verbs}")
REPEATED = N_("the argument “{name}” is given more than once")
UNKNOWN = N_("the verb {verb} has no argument “{name}”")
MISSING = N_("the verb {verb} needs the argument “{name}”")
ALONE = N_("a resumption token is given alone")
UNREADABLE = N_("the argument “{name}” holds a character that XML cannot hold")
INSTANT = N_("“{name}” is a day or a second in UTC (2026-01-31, 2026-01-31T12:00:00Z)")
GRANULARITIES = N_("“from” and “until” are both days or both seconds")
ORDER = N_("“from” is later than “until”")
TOKEN = N_("this resumption token means nothing here, or is no longer kept: begin the list again")

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class OaiError(Exception):
    """An error or exception condition of the protocol (§3.6), with a sentence."""

    def __init__(self, code: str, template: str, /, **fields: object) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = say(language(), template, **fields)


@dataclass(frozen=True)
class ListRequest:
    """A request for a list, from a position in it on; dates are texts as they were sent."""

    prefix: str
    start: str = ""
    until: str = ""
    set: str = ""
    state: str | None = None
    place: int = 0

    def token(self) -> str:
        """Return a resumption token: it has the entire request, so that nothing is stored."""
        return urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()

    @classmethod
    def from_token(cls, token: str) -> Self:
        """Read a resumption token; raise `OaiError`."""
        # A forged token may nest lists deeper than Python can read.
        try:
            resumed = cls(**json.loads(urlsafe_b64decode(token[:LONGEST])))
        except (ValueError, TypeError, RecursionError) as error:
            raise OaiError("badResumptionToken", TOKEN) from error
        texts = (resumed.prefix, resumed.start, resumed.until, resumed.set, resumed.state)
        sound = all(isinstance(text, str) for text in texts)
        if not sound or type(resumed.place) is not int or resumed.place < 0:
            raise OaiError("badResumptionToken", TOKEN)
        return resumed

    def span(self) -> tuple[datetime, datetime]:
        """Return the first and last second of the request; raise `OaiError`."""
        if self.start and self.until and len(self.start) != len(self.until):
            raise OaiError("badArgument", GRANULARITIES)
        first = _parse_date("from", self.start or "0001-01-01")
        last = _parse_date("until", self.until or "9999-12-31")
        if len(self.until) == len("2026-01-31"):
            last += timedelta(days=1, seconds=-1)
        if first > last:
            raise OaiError("badArgument", ORDER)
        return first, last


def read_arguments() -> dict[str, str]:
    """Return the arguments of a GET or POST, with the verb; raise `OaiError`."""
    parameters = request.form if request.method == "POST" else request.args
    values = {}
    for name, texts in parameters.lists():
        if name == "lang":
            continue
        if len(texts) > 1:
            raise OaiError("badVerb" if name == "verb" else "badArgument", REPEATED, name=name)
        if _NOT_XML.search(name + texts[0]):
            raise OaiError("badArgument", UNREADABLE, name=_NOT_XML.sub("", name))
        values[name] = texts[0]
    verb = values.get("verb", "")
    if verb not in ARGUMENTS:
        raise OaiError("badVerb", VERB, verbs=", ".join(ARGUMENTS))
    required, optional = ARGUMENTS[verb]
    names = set(values) - {"verb"}
    if "resumptionToken" in names and verb.startswith("List") and verb != "ListMetadataFormats":
        if names != {"resumptionToken"}:
            raise OaiError("badArgument", ALONE)
        return values
    for name in sorted(names - required - optional):
        raise OaiError("badArgument", UNKNOWN, verb=verb, name=name)
    for name in sorted(required - names):
        raise OaiError("badArgument", MISSING, verb=verb, name=name)
    return values


def _parse_date(name: str, text: str) -> datetime:
    """Parse a day or a second (§3.3)."""
    form = SECOND if _SECOND.fullmatch(text) else DAY if _DAY.fullmatch(text) else None
    try:
        if form is not None:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError as error:
        raise OaiError("badArgument", INSTANT, name=name) from error
    raise OaiError("badArgument", INSTANT, name=name)
