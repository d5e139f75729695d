"""Search texts by words: results with their names, classes, datasets, dates and excerpts."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import takewhile
from pathlib import Path
from textwrap import shorten
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from parvis.catalog.ontology import load_words
from parvis.errors import MachineError
from parvis.governance import Reader
from parvis.linking.names import nearest_word
from parvis.pooling.cards import DatasetCard
from parvis.store.search.results import GraphWords, Hit, NamedEntity, Text
from parvis.store.search.words import (
    fold,
    language_of,
    mark_matches,
    pairs,
    query_forms,
    stem_query,
    too_long,
)

if TYPE_CHECKING:
    from parvis.pooling.serving.query import QueryService
    from parvis.store.search.search import TextIndex

SHOWN = 100
"""Entities that answer a search."""
SUGGESTED = 10
"""Names suggested for what is typed."""
TITLE = 100
"""Characters of a description that stands for a name."""
BEFORE, AROUND = 60, 240
"""Characters of an excerpt before the first word that was searched for, and in all."""

T = TypeVar("T")

Graphs = tuple[str, ...] | None
"""The graphs that a reader may read; None for all graphs of a store."""
Pieces = tuple[tuple[str, bool], ...]
"""A text in pieces, each marked as a word that was searched for or not."""
Mark = Callable[[str], Pieces]
FindDataset = Callable[[str], DatasetCard | None]


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

    `dataset` is the one that describes it best; None for parvis's own graphs. `starts` are its
    dates as they are written, `place` is where it takes place, and `context` the texts around it
    that hold words of the search: its city, its organiser, its discipline.
    """

    iri: str
    name: Excerpt
    about: Excerpt | None
    kinds: tuple[dict[str, str], ...]
    classes: tuple[str, ...]
    graph: str
    dataset: DatasetCard | None
    score: float
    starts: tuple[str, ...] = ()
    place: Excerpt | None = None
    context: tuple[Excerpt, ...] = ()


@dataclass(frozen=True)
class SearchResults:
    """The results of a search; `more`: there are more, `cut`: the query was too long.

    Without results, `respelt` is the query with misspelt words corrected, and `words` those of its
    words that have results alone.
    """

    query: str
    results: tuple[SearchResult, ...]
    more: bool
    cut: bool
    respelt: str | None = None
    words: tuple[str, ...] = ()


class TextIndexes:
    """The text indexes of the served generation, opened once. Thread-safe."""

    def __init__(self) -> None:
        self._indexes: dict[Path, TextIndex] = {}
        self._borrowers = Counter["TextIndex"]()
        self._lock = Lock()

    @contextmanager
    def lend(self, store: Path) -> Iterator["TextIndex"]:
        """Lend the index of a store; those of other generations are closed when they are unused."""
        from parvis.store.search.search import TextIndex  # noqa: PLC0415 - numpy, if it is searched

        with self._lock:
            if store not in self._indexes:
                index = TextIndex.of(store)
                of_generation = {
                    path: other
                    for path, other in self._indexes.items()
                    if path.parent == store.parent
                }
                self._indexes = of_generation | {store: index}
            index = self._indexes[store]
            self._borrowers[index] += 1
        try:
            yield index
        finally:
            with self._lock:
                self._borrowers[index] -= 1
                self._close_unused()

    def use(
        self, host: "QueryService", reader: Reader, use: Callable[["TextIndex", Graphs], T]
    ) -> T:
        """Call `use` with the text index of a reader's store and the graphs they may read."""
        generation = host.generation()
        try:
            return self._use_now(host, reader, use)
        except MachineError:
            if generation.folder.is_dir():
                raise
        # A publication has just deleted the index: the next generation answers.
        return self._use_now(host, reader, use)

    def _use_now(
        self, host: "QueryService", reader: Reader, use: Callable[["TextIndex", Graphs], T]
    ) -> T:
        published = host.snapshot()
        allowed = published.dataset(reader, host.decision_instant())
        generation = published.generation
        store = generation.open_store if reader.iri is None else generation.members_store
        with self.lend(store) as index:
            return use(index, None if allowed is None else allowed.default)

    def close(self) -> None:
        with self._lock:
            self._indexes = {}
            self._close_unused()

    def _close_unused(self) -> None:
        for index, borrowers in [*self._borrowers.items()]:
            if not borrowers and index not in self._indexes.values():
                del self._borrowers[index]
                index.close()


def search(  # noqa: PLR0913, PLR0917 - where, for what, in which words, and whose
    index: "TextIndex",
    graphs: Sequence[str] | None,
    query: str,
    lang: str,
    covered: GraphWords,
    find_dataset: FindDataset,
    part: slice = slice(None),
) -> SearchResults:
    """Search the texts of some graphs, or of all that the index holds; describe a part of the hits.

    `covered` are the words of the partner of each graph, which count as a text of all that it
    describes; `find_dataset` returns a graph's dataset, if the reader may discover it.
    """
    # One more than is shown tells whether there are more.
    hits = index.find(query, graphs, SHOWN + 1, covered=covered)
    if not hits:
        respelt, words = _respell(index, graphs, query, covered)
        return SearchResults(
            query, (), more=False, cut=too_long(query), respelt=respelt, words=words
        )
    stems = frozenset[str]().union(*stem_query(query))

    @cache  # the events of a venue repeat its name, its city, their discipline
    def mark(text: str) -> Pieces:
        return tuple(mark_matches(text, stems))

    results = tuple(
        _describe_hit(index.describe(hit), hit, mark, lang, find_dataset(hit.graph))
        for hit in hits[:SHOWN][part]
    )
    return SearchResults(query, results, more=len(hits) > (part.stop or SHOWN), cut=too_long(query))


