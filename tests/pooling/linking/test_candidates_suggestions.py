"""The index of compared entities: updated, read and rebuilt."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.ledger import JudgementDecision
from parvis.linking.index import CandidateIndex
from parvis.pooling.linking.candidates import (
    FILE,
    Graphs,
    link,
    open_index,
    open_index_copy,
    update_index,
)
from parvis.pooling.linking.judgements import PairDecision, judge, to_review
from parvis.pooling.pool import Pool
from tests.pooling.linked import QID, SAME, SCHEMA, TYPE, fill, iri, put_graph, write_hall

Entity = tuple[str, str, int | None]
"""A name, a postal code and an identifier."""
ENTITIES = st.tuples(
    st.sampled_from(("Théâtre du Quai", "La salle du Quai", "Musée du Phare", "Autre lieu")),
    st.sampled_from(("H2X 0Z1", "G5L 0Z7")),
    st.sampled_from((None, None, 1, 2)),
)
CONTENTS = st.dictionaries(st.sampled_from("abc"), st.lists(ENTITIES, max_size=4), max_size=3)


def build_graphs(contents: Mapping[str, list[Entity]]) -> Graphs:
    """Write the entities of each graph as lines, in order."""
    lines = {graph: _write_lines(graph, graph_lines) for graph, graph_lines in contents.items()}
    return {
        graph: (str(hash(graph_lines)), lambda graph_lines=graph_lines: graph_lines)  # type: ignore[misc] # bound in the default
        for graph, graph_lines in lines.items()
    }


def _write_lines(graph: str, entities: list[Entity]) -> tuple[bytes, ...]:
    """Write entities, each with its address."""
    lines = []
    for number, (name, postal, identifier) in enumerate(entities):
        entity, address = (
            f"<{iri(graph, key=str(number))}>",
            f"<{iri(graph, 'address', str(number))}>",
        )
        lines += [f"{entity} {TYPE} <{SCHEMA}Place>", f'{entity} <{SCHEMA}name> "{name}"']
        lines += [
            f"{entity} <{SCHEMA}address> {address}",
            f'{address} <{SCHEMA}postalCode> "{postal}"',
        ]
        lines += [f"{entity} {SAME} <{QID.format(identifier)}>"] if identifier else []
    return tuple(f"{line} .\n".encode() for line in sorted(lines))


def read_state(index: CandidateIndex) -> tuple[object, ...]:
    """Return all results of a run."""
    return (
        index.candidates(),
        index.iris_by_graph(),
        list(index.problems()),
        index.unusable_identifiers(),
    )


@settings(max_examples=30)
@given(st.lists(CONTENTS, min_size=2, max_size=4))
def test_an_updated_index_equals_a_rebuilt_one(
    contents: list[dict[str, list[Entity]]],
) -> None:
    """Whatever was added, changed or deleted; unchanged graphs are not compared."""
    with TemporaryDirectory() as folder:
        updated, rebuilt = Path(folder, "kept"), Path(folder, "anew")
        for content in contents:
            with open_index_copy(updated) as index:
                update_index(index, build_graphs(content))
        with open_index_copy(updated) as index, open_index_copy(rebuilt) as fresh:
            assert update_index(index, build_graphs(contents[-1])) == 0
            update_index(fresh, build_graphs(contents[-1]))
            assert read_state(index) == read_state(fresh)


def test_an_unchanged_graph_is_not_read(tmp_path: Path) -> None:
    """Nor is a graph that no longer exists."""
    contents = build_graphs(
        {"a": [("Théâtre du Quai", "H2X 0Z1", 1)], "b": [("Le Quai", "H2X 0Z1", 1)]}
    )
    unread = {graph: (digest, lambda: 1 / 0) for graph, (digest, _) in contents.items()}
    with open_index_copy(tmp_path) as index:
        assert update_index(index, contents) == 2
    with open_index_copy(tmp_path) as index:
        assert update_index(index, unread) == 0  # type: ignore[arg-type] # never called
        assert update_index(index, {"a": unread["a"]}) == 1  # type: ignore[dict-item] # the same
        assert (index.count(), index.total()) == (0, 1)


def test_a_reader_sees_a_complete_run(pool: Pool, tmp_path: Path) -> None:
    """During another run, and after a failed one."""
    fill(pool, tmp_path)
    link(pool)
    data = pool.settings.data
    with suppress(ZeroDivisionError), open_index_copy(data) as index:
        index.drop(next(iter(index.graphs())))
        with open_index(data) as read:
            assert read is not None
            assert read.count() == 3
        raise ZeroDivisionError
    assert to_review(data).count == 2


def test_an_unreadable_index_is_rebuilt(pool: Pool, tmp_path: Path) -> None:
    """Truncated or of an earlier version: nothing is waiting, and the next run compares all."""
    fill(pool, tmp_path)
    first = link(pool)
    file = pool.settings.data / FILE
    content = file.read_bytes()
    for damaged in (b"", b"SQLite format 3\0nothing", content[:2000], content[: len(content) // 2]):
        file.write_bytes(damaged)
        assert to_review(pool.settings.data).rows == []
        assert link(pool).candidates == first.candidates


def test_a_page_tells_how_many_datasets_changed_since(pool: Pool, tmp_path: Path) -> None:
    """Before the first run, all of them."""
    fill(pool, tmp_path)
    data = pool.settings.data
    assert to_review(data).outdated == 3
    link(pool)
    assert to_review(data).outdated == 0
    put_graph(pool, "c", write_hall("c", hall="Musée des Marées"), tmp_path)
    assert to_review(data).outdated == 1


def test_a_page_lists_waiting_candidates_with_uncertain_ones_last(
    pool: Pool, tmp_path: Path
) -> None:
    """A number at a time, of a kind if requested, with the total."""
    fill(pool, tmp_path)
    link(pool)
    data = pool.settings.data
    (first,) = to_review(data, most=1).rows
    judge(data, [PairDecision(*first.candidate.pair, JudgementDecision.UNSURE)], "Camille")
    page = to_review(data, "place", 5)
    assert (page.count, page.rows[-1].candidate) == (2, first.candidate)
    assert to_review(data, most=1).rows[0] != first
    assert to_review(data, "event").count == 0
