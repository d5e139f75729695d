"""A value is replaced in a copy of a file, where it stands; all else stays as it is."""

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.errors import UsageError
from parvis.mapping.proposing.sampling import read_samples
from parvis.mapping.sources.corrections import CorrectedTable, Replacement, correct_file
from parvis.mapping.sources.workbooks import read_sheets

ROWS = [["Titre", "Genre"], ["Le vent", "Théatre"], ["Le, feu", "Cirque"], ["Nuit", "Théatre"]]
CELLS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Zs"]), min_size=1
)


def table_of(file: Path, *replacements: Replacement) -> CorrectedTable:
    """Return how a file is read, as its proposal does."""
    sample = read_samples(file)[0]
    places = {column.name: column.position for column in sample.columns if column.position}
    return CorrectedTable(sample.formulation, sample.layout, places, replacements)


def correct(file: Path, *replacements: Replacement) -> Path:
    copy = file.with_name(f"copy-{file.name}")
    correct_file(file, copy, table_of(file, *replacements))
    return copy


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_delimited_file_keeps_its_form(tmp_path: Path, delimiter: str, encoding: str) -> None:
    file = tmp_path / "saison.csv"
    with file.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(ROWS)
    copy = correct(file, Replacement("Genre", "Théatre", "Théâtre"))
    expected = [[cell.replace("Théatre", "Théâtre") for cell in row] for row in ROWS]
    with copy.open(encoding=encoding, newline="") as stream:
        assert list(csv.reader(stream, delimiter=delimiter)) == expected


def test_one_row_alone_is_corrected_under_titles_and_several_lines(tmp_path: Path) -> None:
    """Rows are those of a text editor; a title above the headings is none of them."""
    file = tmp_path / "saison.csv"
    file.write_text('Saison,\n\nTitre,Genre\n"Le\nvent",Théatre\nNuit,Théatre\n', encoding="utf-8")
    copy = correct(file, Replacement("Genre", "Théatre", "Théâtre", row=6))
    assert list(csv.reader(io.StringIO(copy.read_text("utf-8"))))[3:] == [
        ["Le\nvent", "Théatre"],
        ["Nuit", "Théâtre"],
    ]


def test_a_workbook_is_corrected_in_one_sheet(tmp_path: Path) -> None:
    file = tmp_path / "saison.xlsx"
    book = openpyxl.Workbook()
    for name in ("Saison", "Archives"):
        sheet = book.create_sheet(name)
        for row in ROWS:
            sheet.append(row)
    del book["Sheet"]
    book.save(file)
    copy = correct(file, Replacement("Genre", "Théatre", "Théâtre", row=4, sheet="Saison"))
    sheets = {name: [row[1] for row in rows][1:] for name, rows in read_sheets(copy)}
    assert sheets == {
        "Saison": ["Théatre", "Cirque", "Théâtre"],
        "Archives": ["Théatre", "Cirque", "Théatre"],
    }


def test_members_of_json_are_corrected_by_their_paths(tmp_path: Path) -> None:
    """Of nested dates, the item around them too; numbers stay as they are."""
    dates = [{"jour": "2026-11-25", "prix": 25.5}, {"jour": "2026-11-26", "prix": 25.5}]
    shows = [{"nom": "Vent", "lieu": {"nom": "Sale"}, "dates": dates}]
    shows.append({"nom": "Feu", "lieu": {"nom": "Salle"}, "dates": dates})
    file = tmp_path / "saison.json"
    file.write_text(json.dumps({"shows": shows}), encoding="utf-8")
    copy = correct(
        file,
        Replacement("^.lieu.nom", "Sale", "Salle"),
        Replacement("jour", "2026-11-26", "2026-11-27", row=1),
    )
    corrected = json.loads(copy.read_text("utf-8"))["shows"]
    assert [show["lieu"]["nom"] for show in corrected] == ["Salle", "Salle"]
    assert corrected[0]["dates"] == dates
    assert [day["jour"] for day in corrected[1]["dates"]] == ["2026-11-25", "2026-11-27"]
    assert corrected[0]["dates"][0]["prix"] == 25.5


def test_lines_of_json_are_corrected_one_by_one(tmp_path: Path) -> None:
    file = tmp_path / "saison.jsonl"
    file.write_text('{"nom": "Vent"}\nnot json\n\n{"nom": "Vent"}\n', encoding="utf-8")
    copy = correct(file, Replacement("nom", "Vent", "Le vent", row=4))
    assert copy.read_text("utf-8") == '{"nom": "Vent"}\nnot json\n\n{"nom": "Le vent"}\n'


@pytest.mark.parametrize(
    ("replacement", "sentence"),
    [
        (Replacement("Genre", "Opéra", "Théâtre"), "no value “Opéra”"),
        (Replacement("Genre", "Cirque", "Danse", row=2), "in row 2"),
        (Replacement("Genre", "Cirque", "Cirque"), "are the same"),
        (Replacement("Genre", "Cirque", "Cirque ✨"), "no such character as “✨”"),
    ],
)
def test_a_correction_that_does_nothing_is_refused(
    tmp_path: Path, replacement: Replacement, sentence: str
) -> None:
    file = tmp_path / "saison.csv"
    with file.open("w", encoding="cp1252", newline="") as stream:
        csv.writer(stream).writerows(ROWS)
    with pytest.raises(UsageError, match=sentence):
        correct(file, replacement)


def test_a_file_that_cannot_be_written_again_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "saison.ods"
    table = CorrectedTable("table", {}, {}, (Replacement("a", "b", "c"),))
    with pytest.raises(UsageError, match="cannot be corrected here"):
        correct_file(file, tmp_path / "copy.ods", table)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8), CELLS)
def test_only_equal_values_of_one_column_change(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], after: str
) -> None:
    """Whatever the cells hold, the others and their order stay."""
    file = tmp_path_factory.mktemp("rows") / "saison.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("Titre", "Genre"), *rows])
    before = rows[0][1]
    replacement = Replacement("Genre", before, f"{before}{after}")
    table = CorrectedTable("csv", {"delimiter": ","}, {"Titre": 1, "Genre": 2}, (replacement,))
    copy = file.with_name("copy.csv")
    correct_file(file, copy, table)
    expected = [(title, f"{genre}{after}" if genre == before else genre) for title, genre in rows]
    with copy.open(encoding="utf-8", newline="") as stream:
        assert [tuple(row) for row in csv.reader(stream)][1:] == expected