def find_iris(
    index: "TextIndex",
    graphs: Sequence[str] | None,
    query: str,
    covered: GraphWords,
    most: int,
) -> frozenset[str]:
    """Return the entities that have all words of a query, as `search` finds them."""
    return index.find_iris(query, graphs, most, covered)


def _describe_hit(
    entity: NamedEntity, hit: Hit, mark: Mark, lang: str, dataset: DatasetCard | None
) -> SearchResult:
    name = find_text(lang, entity.names)
    if name is None and (description := find_text(lang, entity.descriptions)):
        # What has no name, as a need, is called by what is said of it.
        name = shorten(description[0], TITLE, placeholder="…"), description[1]
    name = name or (hit.iri, None)
    pieces = mark(name[0])
    # Another name may be why the resource matches, if the one that is shown is not.
    names = () if any(matches for _, matches in pieces) else entity.names
    # Several classes may have one label, as those of an organisation in catalogues have.
    labels = {
        label[lang]: label
        for kind in entity.kinds
        if lang in (label := load_words().terms.get(kind, {}))
    }
    about = _find_excerpt((*entity.descriptions, *names), mark, lang)
    if about is None and (description := find_text(lang, entity.descriptions)):
        about = Excerpt(_cut_excerpt(((description[0], False),)), description[1])
    place = find_text(lang, entity.places)
    # Of a label in several languages, the reader's.
    texts = [text for text in entity.context if text[1] in (None, lang)] or entity.context
    context = (Excerpt(mark(text), tag) for text, tag in texts)
    return SearchResult(
        iri=hit.iri,
        name=Excerpt(pieces, name[1]),
        about=about,
        kinds=tuple(map(dict, labels.values())),
        classes=entity.kinds,
        graph=hit.graph,
        dataset=dataset,
        score=hit.score,
        starts=entity.starts,
        place=place and Excerpt(mark(place[0]), place[1]),
        context=tuple(part for part in context if any(matches for _, matches in part.pieces)),
    )


def stem_partners(datasets: Mapping[str, DatasetCard]) -> GraphWords:
    """Return the words of the partners of datasets, by their graphs."""
    return GraphWords(
        {graph: _stem_name(tuple(card.partner_name.items())) for graph, card in datasets.items()}
    )


@lru_cache(4_096)
def _stem_name(texts: tuple[tuple[str, str], ...]) -> frozenset[str]:
    return frozenset(stem for lang, text in texts for _, stem in pairs(text, language_of(lang)))


def _respell(
    index: "TextIndex",
    graphs: Sequence[str] | None,
    query: str,
    covered: GraphWords,
) -> tuple[str | None, tuple[str, ...]]:
    """Return a query with its misspelt words corrected, if that has results, and its used words."""
    corrections = index.correct_unused_words(query, graphs, nearest_word)
    forms = query_forms(query)
    used = tuple(form for form in forms if form not in corrections)
    if not corrections or None in corrections.values():
        return None, used if len(forms) > 1 else ()
    respelt = " ".join(corrections.get(form) or form for form in forms)
    if not (hits := index.find(respelt, graphs, 1, covered=covered)):
        return None, used if len(forms) > 1 else ()
    entity = index.describe(hits[0])
    texts = (*entity.names, *entity.places, *entity.context, *entity.descriptions)
    # The words of the index have no accents: those of a result do.
    spellings = {
        fold(piece): piece
        for text, _ in reversed(texts)
        for piece, matches in mark_matches(text, frozenset[str]().union(*stem_query(respelt)))
        if matches
    }
    return " ".join(spellings.get(form, form) for form in query_forms(respelt)), used


def suggest(
    index: "TextIndex", graphs: Sequence[str] | None, beginning: str, lang: str
) -> list[str]:
    """Return names that complete what was typed, without repetition, the best first."""
    # Several resources may have one name: more are read than are suggested.
    hits = index.complete(beginning, graphs, 2 * SUGGESTED)
    names = (find_text(lang, index.describe(hit).names) for hit in hits)
    return list(dict.fromkeys(name[0] for name in names if name))[:SUGGESTED]


@dataclass(frozen=True)
class Occurrence:
    """A date of an event, as it is written, and the event of that date."""

    start: str
    iri: str


@dataclass(frozen=True)
class DatedResult:
    """A result with its dates: several events of one name and place in a dataset are one.

    The dates to come are the first, the next one first; then the past ones, the latest first.
    """

    result: SearchResult
    dates: tuple[Occurrence, ...] = ()


def merge_dates(results: Iterable[SearchResult], today: str) -> list[DatedResult]:
    """Merge the events that differ by their date only; `today` is a day as ISO writes it."""
    merged: dict[tuple[str, ...], list[SearchResult]] = {}
    for result in results:
        place = result.place.text if result.place else ""
        key = (fold(result.name.text), place, result.graph) if result.starts else (result.iri,)
        merged.setdefault(key, []).append(result)
    return [
        DatedResult(
            same_events[0],
            (
                *sorted((date for date in dates if date.start >= today), key=_start),
                *sorted((date for date in dates if date.start < today), key=_start, reverse=True),
            ),
        )
        for same_events in merged.values()
        for dates in [[Occurrence(start, e.iri) for e in same_events for start in e.starts]]
    ]


def _start(date: Occurrence) -> str:
    return date.start


def find_text(lang: str, texts: Sequence[Text]) -> Text | None:
    """Return a text in a language, else one without language, else any."""
    ranked = sorted(texts, key=lambda text: (text[1] != lang, text[1] is not None))
    return ranked[0] if ranked else None


def _find_excerpt(texts: Sequence[Text], mark: Mark, lang: str) -> Excerpt | None:
    """Return the relevant part of the text that holds most of the words, if any holds one."""
    candidates = [(mark(text), tag) for text, tag in texts]
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
