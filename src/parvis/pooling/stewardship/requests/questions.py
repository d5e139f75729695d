"""Questions for release: a researcher asks, the steward reads the table over, and decides.

Whoever asks learns nothing of the table before it is released: neither what it shows, nor how much
of it, nor whether anything was suppressed. Asking computes nothing on the data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from typing import Any

from parvis.config import Settings, clock
from parvis.errors import UsageError
from parvis.i18n import N_, both
from parvis.ledger import SHELL, Author
from parvis.ledger.queries.release_questions import (
    DECIDED,
    QuestionState,
    ReleaseQuestion,
    ReleaseQuestions,
)
from parvis.pooling.notifications import NoticeKind, notify
from parvis.pooling.pool import Pool
from parvis.pooling.publics.history import FOLDER, read_all_releases
from parvis.pooling.publics.release import choose_strata
from parvis.pooling.serving.site.practice.tables import (
    TableRequest,
    read_table_request,
    table_to_json,
)
from parvis.pooling.stewardship.requests.table_release import control_table, release_table
from parvis.report.delimited import csv_text
from parvis.statistics.strata import Strata
from parvis.store.files import writing

LONGEST = 1_000
"""Characters of a purpose, and of a reason."""
LONGEST_ID = 40
"""Characters of an id that are looked up."""
SECONDS = 5.0
"""Seconds of the site's own work that a question costs: somebody reads each one over."""
NO_PURPOSE = N_("say what the table is for: the steward reads it before deciding")
NO_REASON = N_("say why the table is not released: who asked reads it")
NOT_READ = N_("read the table of the question {id} over first: parvis question examine {id}")
CHANGED = N_(
    "the figures of the question {id} have changed since its table was read over: read it again"
)
STATES: Mapping[QuestionState, str] = {
    QuestionState.WAITING: N_("waits for the steward"),
    QuestionState.RELEASED: N_("the table is released"),
    QuestionState.REFUSED: N_("refused"),
    QuestionState.WITHDRAWN: N_("withdrawn"),
}
"""Each state in words."""


_strata: dict[Path, tuple[object, Strata]] = {}
"""The strata of each pool, with the names and times of the releases that they were read from."""


def strata_of(settings: Settings) -> Strata:
    """Return the strata that a pool's releases have."""
    # Releases are large, and of all only the hierarchy is needed, which stays: it is read again
    # once there is another release.
    files = sorted((settings.data / FOLDER).glob("*/*/*"))
    stamp = [(file, file.stat().st_mtime_ns) for file in files], settings.disclosure.ages
    former = _strata.get(settings.data)
    if former is None or former[0] != stamp:
        with Pool.open(settings, lenient=True) as pool:
            former = stamp, choose_strata(pool, read_all_releases(settings.data))
        _strata[settings.data] = former
    return former[1]


def read_request(settings: Settings, query: str) -> TableRequest:
    """Read a query as a table of releases, without looking at any figure.

    Raises `QueryError` for one that is none, or cuts figures as releases do not.
    """
    return read_table_request(query, settings.base, strata_of(settings))


def ask_release(
    settings: Settings, party: str, author: Author, query: str, purpose: str
) -> ReleaseQuestion:
    """Queue a query for the steward, in the name of a party (an IRI).

    Raises `QueryError` as `read_request`, `UsageError` without a purpose, and `LimitError` for a
    party that has as many questions as it may.
    """
    text, now = " ".join(purpose.split())[:LONGEST], clock.machine_time()
    if not text:
        raise UsageError(NO_PURPOSE)
    question = ReleaseQuestion(
        id=token_hex(8),
        party=party,
        person=author.person,
        query=read_request(settings, query).query,
        purpose=text,
        created=now,
        state=QuestionState.WAITING,
        since=now,
    )
    ReleaseQuestions(settings.data).add(question, author)
    return question


