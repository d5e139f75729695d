"""What changed between two versions of a graph, entity by entity."""

from hypothesis import given
from hypothesis import strategies as st

from parvis.store.record.content import compare

ENTITIES = st.dictionaries(
    st.sampled_from(["<u:a>", "<u:a/b>", "<u:a-b>", "<u:b>", "<u:é>", "<u:z>"]),
    st.sets(st.integers(0, 3), min_size=1),
)


def lines(entities: dict[str, set[int]]) -> list[bytes]:
    """Write entities as the record keeps them."""
    return sorted(
        f'{subject} <u:p> "{value}" .\n'.encode()
        for subject, values in entities.items()
        for value in values
    )


@given(ENTITIES, ENTITIES)
def test_each_entity_is_new_other_gone_or_the_same(
    before: dict[str, set[int]], after: dict[str, set[int]]
) -> None:
    """As comparing the entities themselves says."""
    found = compare(lines(before), lines(after))
    both = before.keys() & after.keys()
    changed = {one for one in both if before[one] != after[one]}
    assert found.added == len(after.keys() - before.keys())
    assert found.gone == len(before.keys() - after.keys())
    assert (found.changed, found.same) == (len(changed), len(both) - len(changed))
    assert set(found.lines or ()) == {*lines(before)} ^ {*lines(after)}
    assert set(found.examples.get("changed", ())) == {one.strip("<>") for one in changed}


def test_a_few_of_each_kind_are_named() -> None:
    """The first ten, however many there are."""
    many = lines({f"<u:{number:03}>": {0} for number in range(500)})
    found = compare(many, [])
    assert found.gone == 500
    assert found.examples == {"gone": [f"u:{number:03}" for number in range(10)]}
