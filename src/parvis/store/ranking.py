"""How well a thing answers a search: BM25F over the graphs that are searched, and no others."""

import sqlite3
from collections.abc import Mapping, Sequence
from math import log

SATURATION, LENGTH = 1.2, 0.75
"""BM25's k1 and b."""
NAMED = 5
"""How many times a word of a name counts."""
DIGITS = 4
"""Decimals of a score."""

Words = Sequence[frozenset[str]]
"""For each word of a query, the stems that stand for it."""


class Ranking:
    """What a score must know of all graphs searched: how many things, how long, which words."""

    def __init__(self, words: Words, files: Mapping[str, sqlite3.Connection]) -> None:
        """Count over the index files of the graphs; `holding` are those that have every word."""
        things = length = 0
        held = [0] * len(words)
        self.holding: list[str] = []
        for graph, file in files.items():
            one, two = file.execute("SELECT things, words FROM facts").fetchone()
            things, length = things + one, length + two
            here = [sum(_things(file, stem) for stem in stems) for stems in words]
            held = [sum(pair) for pair in zip(held, here, strict=True)]
            if all(here):
                self.holding.append(graph)
        self._usual = length / things if things else 1.0
        self._words = [
            (stems, log(1 + max(things - count + 0.5, 0.5) / (count + 0.5)))
            for stems, count in zip(words, held, strict=True)
        ]

    def score(self, names: str, descriptions: str) -> float:
        """Give the score of a thing by the stems of its names and of its descriptions."""
        named, described = names.split(), descriptions.split()
        size = (len(named) + len(described)) / self._usual
        weight = SATURATION * (1 - LENGTH + LENGTH * size)
        total = 0.0
        for stems, rarity in self._words:
            often = sum(NAMED * named.count(one) + described.count(one) for one in stems)
            total += rarity * often * (SATURATION + 1) / (often + weight)
        return round(total, DIGITS)


def _things(file: sqlite3.Connection, stem: str) -> int:
    """Count the things of a graph that hold a stem."""
    found = file.execute("SELECT things FROM stem WHERE stem = ?", (stem,)).fetchone()
    return int(found[0]) if found else 0


def held(files: Mapping[str, sqlite3.Connection], words: Words) -> list[int]:
    """Count, for each word of a query, the things of all graphs that hold it."""
    return [
        sum(_things(file, stem) for file in files.values() for stem in stems) for stems in words
    ]
