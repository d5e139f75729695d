"""Québec's administrative regions laid out as tiles, which show where without an outline."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from parvis.pooling.schemes import scheme
from parvis.vocab.namespaces import CONCEPT

Tiles = dict[str, tuple[int, int]]
"""The column and the row of each region, by its concept, from 0."""


@cache
def tiles() -> Tiles:
    """Read where each region's tile stands."""
    text = files("parvis.pooling").joinpath("regions.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)
    return {f"{CONCEPT}area/{code}": (column, row) for code, (column, row) in found.items()}


def by_region(areas: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """Count the things of each region, from the areas of each thing.

    A municipality is of its region; what holds several regions, as all of Québec does, is of none.
    """
    above = scheme("area").above
    found = Counter(
        region
        for places in areas.values()
        for region in {one for area in places for one in (area, *above.get(area, ()))}
    )
    return {region: found[region] for region in tiles() if found[region]}
