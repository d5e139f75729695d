"""Cleans a file: ``python -I -m parvis.mapping.screening.cleaning_process``.

A request has the ``file``, the ``sheet``, the headings ``without`` which it is wanted, the day
``today`` and the path ``out`` of the clean file; the answer describes what was done. The clean file
is judged as a partner's file is: if it still identifies persons, it is deleted.
"""

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from parvis.config.json_data import to_json
from parvis.errors import SourceError, UsageError
from parvis.i18n import N_, within_quotes
from parvis.mapping.screening.cleaning import clean_table
from parvis.mapping.screening.gate import hide, judge
from parvis.mapping.screening.whole_tables import read_whole_table
from parvis.report.delimited import write_csv

FIRST_ROWS = 5
"""Rows of the clean table that are shown."""
NO_COLUMN = N_("{file} has no column “{missing}”; its columns: {names}")
STILL = N_(
    "once cleaned, {file} would still identify persons, in the columns: {columns}. Remove them, or"
    " say in their headings what they hold (“Venue name”, “Artist”), then try again; nothing was"
    " written"
)


def clean(request: dict[str, Any]) -> dict[str, Any]:
    file, out = Path(request["file"]), Path(request["out"])
    # What is unpacked goes with the caller's folder, also if this process is killed.
    tempfile.tempdir = str(out.parent)
    table, sheets = read_whole_table(file, request["sheet"])
    today = date.fromisoformat(request["today"])
    cleaning = clean_table(table, file.name, today, request["without"])
    if missing := sorted({*request["without"]} - {*table.headings}):
        names = ", ".join(table.headings)
        raise UsageError(NO_COLUMN, file=file.name, missing=within_quotes(missing), names=names)
    # What is not read may identify persons too: other sheets, and what stands above the headings.
    changed = cleaning.changed or bool(judge([file]).findings)
    write_csv(out, [cleaning.table.headings, *cleaning.table.rows])
    refuse_identifying(out, file.name)
    return {
        "columns": to_json(cleaning.columns),
        "headings": list(cleaning.table.headings),
        "first_rows": [list(row) for row in cleaning.table.rows[:FIRST_ROWS]],
        "rows_before": len(table.rows),
        "rows_after": len(cleaning.table.rows),
        "totals": cleaning.totals,
        "sheets": list(map(hide, sheets)),
        "changed": changed,
    }


def refuse_identifying(clean_file: Path, name: str) -> None:
    """Delete the clean form of the file `name` if it identifies persons; raises `SourceError`."""
    if findings := judge([clean_file]).findings:
        clean_file.unlink()
        columns = [finding.place.column for finding in findings if finding.place]
        names = ", ".join(dict.fromkeys(filter(None, columns)))
        raise SourceError(STILL, file=name, columns=names)


if __name__ == "__main__":
    from parvis.sandbox.serving import serve

    serve(clean, about="file")
