"""Tables written for people: workbooks and CSV."""

from parvis.tables.writing import Sheet, write_csv, write_workbook

__all__ = ["Sheet", "write_csv", "write_workbook"]
