"""Rank entities for a search: BM25F over the graphs that its reader may read, and no others.

A selection says of each entity of the index whether the reader may read it. All that follows is
counted after this: how many entities have a word, how long texts are on average, which are the
best. So scores, order and counts are those of an index without the other graphs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import starmap
from math import log

import numpy as np
from numpy.typing import NDArray

from parvis.store.search.results import GraphWords
from parvis.store.search.segment import IN_CONTEXT, IN_NAMES, Posting, Segment

SATURATION, LENGTH = 1.2, 0.75
"""BM25's k1 and b."""
NAMED = 5
"""The weight of a word in a name."""
DIGITS = 4
"""Decimals of a score."""
LAST_KEY, SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)

Words = Sequence[frozenset[str] | str]
"""For each word of a query the stems that stand for it, or a beginning of names."""
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Part:
    """What a reader may read of a segment: a flag for each entity.

    `groups` are the numbers of each graph's words in `GraphWords`, -1 for none.
    """

    number: int
    segment: Segment
    readable: Flags
    groups: NDArray[np.int32]


class Selection:
    """The entities of an index that a reader may read."""

    def __init__(
        self,
        segments: Sequence[Segment],
        graphs: frozenset[str] | None,
        words: GraphWords | None,
    ) -> None:
        """Select the entities of some graphs, or all. Segments without any are left out."""
        self.words = words
        groups = words.group_of if words else {}
        self.parts: list[Part] = []
        self.entities = length = 0
        for number, segment in enumerate(segments):
            if graphs is None:
                readable = np.ones(segment.size, bool)
            else:
                flags = np.fromiter(map(graphs.__contains__, segment.graphs), bool)
                readable = np.repeat(flags, segment.sizes)
            if not readable.any():
                continue
            part_groups = np.full(len(segment.sizes), -1, np.int32)
            if groups:
                part_groups[:] = [groups.get(graph, -1) for graph in segment.graphs]
            self.parts.append(Part(number, segment, readable, part_groups))
            self.entities += int(readable.sum())
            length += int(segment.words[readable].sum())
        self.mean_length = length / self.entities if length else 1.0


@dataclass(frozen=True)
class _Match:
    """The entities of a part that have all words, with the postings of each word."""

    part: Part
    postings: list[list[Posting]]
    numbers: NDArray[np.intp]


class Ranking:
    """The entities of a selection that have all words of a query, each with its rank."""

    def __init__(self, selection: Selection, words: Words, *, context: bool) -> None:
        """Find them; with `context`, a word may also be around an entity, or its graph's."""
        totals = np.zeros(len(words), np.int64)
        covered = _cover(selection.words, words) if context else None
        self._selection = selection
        self._matches: list[_Match] = []
        for part in selection.parts if words else ():
            postings = read_postings(part.segment, words, context=context)
            matching = part.readable.copy()
            for number, word in enumerate(postings):
                present = _present(part, word)
                totals[number] += np.count_nonzero(present)
                if covered is not None and (graphs := covered[part.groups, number]).any():
                    present |= np.repeat(graphs, part.segment.sizes)
                matching &= present
            if (numbers := np.flatnonzero(matching)).size:
                self._matches.append(_Match(part, postings, numbers))
        entities = selection.entities
        self._rarities = [
            log(1 + max(entities - count + 0.5, 0.5) / (count + 0.5)) for count in totals.tolist()
        ]
        self.count = sum(len(match.numbers) for match in self._matches)

    def best(self, most: int) -> list[tuple[int, int, float]]:
        """Return the best: the numbers of their parts and their own, and their scores."""
        ranks, parts, numbers = np.zeros(0, np.uint64), np.zeros(0, int), np.zeros(0, int)
        for match in self._matches:
            scores = np.rint(self._score(match) * 10**DIGITS).astype(np.uint64)
            # Most of a later part are below what is already among the best.
            likely = scores >= (ranks.min() >> SHIFT if len(ranks) == most else 0)
            # A score and a key in one number; of equal scores the lower key is first.
            keys = LAST_KEY - match.part.segment.keys[match.numbers[likely]].astype(np.uint64)
            ranks = np.concatenate([ranks, scores[likely] << SHIFT | keys])
            numbers = np.concatenate([numbers, match.numbers[likely]])
            parts = np.concatenate([parts, np.full(len(keys), match.part.number)])
            first = highest(ranks, most)
            ranks, numbers, parts = ranks[first], numbers[first], parts[first]
        order = np.argsort(ranks)[::-1]
        columns = parts[order], numbers[order], (ranks[order] >> SHIFT) / 10**DIGITS
        return [*zip(*(column.tolist() for column in columns), strict=True)]

    def _score(self, match: _Match) -> NDArray[np.float64]:
        segment, numbers = match.part.segment, match.numbers
        size = segment.words[numbers] / self._selection.mean_length
        weight = SATURATION * (1 - LENGTH + LENGTH * size)
        total = np.zeros(len(numbers))
        frequencies = np.empty(segment.size, np.uint32)
        for rarity, postings in zip(self._rarities, match.postings, strict=True):
            frequencies[:] = 0
            for entities, weights in postings:
                frequencies[entities] += weights >> 1
            # A word that is in no text of the entity is in its context, or in its graph's.
            frequency = np.maximum(frequencies[numbers], 1).astype(float)
            total += rarity * (SATURATION + 1) * frequency / (frequency + weight)
        return total


