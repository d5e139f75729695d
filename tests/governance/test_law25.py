"""The steps of Law 25 are dated in the order of the law."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from parvis.governance.law25 import Law25Step, in_force_from, lacking_items, may_date

DAY = date(2026, 1, 1)
MOVES = st.lists(st.tuples(st.sampled_from(Law25Step), st.integers(0, 90)), max_size=12)


@given(MOVES)
def test_whatever_is_tried_the_dates_follow_the_order_and_the_thirty_days(
    moves: list[tuple[Law25Step, int]],
) -> None:
    dates: dict[str, date] = {}
    for step, days in moves:
        day = DAY + timedelta(days=days)
        if may_date(step, day, dates):
            dates[step] = day
    ordered = [dates[step] for step in Law25Step if step in dates]
    assert ordered == sorted(ordered)
    assert list(Law25Step)[: len(ordered)] == [step for step in Law25Step if step in dates]
    if (sent := in_force_from(dates)) and Law25Step.DESTROYED in dates:
        assert sent == dates[Law25Step.SENT] + timedelta(days=30)


def test_four_of_the_six_items_are_always_required() -> None:
    assert lacking_items({}) == ["writing", "presentation", "grounds", "others"]
    assert lacking_items(dict.fromkeys(("writing", "presentation", "grounds"), "x")) == ["others"]
