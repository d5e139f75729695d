"""What one party may do to the people of another by asking."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parvis.errors import LimitError
from parvis.ledger import Author, Request, Requests
from parvis.ledger.requests import MOST_A_DAY

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
