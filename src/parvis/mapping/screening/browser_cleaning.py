"""Clean a file in a partner's own browser, which runs this module as WebAssembly (Pyodide).

A browser has Python's own library and `parvis.pooling.cleaning.browser_archive`, but no compiled
library: delimited text, XLSX and JSON are read there, no other workbook and no date in words.
"""

from datetime import date
from pathlib import Path
from typing import Any

from parvis.errors import ParvisError
from parvis.i18n import N_, explain, say
from parvis.mapping.screening.cleaning_note import NOTHING, CleanFile, clean_name
from parvis.mapping.screening.cleaning_process import clean

NOT_HERE = N_(
    "{file} cannot be cleaned in a browser, which reads CSV, XLSX and JSON (also in .gz), with"
    " dates in figures: save its sheet as CSV, then try again. Nothing was sent"
)


def clean_in_browser(path: str, today: str, lang: str) -> dict[str, Any]:
    """Write the clean form of a file next to it; return what a page shows of it, or why not."""
    file = Path(path)
    out = file.with_name(clean_name(file.name))
    request = {"file": path, "sheet": None, "without": (), "today": today, "out": str(out)}
    try:
        clean_file = CleanFile.from_answer(
            file.name, out, date.fromisoformat(today), clean(request)
        )
    except ParvisError as error:
        return {"error": explain(error, lang)}
    except ModuleNotFoundError:
        return {"error": say(lang, NOT_HERE, file=file.name)}
    if not clean_file.changed:
        return {"error": say(lang, NOTHING, file=file.name)}
    return {
        "path": str(out),
        "name": out.name,
        "note": clean_file.note_text(lang),
        "note_name": clean_file.note_name,
        "headings": clean_file.headings,
        "rows": clean_file.first_rows,
    }
