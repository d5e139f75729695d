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
    """An attribute of a parent, or anything of it, before or after the item."""
    assert values(tmp_path, SEASONS, SHOWS, "../@an") == [(3, ["2024"]), (7, ["2025"])]
    assert values(tmp_path, SEASONS, SHOWS, "../spectacle/code") == [(3, ["a"]), (7, ["b"])]
    assert values(tmp_path, SEASONS, SHOWS, "../reprise/spectacle/code") == [(3, ["x"]), (7, [])]
    assert values(tmp_path, SEASONS, SHOWS, "../../saison/@an") == [
        (3, ["2024", "2025"]),
        (7, ["2024", "2025"]),
    ]


PATHS_OUTSIDE = ["../@an", "../../@nom", "../titre", "../spectacle/@id", "../../titre"]
OTHER_PATHS = ["../../../a", "../titre | @id", "../.", "../spectacle[2]/@id"]


@pytest.mark.parametrize("path", PATHS_OUTSIDE + OTHER_PATHS)
def test_a_path_outside_an_item_means_the_same_however_the_file_is_read(
    path: str, tmp_path: Path
) -> None:
    """A plain path to the items, and one that has the whole document read, give the same."""
    day = '<jour an="{0}"><spectacle id="{0}a"/><titre>J{0}</titre><spectacle id="{0}b"/></jour>'
    text = f"<a nom='x'>{''.join(map(day.format, range(3)))}<titre>fin</titre></a>"
    streamed, whole = (
        _values_or_error(tmp_path, text, iterator, path)
        for iterator in ("/a/jour/spectacle", "/a/jour/spectacle[true()]")
    )
    assert streamed == whole


def _values_or_error(folder: Path, text: str, iterator: str, name: str) -> object:
    try:
        return values(folder, text, iterator, name)
    except SourceError as error:
        return str(error).replace(iterator, "")


@pytest.mark.parametrize("path", ["../@an", "../code"])
def test_a_parent_is_read_before_the_end_of_the_file(path: str, tmp_path: Path) -> None:
    """What follows is not in memory: the first items come out of a file that breaks off."""
    file = tmp_path / "source.xml"
    season = "<saison an='2024'><code>c</code><spectacle/></saison>"
    file.write_text(f"<saisons>{season * 5000}", encoding="utf-8")
    source = LogicalSource("s", file.name, "xpath", iterator=SHOWS)
    rows = read(source, file, {path}, Report())
    assert next(rows).get(path) in (["2024"], ["c"])
    with pytest.raises(SourceError, match="not valid XML"):
        list(rows)


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
