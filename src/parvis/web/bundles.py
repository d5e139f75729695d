"""The folders of what pages bring of others, as `.vendor/build.mjs` writes them."""

EDITOR = "yasqe-4.6.2"
MAP = "leaflet-1.9.4"
CHART = "vega-6.4.3"
GUIDE = "sparnatural-11.1.1"
OUTLINE = "natural-earth-4.0.0"

BUNDLES = {"editor": EDITOR, "map": MAP, "chart": CHART, "guide": GUIDE, "outline": OUTLINE}
"""Each by what templates call it."""
