"""A search in words, as a page tells it: things with their names, kinds, datasets and excerpts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from threading import Lock

from parvis.catalog.ontology import words
from parvis.pooling.cards import DatasetCard
from parvis.store.search.search import Hit, Text, TextIndex, Told
from parvis.store.search.words import asked, marked, too_long

SHOWN = 50
"""Things that a page shows."""
SUGGESTED = 10
"""Names that complete what is typed."""
BEFORE, AROUND = 60, 240
"""Characters of an excerpt before the first word that was searched for, and in all."""

Pieces = tuple[tuple[str, bool], ...]
"""A text in pieces, each told whether it is a word that was searched for."""


@dataclass(frozen=True)
class Excerpt:
    """A text or the part of it that answers, and its language."""

    pieces: Pieces
    lang: str | None

    @property
    def text(self) -> str:
        """Give the whole."""
        return "".join(text for text, _ in self.pieces)


@dataclass(frozen=True)
class Thing:
    """A thing that was found: `kinds` are the labels of its classes, per language.

    `dataset` is the one that tells it best; None for what parvis itself says.
    """

    iri: str
    name: Excerpt
    about: Excerpt | None
    kinds: tuple[dict[str, str], ...]
    graph: str
    dataset: DatasetCard | None
    score: float


@dataclass(frozen=True)
class Found:
    """What a search found; `more` tells that there is more, `cut` that words were left out."""

    query: str
    things: tuple[Thing, ...]
    more: bool
    cut: bool


class Searches:
    """The text indexes of what is served, kept open until another generation is. For threads."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._indexes: dict[Path, TextIndex] = {}
        self._turn = Lock()

    def of(self, store: Path) -> TextIndex:
        """Give the index of what a store holds."""
        with self._turn:
            if store not in self._indexes:
                self._close(one for one in self._indexes if one.parent != store.parent)
                self._indexes[store] = TextIndex.of(store)
            return self._indexes[store]

    def close(self) -> None:
        """Close them all."""
        with self._turn:
            self._close(self._indexes)

    def _close(self, stores: Iterable[Path]) -> None:
        """Close some."""
        for store in [*stores]:
            self._indexes.pop(store).close()


def search(
    index: TextIndex,
    graphs: Sequence[str] | None,
    query: str,
    lang: str,
    datasets: Mapping[str, DatasetCard],
) -> Found:
    """Give what a reader of some graphs, or of all that the index holds, finds.

    `datasets` are those that the reader may know of, by their graph.
    """
    hits = index.find(query, graphs, SHOWN + 1)
    wanted = frozenset[str]().union(*asked(query))
    things = tuple(
        _thing(hit, index.told(hit), wanted, lang, datasets.get(hit.graph)) for hit in hits[:SHOWN]
    )
    return Found(query, things, more=len(hits) > SHOWN, cut=too_long(query))


def suggest(index: TextIndex, graphs: Sequence[str] | None, beginning: str, lang: str) -> list[str]:
    """Give names that complete what was typed, each once, the best first."""
    hits = index.complete(beginning, graphs, 2 * SUGGESTED)
    names = (_in(lang, index.told(hit).names) for hit in hits)
    return list(dict.fromkeys(name[0] for name in names if name))[:SUGGESTED]


def _thing(
    hit: Hit, told: Told, wanted: frozenset[str], lang: str, dataset: DatasetCard | None
) -> Thing:
    """Tell a hit: its name, and the text that shows best why it is one."""
    name = _in(lang, told.names) or (hit.iri, None)
    pieces = tuple(marked(name[0], wanted))
    others = () if any(hit for _, hit in pieces) else told.names
    labels = (words().terms.get(kind, {}) for kind in told.kinds)
    return Thing(
        iri=hit.iri,
        name=Excerpt(pieces, name[1]),
        about=_telling((*told.descriptions, *others), wanted, lang)
        or _first(told.descriptions, lang),
        kinds=tuple(dict(label) for label in labels if lang in label),
        graph=hit.graph,
        dataset=dataset,
        score=hit.score,
    )


def _in(lang: str, texts: Sequence[Text]) -> Text | None:
    """Choose a text in a language, else one without, else any."""
    ranked = sorted(texts, key=lambda text: (text[1] != lang, text[1] is not None))
    return ranked[0] if ranked else None


def _telling(texts: Sequence[Text], wanted: frozenset[str], lang: str) -> Excerpt | None:
    """Choose the text that holds most of the words, and the part of it that does."""
    answers = [(tuple(marked(text, wanted)), tag) for text, tag in texts]
    answers = [(pieces, tag) for pieces, tag in answers if any(hit for _, hit in pieces)]
    answers.sort(
        key=lambda one: (-len({text.lower() for text, hit in one[0] if hit}), one[1] != lang)
    )
    return Excerpt(_around(answers[0][0]), answers[0][1]) if answers else None


def _first(texts: Sequence[Text], lang: str) -> Excerpt | None:
    """Give the beginning of the text in a language."""
    text = _in(lang, texts)
    return text and Excerpt(_around(((text[0], False),)), text[1])


def _around(pieces: Pieces) -> Pieces:
    """Keep what stands around the first word that was searched for; … tells what is left out."""
    before = sum(len(text) for text, _ in takewhile(lambda piece: not piece[1], pieces))
    whole = sum(len(text) for text, _ in pieces)
    first = max(0, min(before - BEFORE, whole - AROUND)) if any(hit for _, hit in pieces) else 0
    kept: list[tuple[str, bool]] = [("… ", False)] if first else []
    at = 0
    for text, hit in pieces:
        part = text[max(first - at, 0) : max(first + AROUND - at, 0)]
        kept += [(part, hit)] if part else []
        at += len(text)
    return (*kept, (" …", False)) if whole > first + AROUND else tuple(kept)
