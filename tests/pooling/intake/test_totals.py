"""Half of a file is a file like any other: a jump of its totals waits for somebody."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.config import Settings, knowledge
from parvis.pooling.intake.deposits import give
from parvis.pooling.intake.file_rules import CHANGED_TOTAL, find_changed_totals
from parvis.pooling.intake.submit import check, submit
from parvis.pooling.pool import Pool
from parvis.vocab.iris import DatasetKey

KEY = DatasetKey("theatre-lanterne", "publics")


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    """Open a pool of the demonstration whose publics were submitted."""
    catalog = Path(shutil.copytree(knowledge("catalog") / "demo", tmp_path / "catalog"))
    with Pool.open(Settings.load(data=tmp_path / "data", catalog=catalog)) as opened:
        assert submit(opened, KEY).stored
        yield opened


def write_half(pool: Pool, tmp_path: Path) -> Path:
    """Write every second row of the file, without the largest region."""
    lines = pool.catalog.require(KEY).sources[0].read_bytes().splitlines(keepends=True)
    file = tmp_path / "publics.csv"
    file.write_bytes(b"".join([lines[0], *lines[2::2]]))
    return file


def test_half_of_a_file_waits_and_enters_once_it_is_approved(pool: Pool, tmp_path: Path) -> None:
    """The report names the measure, the period and both totals."""
    file = write_half(pool, tmp_path)
    outcome = submit(pool, KEY, file)
    assert (outcome.accepted, outcome.stored, outcome.wants_approval) == (True, False, True)
    texts = [f.text["en"] for f in outcome.report.findings if f.rule == CHANGED_TOTAL]
    assert texts
    assert all("in the pool" in text for text in texts)
    assert submit(pool, KEY, file, approved=True).stored


def test_no_rule_accepts_half_of_a_file(pool: Pool, tmp_path: Path) -> None:
    """A partner that gives it reads why it waits."""
    _, deposit = give(pool, KEY, write_half(pool, tmp_path), "urn:x:party")
    assert deposit
    assert "totals" in next(why["en"] for why in deposit.waits)


def test_the_same_file_and_a_new_period_do_not_wait(pool: Pool) -> None:
    assert not check(pool, KEY).wants_approval


def write_lines(figures: list[tuple[str, int]]) -> list[bytes]:
    """Write observations of a period each."""
    rdf, parvis = "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "https://w3id.org/parvis/ns#"
    return [
        f"<urn:x:{number:04}> {rest} .\n".encode()
        for number, (period, value) in enumerate(figures)
        for rest in (
            f"<{rdf}type> <http://purl.org/linked-data/cube#Observation>",
            f"<{parvis}refPeriod> <urn:p:{period}>",
            f'<{parvis}attendance> "{value}"^^<http://www.w3.org/2001/XMLSchema#integer>',
        )
    ]


FIGURES = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 1000)), max_size=8)


@given(FIGURES, FIGURES)
def test_exactly_the_periods_whose_total_changes_by_more_than_a_fifth_are_reported(
    before: list[tuple[str, int]], after: list[tuple[str, int]]
) -> None:
    """A period that is not in both files is none of them."""
    expected = 0
    for period in {p for p, _ in before} & {p for p, _ in after}:
        old, new = (sum(v for p, v in figures if p == period) for figures in (before, after))
        expected += abs(new - old) > 0.2 * old
    assert len(list(find_changed_totals(write_lines(before), write_lines(after)))) == expected
