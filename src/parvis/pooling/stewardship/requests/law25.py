"""The file of a request for study, research or statistics without consent (Law 25).

The form's answers and the dates are in the ledger; the privacy impact assessment is a private file
of the data folder, for the two parties and those who watch over the pool.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from parvis.config import Settings, clock, make_private
from parvis.errors import LimitError, SourceError, UnknownThing, UsageError
from parvis.governance import Role
from parvis.governance.law25 import (
    CRITERIA,
    ITEMS,
    STEPS,
    Law25Step,
    in_force_from,
    lacking_items,
    may_date,
)
from parvis.i18n import LANGUAGES, N_, say
from parvis.i18n import day as write_day
from parvis.ledger import SHELL, Author, Law25File, Law25Files, Request, Requests
from parvis.store.files import replace_private

FOLDER = "law25"
MOST = 10_000_000
"""Bytes of an assessment."""
LONGEST = 20_000
"""Characters of an answer."""
MAGIC = {"pdf": b"%PDF-", "odt": b"PK\x03\x04", "docx": b"PK\x03\x04"}
"""The endings of an assessment, and how such files begin."""
INSIDE = {
    "odt": b"mimetypeapplication/vnd.oasis.opendocument.text",
    "docx": b"word/",
}
"""What a packed file of an ending must hold besides."""
TYPES = {
    "pdf": "application/pdf",
    "odt": "application/vnd.oasis.opendocument.text",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
NOT_DOCUMENT = N_("“{file}” is neither a PDF nor a text document (ODT, DOCX)")
TOO_LARGE = N_("“{file}” is too large: {most} megabytes at most are taken")
NO_ASSESSMENT = N_("no assessment is joined to the request {id}")
NOT_YET = N_(
    "this step cannot have this day: the steps before it come first, the agreement is in force 30"
    " days after the Commission has received it, and a day to come is none"
)
NOT_ASKING = N_("the six items are written by who asks: you read them here")
LACKING = N_("write first: {items}")
WORDS = {
    "title": N_("Request for study, research or statistics"),
    "act": N_(
        "Act respecting the protection of personal information in the private sector (chapter"
        " P-39.1), sections 21 to 21.0.2"
    ),
    "by": N_("Asked by"),
    "of": N_("Asked of"),
    "what": N_("What is asked for"),
    "until": N_("Until when"),
    "steps": N_("Steps"),
    "force": N_("the agreement is in force, 30 days after"),
    "joined": N_("Assessment joined"),
}
"""The headings of the file to send."""


@dataclass(frozen=True)
class Law25View:
    """A file with what is lacking, and from which day its agreement is in force."""

    file: Law25File
    lacking: tuple[str, ...]
    in_force: date | None


def read_file(settings: Settings, name: str) -> Law25View:
    """Return the file of a request."""
    file = Law25Files(settings.data).get(name)
    return Law25View(file, tuple(lacking_items(file.answers)), in_force_from(file.dates))


def write_answers(
    settings: Settings, name: str, answers: Mapping[str, str], author: Author
) -> Law25File:
    """Store what the form says of the six items; what it does not say stays.

    They are the words of who asks: raises `UsageError` for its counterpart.
    """
    if not may_write(Requests(settings.data).require(name), author):
        raise UsageError(NOT_ASKING)
    texts = {item: text.strip()[:LONGEST] for item, text in answers.items() if item in ITEMS}

    def update(file: Law25File) -> Law25File:
        return replace(file, answers={**file.answers, **texts})

    return _change(settings, name, update, "law25-answers", author, {"items": sorted(texts)})


def may_write(request: Request, author: Author) -> bool:
    """Return whether the six items of a request are an author's to write."""
    return author == SHELL or author.role == Role.STEWARD or author.party == request.requester


def join_assessment(settings: Settings, name: str, source: Path, author: Author) -> Law25File:
    """Store an assessment privately, in the place of the one before.

    Raises `SourceError` for what is no PDF, ODT or DOCX, `LimitError` for more than `MOST` bytes.
    """
    if source.stat().st_size > MOST:
        raise LimitError(TOO_LARGE, file=source.name, most=MOST // 1_000_000)
    body = source.read_bytes()
    ending = source.suffix.lower().removeprefix(".")
    fits = body.startswith(MAGIC.get(ending, b"\0")) and INSIDE.get(ending, b"") in body
    if not fits:
        raise SourceError(NOT_DOCUMENT, file=source.name)
    digest = sha256(body).hexdigest()
    Requests(settings.data).require(name)
    place = _place(settings, name, digest)
    make_private(place.parent)
    replace_private(place, body)
    former = Law25Files(settings.data).get(name).sha256

    def update(file: Law25File) -> Law25File:
        return replace(file, assessment=ending, sha256=digest)

    file = _change(settings, name, update, "law25-assessment", author, {"sha256": digest})
    # Until here, a kill leaves the one before.
    if former and former != digest:
        _place(settings, name, former).unlink(missing_ok=True)
    return file


def find_assessment(settings: Settings, name: str) -> tuple[Path, str]:
    """Return the assessment of a request and its media type; raises `UnknownThing`."""
    file = Law25Files(settings.data).get(name)
    if not file.assessment:
        raise UnknownThing(NO_ASSESSMENT, id=name)
    return _place(settings, name, file.sha256), TYPES[file.assessment]


def date_step(settings: Settings, name: str, step: str, day: str, author: Author) -> Law25File:
    """Store the day of a step; raises `UsageError` for one that cannot be."""

    def update(file: Law25File) -> Law25File:
        try:
            stage, instant = Law25Step(step), date.fromisoformat(day.strip())
        except ValueError as error:
            raise UsageError(NOT_YET) from error
        if lacking := lacking_items(file.answers):
            names = {lang: ", ".join(say(lang, ITEMS[i][0]) for i in lacking) for lang in LANGUAGES}
            raise UsageError(LACKING, items=names)
        if stage is not Law25Step.REQUESTED and not file.assessment:
            raise UsageError(NO_ASSESSMENT, id=name)
        is_past = instant <= clock.day_in_quebec()
        if not is_past or not may_date(stage, instant, file.dates):
            raise UsageError(NOT_YET)
        return replace(file, dates={**file.dates, stage: instant})

    return _change(settings, name, update, "law25-step", author, {"step": step, "day": day})


def _change(  # noqa: PLR0913, PLR0917 - a change has as many parts
    settings: Settings,
    name: str,
    update: Callable[[Law25File], Law25File],
    act: str,
    author: Author,
    facts: Mapping[str, object],
) -> Law25File:
    request = Requests(settings.data).require(name)
    now = clock.machine_time()
    return Law25Files(settings.data).change(request, update, act, author, now, facts)


def _place(settings: Settings, name: str, digest: str) -> Path:
    return settings.data / FOLDER / name / digest


def render_document(settings: Settings, name: str, names: Mapping[str, Mapping[str, str]]) -> str:
    """Return the file to send: one document in French, with English alongside.

    `names` are those of the parties, by IRI.
    """
    view, request = read_file(settings, name), Requests(settings.data).require(name)
    return (
        _templates()
        .get_template("law25.html")
        .render(
            view=view,
            request=request,
            names=names,
            items=ITEMS,
            criteria=CRITERIA,
            steps=STEPS,
            words=WORDS,
            say=say,
            write_day=write_day,
        )
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("parvis.pooling.stewardship.requests"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
