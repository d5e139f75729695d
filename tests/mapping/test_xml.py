"""XML files: items by their path, and what is refused."""

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
    """Give the line of each item and what a path finds in it."""
    file = folder / "source.xml"
    file.write_text(text, encoding="utf-8")
    rows = read(LogicalSource("s", file.name, "xpath", iterator=iterator), file, {name}, Report())
    return [(row.place.row, row.get(name)) for row in rows]


def test_items_at_a_plain_path_are_only_those(tmp_path: Path) -> None:
    """An element of the same name elsewhere is no item; a place is the line it begins on."""
    assert values(tmp_path, SEASONS, SHOWS, "code") == [(3, ["a"]), (7, ["b"])]


def test_a_reference_may_look_above_its_item(tmp_path: Path) -> None:
    """A path that leaves the item is followed in the whole document."""
    assert values(tmp_path, SEASONS, SHOWS, "../@an") == [(3, ["2024"]), (7, ["2025"])]


def test_any_xpath_may_find_the_items(tmp_path: Path) -> None:
    """Predicates and descendants are followed in the whole document."""
    assert values(tmp_path, SEASONS, "//spectacle[code!='b']", "code") == [(3, ["a"]), (4, ["x"])]


def test_numbers_that_a_path_computes_are_numbers(tmp_path: Path) -> None:
    """XPath's count gives a whole number."""
    assert values(tmp_path, SEASONS, "/saisons", "count(saison)") == [(1, [2])]


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        (SEASONS[:-20], "code", "not valid XML"),
        (SEASONS, "t:code", "cannot be followed"),
        (SEASONS, "titre", "has “titre”"),
        ("<!DOCTYPE saisons [<!ENTITY a 'ha'>]>" + SEASONS, "code", "document type"),
        ("<a/>", "code", "finds nothing"),
    ],
)
def test_a_file_that_cannot_be_read_as_declared_is_refused(
    text: str, name: str, told: str, tmp_path: Path
) -> None:
    """The error names the file and what is wrong with it."""
    with pytest.raises(SourceError, match=told):
        values(tmp_path, text, SHOWS, name)
