"""The log of what happened: it only grows, in order, and always leads to what is there."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from parvis.catalog.feed import ACTIVITIES_PER_DATASET, Activity, deleted_datasets, extend_log
from parvis.vocab.iris import DatasetKey

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = [DatasetKey("a", name) for name in "xyz"]
states = st.lists(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["1", "2"])), max_size=30)


def told(history: list[dict[DatasetKey, str]]) -> list[list[Activity]]:
    """Publish one state after the other; give the log after each."""
    logs: list[list[Activity]] = [[]]
    for day, state in enumerate(history):
        logs.append(extend_log(logs[-1], state, BEGAN + timedelta(days=day)))
    return logs


@given(states)
def test_who_follows_the_log_holds_what_is_published(
    history: list[dict[DatasetKey, str]],
) -> None:
    """Also one who begins at any moment."""
    held: dict[DatasetKey, str] = {}
    for one in told(history)[-1]:
        if one.kind == "Delete":
            held.pop(one.key, None)
        else:
            held[one.key] = one.digest
    assert held == (history[-1] if history else {})


@given(states)
def test_the_log_grows_at_its_end_and_is_bounded(history: list[dict[DatasetKey, str]]) -> None:
    """Numbers rise with time, and nothing that stays is another than before."""
    for before, after in zip(told(history), told(history)[1:], strict=False):
        numbers = [one.number for one in after]
        assert numbers == sorted(set(numbers))
        assert [one.published for one in after] == sorted(one.published for one in after)
        known = {one.number: (one.kind, one.key, one.published) for one in before}
        last = max(known, default=0)
        assert all(
            known[one.number] == (one.kind, one.key, one.published)
            for one in after
            if one.number <= last
        )
        assert all(sum(one.key == key for one in after) <= ACTIVITIES_PER_DATASET for key in KEYS)


@given(states)
def test_what_is_gone_is_told_as_gone(history: list[dict[DatasetKey, str]]) -> None:
    """Its descriptions go with it."""
    for log, state in zip(told(history)[1:], history, strict=True):
        assert {one.key for one in log} - deleted_datasets(log) == set(state)


def test_a_clock_that_goes_back_disturbs_no_order() -> None:
    """What happens later is never told as earlier."""
    first = extend_log([], {KEYS[0]: "1"}, BEGAN)
    second = extend_log(first, {KEYS[0]: "2"}, BEGAN - timedelta(days=1))
    assert [one.published for one in second] == [BEGAN, BEGAN]
    assert second[0].kind == "Create"
    assert second[1].kind == "Update"
