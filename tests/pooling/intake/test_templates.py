"""Templates generated from the shapes."""

from pathlib import Path

import pytest
import python_calamine

from parvis.errors import UsageError
from parvis.pooling.intake.templates import fields_of, template


def test_a_workbook_has_a_table_and_its_explanations(tmp_path: Path) -> None:
    """In the reader's language, with allowed concepts by their labels."""
    template("Event", "xlsx", "fr", tmp_path / "e.xlsx")
    book = python_calamine.CalamineWorkbook.from_path(tmp_path / "e.xlsx")
    first, second = (book.get_sheet_by_index(index).to_python() for index in (0, 1))
    assert first[0][:2] == ["Nom", "Début"]
    assert len(first[0]) == len(second) - 1
    assert any("Théâtre" in str(cell) for row in second for cell in row)


def test_nested_entities_have_their_columns_in_the_same_table() -> None:
    """The postal code of a place is in the row of the place."""
    headings = [field.heading for field in fields_of("schema:Place", "en")]
    assert "Postal code" in headings
    assert "Latitude" in headings


def test_a_class_without_shape_is_refused(tmp_path: Path) -> None:
    """The error names the available classes."""
    with pytest.raises(UsageError, match="Event"):
        template("Spaceship", "csv", "fr", tmp_path / "s.csv")
