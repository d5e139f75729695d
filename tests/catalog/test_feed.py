"""The activity log only grows, in order, and leads to the current state."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from parvis.catalog.feed import ACTIVITIES_PER_DATASET, Activity, deleted_datasets, extend_log
from parvis.vocab.iris import DatasetKey

START = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = [DatasetKey("a", name) for name in "xyz"]
states = st.lists(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["1", "2"])), max_size=30)


def publish_states(history: list[dict[DatasetKey, str]]) -> list[list[Activity]]:
    """Publish one state after another and return the log after each."""
    logs: list[list[Activity]] = [[]]
    for day, state in enumerate(history):
        logs.append(extend_log(logs[-1], state, START + timedelta(days=day)))
    return logs


@given(states)
def test_replaying_the_log_yields_the_published_datasets(
    history: list[dict[DatasetKey, str]],
) -> None:
    """A client that replays the log has the current datasets."""
    replica: dict[DatasetKey, str] = {}
    for activity in publish_states(history)[-1]:
        if activity.kind == "Delete":
            replica.pop(activity.key, None)
        else:
            replica[activity.key] = activity.digest
    assert replica == (history[-1] if history else {})


@given(states)
def test_the_log_only_grows_and_is_bounded(history: list[dict[DatasetKey, str]]) -> None:
    """Numbers rise with time, and entries never change."""
    for before, after in zip(publish_states(history), publish_states(history)[1:], strict=False):
        numbers = [activity.number for activity in after]
        assert numbers == sorted(set(numbers))
        assert [activity.published for activity in after] == sorted(
            activity.published for activity in after
        )
        former = {
            activity.number: (activity.kind, activity.key, activity.published)
            for activity in before
        }
        last = max(former, default=0)
        assert all(
            former[activity.number] == (activity.kind, activity.key, activity.published)
            for activity in after
            if activity.number <= last
        )
        assert all(
            sum(activity.key == key for activity in after) <= ACTIVITIES_PER_DATASET for key in KEYS
        )


@given(states)
def test_withdrawn_datasets_are_logged_as_deleted(history: list[dict[DatasetKey, str]]) -> None:
    """A withdrawn dataset is logged as deleted."""
    for log, state in zip(publish_states(history)[1:], history, strict=True):
        assert {activity.key for activity in log} - deleted_datasets(log) == set(state)


def test_the_order_survives_a_clock_set_back() -> None:
    """Later activities are never dated earlier."""
    first = extend_log([], {KEYS[0]: "1"}, START)
    second = extend_log(first, {KEYS[0]: "2"}, START - timedelta(days=1))
    assert [activity.published for activity in second] == [START, START]
    assert second[0].kind == "Create"
    assert second[1].kind == "Update"
