"""Charts: one model, drawn by the server as SVG and by the page's script as Vega-Lite.

A page describes a `Chart` and gives it to the macro `chart_figure` of ``components/charts.html``;
both forms come from it, with the same colours, order and labels.
"""

from parvis.web.charts.model import (
    COLOURS,
    MISSING,
    SUPPRESSED,
    Category,
    Cell,
    Chart,
    Kind,
    Series,
    as_index,
    share_scale,
)

__all__ = [
    "COLOURS",
    "MISSING",
    "SUPPRESSED",
    "Category",
    "Cell",
    "Chart",
    "Kind",
    "Series",
    "as_index",
    "share_scale",
]
