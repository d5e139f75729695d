"""Montréal's libraries say the same in JSON and in their workbooks, but for what is listed."""

import re
from pathlib import Path

import pytest

from parvis.pooling.intake.submit import SubmissionInput, check, submit
from parvis.pooling.pool import Pool
from parvis.vocab.iris import DatasetKey

Figures = dict[tuple[str, str, str], float]
"""A figure by library, year, and column (a public or a month)."""

RENAMED = {  # the same table, for people: catalog/bibliotheques-montreal/README.md
    "mno-yves-ryan": "mno-charleroi",
    "pmr-mordecai-richler": "pmr-mile-end",
    "ver-jacqueline-de-repentigny": "ver-verdun",
    "mhm-misonneuve": "mhm-maisonneuve",
    "mno-mison-culturelle": "mno-maison-culturelle",
    "rpp-la-petite-patrie": "rpp-petite-patrie",
}
LOANS, VISITS = (DatasetKey("bibliotheques-montreal", name) for name in ("prets", "frequentation"))


def figures(pool: Pool, key: DatasetKey, file: Path, measure: str) -> Figures:
    """Convert a file and read its figures back."""
    line = re.compile(
        rf'<[^>]*/(?:prets|visites)-([^>]*)-(20\d\d)-([^>]*)> <[^>]*#{measure}> "([^"]*)"'
    )
    with SubmissionInput.of(pool, key, file).examine(pool) as found:
        assert found.accepted
        text = found.triples.read_text(encoding="utf-8")
    return {(m[1], m[2], m[3]): float(m[4]) for m in line.finditer(text)}


def apart(some: Figures, others: Figures) -> set[tuple[str, str]]:
    """Name the libraries and years that only the first has."""
    return {(library, year) for library, year, _ in some.keys() - others.keys()}


def test_loans_are_equal_and_every_other_difference_is_listed(pool: Pool, shared: Path) -> None:
    """All matched loans are equal; unmatched names are the listed ones, with equal values."""
    data = shared / "data"
    tree = figures(pool, LOANS, data / "bibliomtl_prets_public.json", "loans")
    book = figures(pool, LOANS, data / "bibliomtl_pdrpretspublic.xls", "loans")
    book = {key: value for key, value in book.items() if key[1] != "2012"}
    both = tree.keys() & book.keys()
    assert len(both) == 2_700
    assert all(tree[key] == book[key] for key in both)
    assert_only_renamed(tree, book)
    assert apart(book, tree) - renamed(apart(tree, book)) == {("rpt-riviere-des-prairies", "2013")}


def test_visits_are_equal_but_for_one_rounded_year(pool: Pool, shared: Path) -> None:
    """The JSON rounds the estimates of one library's 2013; all else is equal."""
    data = shared / "data"
    tree = figures(pool, VISITS, data / "bibliomtl_frequentation.json", "visits")
    book = figures(pool, VISITS, data / "bibliomtl_pdrfrequentation.xls", "visits")
    book = {key: value for key, value in book.items() if key[1] != "2012"}
    both = tree.keys() & book.keys()
    unequal = {key for key in both if tree[key] != book[key]}
    assert {key[:2] for key in unequal} == {("ahc-salaberry", "2013")}
    assert all(tree[key] == round(book[key]) for key in unequal)
    assert_only_renamed(tree, book)
    assert apart(book, tree) == renamed(apart(tree, book))


def renamed(found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Give the names that the workbook has for these."""
    return {(RENAMED[library], year) for library, year in found}


def assert_only_renamed(tree: Figures, book: Figures) -> None:
    """Each library that only the JSON names has the same figures under its other name."""
    for (library, year, column), value in tree.items():
        if (library, year, column) not in book:
            assert book[RENAMED[library], year, column] == value


def test_a_file_of_another_dataset_changes_nothing(pool: Pool, shared: Path) -> None:
    """Visits are not taken for loans."""
    with pytest.raises(Exception, match="BIBLIOTHÈQUE") as caught:
        submit(pool, LOANS, shared / "data" / "bibliomtl_frequentation.json")
    assert caught.value.exit_code == 2  # type: ignore[attr-defined] # a ParvisError
    assert not pool.record.versions()


def test_checking_stores_nothing(pool: Pool, shared: Path) -> None:
    """A check leaves no trace but an empty staging folder."""
    check(pool, LOANS, shared / "data" / "bibliomtl_prets_public.json")
    found = [path for path in pool.settings.data.rglob("*") if path.is_file()]
    assert not found
