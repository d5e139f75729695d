"""What is drawn of an answer: its places on a map, else a chart, else nothing."""

import json
from typing import Any

from parvis.web.charts import suggested
from parvis.web.points import points
from parvis.web.results import Preview, drawn


def pictures(found: Preview, chart: str = "", *, light: bool = False) -> dict[str, Any]:
    """Give templates what they draw: `places`, `bars`, and `chart`, a specification as JSON.

    A chart that is given goes before any other. Bars are drawn here, without scripts: they stand
    where a chart would say no more or a page is to be light, and for who has no scripts.
    """
    if places := [] if chart else points(found):
        return {"places": places, "bars": [], "chart": ""}
    bars = drawn(found)
    enough = bars and (light or len(found.columns) <= 2)  # noqa: PLR2004 - a name and its number
    if not (chart or enough) and (spec := suggested(found)):
        chart = json.dumps(spec, ensure_ascii=False)
    return {"places": [], "bars": bars, "chart": chart if found.rows else ""}
