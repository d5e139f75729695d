"""What strangers send is read or refused, whatever is in it; and what fuzzing once found stays."""

import io
import zipfile
from pathlib import Path

import fuzzing
import pytest

from parvis.catalog.turtle import read_turtle
from parvis.errors import CatalogError, SourceError
from parvis.mapping.sources.packed import refuse_bomb


@pytest.mark.once
@pytest.mark.parametrize(
    "target", fuzzing.targets(["lexer", "policies", "readers"]), ids=lambda one: one.name
)
def test_nothing_but_a_refusal_is_raised(target: fuzzing.Target) -> None:
    """A few texts of each kind; ``python tests/bench/fuzzing.py`` tries thousands."""
    target.run(examples=15, chance=11)
    assert target.failure == ""
    assert sum(target.told.values()) >= 15


@pytest.mark.parametrize("text", ["@fr", "1e9", "?x", "<a> <b> ", "@prefix"])
def test_a_text_over_which_the_parser_stumbles_is_no_turtle(tmp_path: Path, text: str) -> None:
    """It names the file, and shows no traceback."""
    file = tmp_path / "agreement.ttl"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogError, match=r"agreement\.ttl"):
        read_turtle(file, "http://pool.test/")


@pytest.mark.parametrize(
    ("case", "old", "new"),
    [
        ("feed-atom", b"utf-8", b"utf-\x80"),
        ("feed-rss", b"utf-8", b"utf\x008"),
        ("icalendar", b"DTSTART", b"DTSTART;VALUE=DATE:\r\nX-D"),
    ],
)
def test_a_file_over_which_a_library_stumbles_is_refused(
    tmp_path: Path, case: str, old: bytes, new: bytes
) -> None:
    """An encoding that is none, a date that is empty."""
    folder = fuzzing.CASES / "mapping" / case
    (source,) = folder.glob("source.*")
    body = source.read_bytes()
    assert old.lower() in body.lower()
    at = body.lower().index(old.lower())
    with pytest.raises(SourceError, match=source.name):
        fuzzing.reader(folder)(body[:at] + new + body[at + len(old) :], tmp_path)


def test_an_archive_that_cannot_be_counted_is_refused(tmp_path: Path) -> None:
    """Another library would unfold it past every bound."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a", "b")
    body = bytearray(held.getvalue())
    body[body.index(b"PK\x01\x02") + 6] = 200  # the version that is needed to extract it
    (tmp_path / "table.xlsx").write_bytes(body)
    with pytest.raises(SourceError, match="cannot be unpacked"):
        refuse_bomb(tmp_path / "table.xlsx")
