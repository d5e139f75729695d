"""Texts are read in the encoding in which they were written; what is no text is named."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.errors import SourceError
from parvis.mapping.sources.text import encoding_of, open_text
from parvis.report import Report

FRENCH = "Titre,Date\nSoirée d’été à Québec,2026-11-06\n« Où ça ? », forêt,2026-11-07\n"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "mac_roman"])
def test_french_is_read_as_it_was_written(encoding: str, tmp_path: Path) -> None:
    """Of three programs on two kinds of machines."""
    file = tmp_path / "f.csv"
    file.write_bytes(FRENCH.encode(encoding))
    report = Report()
    with open_text(file, None, report) as stream:
        assert stream.read() == FRENCH
    assert not report.findings


@settings(max_examples=60)
@given(text=st.text("àâçéèêëîïôùûœÉÀ«»’ abc", min_size=1, max_size=30))
def test_windows_texts_in_french_are_never_taken_for_others(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever they say."""
    file = tmp_path_factory.mktemp("w") / "f.csv"
    file.write_bytes(text.encode("cp1252"))
    with suppress(SourceError):  # a few bytes may be a character of UTF-8 by chance
        assert encoding_of(file, None) in {"cp1252", "utf-8"}


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"%PDF-1.7\n1 0 obj", "is a PDF"),
        (b"PK\x03\x04\x14\0", "is a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1", "is a workbook"),
        (b"\x89PNG\r\n", "is an image"),
    ],
)
def test_what_is_no_text_is_named(start: bytes, words: str, tmp_path: Path) -> None:
    """Whatever its ending says."""
    file = tmp_path / "programme.csv"
    file.write_bytes(start + bytes(range(256)))
    with pytest.raises(SourceError, match=rf"programme\.csv {words}"):
        encoding_of(file, None)


def test_garbled_letters_are_reported(tmp_path: Path) -> None:
    """With an example; the file is read as it is."""
    file = tmp_path / "f.csv"
    file.write_text(FRENCH.encode("utf-8").decode("cp1252", "replace"), encoding="utf-8")
    report = Report()
    with open_text(file, None, report) as stream:
        stream.read()
    (finding,) = report.findings
    assert finding.rule == "garbled"
    assert "Ã©" in finding.text["fr"]