def withdraw_question(settings: Settings, name: str, party: str, author: Author) -> ReleaseQuestion:
    """Take a question of a party back; raises `UnknownThing` for another's."""
    questions = ReleaseQuestions(settings.data)
    questions.require(name, party)
    return questions.decide(name, lambda question: _end(question, QuestionState.WITHDRAWN), author)


def examine_question(pool: Pool, name: str) -> dict[str, Any]:
    """Compute the table of a question, and store it for the steward to read over."""
    questions = ReleaseQuestions(pool.settings.data)
    with writing(pool.settings.data):
        preview = control_table(pool, questions.require(name)).to_json()
        questions.put_preview(name, preview)
    return preview


def release_question(pool: Pool, name: str, author: Author = SHELL) -> ReleaseQuestion:
    """Release the table of a question that was read over; whoever asked is told.

    It becomes a release that all later ones are controlled against. Raises `UsageError` for one
    that nobody read over, or whose figures have changed since, which is then to be read again.
    """
    questions, data = ReleaseQuestions(pool.settings.data), pool.settings.data
    with writing(data):
        question, preview = questions.require(name), questions.preview(name)
        if question.state is not QuestionState.WAITING:
            raise UsageError(DECIDED, id=name)
        if preview is None:
            raise UsageError(NOT_READ, id=name)
        table = control_table(pool, question)
        if table.to_json() != preview:
            questions.put_preview(name, table.to_json())
            raise UsageError(CHANGED, id=name)
        # The history comes first: the next release is controlled against all that is published.
        release_table(pool, table)
        number, published = table.release.number, table_to_json(table.request, table.rows)
        released = questions.decide(
            name,
            lambda waiting: replace(
                _end(waiting, QuestionState.RELEASED), number=number, table=published
            ),
            author,
        )
    _tell(pool.settings, released)
    return released


def refuse_question(
    settings: Settings, name: str, reason: str, author: Author = SHELL
) -> ReleaseQuestion:
    """Refuse to release the table of a question, with a reason for whoever asked."""
    text = " ".join(reason.split())[:LONGEST]
    if not text:
        raise UsageError(NO_REASON)
    refused = ReleaseQuestions(settings.data).decide(
        name, lambda question: _end(question, QuestionState.REFUSED, text), author
    )
    _tell(settings, refused)
    return refused


def _end(question: ReleaseQuestion, state: QuestionState, reason: str = "") -> ReleaseQuestion:
    return replace(question, state=state, since=clock.machine_time(), reason=reason)


def _tell(settings: Settings, question: ReleaseQuestion) -> None:
    facts = {
        "day": question.created.astimezone(clock.QUEBEC).date().isoformat(),
        "state": both(STATES[question.state]),
        "path": f"organization/questions/{question.id}",
    }
    notify(settings, NoticeKind.QUESTION_ANSWERED, question.party, facts, question.id)


def question_to_json(question: ReleaseQuestion) -> dict[str, Any]:
    """Return a question as its party reads it: of the table, nothing before it is released."""
    return {
        "id": question.id,
        "query": question.query,
        "purpose": question.purpose,
        "asked": question.created.isoformat(timespec="seconds"),
        "state": str(question.state),
        "since": question.since.isoformat(timespec="seconds"),
        "reason": question.reason or None,
        "release": question.number,
        "table": question.table,
    }


def table_to_csv(table: Mapping[str, Any], lang: str) -> str:
    """Return a released table as CSV: codes, their labels in a language, and figures."""
    names: Sequence[str] = table["columns"]
    headings = [*names[:-1], *(f"{name}_label" for name in names[:-1]), names[-1], "status"]
    statuses = {True: "suppressed", False: "free"}
    rows = [
        [
            *row["codes"],
            *(label[lang] for label in row["labels"]),
            "" if row["suppressed"] else str(row["value"]),
            statuses[row["suppressed"]],
        ]
        for row in table["rows"]
    ]
    return csv_text([headings, *rows])
