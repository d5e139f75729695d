"""Any RDF file as lines of N-Triples."""

import gzip
from pathlib import Path

import pytest

from parvis.errors import SourceError
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


def test_a_damaged_file_is_named_whatever_is_damaged(tmp_path: Path) -> None:
    """A block of a kind that gzip does not have is an error of its own (RFC 1951 §3.2.3)."""
    body = bytearray(gzip.compress(b"<urn:s> <urn:p> <urn:o> .\n"))
    body[10] |= 0b110
    (tmp_path / "a.nt.gz").write_bytes(body)
    with pytest.raises(SourceError, match=r"a\.nt\.gz cannot be read"):
        list(Lines(tmp_path / "a.nt.gz"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.nt"):
        list(Lines(tmp_path / "none.nt"))


@pytest.mark.parametrize("form", ["ttl", "nt"])
def test_statements_about_statements_are_kept_in_the_canonical_vocabulary(
    tmp_path: Path, form: str
) -> None:
    path = tmp_path / f"a.{form}"
    path.write_text(
        '<urn:a> <urn:p> <<( <https://schema.org/b> <https://schema.org/name> "07"@fr--ltr )>> .\n'
    )
    assert b"".join(Lines(path)) == (
        b'<urn:a> <urn:p> <<( <http://schema.org/b> <http://schema.org/name> "07"@fr--ltr )>> .\n'
    )
