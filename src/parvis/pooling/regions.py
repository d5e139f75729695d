"""Québec's administrative regions laid out as tiles, which show where without an outline."""

import tomllib
from functools import cache
from importlib.resources import files

from parvis.vocab.namespaces import CONCEPT

Tiles = dict[str, tuple[int, int]]
"""The column and the row of each region, by its concept, from 0."""


@cache
def tiles() -> Tiles:
    """Read where each region's tile stands."""
    text = files("parvis.pooling").joinpath("regions.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)
    return {f"{CONCEPT}area/{code}": (column, row) for code, (column, row) in found.items()}
