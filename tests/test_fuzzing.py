"""Foreign input is read or refused, whatever it contains; earlier fuzzing failures stay fixed."""

import io
import zipfile
from pathlib import Path

import fuzzing
import pytest

from parvis.catalog.turtle import read_turtle
from parvis.errors import CatalogError, SourceError
from parvis.mapping.sources.packed import refuse_bomb


@pytest.mark.parametrize(
    "target", fuzzing.targets(["lexer", "policies", "readers"]), ids=lambda target: target.name
)
def test_only_refusals_are_raised(target: fuzzing.Target) -> None:
    """A few texts of each kind; ``python tests/bench/fuzzing.py`` tries thousands."""
    target.run(examples=15, seed_value=11)
    assert target.failure == ""
    assert sum(target.counts.values()) >= 15


@pytest.mark.parametrize("text", ["@fr", "1e9", "?x", "<a> <b> ", "@prefix"])
def test_a_text_that_breaks_the_parser_is_refused(tmp_path: Path, text: str) -> None:
    """The error names the file, and shows no traceback."""
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
def test_a_file_that_breaks_a_library_is_refused(
    tmp_path: Path, case: str, old: bytes, new: bytes
) -> None:
    """An invalid encoding, an empty date."""
    folder = fuzzing.CASES / "mapping" / case
    (source,) = folder.glob("source.*")
    body = source.read_bytes()
    assert old.lower() in body.lower()
    at = body.lower().index(old.lower())
    with pytest.raises(SourceError, match=source.name):
        fuzzing.reader(folder)(body[:at] + new + body[at + len(old) :], tmp_path)


def test_an_archive_of_unknown_size_is_refused(tmp_path: Path) -> None:
    """Another library would unpack it beyond any limit."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", "b")
    body = bytearray(buffer.getvalue())
    body[body.index(b"PK\x01\x02") + 6] = 200  # the version that is needed to extract it
    (tmp_path / "table.xlsx").write_bytes(body)
    with pytest.raises(SourceError, match="cannot be unpacked"):
        refuse_bomb(tmp_path / "table.xlsx")
