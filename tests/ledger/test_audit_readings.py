"""Acts of reading are counted by party, dataset and rule."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from parvis.ledger import Act, Audit, Event

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def read(by: str, at: datetime, *datasets: tuple[str, str | None], act: Act = Act.QUERY) -> Event:
    return Event(act, at, by, datasets)


def test_readings_are_counted_by_party_dataset_and_rule(tmp_path: Path) -> None:
    """Since an instant; other acts, other datasets and the excepted party do not count."""
    audit = Audit(tmp_path)
    audit.append(
        [
            read("urn:a", NOW - timedelta(days=100), ("urn:d", "urn:rule")),
            read("urn:a", NOW - timedelta(days=2), ("urn:d", "urn:rule"), ("urn:other", None)),
            read("urn:a", NOW - timedelta(days=1), ("urn:d", "urn:rule"), act=Act.DOWNLOAD),
            read("urn:b", NOW, ("urn:d", None)),
            read("urn:me", NOW, ("urn:d", "urn:rule")),
            read("urn:a", NOW, ("urn:d", None), act=Act.SUBMIT),
        ]
    )
    counts = audit.count_readings(["urn:d"], NOW - timedelta(days=90), except_by="urn:me")
    assert {(c.by, c.dataset, c.decided, c.requests, c.last) for c in counts} == {
        ("urn:a", "urn:d", "urn:rule", 2, NOW - timedelta(days=1)),
        ("urn:b", "urn:d", None, 1, NOW),
    }


def test_nothing_is_counted_before_the_first_entry(tmp_path: Path) -> None:
    assert Audit(tmp_path).count_readings(["urn:d"], NOW, except_by="") == []
