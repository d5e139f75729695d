"""How well a thing answers a search: BM25F over the graphs that are searched, and no others."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
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


# The things whose names come near some words, from the strictest reading to the loosest.
#
# A search wants every word; who reconciles a list has words too many, one that is misspelt, or one
# that the pool writes otherwise. Rows are looked for with all words, then without one, without two,
# with any two, with the rarest: the first that give enough are taken, for others to weigh.

TELLING = 6
"""Words of a query, the rarest, that are tried in parts."""
SCANNED = 5_000
"""Rows of one graph that are looked at for one reading."""
ENOUGH = 5
"""Things after which no looser reading is tried."""
FEWEST = 5
"""Things of each graph that one reading gives, however many graphs there are."""
ALIKE = 3
"""Letters that a misspelt word shares with its like, at its beginning."""
FORMS = 16
"""Words of a graph that a misspelt one may stand for: those of the nearest length."""

_ROWS = "SELECT iri, kinds, texts FROM thing WHERE thing MATCH ? LIMIT ?"
_FORMS = (
    "SELECT stem FROM form WHERE form >= ? AND form < ?"
    " ORDER BY ABS(LENGTH(form) - ?), things DESC, form LIMIT ?"
)

Text = tuple[str, str | None]
Wanted = Callable[[str, Sequence[str]], bool]
"""Says of an IRI and its classes whether the thing may be a candidate."""


@dataclass(frozen=True)
class Named:
    """A thing as one graph names it: its classes, names and descriptions."""

    iri: str
    graph: str
    kinds: tuple[str, ...]
    names: tuple[Text, ...]
    descriptions: tuple[Text, ...]


def near(
    files: Mapping[str, sqlite3.Connection], words: Words, limit: int, wanted: Wanted
) -> list[Named]:
    """Give what each graph names with some of the words, about `limit` for one reading.

    A word that no name or description has stands for those that begin alike.
    """
    counts = held(files, words)
    respelt = [
        _like(files, stems) if not count else stems
        for count, stems in zip(counts, words, strict=True)
    ]
    known = [stems for _, stems in sorted(zip(counts, respelt, strict=True), key=_rarest) if stems]
    found: dict[tuple[str, str], Named] = {}
    share = max(FEWEST, limit // max(len(files), 1))
    for reading in _readings(known):
        for graph, file in files.items():
            for one in _rows(file, graph, reading, share, wanted):
                found.setdefault((one.iri, one.graph), one)
        if len(found) >= ENOUGH:
            break
    return list(found.values())


def _rarest(pair: tuple[int, object]) -> int:
    """Put the rarest words first."""
    return pair[0]


def _readings(words: Sequence[frozenset[str]]) -> Iterator[str]:
    """Write the readings of a query as expressions of FTS5, the strictest first."""
    if not words:
        return
    telling = words[:TELLING]
    groups = [[words]]
    if len(telling) > 2:  # noqa: PLR2004 - without one of three, two are left
        groups.append([*combinations(telling, len(telling) - 1)])
    if len(telling) > 4:  # noqa: PLR2004 - without two of five, three are left
        groups.append([*combinations(telling, len(telling) - 2)])
    if len(telling) > 3:  # noqa: PLR2004 - without one of three, two were left already
        groups.append([*combinations(telling, 2)])
    groups.append([telling[:1]])
    yield from dict.fromkeys(f"names : ({_any(group)})" for group in groups)


def _any(group: Iterable[Sequence[frozenset[str]]]) -> str:
    """Ask for any of some sets of words: stems hold letters and digits, never an operator."""
    each = (" AND ".join(f"({_one(stems)})" for stems in words) for words in group)
    return " OR ".join(f"({one})" for one in each)


def _one(stems: frozenset[str]) -> str:
    """Ask for a word by any of its stems."""
    return " OR ".join(f'"{stem}"' for stem in sorted(stems))


def _rows(
    file: sqlite3.Connection, graph: str, reading: str, limit: int, wanted: Wanted
) -> Iterator[Named]:
    """Give the rows of a graph that may be candidates, the shortest names first."""
    found = 0
    for iri, kinds, texts in file.execute(_ROWS, (reading, SCANNED)):
        classes = tuple(kinds.split())
        if not wanted(iri, classes):
            continue
        names, descriptions = (tuple((text, tag) for text, tag in one) for one in json.loads(texts))
        yield Named(iri, graph, classes, names, descriptions)
        found += 1
        if found == limit:
            return


def _like(files: Mapping[str, sqlite3.Connection], stems: frozenset[str]) -> frozenset[str]:
    """Give the stems of words that begin as one that nobody uses does."""
    word = min(stems)
    if len(word) <= ALIKE:
        return frozenset()
    start = word[:ALIKE]
    asked = (start, f"{start}\U0010ffff", len(word), FORMS)
    return frozenset(
        stem for file in files.values() for (stem,) in file.execute(_FORMS, asked).fetchall()
    )
