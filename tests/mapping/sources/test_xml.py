"""XML files: selecting items by path, and errors."""

from pathlib import Path

import pytest

from parvis.errors import SourceError
from parvis.mapping.language.plan import LogicalSource
from parvis.mapping.sources import read
from parvis.report import Report

SEASONS = """\
<saisons>
  <saison an="2024">
    <spectacle><code>a</code></spectacle>
    <reprise><spectacle><code>x</code></spectacle></reprise>
  </saison>
  <saison an="2025">
    <spectacle><code>b</code></spectacle>
  </saison>
</saisons>
"""
SHOWS = "/saisons/saison/spectacle"


def values(folder: Path, text: str, iterator: str, name: str) -> list[tuple[int | None, object]]:
    """Return the line of each item and the values of a path in it."""
    file = folder / "source.xml"
    file.write_text(text, encoding="utf-8")
    rows = read(LogicalSource("s", file.name, "xpath", iterator=iterator), file, {name}, Report())
    return [(row.place.row, row.get(name)) for row in rows]


def test_a_plain_path_selects_exactly_its_items(tmp_path: Path) -> None:
    """An element of the same name elsewhere is no item; its place is its first line."""
    assert values(tmp_path, SEASONS, SHOWS, "code") == [(3, ["a"]), (7, ["b"])]


def test_a_reference_may_leave_its_item(tmp_path: Path) -> None:
    """A path that leaves the item is evaluated in the whole document."""
    assert values(tmp_path, SEASONS, SHOWS, "../@an") == [(3, ["2024"]), (7, ["2025"])]


def test_any_xpath_may_select_the_items(tmp_path: Path) -> None:
    """Predicates and descendants are evaluated in the whole document."""
    assert values(tmp_path, SEASONS, "//spectacle[code!='b']", "code") == [(3, ["a"]), (4, ["x"])]


def test_computed_numbers_stay_numbers(tmp_path: Path) -> None:
    """XPath's count gives an integer."""
    assert values(tmp_path, SEASONS, "/saisons", "count(saison)") == [(1, [2])]


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        (SEASONS[:-20], "code", "not valid XML"),
        (SEASONS, "t:code", "cannot be followed"),
        (SEASONS, "titre", "has “titre”"),
        ("<!DOCTYPE saisons [<!ENTITY a 'ha'>]>" + SEASONS, "code", "document type"),
        ("<a/>", "code", "finds nothing"),
    ],
)
def test_an_unreadable_or_mismatched_file_is_refused(
    text: str, name: str, message: str, tmp_path: Path
) -> None:
    """The error names the file and the mistake."""
    with pytest.raises(SourceError, match=message):
        values(tmp_path, text, SHOWS, name)
