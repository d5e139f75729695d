"""Any RDF file as lines of N-Triples."""

from pathlib import Path

import pytest

from parvis.errors import SourceError
from parvis.rdf.line_reader import LineReader
from parvis.rdf.lines import Lines

INTEGER = "http://www.w3.org/2001/XMLSchema#integer"


def read(file: Path, text: str) -> tuple[list[str], set[str]]:
    """Write a file and read it as lines."""
    file.write_text(text, encoding="utf-8")
    lines = Lines(file)
    return [line.decode().strip() for line in lines], lines.altered


@pytest.mark.parametrize("form", ['"7"^^<{}>', '"7" ^^ <{}>', '"\\u0037"^^<{}>', '"07"^^<{}>'])
def test_a_literal_is_checked_however_it_is_written(tmp_path: Path, form: str) -> None:
    value = form.format(INTEGER)
    _, altered = read(tmp_path / "a.nt", f"<urn:s> <urn:p> {value} .\n")
    assert altered == ({"urn:p"} if "07" in value else set())


def test_turtle_becomes_lines_in_the_canonical_vocabulary(tmp_path: Path) -> None:
    """The https IRIs of schema.org are replaced, but not in literals."""
    text = '<urn:s> <https://schema.org/name> "<https://schema.org/name>" .\n'
    for name in ("a.nt", "a.ttl"):
        lines, _ = read(tmp_path / name, text)
        assert lines == ['<urn:s> <http://schema.org/name> "<https://schema.org/name>" .']


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.nt"):
        list(Lines(tmp_path / "none.nt"))


def test_a_reader_returns_at_most_the_requested_size() -> None:
    """Longer lines are cut, and nothing is lost."""
    reader = LineReader(iter([b"abc\n", b"d\n", b"efghij\n"]))
    parts = list(iter(lambda: reader.read(4), b""))
    assert b"".join(parts) == b"abc\nd\nefghij\n"
    assert max(map(len, parts)) == 4
