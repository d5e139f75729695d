"""Facts told again are written once, within bounded memory."""

from hypothesis import given
from hypothesis import strategies as st

from parvis.mapping.engine.program import WrittenLines

LINES = st.lists(st.sampled_from("abcdef"), max_size=4, unique=True)
TOLD = st.lists(st.tuples(st.sampled_from("uvwxyz"), LINES))


@given(TOLD)
def test_within_memory_each_fact_is_given_once(told: list[tuple[str, list[str]]]) -> None:
    """What comes out is what went in, without what had come before."""
    repeats = WrittenLines()
    given_out = [(s, line) for s, lines in told for line in repeats.new(s, lines)]
    assert given_out == list(dict.fromkeys((s, line) for s, lines in told for line in lines))


@given(TOLD, st.integers(0, 6))
def test_beyond_memory_no_fact_is_lost(told: list[tuple[str, list[str]]], room: int) -> None:
    """Something may come twice, never nothing."""
    repeats = WrittenLines(room)
    given_out = {(s, line) for s, lines in told for line in repeats.new(s, lines)}
    assert given_out == {(s, line) for s, lines in told for line in lines}


def test_a_table_whose_rows_are_each_another_thing_is_not_remembered() -> None:
    """Its facts cost no memory: one that comes again later is written again."""
    repeats = WrittenLines(10)
    for number in range(20):
        repeats.new(f"s{number}", ["a"])
    assert repeats.new("s19", ["a"]) == ["a"]
