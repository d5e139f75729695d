"""Tables written for people: workbooks and CSV."""

from parvis.tables.writing import Sheet, csv_text, write_csv, write_workbook

__all__ = ["Sheet", "csv_text", "write_csv", "write_workbook"]
