"""Sums of readings follow the audit trail, whatever is written, merged or forgotten."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.ledger import FILE, READING, Act, Audit, Database, DatasetUses, Event, merge_chains
from parvis.ledger.uses import recount_uses

START = datetime(2026, 1, 1, tzinfo=UTC)
DATASETS = ("urn:d", "urn:e", "urn:f")
EVENTS = st.lists(
    st.builds(
        Event,
        st.sampled_from([*READING, Act.SUBMIT]),
        st.integers(0, 3).map(lambda day: START + timedelta(days=day)),
        st.sampled_from(["urn:a", "urn:b", None]),
        st.lists(
            st.tuples(st.sampled_from(DATASETS), st.sampled_from(["urn:rule", None])),
            unique_by=lambda pair: pair[0],
        ).map(tuple),
        st.sampled_from([(), (("rows", 4),), (("rows", None),)]),
    ),
    max_size=12,
)


def sums_of(data: Path) -> set[object]:
    return set(DatasetUses(data).of(DATASETS, date(2025, 1, 1), "urn:me", 1_000))


@settings(max_examples=20)
@given(EVENTS)
def test_the_sums_are_those_that_the_trail_gives(events: list[Event]) -> None:
    with TemporaryDirectory() as folder:
        data = Path(folder)
        Audit(data).append(events)
        counted = sums_of(data)
        with Database(data / FILE).writing() as connection:
            recount_uses(connection)
        assert sums_of(data) == counted


def test_a_party_is_not_told_of_its_own_reading_and_old_days_are_forgotten(tmp_path: Path) -> None:
    audit, old, new = Audit(tmp_path), START, START + timedelta(days=40)
    about = (("urn:d", None),)
    audit.append([Event(Act.QUERY, at, by, about) for at in (old, new) for by in ("a", "b")])
    uses = DatasetUses(tmp_path).of(["urn:d"], old.date(), "a", 9)
    assert [(use.day, use.party, use.requests) for use in uses] == [
        (new.date(), "b", 1),
        (old.date(), "b", 1),
    ]
    audit.forget(START + timedelta(days=20), new)
    assert [use.day for use in DatasetUses(tmp_path).of(["urn:d"], old.date(), "a", 9)] == [
        new.date()
    ]


def test_a_trail_that_is_merged_is_counted(tmp_path: Path) -> None:
    here, saved = tmp_path / "here", tmp_path / "saved"
    Audit(saved).append([Event(Act.QUERY, START, "urn:a", (("urn:d", None),))])
    Audit(here).append([Event(Act.BACKUP, START)])
    merge_chains(here, saved / FILE)
    assert {use.requests for use in DatasetUses(here).of(["urn:d"], START.date(), "x", 9)} == {1}
