"""A session is looked up, ends once and for all, and replaces the one before it."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from parvis.errors import TokenError, UnknownThing
from parvis.ledger import FILE, Code, Sessions
from parvis.ledger.people.sessions import MOST

HOUR = timedelta(hours=1)


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    """Return the sessions of an empty data folder."""
    return Sessions(tmp_path)


def test_a_session_opens_until_it_ends(sessions: Sessions, now: datetime, tmp_path: Path) -> None:
    """Its secret is stored nowhere."""
    code = sessions.begin(now, now + HOUR, "Firefox/Linux", person="p")
    session = sessions.check(code, now)
    assert (session.person, session.token, session.browser) == ("p", None, "Firefox/Linux")
    assert code.secret.encode() not in (tmp_path / FILE).read_bytes()
    for wrong in (Code(code.id, Code.new().secret), Code.new(), None):
        with pytest.raises(TokenError):
            sessions.check(wrong, now)
    with pytest.raises(TokenError):
        sessions.check(code, now + HOUR)
    sessions.end(code, now)
    with pytest.raises(TokenError):
        sessions.check(code, now)


def test_signing_in_again_ends_the_former_session(sessions: Sessions, now: datetime) -> None:
    """A forged former code ends nobody's."""
    former = sessions.begin(now, now + HOUR, "", person="p")
    forged = Code(former.id, Code.new().secret)
    sessions.begin(now, now + HOUR, "", person="q", former=forged)
    sessions.check(former, now)
    sessions.begin(now, now + HOUR, "", person="p", former=former)
    with pytest.raises(TokenError):
        sessions.check(former, now)


def test_sessions_are_listed_and_ended_by_their_holder_alone(
    sessions: Sessions, now: datetime
) -> None:
    codes = [sessions.begin(now, now + HOUR, "", person="p") for _ in range(2)]
    by_token = sessions.begin(now, now + HOUR, "", token="t")  # noqa: S106 - an id
    with pytest.raises(UnknownThing):
        sessions.end_of(now, person="q", name=codes[0].id)
    assert sessions.end_of(now, person="p", name=codes[0].id) == 1
    assert [session.id for session in sessions.open(now, person="p")] == [codes[1].id]
    assert sessions.end_of(now, person="p") == 1
    assert sessions.end_of(now, person="p") == 0
    sessions.check(by_token, now)


def test_use_is_recorded_every_few_minutes(sessions: Sessions, now: datetime) -> None:
    code = sessions.begin(now, now + HOUR, "", person="p")
    for minutes, recorded in ((1, 0), (6, 6), (8, 6)):
        later = now + timedelta(minutes=minutes)
        sessions.touch(sessions.check(code, later), later)
        assert sessions.check(code, later).seen == now + timedelta(minutes=recorded)


def test_a_person_has_a_bounded_number_of_sessions(sessions: Sessions, now: datetime) -> None:
    """A further one ends the oldest; those that are over are forgotten."""
    codes = [
        sessions.begin(now + timedelta(seconds=i), now + HOUR, "", person="p")
        for i in range(MOST + 2)
    ]
    assert len(sessions.open(now, person="p")) == MOST
    for code in codes[:2]:
        with pytest.raises(TokenError):
            sessions.check(code, now)
    sessions.check(codes[2], now)
