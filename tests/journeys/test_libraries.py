"""Montréal's libraries publish equal figures in JSON and in workbooks, with listed exceptions."""

import re
from pathlib import Path

import pytest

from parvis.pooling.intake.submit import SubmissionInput, check, submit
from parvis.pooling.pool import Pool
from parvis.vocab.iris import DatasetKey

Figures = dict[tuple[str, str, str], float]
"""Figures by library, year, and column (a public or a month)."""

RENAMED = {  # the same table, for people: catalog/bibliotheques-montreal/README.md
    "mno-yves-ryan": "mno-charleroi",
    "pmr-mordecai-richler": "pmr-mile-end",
    "ver-jacqueline-de-repentigny": "ver-verdun",
    "mhm-misonneuve": "mhm-maisonneuve",
    "mno-mison-culturelle": "mno-maison-culturelle",
    "rpp-la-petite-patrie": "rpp-petite-patrie",
}
LOANS, VISITS = (DatasetKey("bibliotheques-montreal", name) for name in ("prets", "frequentation"))


def read_figures(pool: Pool, key: DatasetKey, file: Path, measure: str) -> Figures:
    """Convert a file and read its figures back."""
    line = re.compile(
        rf'<[^>]*/(?:prets|visites)-([^>]*)-(20\d\d)-([^>]*)> <[^>]*#{measure}> "([^"]*)"'
    )
    with SubmissionInput.of(pool, key, file).examine(pool) as examined:
        assert examined.is_acceptable
        text = examined.triples.read_text(encoding="utf-8")
    return {(m[1], m[2], m[3]): float(m[4]) for m in line.finditer(text)}


def list_missing(first: Figures, second: Figures) -> set[tuple[str, str]]:
    """List the libraries and years that only the first has."""
    return {(library, year) for library, year, _ in first.keys() - second.keys()}


def test_loans_are_equal_and_every_other_difference_is_listed(pool: Pool, shared: Path) -> None:
    """Unmatched names are the listed ones, with equal values."""
    data = shared / "data"
    tree = read_figures(pool, LOANS, data / "bibliomtl_prets_public.json", "loans")
    book = read_figures(pool, LOANS, data / "bibliomtl_pdrpretspublic.xls", "loans")
    book = {key: value for key, value in book.items() if key[1] != "2012"}
    both = tree.keys() & book.keys()
    assert len(both) == 2_700
    assert all(tree[key] == book[key] for key in both)
    assert_only_renamed(tree, book)
    assert list_missing(book, tree) - rename_libraries(list_missing(tree, book)) == {
        ("rpt-riviere-des-prairies", "2013")
    }


def test_visits_are_equal_except_one_rounded_year(pool: Pool, shared: Path) -> None:
    """The JSON rounds the estimates of one library for 2013."""
    data = shared / "data"
    tree = read_figures(pool, VISITS, data / "bibliomtl_frequentation.json", "visits")
    book = read_figures(pool, VISITS, data / "bibliomtl_pdrfrequentation.xls", "visits")
    book = {key: value for key, value in book.items() if key[1] != "2012"}
    both = tree.keys() & book.keys()
    unequal = {key for key in both if tree[key] != book[key]}
    assert {key[:2] for key in unequal} == {("ahc-salaberry", "2013")}
    assert all(tree[key] == round(book[key]) for key in unequal)
    assert_only_renamed(tree, book)
    assert list_missing(book, tree) == rename_libraries(list_missing(tree, book))


def rename_libraries(keys: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the names of these libraries in the workbook."""
    return {(RENAMED[library], year) for library, year in keys}


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
    """Only an empty staging folder stays."""
    check(pool, LOANS, shared / "data" / "bibliomtl_prets_public.json")
    files = [path for path in pool.settings.data.rglob("*") if path.is_file()]
    assert not files
