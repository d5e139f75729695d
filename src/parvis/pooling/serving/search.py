"""Search texts by words: results with their names, classes, datasets and excerpts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from threading import Lock

from parvis.catalog.ontology import load_words
from parvis.pooling.cards import DatasetCard
from parvis.store.search.ranking import Text
from parvis.store.search.search import TextIndex
from parvis.store.search.words import mark_matches, stem_query, too_long

SHOWN = 50
"""Results on a page."""
SUGGESTED = 10
"""Names suggested for what is typed."""
BEFORE, AROUND = 60, 240
"""Characters of an excerpt before the first word that was searched for, and in all."""

Pieces = tuple[tuple[str, bool], ...]
"""A text in pieces, each marked as a word that was searched for or not."""


@dataclass(frozen=True)
class Excerpt:
    """A text, or the part of it that matches, and its language."""

    pieces: Pieces
    lang: str | None

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.pieces)


@dataclass(frozen=True)
class SearchResult:
    """A resource that matches: `kinds` are the labels of its classes, by language.

    `dataset` is the one that describes it best; None for parvis's own graphs.
    """

    iri: str
    name: Excerpt
    about: Excerpt | None
    kinds: tuple[dict[str, str], ...]
    graph: str
    dataset: DatasetCard | None
    score: float


@dataclass(frozen=True)
class SearchResults:
    """The results of a search; `more`: there are more, `cut`: the query was too long."""

    query: str
    results: tuple[SearchResult, ...]
    more: bool
    cut: bool


class TextIndexes:
    """The text indexes of the served generation, opened once. Thread-safe."""

    def __init__(self) -> None:
        self._indexes: dict[Path, TextIndex] = {}
        self._lock = Lock()

    def of(self, store: Path) -> TextIndex:
        """Return the index of a store, and close those of other generations."""
        with self._lock:
            if store not in self._indexes:
                self._close(path for path in self._indexes if path.parent != store.parent)
                self._indexes[store] = TextIndex.of(store)
            return self._indexes[store]

    def close(self) -> None:
        with self._lock:
            self._close(self._indexes)

    def _close(self, stores: Iterable[Path]) -> None:
        for store in [*stores]:
            self._indexes.pop(store).close()


def search(
    index: TextIndex,
    graphs: Sequence[str] | None,
    query: str,
    lang: str,
    datasets: Mapping[str, DatasetCard],
) -> SearchResults:
    """Search the texts of some graphs, or of all that the index holds.

    `datasets` are those that the reader may discover, by their graph.
    """
    # One more than is shown tells whether there are more.
    hits = index.find(query, graphs, SHOWN + 1)
    stems = frozenset[str]().union(*stem_query(query))
    results = []
    for hit in hits[:SHOWN]:
        texts = index.describe(hit)
        name = find_text(lang, texts.names) or (hit.iri, None)
        pieces = tuple(mark_matches(name[0], stems))
        # Another name may be why the resource matches, if the one that is shown is not.
        names = () if any(matches for _, matches in pieces) else texts.names
        # Several classes may have one label, as those of an organisation in catalogues have.
        labels = {
            label[lang]: label
            for kind in texts.kinds
            if lang in (label := load_words().terms.get(kind, {}))
        }
        about = _find_excerpt((*texts.descriptions, *names), stems, lang)
        if about is None and (description := find_text(lang, texts.descriptions)):
            about = Excerpt(_cut_excerpt(((description[0], False),)), description[1])
        results.append(
            SearchResult(
                iri=hit.iri,
                name=Excerpt(pieces, name[1]),
                about=about,
                kinds=tuple(map(dict, labels.values())),
                graph=hit.graph,
                dataset=datasets.get(hit.graph),
                score=hit.score,
            )
        )
    return SearchResults(query, tuple(results), more=len(hits) > SHOWN, cut=too_long(query))


def suggest(index: TextIndex, graphs: Sequence[str] | None, beginning: str, lang: str) -> list[str]:
    """Return names that complete what was typed, without repetition, the best first."""
    # Several resources may have one name: more are read than are suggested.
    hits = index.complete(beginning, graphs, 2 * SUGGESTED)
    names = (find_text(lang, index.describe(hit).names) for hit in hits)
    return list(dict.fromkeys(name[0] for name in names if name))[:SUGGESTED]


def find_text(lang: str, texts: Sequence[Text]) -> Text | None:
    """Return a text in a language, else one without language, else any."""
    ranked = sorted(texts, key=lambda text: (text[1] != lang, text[1] is not None))
    return ranked[0] if ranked else None


def _find_excerpt(texts: Sequence[Text], stems: frozenset[str], lang: str) -> Excerpt | None:
    """Return the relevant part of the text that holds most of the words, if any holds one."""
    candidates = [(tuple(mark_matches(text, stems)), tag) for text, tag in texts]
    candidates = [(p, tag) for p, tag in candidates if any(matches for _, matches in p)]
    candidates.sort(
        key=lambda candidate: (
            -len({text.lower() for text, matches in candidate[0] if matches}),
            candidate[1] != lang,
        )
    )
    return Excerpt(_cut_excerpt(candidates[0][0]), candidates[0][1]) if candidates else None


def _cut_excerpt(pieces: Pieces) -> Pieces:
    """Return the surroundings of the first word that was searched for; … marks omissions."""
    before = sum(len(text) for text, _ in takewhile(lambda piece: not piece[1], pieces))
    length = sum(len(text) for text, _ in pieces)
    has_match = any(matches for _, matches in pieces)
    # The first match follows some context; the excerpt is as long as the text allows.
    first = max(0, min(before - BEFORE, length - AROUND)) if has_match else 0
    excerpt: list[tuple[str, bool]] = [("… ", False)] if first else []
    at = 0
    for text, matches in pieces:
        part = text[max(first - at, 0) : max(first + AROUND - at, 0)]
        excerpt += [(part, matches)] if part else []
        at += len(text)
    return (*excerpt, (" …", False)) if length > first + AROUND else tuple(excerpt)
