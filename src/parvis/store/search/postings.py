"""The words of a segment that is being written: which entities have each, and their weights there.

Words of texts are numbered, and what concerns all of them is computed by numpy in arrays: a step of
Python for each word of each text would take most of the time of an index.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from parvis.store.search.entities import Text
from parvis.store.search.ranking import NAMED
from parvis.store.search.segment import IN_CONTEXT, MOST_FREQUENT, Segment, Word
from parvis.store.search.words import ENGLISH, FRENCH, LONGEST, analyse, language_of

MANY = 1_000_000
"""Words of texts that are added up at a time, and postings that are put in order at a time."""
REMEMBERED = 200_000
"""Pieces of texts in a language whose words are remembered."""

_FREQUENCIES = np.array([NAMED, 1, 0], np.uint32)
"""What a word counts in a name, in a description and in the context."""
_BYTE, _HALF, _WORD = (np.uint64(bits) for bits in (8, 32, 40))
"""Bits of a key for a weight, for a number, and for both."""
_NUMBER = np.uint64(0xFFFFFFFF)

Numbers = NDArray[np.uint32]
Weights = NDArray[np.uint8]
Moved = NDArray[np.int64]
"""The new number of each entity of a former segment, -1 for one that is left."""


class Postings(NamedTuple):
    """Words in order, the number of postings of each, and these in order: entities, weights."""

    words: Sequence[Word]
    sizes: Sequence[int]
    entities: Numbers
    weights: Weights


class _Pieces(dict[str, tuple[int, ...]]):
    """The numbers of the words of each piece of a text in a language, read when it first comes."""

    def __init__(self, numbers: dict[Word, int], language: str) -> None:
        super().__init__()
        self._numbers, self._language = numbers, language

    def __missing__(self, piece: str) -> tuple[int, ...]:
        is_short = len(piece) <= LONGEST
        # Pieces of any length would fill the memory.
        words = (analyse if is_short else analyse.__wrapped__)(piece, self._language)
        numbers = tuple([self._numbers.setdefault(word, len(self._numbers)) for word in words])
        if is_short:
            if len(self) >= REMEMBERED:
                self.clear()
            self[piece] = numbers
        return numbers


class PostingsWriter:
    """Collects the words of entities, and of former segments, then puts all in order.

    Memory holds nine bytes for each word of each entity, and what is added up at a time.
    """

    def __init__(self) -> None:
        self._numbers: dict[Word, int] = {}
        self._pieces = {name: _Pieces(self._numbers, name) for name in (FRENCH, ENGLISH)}
        self._clear()
        self._parts: list[tuple[Numbers, Numbers, Weights]] = []

    def add(self, entity: int, *texts: Iterable[Text]) -> tuple[int, int]:
        """Add the words of an entity: of its names, its descriptions and its context.

        Return how many words its names have, and how many these and its descriptions.
        """
        if len(self._words) >= MANY:
            self._add_up()
        self._entities.append(entity)
        ends = [len(self._words)]
        for part in texts:
            for text, tag in part:
                pieces = self._pieces[language_of(tag)]
                self._words.extend(chain.from_iterable(map(pieces.__getitem__, text.split())))
            ends.append(len(self._words))
        start, names, descriptions, context = ends
        self._lengths.extend((names - start, descriptions - names, context - descriptions))
        return names - start, descriptions - start

    def copy(self, segment: Segment, moved: Moved) -> None:
        """Add the words of a former segment."""
        for words, sizes, entities, weights in segment.all_words():
            numbers = [self._numbers.setdefault(word, len(self._numbers)) for word in words]
            new = moved[entities]
            stays = new >= 0
            repeated = np.repeat(np.array(numbers, np.uint32), sizes)
            self._parts.append((repeated[stays], new[stays].astype(np.uint32), weights[stays]))

    def _add_up(self) -> None:
        """Add up how often each entity has a word, in all its texts."""
        words = np.frombuffer(self._words, np.uint32)
        lengths = np.frombuffer(self._lengths, np.uint32).reshape(-1, len(_FREQUENCIES)).astype(int)
        entities = np.repeat(np.frombuffer(self._entities, np.uint32), lengths.sum(axis=1))
        frequencies = np.repeat(np.tile(_FREQUENCIES, len(lengths)), lengths.ravel())
        self._clear()
        if not len(words):
            return
        # Sorting keys is much faster than what sorts by two arrays.
        keys = np.sort(words.astype(np.uint64) << _HALF | np.arange(len(words), dtype=np.uint64))
        words, order = (keys >> _HALF).astype(np.uint32), (keys & _NUMBER).astype(np.intp)
        entities, frequencies = entities[order], frequencies[order]
        is_next = (words[1:] != words[:-1]) | (entities[1:] != entities[:-1])
        starts = np.flatnonzero(np.concatenate([[True], is_next]))
        sums = np.minimum(np.add.reduceat(frequencies, starts), MOST_FREQUENT)
        in_names = np.maximum.reduceat(frequencies, starts) == NAMED
        weights = (sums << 1 | in_names).astype(np.uint8)
        weights[weights == 0] = IN_CONTEXT
        self._parts.append((words[starts], entities[starts], weights))

    def _clear(self) -> None:
        self._words, self._lengths, self._entities = array("I"), array("I"), array("I")

    def in_order(self) -> Iterator[Postings]:
        """Yield all words, in pieces of bounded size."""
        self._add_up()
        words = sorted(self._numbers)
        ranks = np.empty(len(words), np.uint32)
        ranks[[*map(self._numbers.__getitem__, words)]] = np.arange(len(words), dtype=np.uint32)
        sizes = np.zeros(len(words), np.int64)
        for numbers, *_ in self._parts:
            sizes += np.bincount(ranks[numbers], minlength=len(words))
        ends, start = np.cumsum(sizes), 0
        while start < len(words):
            before = ends[start - 1] if start else 0
            end = int(np.searchsorted(ends, before + MANY, "right"))
            end = min(max(end, start + 1), start + MANY)
            keys = np.concatenate([_keys(ranks[part[0]], part, start, end) for part in self._parts])
            keys.sort()
            yield Postings(
                words[start:end],
                sizes[start:end].tolist(),
                (keys >> _BYTE & _NUMBER).astype(np.uint32),
                keys.astype(np.uint8),
            )
            start = end


def _keys(
    ranks: Numbers, part: tuple[Numbers, Numbers, Weights], start: int, end: int
) -> NDArray[np.uint64]:
    """Return keys that sort by words, then entities, of the words of a part in a range."""
    chosen = (ranks >= start) & (ranks < end)
    _, entities, weights = (array[chosen] for array in part)
    words = (ranks[chosen] - start).astype(np.uint64)
    return words << _WORD | entities.astype(np.uint64) << _BYTE | weights
