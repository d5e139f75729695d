"""Texts are found in any bytes, however they are written, cut or packed, and nothing else is."""

import gzip
import json
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.rdf.ntriples import escape_literal, literal
from parvis.store.generation.erasure import SHORTEST, Traces, pieces_of, search

TEXT = 'Mme « Côté », dite "l’Été" & fille'
SPELLINGS = (TEXT, json.dumps(TEXT), json.dumps(TEXT, ensure_ascii=False), escape(TEXT))


def traces(*texts: str) -> Traces:
    """Give the traces of triples with these literals."""
    return Traces(f"<x:s> <x:p> {literal(text)} .\n".encode() for text in texts)


@settings(deadline=None, max_examples=60)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=SHORTEST, max_size=90),
    st.binary(max_size=60),
    st.binary(max_size=60),
    st.integers(1, 40),
)
def test_a_text_is_found_wherever_it_stands(
    text: str, before: bytes, after: bytes, size: int
) -> None:
    """At any place, in pieces of any size; without it, nothing is found but by its own end."""
    known = traces(f"{text} qui seul le dit")
    held = before + f"{text} qui seul le dit".encode() + after
    pieces = [held[start : start + size] for start in range(0, len(held), size)]
    assert known.found_in(pieces)
    assert not known.found_in([before, b"-", after])


@pytest.mark.parametrize("written", [*SPELLINGS, escape_literal(TEXT)])
def test_a_text_is_found_however_it_is_written(written: str) -> None:
    """As it is, in JSON, in XML, in N-Triples."""
    assert traces(TEXT).found_in([f"<{written}>".encode()])


def test_what_is_short_or_a_number_is_not_looked_for() -> None:
    """It could be anybody's."""
    assert traces("Ève", "2026-12-11T20:00:00-05:00", "514 555-1234").texts == set()
    assert Traces([b'<x:long-enough> <x:p> "12345678"^^<http://x/integer> .\n']).texts == {
        "x:long-enough"
    }


def test_what_others_say_too_is_spared() -> None:
    """The rest is still looked for."""
    known = traces("Théâtre de la Ville", "Une soirée cachée")
    known.spare([b"... Th\xc3\xa9\xc3\xa2tre de la Ville ..."])
    assert known.texts == {"Une soirée cachée"}
    assert not known.found_in(["Théâtre de la Ville".encode()])


def test_packed_files_are_unpacked(tmp_path: Path) -> None:
    """Gzip and zip; what only looks packed is read as it is."""
    body = TEXT.encode() * 3
    with gzip.open(tmp_path / "a.nt.gz", "wb") as file:
        file.write(body)
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", body)
    (tmp_path / "c.gz").write_bytes(body)
    (tmp_path / "d.txt").write_text("rien")
    found = search(tmp_path, (), traces(TEXT), {tmp_path / "c.gz"})
    assert set(found.remains) == {"a.nt.gz", "b.xlsx"}
    assert list(pieces_of(tmp_path / "gone")) == []
    assert search(tmp_path, (), traces(TEXT), ()).remains["c.gz"] == 1
