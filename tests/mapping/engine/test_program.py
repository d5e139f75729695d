"""Repeated triples are written once, within bounded memory."""

from hypothesis import given
from hypothesis import strategies as st

from parvis.mapping.engine.program import WrittenLines

LINES = st.lists(st.sampled_from("abcdef"), max_size=4, unique=True)
STATEMENTS = st.lists(st.tuples(st.sampled_from("uvwxyz"), LINES))


@given(STATEMENTS)
def test_within_the_capacity_each_triple_is_written_once(
    statements: list[tuple[str, list[str]]],
) -> None:
    """The output is the input without repetitions."""
    repeats = WrittenLines()
    output = [(s, line) for s, lines in statements for line in repeats.filter_new(s, lines)]
    assert output == list(dict.fromkeys((s, line) for s, lines in statements for line in lines))


@given(STATEMENTS, st.integers(0, 6))
def test_beyond_the_capacity_no_triple_is_lost(
    statements: list[tuple[str, list[str]]], capacity: int
) -> None:
    """Triples may be written twice, but none is lost."""
    repeats = WrittenLines(capacity)
    output = {(s, line) for s, lines in statements for line in repeats.filter_new(s, lines)}
    assert output == {(s, line) for s, lines in statements for line in lines}


def test_a_table_with_a_new_entity_in_each_row_is_not_remembered() -> None:
    """Otherwise they would fill the memory; a later repetition is written again."""
    repeats = WrittenLines(10)
    for number in range(20):
        repeats.filter_new(f"s{number}", ["a"])
    assert repeats.filter_new("s19", ["a"]) == ["a"]
