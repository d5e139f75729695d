"""What one party may do to the people of another by asking."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest

from parvis.errors import LimitError, UnknownThing
from parvis.ledger import Act, Audit, Author, Request, Requests, StandingOffer, StandingOffers
from parvis.ledger.requests import MOST_A_DAY, MOST_RULES

NOW = datetime(2026, 11, 30, tzinfo=UTC)
ASKING = Author("urn:asking", "editor", "p-1")
REQUEST = Request(
    id="",
    requester="urn:asking",
    owner="urn:owner",
    subject="urn:dataset",
    title={"fr": "Jeu", "en": "Dataset"},
    purpose="urn:purpose",
    until=NOW.date() + timedelta(days=90),
    message="Une thèse.",
    created=NOW,
    state="withdrawn",
    since=NOW,
    due=None,
)


def test_requests_that_are_taken_back_at_once_are_bounded_by_day(tmp_path: Path) -> None:
    """Each one writes to the people of its owner."""
    requests = Requests(tmp_path)
    requests.add([replace(REQUEST, id=f"{number:x}") for number in range(MOST_A_DAY)], ASKING)
    with pytest.raises(LimitError, match="within a day"):
        requests.add([replace(REQUEST, id="next")], ASKING)
    other = replace(REQUEST, id="other", requester="urn:other")
    requests.add([other], Author("urn:other", "editor"))
    requests.add([replace(REQUEST, id="later", created=NOW + timedelta(days=1))], ASKING)


def test_an_owner_has_no_more_rules_than_it_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in force nor within a day; another owner has its own."""
    monkeypatch.setattr("parvis.ledger.requests.MOST_RULES_A_DAY", MOST_RULES + 1)
    rules = StandingOffers(tmp_path)
    rule = StandingOffer("", "urn:owner", "urn:dataset", "urn:members", (), 30, NOW)
    for number in range(MOST_RULES):
        rules.add(replace(rule, id=f"{number:x}"), ASKING)
    with pytest.raises(LimitError, match="end one"):
        rules.add(replace(rule, id="next"), ASKING)
    rules.add(replace(rule, id="other", owner="urn:other"), ASKING)
    for name in ("0", "1"):
        rules.end(name, "urn:owner", ASKING, NOW)
    rules.add(replace(rule, id="next"), ASKING)
    with pytest.raises(LimitError, match="within a day"):
        rules.add(replace(rule, id="last"), ASKING)
    rules.add(replace(rule, id="last", created=NOW + timedelta(days=1)), ASKING)


def test_of_many_who_end_a_rule_at_once_one_does(tmp_path: Path) -> None:
    """And one entry of the audit log says so."""
    rules, start = StandingOffers(tmp_path), Barrier(8)
    rules.add(StandingOffer("r", "urn:owner", "urn:dataset", "urn:members", (), 30, NOW), ASKING)

    def end(_: int) -> bool:
        start.wait()
        try:
            rules.end("r", "urn:owner", ASKING, NOW)
        except UnknownThing:
            return False
        return True

    with ThreadPoolExecutor(start.parties) as threads:
        assert sum(threads.map(end, range(start.parties))) == 1
    assert len(Audit(tmp_path).latest([Act.REQUEST], 99)) == len(("rule", "rule-ended"))
