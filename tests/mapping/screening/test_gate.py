"""Any file is judged first: customers are refused, public names and contacts pass."""

import gzip
import json
import re
import tomllib
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.errors import LimitError, SourceError
from parvis.mapping.screening.blocks import ROWS, read_blocks
from parvis.mapping.screening.gate import judge
from parvis.mapping.screening.identifiers import Identifier
from parvis.mapping.screening.profiles import LONGEST, profile
from parvis.mapping.sources.tables import CELL_LIMIT
from parvis.report.tables import Sheet, write_workbook

CASES = Path(__file__).parents[2] / "cases" / "screening"
CORPUS: list[dict[str, Any]] = [
    entry
    for file in sorted(CASES.glob("*.toml"))
    for entry in tomllib.loads(file.read_text(encoding="utf-8"))["file"]
]
NAMES = ("Marie Tremblay", "Luc Gagnon", "Josée Roy")


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def kinds(file: Path, *allowed: str) -> set[str]:
    return {finding.rule for finding in judge([file], allowed).findings}


@pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: entry["about"])
def test_the_gate_refuses_harmful_files_only(entry: dict[str, Any], tmp_path: Path) -> None:
    """Its report repeats no name and no address, nor a heading that is one."""
    report = judge([write(tmp_path, entry["name"], entry["content"])])
    assert bool(report.findings) == entry["harmful"], report.findings
    text = json.dumps(report.to_json(), ensure_ascii=False)
    assert not re.search(r"\w@\w|555-01|Tremblay|Gagnon|Whitfield", text)


def test_a_family_name_next_to_a_given_name_is_a_name_however_rare(tmp_path: Path) -> None:
    """So that whoever leaves out what is named leaves nothing that identifies persons."""
    text = "Nom,Prénom,Billets\nZwykx,Mireille,2\nQrtf,Olivier,1\n"
    columns = [f.place.column for f in judge([write(tmp_path, "a.csv", text)]).findings if f.place]
    assert columns == ["Nom", "Prénom"]


def test_a_workbook_is_judged_sheet_by_sheet(tmp_path: Path) -> None:
    """The sheet with customers is named, not the one before it."""
    programme = Sheet("Programme", [["Titre", "Date"], ["Rives", "2026-04-01"]], {})
    customers = Sheet("Ventes", [["Client", "Billets"], *([name, "2"] for name in NAMES)], {})
    write_workbook(tmp_path / "saison.xlsx", [programme, customers])
    (finding,) = judge([tmp_path / "saison.xlsx"]).findings
    assert finding.place
    assert (finding.place.sheet, finding.place.column) == ("Ventes", "Client")


@pytest.mark.parametrize("ending", ["gz", "zip"])
def test_packed_files_are_judged(ending: str, tmp_path: Path) -> None:
    content = "Client,Billets\n" + "".join(f"{name},2\n" for name in NAMES)
    file = tmp_path / f"ventes.csv.{ending}"
    if ending == "gz":
        file.write_bytes(gzip.compress(content.encode()))
    else:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("programme.csv", "Titre,Date\nRives,2026-04-01\n")
            archive.writestr("ventes.csv", content)
    assert kinds(file) == {Identifier.NAME}


def test_an_archive_that_unfolds_without_end_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "ventes.csv.gz"
    with gzip.open(file, "wb") as stream:
        for _ in range(80):
            stream.write(bytes(1_000_000))
    with pytest.raises(LimitError):
        judge([file])


def test_names_far_down_a_long_file_are_found(tmp_path: Path) -> None:
    """After thousands of rows whose customers have no name."""
    lines = [f"{row};1;12,00" for row in range(20_000)]
    lines += [f"{NAMES[row % 3]} {row};1;12,00" for row in range(30)]
    lines += ["courriel : mtremblay@exemple.ca;1;12,00"]
    file = write(tmp_path, "ventes.csv", "\n".join(["Client;Billets;Prix", *lines]))
    assert kinds(file)


def test_values_are_counted_over_all_blocks_of_a_long_table(tmp_path: Path) -> None:
    """Also those of many characters."""
    long = "x" * (LONGEST + 5)
    file = write(tmp_path, "a.csv", "mot;texte\n" + f"oui;{long}\n" * (2 * ROWS))
    first, second = profile(read_blocks(file))[""]
    assert first.values["oui"] == second.values[long[:LONGEST]] == 2 * ROWS


def test_a_second_table_under_a_blank_line_has_its_own_headings(tmp_path: Path) -> None:
    text = "Forfait;Nombre\nComplet;112\nDécouverte;203\n;\nAbonné;Siège\n"
    file = write(tmp_path, "saison.csv", text + "".join(f"{name};D{8}\n" for name in NAMES))
    (finding,) = judge([file]).findings
    assert finding.place
    assert (finding.place.column, finding.place.row) == ("Abonné", 6)


