"""The table of a request's states: nothing leaves it, and each act is of who may do it."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from parvis.governance import (
    OPEN_STATES,
    STAGES,
    RequestAct,
    RequestState,
    Side,
    acts_of,
    deadline_of,
    next_state,
)

FINAL = {
    RequestState.GRANTED,
    RequestState.DECLINED,
    RequestState.WITHDRAWN,
    RequestState.EXPIRED,
}
STEPS = st.lists(st.tuples(st.sampled_from(RequestAct), st.sets(st.sampled_from(Side))), max_size=9)


@given(STEPS)
def test_no_path_leaves_the_table(steps: list[tuple[RequestAct, set[Side]]]) -> None:
    state = RequestState.WAITING
    for act, sides in steps:
        following = next_state(state, act, sides)
        assert (following is not None) == (act in acts_of(state, sides))
        if following is not None:
            assert state not in FINAL
            state = following
        assert state in STAGES


@given(STEPS)
def test_nobody_alone_brings_a_request_to_an_agreement(
    steps: list[tuple[RequestAct, set[Side]]],
) -> None:
    """The owner offers, and who asked accepts."""
    for alone in (Side.OWNER, Side.REQUESTER):
        state = RequestState.WAITING
        for act, _ in steps:
            state = next_state(state, act, {alone}) or state
        assert state is not RequestState.AGREED


def test_every_open_state_has_a_deadline_and_can_expire_by_the_pool_alone() -> None:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    for state in RequestState:
        is_open = state in OPEN_STATES
        assert is_open == (state not in FINAL) == (deadline_of(state, now) is not None)
        if is_open:
            assert next_state(state, RequestAct.EXPIRE, {Side.POOL}) is RequestState.EXPIRED
            assert next_state(state, RequestAct.EXPIRE, {Side.OWNER, Side.REQUESTER}) is None


def test_who_is_on_no_side_can_do_nothing() -> None:
    assert not any(acts_of(state, ()) for state in RequestState)