def highest(ranks: NDArray[np.uint64], most: int) -> NDArray[np.intp]:
    """Return the places of the highest ranks, in no order."""
    if len(ranks) <= most:
        return np.arange(len(ranks))
    return np.argpartition(ranks, len(ranks) - most)[len(ranks) - most :]


def _cover(graph_words: GraphWords | None, words: Words) -> Flags | None:
    """Return which words each group of graphs has by itself, the last row for no group.

    An entity must have the other words, at least one: where all are the group's, it has none.
    """
    if graph_words is None:
        return None
    covered = np.zeros((len(graph_words.groups) + 1, len(words)), bool)
    for number, stems in enumerate(words):
        for stem in stems if isinstance(stems, frozenset) else ():
            covered[graph_words.groups_by_stem.get(stem, ()), number] = True
    covered[covered.all(axis=1)] = False
    return covered if covered.any() else None


def read_postings(segment: Segment, words: Words, *, context: bool) -> list[list[Posting]]:
    """Return the postings of each word, those in a context only with `context`."""
    sets = [stems for stems in words if isinstance(stems, frozenset)]
    by_stem = segment.postings(frozenset[str]().union(*sets))
    postings = [
        segment.beginnings(stems)
        if isinstance(stems, str)
        else [posting for stem in sorted(stems) for posting in by_stem[stem]]
        for stems in words
    ]
    return postings if context else [[*starmap(_own, word)] for word in postings]


def _own(numbers: NDArray[np.integer], weights: NDArray[np.uint8]) -> Posting:
    own = weights > IN_CONTEXT
    return (numbers, weights) if own.all() else (numbers[own], weights[own])


def _present(part: Part, postings: Sequence[Posting]) -> Flags:
    """Return which readable entities have a word."""
    present: Flags = np.zeros(part.segment.size, bool)
    for numbers, _ in postings:
        present[numbers] = True
    present &= part.readable
    return present


def count_words(selection: Selection, words: Words) -> list[int]:
    """Return how many readable entities have each word, in their context too."""
    totals = [0] * len(words)
    for part in selection.parts:
        postings = read_postings(part.segment, words, context=True)
        counts = (int(np.count_nonzero(_present(part, word))) for word in postings)
        totals = [total + count for total, count in zip(totals, counts, strict=True)]
    return totals


def named(part: Part, words: Words) -> list[Flags]:
    """Return for each word which readable entities have it in a name."""
    flags = []
    for postings in read_postings(part.segment, words, context=False):
        in_names = [
            (numbers[at], weights[at])
            for numbers, weights in postings
            for at in [weights & IN_NAMES > 0]
        ]
        flags.append(_present(part, in_names))
    return flags


def readable_words(part: Part, start: str, end: str) -> list[tuple[str, str, int]]:
    """Return the words from one to before another that readable entities have.

    Each comes with its stem, and with the number of these entities.
    """
    words, numbers, sizes = part.segment.words_from(start, end)
    readable = np.concatenate([[0], np.cumsum(part.readable[numbers])])
    counts = np.diff(readable[np.concatenate([[0], np.cumsum(sizes, dtype=int)])]).tolist()
    return [(*word, count) for word, count in zip(words, counts, strict=True) if count]