def test_a_column_that_the_steward_allowed_passes(tmp_path: Path) -> None:
    """Whatever its case; the others are judged as before."""
    text = "Client;Usager\n" + "".join(f"{name};{name}\n" for name in NAMES)
    file = write(tmp_path, "ventes.csv", text)
    assert [f.place and f.place.column for f in judge([file], ["CLIENT"]).findings] == ["Usager"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7 \x00\xff",
        b"\x00" * 100,
        b'{"a": [',
        b"<a><b>",
        b"\xff\xfe\x00",
        b'"' * 1000,
        b"," * (CELL_LIMIT // 10),
        b"BEGIN:VCALENDAR\nATTENDEE",
        "\N{LATIN SMALL LETTER E WITH ACUTE}".encode("utf-16"),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.ttl", "a.xml"])
def test_broken_files_pass_to_the_reader_that_says_what_is_wrong(
    content: bytes, name: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    assert not judge([file]).findings


def test_a_broken_workbook_is_reported_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04broken")
    with pytest.raises(SourceError, match=r"a\.xlsx"):
        judge([tmp_path / "a.xlsx"])


@settings(deadline=None, max_examples=200)
@given(content=st.binary(max_size=300), name=st.sampled_from(["a.csv", "a.json", "a.xml", "a.ics"]))
def test_no_content_breaks_the_gate(
    content: bytes, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("gate") / name
    file.write_bytes(content)
    with suppress(SourceError):  # a workbook that is none
        judge([file])


@settings(deadline=None, max_examples=50)
@given(
    rows=st.lists(st.lists(st.text('ab1;\n"', max_size=3), min_size=1, max_size=4), max_size=60),
)
def test_every_cell_of_a_table_is_read(
    rows: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever is taken for a heading or a title, and however long the rows are."""
    import csv  # noqa: PLC0415 - for this test alone

    file = tmp_path_factory.mktemp("cells") / "a.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, delimiter=",", quoting=csv.QUOTE_ALL).writerows(
            [*([["tête", "autre"]] * 20), *rows]
        )
    expected = sorted(cell.strip() for row in rows for cell in row if cell.strip())
    texts = [text for block in read_blocks(file) for text in block.texts]
    read = sorted(text for text in texts if text and text not in {"tête", "autre"})
    assert read == expected


def test_real_files_pass(shared: Path) -> None:
    """Programmes, statistics and directories that were published by their organisations."""
    for file in sorted([*shared.glob("data/*"), *shared.glob("data/feeds/*")]):
        if file.is_file() and file.suffix != ".md":
            assert not judge([file]).findings, file.name


PEOPLE = [
    {
        "@type": "Person",
        "name": name,
        "telephone": f"418-555-010{n}",
        "birthDate": f"1980-0{n + 1}-02",
    }
    for n, name in enumerate(NAMES)
]
SHOWN = "".join(
    f"<div itemscope itemtype='https://schema.org/Person'><b itemprop='name'>{name}</b>"
    f"<i itemprop='email'>{name.split()[0].lower()}@courriel.example</i>"
    f"<u itemprop='birthDate'>1980-0{n + 1}-02</u></div>"
    for n, name in enumerate(NAMES)
)
PAGES = {
    "a page": f"<!doctype html><html><body>{SHOWN}</body></html>",
    "a page under a comment": f"<!-- saved -->\n<!doctype html><html><body>{SHOWN}</body></html>",
    "a page with a declaration": f"<?xml version='1.0'?><p>Bonjour</p>{SHOWN}",
    "a part of a page": f"<p>Bonjour</p>{SHOWN}",
    "text before the page": f"Bonjour {SHOWN}",
    "a mark before the page": f"\ufeff<!doctype html><html><body>{SHOWN}</body></html>",
    "a script of JSON-LD": "<html><script type='application/ld+json'>"
    + json.dumps({"@context": "https://schema.org", "@graph": PEOPLE})
    + "</script><p>Bonjour</p></html>",
}


@pytest.mark.parametrize("about", PAGES)
def test_persons_in_a_page_are_seen_however_it_begins(about: str, tmp_path: Path) -> None:
    """What a recipe would read of a page is judged."""
    assert kinds(write(tmp_path, "page.html", PAGES[about]))


def test_the_names_of_blank_nodes_are_of_chance(tmp_path: Path) -> None:
    """Their digits identify nobody."""
    lines = (f"_:b{n:032x} <http://schema.org/geo> _:c130692544{n:04} ." for n in range(300))
    assert not kinds(write(tmp_path, "lieux.nt", "\n".join(lines) + "\n"))
