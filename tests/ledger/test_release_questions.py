"""Questions for release: what was erased is in none of them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from parvis.errors import UnknownThing
from parvis.ledger import SHELL
from parvis.ledger.queries.release_questions import (
    QuestionState,
    ReleaseQuestion,
    ReleaseQuestions,
)

AT = datetime(2026, 11, 30, tzinfo=UTC)


def make(name: str, purpose: str) -> ReleaseQuestion:
    return ReleaseQuestion(name, "ana", None, "ASK {}", purpose, AT, QuestionState.WAITING, AT)


def test_a_question_that_repeats_what_is_erased_goes_and_previews_are_computed_anew(
    tmp_path: Path,
) -> None:
    questions = ReleaseQuestions(tmp_path)
    for question in (make("a", "On the secret play."), make("b", "On theatre.")):
        questions.add(question, SHELL)
        questions.put_preview(question.id, {"rows": []})
    assert questions.forget(lambda content: b"secret" in content) == 1
    with pytest.raises(UnknownThing):
        questions.require("a")
    assert questions.require("b").purpose == "On theatre."
    assert questions.preview("b") is None
