"""Detect erased texts in any bytes, in any spelling, cut or compressed, and nothing else."""

import gzip
import json
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode, Quad, Store

from parvis.rdf.ntriples import escape_literal, literal
from parvis.report import parquet
from parvis.store.generation.erasure import LONGEST, SHORTEST, Traces, pieces_of, search
from parvis.store.generation.generation import VIEWS
from parvis.store.search.index import MEMBERS

TEXT = 'Mme « Côté », dite "l’Été" & fille'
SPELLINGS = (TEXT, json.dumps(TEXT), json.dumps(TEXT, ensure_ascii=False), escape(TEXT))


def build_traces(*texts: str) -> Traces:
    """Return the traces of triples with these literals."""
    return Traces(f"<x:s> <x:p> {literal(text)} .\n".encode() for text in texts)


@settings(deadline=None, max_examples=60)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=SHORTEST, max_size=90),
    st.binary(max_size=60),
    st.binary(max_size=60),
    st.integers(1, 40),
)
def test_a_text_is_detected_in_pieces_of_any_size(
    text: str, before: bytes, after: bytes, size: int
) -> None:
    """Where the text is absent, nothing is detected."""
    traces = build_traces(f"{text} qui seul le dit")
    content = before + f"{text} qui seul le dit".encode() + after
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    assert traces.find_in(pieces)
    assert not traces.find_in([before, b"-", after])


LETTERS = st.text('aé"<', min_size=SHORTEST, max_size=12)


@settings(deadline=None, max_examples=60)
@given(st.lists(LETTERS, max_size=40), st.lists(LETTERS, max_size=60))
def test_what_is_detected_is_what_is_there(texts: list[str], others: list[str]) -> None:
    """Of texts of few letters, which are often alike, the ends that bytes hold and no others."""
    traces = build_traces(*texts)
    content = "".join(others).encode()
    forms = (text for text in traces.texts for text in (text, json.dumps(text)[1:-1], escape(text)))
    ends = {form.encode()[-LONGEST:] for form in forms}
    assert {end for end in traces.find_in([content]) if end in ends} == {
        end for end in ends if end in content
    }


@pytest.mark.parametrize("spelling", [*SPELLINGS, escape_literal(TEXT)])
def test_a_text_is_detected_in_any_spelling(spelling: str) -> None:
    """As it is, in JSON, in XML, in N-Triples."""
    assert build_traces(TEXT).find_in([f"<{spelling}>".encode()])


def test_short_texts_and_numbers_are_not_searched() -> None:
    """They could come from another dataset."""
    assert build_traces("Ève", "2026-12-11T20:00:00-05:00", "514 555-1234").texts == set()
    assert Traces([b'<x:long-enough> <x:p> "12345678"^^<http://x/integer> .\n']).texts == {
        "x:long-enough"
    }


def test_a_text_that_remaining_data_contain_is_spared() -> None:
    """The other texts are still searched."""
    traces = build_traces("Théâtre de la Ville", "Une soirée cachée")
    traces.exclude([b"... Th\xc3\xa9\xc3\xa2tre de la Ville ..."])
    assert traces.texts == {"Une soirée cachée"}
    assert not traces.find_in(["Théâtre de la Ville".encode()])


def test_compressed_files_are_unpacked(tmp_path: Path) -> None:
    """Gzip, zip and Parquet; a file that is not really compressed is read as it is."""
    body = TEXT.encode() * 3
    with gzip.open(tmp_path / "a.nt.gz", "wb") as file:
        file.write(body)
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", body)
    # The text is written as what it shares with those before it.
    rows = [["Aa"], [f"{TEXT[:20]} – début"], [f"Fin {TEXT[12:]}"], [TEXT], ["Zz"]]
    with (tmp_path / "e.parquet").open("wb") as table:
        parquet.write_table(table, [parquet.Column("nom", parquet.TEXT)], rows)
    assert TEXT.encode() not in (tmp_path / "e.parquet").read_bytes()
    (tmp_path / "f.parquet").write_bytes(body)
    (tmp_path / "c.gz").write_bytes(body)
    (tmp_path / "d.txt").write_text("rien")
    result = search(tmp_path, (), build_traces(TEXT), {tmp_path / "c.gz"})
    assert set(result.remains) == {"a.nt.gz", "b.xlsx", "e.parquet", "f.parquet"}
    assert list(pieces_of(tmp_path / "gone")) == []
    assert search(tmp_path, (), build_traces(TEXT), ()).remains["c.gz"] == 1


def test_a_copy_by_hard_links_counts_as_what_it_is_a_copy_of(tmp_path: Path) -> None:
    """A store that has one more quad is read itself."""
    first, copy, other = (tmp_path / VIEWS / "1" / name / MEMBERS for name in "abc")
    for folder in (copy, other):
        folder.parent.mkdir(parents=True)
    first.mkdir(parents=True)
    trace, graph = NamedNode("http://x.test/thing-gone"), NamedNode("http://x.test/graph")
    store = Store(str(first))
    store.add(Quad(NamedNode("http://x.test/s"), NamedNode("http://x.test/p"), trace, graph))
    store.flush()
    for folder in (copy, other):
        store.backup(str(folder))
    del store
    changed = Store(str(other))
    changed.add(Quad(trace, NamedNode("http://x.test/p"), trace, graph))
    changed.flush()
    del changed
    result = search(tmp_path, (), build_traces(trace.value), set(tmp_path.rglob("*")))
    places = {folder.relative_to(tmp_path).as_posix() for folder in (first, copy)}
    assert result.quads == 1 + 1 + 2
    assert result.remains == dict.fromkeys(places, 1) | {other.relative_to(tmp_path).as_posix(): 2}
