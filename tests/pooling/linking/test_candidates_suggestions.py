"""What was compared, kept between two runs: brought up to date, read whole, made again."""

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
from tests.pooling.linked import QID, SAME, SCHEMA, TYPE, fill, iri

Thing = tuple[str, str, int | None]
"""A name, a postal code and an identifier."""
THINGS = st.tuples(
    st.sampled_from(("Théâtre du Quai", "La salle du Quai", "Musée du Phare", "Autre lieu")),
    st.sampled_from(("H2X 0Z1", "G5L 0Z7")),
    st.sampled_from((None, None, 1, 2)),
)
CONTENTS = st.dictionaries(st.sampled_from("abc"), st.lists(THINGS, max_size=4), max_size=3)


def graphs(told: Mapping[str, list[Thing]]) -> Graphs:
    """Write the things of each graph as lines, in order."""
    written = {graph: _lines(graph, some) for graph, some in told.items()}
    return {
        graph: (str(hash(some)), lambda some=some: some)  # type: ignore[misc] # bound at once
        for graph, some in written.items()
    }


def _lines(graph: str, some: list[Thing]) -> tuple[bytes, ...]:
    """Write things, each with its address."""
    found = []
    for number, (name, postal, known) in enumerate(some):
        this, where = f"<{iri(graph, key=str(number))}>", f"<{iri(graph, 'address', str(number))}>"
        found += [f"{this} {TYPE} <{SCHEMA}Place>", f'{this} <{SCHEMA}name> "{name}"']
        found += [f"{this} <{SCHEMA}address> {where}", f'{where} <{SCHEMA}postalCode> "{postal}"']
        found += [f"{this} {SAME} <{QID.format(known)}>"] if known else []
    return tuple(f"{line} .\n".encode() for line in sorted(found))


def state(index: CandidateIndex) -> tuple[object, ...]:
    """Tell all that a run came to."""
    return index.candidates(), index.things(), list(index.problems()), index.vain()


@settings(max_examples=30)
@given(st.lists(CONTENTS, min_size=2, max_size=4))
def test_what_was_brought_up_to_date_is_what_would_be_made_anew(
    contents: list[dict[str, list[Thing]]],
) -> None:
    """Whatever came, changed or went in between; nothing is compared where nothing changed."""
    with TemporaryDirectory() as folder:
        kept, anew = Path(folder, "kept"), Path(folder, "anew")
        for told in contents:
            with open_index_copy(kept) as index:
                update_index(index, graphs(told))
        with open_index_copy(kept) as index, open_index_copy(anew) as fresh:
            assert update_index(index, graphs(contents[-1])) == 0
            update_index(fresh, graphs(contents[-1]))
            assert state(index) == state(fresh)


def test_a_graph_that_is_as_it_was_is_not_read(tmp_path: Path) -> None:
    """Nor is one that nobody gives any more."""
    told = graphs({"a": [("Théâtre du Quai", "H2X 0Z1", 1)], "b": [("Le Quai", "H2X 0Z1", 1)]})
    unread = {graph: (digest, lambda: 1 / 0) for graph, (digest, _) in told.items()}
    with open_index_copy(tmp_path) as index:
        assert update_index(index, told) == 2
    with open_index_copy(tmp_path) as index:
        assert update_index(index, unread) == 0  # type: ignore[arg-type] # never called
        assert update_index(index, {"a": unread["a"]}) == 1  # type: ignore[dict-item] # the same
        assert (index.count(), index.total()) == (0, 1)


def test_who_reads_sees_one_run_whole(pool: Pool, tmp_path: Path) -> None:
    """While another goes on, and after one that failed."""
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


def test_a_file_that_cannot_be_read_is_made_again(pool: Pool, tmp_path: Path) -> None:
    """Cut short, or of an earlier form: nothing waits then, and the next run compares all."""
    fill(pool, tmp_path)
    first = link(pool)
    file = pool.settings.data / FILE
    whole = file.read_bytes()
    for damaged in (b"", b"SQLite format 3\0nothing", whole[:2000], whole[: len(whole) // 2]):
        file.write_bytes(damaged)
        assert to_review(pool.settings.data).some == []
        assert link(pool).candidates == first.candidates


def test_a_page_is_of_what_waits_the_doubtful_last(pool: Pool, tmp_path: Path) -> None:
    """So many at a time, of one kind if asked, with how many there are in all."""
    fill(pool, tmp_path)
    link(pool)
    data = pool.settings.data
    (first,) = to_review(data, most=1).some
    judge(data, [PairDecision(*first.candidate.pair, JudgementDecision.UNSURE)], "Camille")
    page = to_review(data, "place", 5)
    assert (page.count, page.some[-1].candidate) == (2, first.candidate)
    assert to_review(data, most=1).some[0] != first
    assert to_review(data, "event").count == 0
