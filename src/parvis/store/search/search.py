"""Search a text index for the entities that have all the words of a query, best first.

Segments in which a reader may read nothing are not read, and everything is counted over what may
be read of the others: an answer is the same as if there were no other graphs.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from functools import lru_cache
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Self

import numpy as np

from parvis.store.search.index import Listing
from parvis.store.search.ranking import (
    SHIFT,
    Ranking,
    Selection,
    Words,
    count_words,
    highest,
    named,
    readable_words,
)
from parvis.store.search.results import AcceptEntity, GraphWords, Hit, NamedEntity, NearestWord
from parvis.store.search.segment import LAST, Segment
from parvis.store.search.words import query_forms, stem_query, stem_unfinished_query

READERS = 32
"""Selections that are kept: one for each set of graphs that readers may read."""
MORE = 4
"""A quarter more than is wanted is ranked, since several graphs may have an entity."""

# Reading the names of a list to reconcile, from the strictest to the loosest.
TELLING = 6
"""The number of rarest words of a query that are tried in parts."""
SCANNED = 5_000
"""Entities that are looked at for one reading, those of the shortest names."""
BATCH = 250
ENOUGH = 5
"""Entities after which no looser reading is tried."""
ALIKE = 3
"""Letters at the beginning that a misspelt word shares with the right one."""
FORMS = 16
"""Words that a misspelt one may stand for: those of the nearest lengths."""
FEW = 100_000
"""Entities up to which a misspelt word may differ in its second letter."""
LENGTHS = 2
"""Letters by which the length of a misspelt word differs from the right one's at most."""


