"""Draw kits and compute a message in a browser, which runs this module as WebAssembly (Pyodide).

Python draws its random numbers from `crypto.getRandomValues` there. As for cleaning, files are
delimited text, XLSX and JSON.
"""

import json
from pathlib import Path
from typing import Any

from parvis.errors import ParvisError
from parvis.i18n import N_, explain, say
from parvis.statistics.distinct.rounds import Round, draw_kits
from parvis.statistics.distinct.sketch_note import SketchSummary
from parvis.statistics.distinct.sketch_process import sketch_file

CODES = Path(__file__).parents[3] / "round_codes.json"
"""The code lists, which the archive has beside the package."""
NOT_HERE = N_(
    "{file} cannot be counted in a browser, which reads CSV, XLSX and JSON (also in .gz): save its"
    " sheet as CSV, then try again. Nothing was sent"
)


def sketch_in_browser(
    path: str, round_text: str, kit_text: str, discipline: str, lang: str
) -> dict[str, Any]:
    """Write the message of a file next to it; return what a page shows of it, or why not."""
    file = Path(path)
    out = file.with_name("message")
    request = {
        "file": path,
        "sheet": None,
        "columns": {},
        "discipline": discipline.strip() or None,
        "round": round_text,
        "round_name": say(lang, N_("the round’s file")),
        "kit": kit_text,
        "kit_name": say(lang, N_("the kit’s file")),
        "codes": json.loads(CODES.read_bytes()),
        "out": str(out),
    }
    try:
        summary = SketchSummary.from_answer(sketch_file(request))
        round_ = Round.from_json(round_text)
    except ParvisError as error:
        return {"error": explain(error, lang)}
    except ModuleNotFoundError:
        return {"error": say(lang, NOT_HERE, file=file.name)}
    name = f"message-{round_.project}-{round_.number}-{summary.partner}.bin"
    return {"path": str(out), "name": name, "note": "\n".join(summary.lines(round_, lang))}


def draw_in_browser(round_text: str, lang: str) -> dict[str, Any]:
    """Return the kits of a round by the names of their files, or why not."""
    try:
        round_ = Round.from_json(round_text, say(lang, N_("the round’s file")))
    except ParvisError as error:
        return {"error": explain(error, lang)}
    stem = f"kit-{round_.project}-{round_.number}"
    kits = {f"{stem}-{slug}.json": kit.to_text() for slug, kit in draw_kits(round_).items()}
    return {"kits": kits, "key_holder": round_.key_holder}
