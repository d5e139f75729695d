"""Questions for release: a researcher asks, the steward reads the table over, and decides.

Whoever asks learns nothing of the table before it is released: neither what it shows, nor how much
of it, nor whether anything was suppressed. Asking computes nothing on the data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from secrets import token_hex
from typing import Any

from parvis.catalog.codelists import read_areas
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
from parvis.pooling.publics.strata import read_strata
from parvis.pooling.publics.tables import TableRequest, read_table_request
from parvis.pooling.stewardship.requests.table_release import (
    UNPROVED,
    announce_table,
    control_table,
    store_table,
    table_releases,
)
from parvis.report.delimited import csv_text
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
    QuestionState.RELEASING: N_("the table is being released"),
    QuestionState.RELEASED: N_("the table is released"),
    QuestionState.RECALLED: N_("the table is recalled: do not use its figures"),
    QuestionState.REFUSED: N_("refused"),
    QuestionState.WITHDRAWN: N_("withdrawn"),
}
"""Each state in words."""


def read_request(settings: Settings, query: str) -> TableRequest:
    """Read a query as a table of releases, without looking at any figure.

    Raises `QueryError` for one that is none, or cuts figures as releases do not.
    """
    # What earlier releases cut otherwise, the control refuses: to know it here, anybody's query
    # would have all of them read.
    strata = read_strata(settings.disclosure.ages, read_areas(settings.catalog))
    return read_table_request(query, settings.base, strata)


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
    return questions.decide(name, partial(_change, state=QuestionState.WITHDRAWN), author)


def examine_question(pool: Pool, name: str) -> dict[str, Any]:
    """Compute the table of a question, and store it for the steward to read over."""
    questions = ReleaseQuestions(pool.settings.data)
    with writing(pool.settings.data):
        _settle_interrupted(pool, questions)
        preview = control_table(pool, questions.require(name)).to_json()
        questions.put_preview(name, preview)
    return preview


def release_question(pool: Pool, name: str, author: Author = SHELL) -> ReleaseQuestion:
    """Release the table of a question that was read over; whoever asked is told.

    It becomes a release that all later ones are controlled against. After an interruption, a second
    call finishes it. Raises `UsageError` for one that nobody read over, or whose figures have
    changed since, which is then to be read again, and where some are not proved uncertain.
    """
    questions, data = ReleaseQuestions(pool.settings.data), pool.settings.data
    with writing(data):
        _settle_interrupted(pool, questions)
        question, preview = questions.require(name), questions.preview(name)
        if question.state is QuestionState.WAITING:
            if preview is None:
                raise UsageError(NOT_READ, id=name)
            table = control_table(pool, question)
            if table.to_json() != preview:
                questions.put_preview(name, table.to_json())
                raise UsageError(CHANGED, id=name)
            if table.release.unproved:
                raise UsageError(UNPROVED, count=table.release.unproved)
            # From here on nobody takes it back. The history comes before what its party reads: the
            # next release is controlled against all that is published.
            begun = partial(_change, state=QuestionState.RELEASING, number=table.release.number)
            questions.decide(name, begun, author)
            store_table(pool, table)
            question = _publish_table(questions, name, preview, author)
        if question.state is not QuestionState.RELEASED or question.number is None:
            raise UsageError(DECIDED, id=name)
        announce_table(pool, question.number)
    _tell(pool.settings, question)
    return question


def _settle_interrupted(pool: Pool, questions: ReleaseQuestions) -> None:
    """End the releases of tables that were interrupted: what the history has decides.

    The caller holds the lock, so that none of them is still going on.
    """
    numbers = table_releases(pool).numbers()
    for question in questions.in_state(QuestionState.RELEASING):
        preview = questions.preview(question.id)
        if question.number in numbers and preview is not None:
            _publish_table(questions, question.id, preview, SHELL)
        else:
            waits = partial(_change, state=QuestionState.WAITING, number=None)
            questions.decide(question.id, waits, SHELL, {QuestionState.RELEASING})


def _publish_table(
    questions: ReleaseQuestions, name: str, preview: Mapping[str, Any], author: Author
) -> ReleaseQuestion:
    """Let the party of a question read its table, which is in the history."""
    table = {member: value for member, value in preview.items() if member != "unproved"}
    # Why a figure is suppressed is for the third party.
    table["rows"] = [
        {member: value for member, value in row.items() if member != "reasons"}
        for row in preview["rows"]
    ]
    released = partial(_change, state=QuestionState.RELEASED, table=table)
    return questions.decide(name, released, author, {QuestionState.RELEASING})


def refuse_question(
    settings: Settings, name: str, reason: str, author: Author = SHELL
) -> ReleaseQuestion:
    """Refuse to release the table of a question, with a reason for whoever asked."""
    text = " ".join(reason.split())[:LONGEST]
    if not text:
        raise UsageError(NO_REASON)
    refused = ReleaseQuestions(settings.data).decide(
        name, partial(_change, state=QuestionState.REFUSED, reason=text), author
    )
    _tell(settings, refused)
    return refused


def recall_table(
    pool: Pool, name: str, reason: Mapping[str, str], author: Author = SHELL
) -> ReleaseQuestion:
    """Recall the released table of a question: whoever asked reads it no more, and is told why.

    It stays in the history, since it is known: later releases are controlled against it.
    """
    text = " ".join(" / ".join(reason.values()).split())[:LONGEST]
    with writing(pool.settings.data):
        recalled = ReleaseQuestions(pool.settings.data).decide(
            name,
            partial(_change, state=QuestionState.RECALLED, table=None, reason=text),
            author,
            {QuestionState.RELEASED},
        )
    _tell(pool.settings, recalled)
    return recalled


def _change(question: ReleaseQuestion, **changes: Any) -> ReleaseQuestion:  # noqa: ANN401 - its fields
    return replace(question, since=clock.machine_time(), **changes)


def _tell(settings: Settings, question: ReleaseQuestion) -> None:
    facts = {
        "day": question.created.astimezone(clock.QUEBEC).date().isoformat(),
        "state": both(STATES[question.state]),
        "path": f"organization/questions/{question.id}",
    }
    key = f"{question.id}|{question.state}"
    notify(settings, NoticeKind.QUESTION_ANSWERED, question.party, facts, key)


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
