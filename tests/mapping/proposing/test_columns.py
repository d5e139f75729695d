"""What headings say: a common word, a language, a period, two lines of them, and rivals."""

import json
from pathlib import Path

import pytest
import xlsxwriter
from proposals import CASES, FileScore, score_all

from parvis.errors import SourceError
from parvis.mapping.proposing.assignment import assign
from parvis.mapping.proposing.kinds import ValueKind
from parvis.mapping.proposing.proposals import ColumnProposal, PropertyCandidate
from parvis.mapping.proposing.sampling import FileColumn, read_samples


def propose(name: str, candidates: dict[str, float], *values: str) -> ColumnProposal:
    pairs = tuple(PropertyCandidate(f"schema:{term}", score) for term, score in candidates.items())
    return ColumnProposal(FileColumn(name, values), ValueKind("text"), pairs)


def test_a_property_goes_to_the_likeliest_column_and_the_other_is_what_comes_next() -> None:
    lieu = propose("Nom du lieu", {"name": 1.0, "location": 1.0})
    titre = propose("Titre", {"name": 1.0})
    assert [proposal.property_name for proposal in assign([lieu, titre])] == [
        "schema:location",
        "schema:name@fr",
    ]


def test_of_two_columns_of_one_property_only_one_is_sure() -> None:
    proposals = assign([propose("Ville", {"url": 1.0}), propose("Arrondissement", {"url": 0.96})])
    assert [proposal.sure for proposal in proposals] == [True, False]


def test_a_column_whose_rows_are_in_several_places_names_no_place() -> None:
    """« En salle » stands next to many addresses: the other column has the places' names."""
    kind = propose("Emplacement", {"location": 1.0}, "En salle", "En salle", "Dehors")
    code = propose("Code postal", {"postalCode": 1.0}, "G1A 1A1", "H2X 1Y4", "G1A 1A1")
    name = propose("Nom", {"location": 0.9}, "Théâtre A", "Salle B", "Parc C")
    assert [proposal.sure for proposal in assign([kind, code, name])] == [False, True, True]


def test_headings_on_two_lines_are_joined(tmp_path: Path) -> None:
    file = tmp_path / "salles.xlsx"
    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet()
        sheet.merge_range("B1:C1", "2023-2024")
        sheet.merge_range("D1:E1", "2024-2025")
        sheet.write_row("A2", ["", "Spectateurs", "Séances", "Spectateurs", "Séances"])
        sheet.write("A1", "Salle")
        sheet.write_row("A3", ["Grande", 10, 2, 20, 3])
    (sample,) = read_samples(file)
    assert [column.name for column in sample.columns] == [
        "Salle",
        "2023-2024 Spectateurs",
        "2023-2024 Séances",
        "2024-2025 Spectateurs",
        "2024-2025 Séances",
    ]
    assert sample.layout["header"] == 2


def test_the_sheet_that_has_a_table_is_read_and_a_merged_cell_counts_in_each_of_its_rows(
    tmp_path: Path,
) -> None:
    file = tmp_path / "festival.xlsx"
    with xlsxwriter.Workbook(str(file)) as book:
        book.add_worksheet("Lisez-moi").write("A1", "La programmation de l’été.")
        sheet = book.add_worksheet("Programme")
        sheet.write_row("A1", ["Jour", "Heure", "Spectacle"])
        sheet.merge_range("A2:A3", "2026-07-03")
        sheet.write_row("B2", ["19:00", "Ouverture"])
        sheet.write_row("B3", ["21:00", "Bal"])
    (sample,) = read_samples(file)
    assert sample.layout["sheet"] == "Programme"
    assert sample.columns[0].values == ("2026-07-03", "2026-07-03")
    (first,) = read_samples(file, "Lisez-moi")
    assert first.layout["sheet"] == "Lisez-moi"
    with pytest.raises(SourceError, match="Lisez-moi, Programme"):
        read_samples(file, "Feuille3")


def test_a_list_inside_items_that_has_their_dates_makes_the_rows(tmp_path: Path) -> None:
    dates = [{"date": "2026-05-01", "salle": "A"}, {"date": "2026-05-02", "salle": "B"}]
    file = tmp_path / "saison.json"
    file.write_text(json.dumps({"data": {"spectacles": [{"titre": "Lune", "dates": dates}]}}))
    sample = read_samples(file)[0]
    assert (sample.iterator, sample.layout["each"]) == ("$.data.spectacles[*]", "dates[*]")
    assert {column.name: column.values for column in sample.columns} == {
        "date": ("2026-05-01", "2026-05-02"),
        "salle": ("A", "B"),
        "^.titre": ("Lune", "Lune"),
    }
    assert sample.names == {"dates[*].date", "dates[*].salle", "titre"}


@pytest.fixture(scope="module")
def scores() -> list[FileScore]:
    """Score the invented files alone."""
    return list(score_all(CASES, Path("/nonexistent")))


def test_invented_files_of_the_usual_kinds_are_mapped(scores: list[FileScore]) -> None:
    """Exports, directories, figures, replies of an API, XML: the classes, nine columns of ten."""
    assert [score.name for score in scores if not score.cls] == []
    total = sum(score.written + score.proposed + score.missed for score in scores)
    assert sum(score.written for score in scores) >= 0.9 * total
    assert [score.name for score in scores if score.missed] == []


def test_what_is_written_as_sure_is_right(scores: list[FileScore]) -> None:
    """At most two lines of a hundred are wrong, as the head of a proposal says."""
    assert sum(score.wrong for score in scores) <= 0.02 * sum(score.lines for score in scores)
