"""Answers become an agreement's rules, and are read back from them."""

from collections.abc import Callable

import pytest

from parvis.config import Settings
from parvis.errors import UsageError
from parvis.governance import Agreement
from parvis.pooling.stewardship.agreements.questions import (
    Answers,
    draft_from_answers,
    read_questionnaire,
)
from parvis.pooling.stewardship.entries import load_catalog
from parvis.pooling.stewardship.texts import OutdatedText, digest_of, try_out
from parvis.vocab.iris import DatasetKey

NAME, KEY, OTHER = (
    "theatre-b",
    DatasetKey("theatre-b", "billets"),
    DatasetKey("theatre-b", "reserve"),
)
PATH = "theatre-b/agreement.draft.ttl"
RESEARCH = "https://w3id.org/dpv#ResearchAndDevelopment"


def read_draft(settings: Settings) -> Agreement:
    """Return the draft as it would be in force."""
    text = (settings.catalog / PATH).read_text("utf-8")
    policies = try_out(settings, {"theatre-b/agreement.ttl": text}).policies
    agreement = policies.agreement(f"{settings.base}id/agreement/{NAME}")
    assert agreement is not None
    return agreement


ANSWERS = [
    Answers("open"),
    Answers("open", keep="P3Y", until="2027-06-30"),
    Answers("open", purpose=RESEARCH),
    Answers("members", ("presenter",), "P1Y6M", RESEARCH, "2027-01-15"),
    Answers("members", in_return=True, until="2027-01-15"),
    Answers("aggregate", keep="P1Y"),
    Answers("aggregate-members"),
    Answers("private"),
    Answers("private", count_people=True),
    Answers(
        *("aggregate", (), "", "", "", False, True, ("everyone", "tiers")),
        overlap_purpose=RESEARCH,
        overlap_until="2027-01-15",
    ),
]


@pytest.mark.parametrize("answers", ANSWERS, ids=str)
def test_answers_are_read_back_from_the_text_that_they_make(
    settings: Settings, answers: Answers
) -> None:
    """For one dataset and for another beside it; the title of the agreement stays."""
    both = {KEY: answers, OTHER: Answers("private")}
    draft_from_answers(settings, NAME, None, both, replacing=True)
    agreement, catalog = read_draft(settings), load_catalog(settings)
    assert agreement.title["fr"] == "Entente inventée"
    questions = read_questionnaire(catalog, catalog.partners[NAME], agreement)
    assert not questions.by_hand
    found = {question.key: question.answers for question in questions.questions}
    assert found == both | {DatasetKey(NAME, "spectacles"): None}
    # A second round of answers changes the draft, whose rules the questions know.
    draft_from_answers(settings, NAME, None, {KEY: answers})
    assert {rule.target for rule in read_draft(settings).rules} == {
        f"{settings.base}id/dataset/{KEY}"
    }


def test_rules_written_by_hand_are_replaced_only_if_that_is_wanted(settings: Settings) -> None:
    with pytest.raises(UsageError, match="written by hand"):
        draft_from_answers(settings, NAME, None, {KEY: Answers("open")})
    assert not (settings.catalog / PATH).exists()


def test_a_draft_that_somebody_else_has_changed_is_not_overwritten(settings: Settings) -> None:
    answers = {KEY: Answers("open")}
    draft_from_answers(settings, NAME, None, answers, replacing=True, expected=digest_of(None))
    with pytest.raises(OutdatedText):
        draft_from_answers(settings, NAME, None, answers, expected=digest_of(None))


WRONG: list[tuple[Callable[[], dict[DatasetKey, Answers]], str]] = [
    (dict, "say who may read"),
    (lambda: {KEY: Answers("all")}, "none of the answers"),
    (lambda: {KEY: Answers("open", keep="3 years")}, "no duration"),
    (lambda: {KEY: Answers("open", until="30/06/2027")}, "no day"),
    (lambda: {KEY: Answers("open", purpose="x> . <y")}, "no purpose"),
    (lambda: {KEY: Answers("open", ("presenter",))}, "is refused what is for the members"),
    (lambda: {DatasetKey("tiers", "x"): Answers("open")}, "no dataset of theatre-b"),
]


@pytest.mark.parametrize(("answers", "message"), WRONG, ids=[message for _, message in WRONG])
def test_wrong_answers_write_nothing(
    settings: Settings, answers: Callable[[], dict[DatasetKey, Answers]], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        draft_from_answers(settings, NAME, None, answers(), replacing=True)
    assert not (settings.catalog / PATH).exists()
