"""Tables written for people: workbooks and CSV."""

from parvis.report.tables.workbook import Link, Value, to_cell, write_sheet, write_sheets
from parvis.report.tables.writing import Sheet, csv_text, escape_formula, write_csv, write_workbook

__all__ = [
    "Link",
    "Sheet",
    "Value",
    "csv_text",
    "escape_formula",
    "to_cell",
    "write_csv",
    "write_sheet",
    "write_sheets",
    "write_workbook",
]
