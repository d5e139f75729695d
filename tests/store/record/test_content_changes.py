"""Changes between two versions of a graph, by entity."""

from hypothesis import given
from hypothesis import strategies as st

from parvis.store.record.content import compare

ENTITIES = st.dictionaries(
    st.sampled_from(["<u:a>", "<u:a/b>", "<u:a-b>", "<u:b>", "<u:é>", "<u:z>"]),
    st.sets(st.integers(0, 3), min_size=1),
)


def write_lines(entities: dict[str, set[int]]) -> list[bytes]:
    """Write entities as in the record."""
    return sorted(
        f'{subject} <u:p> "{value}" .\n'.encode()
        for subject, values in entities.items()
        for value in values
    )


@given(ENTITIES, ENTITIES)
def test_each_entity_is_added_changed_gone_or_the_same(
    before: dict[str, set[int]], after: dict[str, set[int]]
) -> None:
    """As in a comparison of the entities themselves."""
    changes = compare(write_lines(before), write_lines(after))
    both = before.keys() & after.keys()
    changed = {entity for entity in both if before[entity] != after[entity]}
    assert changes.added == len(after.keys() - before.keys())
    assert changes.gone == len(before.keys() - after.keys())
    assert (changes.changed, changes.same) == (len(changed), len(both) - len(changed))
    assert set(changes.lines or ()) == {*write_lines(before)} ^ {*write_lines(after)}
    assert set(changes.examples.get("changed", ())) == {entity.strip("<>") for entity in changed}


def test_examples_of_each_kind_of_change_are_named() -> None:
    """The first ten, however many there are."""
    many = write_lines({f"<u:{number:03}>": {0} for number in range(500)})
    changes = compare(many, [])
    assert changes.gone == 500
    assert changes.examples == {"gone": [f"u:{number:03}" for number in range(10)]}
