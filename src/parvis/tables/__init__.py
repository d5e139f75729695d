"""Tables written for people: workbooks and CSV."""

from parvis.tables.workbook import Link, Value, write_sheet
from parvis.tables.writing import Sheet, csv_text, write_csv, write_workbook

__all__ = ["Link", "Sheet", "Value", "csv_text", "write_csv", "write_sheet", "write_workbook"]