class TextIndex:
    """The text index of a generation, or of its open part. Thread-safe."""

    def __init__(self, generation: Path, *parts: str) -> None:
        """Open the segments of some parts. Raises `StoreError` for a generation without them."""
        listings = [Listing.read(generation, part) for part in parts]
        with ExitStack() as opened:
            paths = (path for listing in listings for path in listing.paths())
            self._segments = [opened.enter_context(closing(Segment(path))) for path in paths]
            self._opened = opened.pop_all()
        self._starts = np.cumsum([0, *(segment.size for segment in self._segments)])
        narrowed = [listing.graphs for listing in listings if listing.graphs is not None]
        self._graphs = tuple(graph for graphs in narrowed for graph in graphs)
        self._narrowed = bool(narrowed)
        # The key is the whole set of graphs, and the very object of the words that they have in
        # common. The value says which entities are theirs, and nothing else is kept: readers share
        # it only where they may read the same.
        self._select = lru_cache(READERS)(self._make_selection)
        self._lock = Lock()

    @classmethod
    def of(cls, store: Path) -> Self:
        """Return the index of a store: for the open store, the open part alone."""
        return cls(store.parent, *Listing.parts_of(store))

    def find(
        self,
        query: str,
        graphs: Iterable[str] | None,
        limit: int,
        *,
        apart: bool = False,
        covered: GraphWords | None = None,
    ) -> list[Hit]:
        """Return the best hits in some graphs, or in all; a hit has every word of the query.

        An entity in several graphs is returned once, with its best score, unless `apart`. With
        `covered`, a word may also be in the context of an entity (its venue, its discipline), or
        among the stems that all entities of its graph have.
        """
        selection = self._selection(graphs, covered)
        ranking = Ranking(selection, stem_query(query), context=covered is not None)
        return self._hits(ranking, limit, apart=apart)

    def find_iris(
        self, query: str, graphs: Iterable[str] | None, most: int, covered: GraphWords
    ) -> frozenset[str]:
        """Return the entities of the best hits, with the context of each, in no order."""
        ranking = Ranking(self._selection(graphs, covered), stem_query(query), context=True)
        numbers: dict[int, list[int]] = {}
        for part, number, _ in ranking.best(most):
            numbers.setdefault(part, []).append(number)
        iris = (self._segments[part].only_iris(group) for part, group in numbers.items())
        return frozenset(chain.from_iterable(iris))

    def complete(self, beginning: str, graphs: Iterable[str] | None, limit: int) -> list[Hit]:
        """Return the best hits of a query whose last word may be unfinished, and is in a name."""
        words, start = stem_unfinished_query(beginning)
        completed: Words = (*words, start) if start else words
        ranking = Ranking(self._selection(graphs), completed, context=False)
        return self._hits(ranking, limit, apart=False)

    def count(self, query: str, graphs: Iterable[str] | None) -> int:
        """Count the hits of each graph separately."""
        return Ranking(self._selection(graphs), stem_query(query), context=False).count

    def correct_unused_words(
        self, query: str, graphs: Iterable[str] | None, nearest: NearestWord
    ) -> dict[str, str | None]:
        """Return the words of a query that no entity has, each with the nearest one that some has.

        Only words of the same beginning and of about the same length are near.
        """
        selection, corrections = self._selection(graphs), dict[str, str | None]()
        for word in query_forms(query):
            if sum(count_words(selection, stem_query(word))):
                continue
            # Most mistakes are further on, and a letter alone begins a tenth of all words.
            starts = [word[:2], word[0]] if selection.entities <= FEW else [word[:2]]
            forms = (_find_nearest(selection, word, start, nearest) for start in starts)
            corrections[word] = next(filter(None, forms), None)
        return corrections

    def find_near(
        self, query: str, graphs: Iterable[str] | None, limit: int, accepts: AcceptEntity
    ) -> list[NamedEntity]:
        """Return entities whose names have some of the words, `limit` at most for one reading.

        A search requires every word; a list to reconcile may have words too many, misspelt, or
        written otherwise than in the pool. Entities are searched with all words, then without one,
        without two, with any two, with the rarest; the first readings that give enough are used,
        for others to rank. A word that no entity has stands for those with the same beginning.
        """
        selection, words = self._selection(graphs), stem_query(query)
        counts = count_words(selection, words)
        respelt = [
            stems if count else _find_similar(selection, stems)
            for count, stems in zip(counts, words, strict=True)
        ]
        rarest_first = [
            stems for _, stems in sorted(zip(counts, respelt, strict=True), key=_count) if stems
        ]
        flags = [named(part, rarest_first) for part in selection.parts] if rarest_first else []
        matches: dict[tuple[str, str], NamedEntity] = {}
        for size, required in _readings(len(rarest_first)):
            ranks, rows = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
            for part, part_flags in zip(selection.parts, flags, strict=True):
                total = np.sum(part_flags[:size], axis=0, dtype=np.uint8)
                numbers = np.flatnonzero(total >= required)
                lengths = part.segment.name_words[numbers].astype(np.uint64) << SHIFT
                ranks.append(~(lengths | part.segment.keys[numbers]))
                rows.append(numbers + self._starts[part.number])
            joined = np.concatenate(ranks)
            order = highest(joined, SCANNED)
            order = order[np.argsort(joined[order])[::-1]]
            shortest = np.concatenate(rows)[order].tolist()
            for entity in self._accept(shortest, limit, accepts):
                matches.setdefault((entity.iri, entity.graph), entity)
            if len(matches) >= ENOUGH:
                break
        return list(matches.values())

    def describe(self, hit: Hit) -> NamedEntity:
        """Return the entity of a hit, as its graph describes it."""
        segment, number = self._place(hit.row)
        return NamedEntity.of(hit.iri, hit.graph, *segment.text(number))

    def close(self) -> None:
        self._opened.close()

    def _selection(
        self, graphs: Iterable[str] | None, covered: GraphWords | None = None
    ) -> Selection:
        key = None if graphs is None else tuple(graphs)
        if self._narrowed:
            key = self._graphs if key is None else tuple(sorted({*key} & {*self._graphs}))
        # One thread makes a selection, for others that wait for the same.
        with self._lock:
            return self._select(key, covered)

    def _make_selection(
        self, graphs: tuple[str, ...] | None, covered: GraphWords | None
    ) -> Selection:
        return Selection(self._segments, None if graphs is None else frozenset(graphs), covered)

    def _hits(self, ranking: Ranking, limit: int, *, apart: bool) -> list[Hit]:
        most = limit if apart else limit + limit // MORE
        while True:
            hits = self._read_hits(ranking.best(most))
            if not apart:
                first_hits: dict[str, Hit] = {}
                for hit in hits:
                    first_hits.setdefault(hit.iri, hit)
                hits = [*first_hits.values()]
            if len(hits) >= limit or most >= ranking.count:
                return hits[:limit]
            most *= 2

    def _read_hits(self, ranked: Sequence[tuple[int, int, float]]) -> list[Hit]:
        numbers: dict[int, list[int]] = {}
        for part, number, _ in ranked:
            numbers.setdefault(part, []).append(number)
        iris = {part: self._segments[part].iris(group) for part, group in numbers.items()}
        hits = []
        for part, number, score in ranked:
            iri, graph = iris[part][number]
            hits.append(Hit(iri, graph, score, int(self._starts[part]) + number))
        return hits

    def _accept(
        self, rows: Sequence[int], limit: int, accepts: AcceptEntity
    ) -> Iterator[NamedEntity]:
        """Yield the first entities of some rows that are accepted, up to a limit."""
        count = 0
        for start in range(0, len(rows), BATCH):
            places = [self._place(row) for row in rows[start : start + BATCH]]
            groups: dict[Segment, list[int]] = {}
            for segment, number in places:
                groups.setdefault(segment, []).append(number)
            iris = {segment: segment.iris(group) for segment, group in groups.items()}
            kinds = {segment: segment.kinds(group) for segment, group in groups.items()}
            for segment, number in places:
                iri, graph = iris[segment][number]
                if accepts(iri, kinds[segment][number]):
                    yield NamedEntity.of(iri, graph, *segment.text(number))
                    count += 1
                    if count == limit:
                        return

    def _place(self, row: int) -> tuple[Segment, int]:
        """Return the segment of a row, and its number there."""
        part = int(np.searchsorted(self._starts, row, "right")) - 1
        return self._segments[part], row - int(self._starts[part])


