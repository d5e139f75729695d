"""Rank entities for a search: BM25F over the searched graphs alone."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log
from operator import itemgetter
from typing import Self

SATURATION, LENGTH = 1.2, 0.75
"""BM25's k1 and b."""
NAMED = 5
"""The weight of a word in a name."""
DIGITS = 4
"""Decimals of a score."""

Words = Sequence[frozenset[str]]
"""For each word of a query, the stems that stand for it."""


class Ranking:
    """The counts that a score needs of all searched graphs: entities, lengths, words."""

    def __init__(
        self,
        words: Words,
        files: Mapping[str, sqlite3.Connection],
        covered: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        """Count over the index files of the graphs; `matching_graphs` are those with every word.

        `covered` are by graph the stems that all its entities have, such as those of its partner's
        name: what a graph's entities must have themselves are the other words, at least one.
        """
        self.context = covered is not None
        entities = length = 0
        totals = [0] * len(words)
        self.matching_graphs: dict[str, Words] = {}
        for graph, file in files.items():
            graph_entities, graph_length = file.execute(
                "SELECT things, words FROM facts"
            ).fetchone()
            entities, length = entities + graph_entities, length + graph_length
            counts = [sum(_count_entities(file, stem) for stem in stems) for stems in words]
            totals = [sum(pair) for pair in zip(totals, counts, strict=True)]
            graph_stems = (covered or {}).get(graph, frozenset())
            own_words = [stems for stems in words if not stems & graph_stems] or words
            if all(count for count, stems in zip(counts, words, strict=True) if stems in own_words):
                self.matching_graphs[graph] = own_words
        self._mean_length = length / entities if entities else 1.0
        self._words = [
            (stems, log(1 + max(entities - count + 0.5, 0.5) / (count + 0.5)))
            for stems, count in zip(words, totals, strict=True)
        ]

    def score(self, names: str, descriptions: str) -> float:
        """Return the score of an entity by the stems of its names and of its descriptions."""
        name_stems, description_stems = names.split(), descriptions.split()
        size = (len(name_stems) + len(description_stems)) / self._mean_length
        weight = SATURATION * (1 - LENGTH + LENGTH * size)
        total = 0.0
        for stems, rarity in self._words:
            frequency = sum(
                NAMED * name_stems.count(stem) + description_stems.count(stem) for stem in stems
            )
            # A word that is in neither is in the entity's context, or in its graph's.
            frequency = frequency or self.context
            total += rarity * frequency * (SATURATION + 1) / (frequency + weight)
        return round(total, DIGITS)


def _count_entities(file: sqlite3.Connection, stem: str) -> int:
    row = file.execute("SELECT things FROM stem WHERE stem = ?", (stem,)).fetchone()
    return int(row[0]) if row else 0


def match_own_texts(words: Words) -> str:
    """Write the expression that matches all words in names and descriptions, not in a context."""
    return f"{{names descriptions}} : ({match_all(words)})"


def match_all(words: Words) -> str:
    """Write the expression of FTS5 that matches all words, each by any of its stems."""
    # Stems contain letters and digits alone: within quotation marks none can be an operator.
    stems_of = (" OR ".join(f'"{stem}"' for stem in sorted(stems)) for stems in words)
    return " AND ".join(f"({stems})" for stems in stems_of)


# Entities whose names are near some words, from the strictest reading to the loosest.
#
# A search requires every word; a list to reconcile may have words too many, misspelt, or written
# otherwise than in the pool. Rows are searched with all words, then without one, without two, with
# any two, with the rarest; the first readings that give enough are used, for others to rank.

TELLING = 6
"""The number of rarest words of a query that are tried in parts."""
SCANNED = 5_000
"""Rows of one graph that are read for one reading."""
ENOUGH = 5
"""Entities after which no looser reading is tried."""
FEWEST = 5
"""Entities of each graph in one reading, however many graphs there are."""
ALIKE = 3
"""Letters at the beginning that a misspelt word shares with the right one."""
FORMS = 16
"""Words of a graph that a misspelt one may stand for: those of the nearest lengths."""

_ROWS = "SELECT iri, kinds, texts FROM thing WHERE thing MATCH ? LIMIT ?"
_FORMS = (
    "SELECT stem FROM form WHERE form >= ? AND form < ?"
    " ORDER BY ABS(LENGTH(form) - ?), things DESC, form LIMIT ?"
)

Text = tuple[str, str | None]
"""A text with its language tag."""
AcceptEntity = Callable[[str, Sequence[str]], bool]
"""Returns whether an entity, by its IRI and classes, may be a candidate."""


@dataclass(frozen=True)
class NamedEntity:
    """An entity in one graph: its classes, names and descriptions.

    `starts` are its dates as they are written, `places` the names of where it takes place, and
    `context` other texts that it is found by: its city, its organiser, its discipline.
    """

    iri: str
    graph: str
    kinds: tuple[str, ...]
    names: tuple[Text, ...]
    descriptions: tuple[Text, ...]
    starts: tuple[str, ...] = ()
    places: tuple[Text, ...] = ()
    context: tuple[Text, ...] = ()

    @classmethod
    def of(cls, iri: str, graph: str, kinds: tuple[str, ...], texts: str) -> Self:
        # An index of an earlier release has names and descriptions only.
        names, descriptions, starts, places, context = (*json.loads(texts), (), (), ())[:5]
        names, descriptions, places, context = (
            tuple((text, tag) for text, tag in values)
            for values in (names, descriptions, places, context)
        )
        return cls(iri, graph, kinds, names, descriptions, tuple(starts), places, context)


def find_near(
    files: Mapping[str, sqlite3.Connection], words: Words, limit: int, accepts: AcceptEntity
) -> list[NamedEntity]:
    """Return entities whose names have some of the words, about `limit` for one reading.

    A word that no name or description has stands for those with the same beginning.
    """
    counts = [
        sum(_count_entities(file, stem) for file in files.values() for stem in stems)
        for stems in words
    ]
    respelt = [
        stems if count else _find_similar(files, stems)
        for count, stems in zip(counts, words, strict=True)
    ]
    rarest_first = sorted(zip(counts, respelt, strict=True), key=itemgetter(0))
    matches: dict[tuple[str, str], NamedEntity] = {}
    share = max(FEWEST, limit // max(len(files), 1))
    for reading in _readings([stems for _, stems in rarest_first if stems]):
        for graph, file in files.items():
            for entity in _candidates(file, graph, reading, share, accepts):
                matches.setdefault((entity.iri, entity.graph), entity)
        if len(matches) >= ENOUGH:
            break
    return list(matches.values())


def _readings(words: Sequence[frozenset[str]]) -> Iterator[str]:
    """Yield the readings of a query as expressions of FTS5, the strictest first."""
    if not words:
        return
    rarest = words[:TELLING]
    groups = [[words]]
    if len(rarest) > 2:  # noqa: PLR2004 - without one of three, two are left
        groups.append([*combinations(rarest, len(rarest) - 1)])
    if len(rarest) > 4:  # noqa: PLR2004 - without two of five, three are left
        groups.append([*combinations(rarest, len(rarest) - 2)])
    if len(rarest) > 3:  # noqa: PLR2004 - without one of three, two were left already
        groups.append([*combinations(rarest, 2)])
    groups.append([rarest[:1]])
    alternatives = (" OR ".join(f"({match_all(subset)})" for subset in group) for group in groups)
    yield from dict.fromkeys(f"names : ({alternative})" for alternative in alternatives)


def _candidates(
    file: sqlite3.Connection, graph: str, reading: str, limit: int, accepts: AcceptEntity
) -> Iterator[NamedEntity]:
    """Yield the candidates of a graph, the shortest names first."""
    count = 0
    for iri, kinds, texts in file.execute(_ROWS, (reading, SCANNED)):
        classes = tuple(kinds.split())
        if not accepts(iri, classes):
            continue
        yield NamedEntity.of(iri, graph, classes, texts)
        count += 1
        if count == limit:
            return


def _find_similar(files: Mapping[str, sqlite3.Connection], stems: frozenset[str]) -> frozenset[str]:
    """Return the stems of words with the same beginning as an unused one."""
    word = min(stems)
    if len(word) <= ALIKE:
        return frozenset()
    start = word[:ALIKE]
    parameters = (start, f"{start}\U0010ffff", len(word), FORMS)
    return frozenset(
        stem for file in files.values() for (stem,) in file.execute(_FORMS, parameters).fetchall()
    )