def _count(pair: tuple[int, frozenset[str]]) -> int:
    return pair[0]


def _readings(words: int) -> Iterator[tuple[int, int]]:
    """Yield the readings of a query: of how many rarest words how many are required at least."""
    if not words:
        return
    rarest = min(words, TELLING)
    readings = [(words, words)]
    if rarest > 2:  # noqa: PLR2004 - without one of three, two are left
        readings.append((rarest, rarest - 1))
    if rarest > 4:  # noqa: PLR2004 - without two of five, three are left
        readings.append((rarest, rarest - 2))
    if rarest > 3:  # noqa: PLR2004 - without one of three, two were left already
        readings.append((rarest, 2))
    readings.append((1, 1))
    yield from dict.fromkeys(readings)


def _find_nearest(selection: Selection, word: str, start: str, nearest: NearestWord) -> str | None:
    """Return the nearest of the words that begin so and that a readable entity has, if any."""
    forms = {
        form
        for part in selection.parts
        for form, _, _ in readable_words(part, start, start + LAST)
        if abs(len(form) - len(word)) <= LENGTHS
    }
    return nearest(word, sorted(forms))


def _find_similar(selection: Selection, stems: frozenset[str]) -> frozenset[str]:
    """Return the stems of words with the same beginning as an unused one."""
    word = min(stems)
    if len(word) <= ALIKE:
        return frozenset()
    start = word[:ALIKE]
    counts: dict[tuple[str, str], int] = {}
    for part in selection.parts:
        for form, stem, count in readable_words(part, start, start + LAST):
            counts[form, stem] = counts.get((form, stem), 0) + count
    nearest = sorted(counts, key=lambda pair: (abs(len(pair[0]) - len(word)), -counts[pair], pair))
    return frozenset(stem for _, stem in nearest[:FORMS])
