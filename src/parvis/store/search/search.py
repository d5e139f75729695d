"""Search a text index for the entities that have all the words of a query, best first.

Only the files of graphs that the reader may read are ever opened, and a score depends on their
counts alone: an answer is the same as if there were no other graphs.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Self

from parvis.config.documents import Document
from parvis.errors import StoreError
from parvis.store.search.ranking import (
    AcceptEntity,
    NamedEntity,
    Ranking,
    Words,
    find_near,
    match_all,
    match_own_texts,
)
from parvis.store.search.words import query_forms, stem_query, stem_unfinished_query

FOLDER = "search"
"""The folder of a generation's indexes, with a folder for each of two parts."""
OPEN, MEMBERS = "open", "members"
LISTED = "graphs.json"
"""The file of each part that maps graphs to index files."""
MOST_OPEN = 384
"""Index files that stay open between two searches."""
FEWEST = 3
"""Rows of a graph that are ranked at first, where there are many graphs."""
MOST_FORMS = 64
"""Words that a beginning may stand for in one graph."""
SIMILAR = 2_000
"""Words of a graph among which a misspelt one is looked for."""

_ROWS = "SELECT rowid, iri, names, descriptions FROM thing WHERE thing MATCH ? LIMIT ?"
_COUNT = "SELECT COUNT(*) FROM (SELECT 1 FROM thing WHERE thing MATCH ? LIMIT ?)"
_DESCRIPTION = "SELECT kinds, texts FROM thing WHERE rowid = ?"
_USED = "SELECT 1 FROM stem WHERE stem = ?"
_SIMILAR = (
    "SELECT form, things FROM form WHERE form >= ? AND form < ? AND LENGTH(form) BETWEEN ? AND ?"
    " ORDER BY things DESC, form LIMIT ?"
)
_FORMS = "SELECT stem FROM form WHERE form >= ? AND form < ? ORDER BY things DESC, form LIMIT ?"


@dataclass(frozen=True)
class Hit:
    """A match in one graph; the higher the score, the better."""

    iri: str
    graph: str
    score: float
    row: int


class TextIndex:
    """The text index of a generation, or of its open part. Thread-safe."""

    def __init__(self, generation: Path, *parts: str) -> None:
        """Read which graphs have an index. Raises `StoreError` for a generation without one."""
        self._paths: dict[str, Path] = {}
        for part in parts:
            folder = generation / FOLDER / part
            try:
                body = (folder / LISTED).read_bytes()
            except OSError as error:
                raise StoreError(
                    "this generation has no text index: publish once more ({reason})", reason=error
                ) from error
            # Checked, since the origin of a copy may have written it, and each name becomes a path.
            names = Document.parse(body, LISTED).members()
            self._paths |= {graph: folder / name.path() for graph, name in names}
        self._open: dict[str, sqlite3.Connection] = {}
        self._lock = Lock()

    @classmethod
    def of(cls, store: Path) -> Self:
        """Return the index of a store: for the open store, the open part alone."""
        return cls(store.parent, *((OPEN,) if store.name == OPEN else (OPEN, MEMBERS)))

    @staticmethod
    def link(generation: Path, folder: Path, graphs: Container[str]) -> None:
        """Make the index of some graphs in another folder, by hard links."""
        for part in (OPEN, MEMBERS):
            paths = TextIndex(generation, part)._paths  # noqa: SLF001 - of this class
            linked = {graph: path for graph, path in paths.items() if graph in graphs}
            place = folder / FOLDER / part
            place.mkdir(parents=True)
            for path in {*linked.values()}:
                (place / path.name).hardlink_to(path)
            names = {graph: path.name for graph, path in linked.items()}
            (place / LISTED).write_text(json.dumps(names), encoding="utf-8")

    def find(
        self,
        query: str,
        graphs: Iterable[str] | None,
        limit: int,
        *,
        apart: bool = False,
        covered: Mapping[str, frozenset[str]] | None = None,
    ) -> list[Hit]:
        """Return the best hits in some graphs, or in all; a hit has every word of the query.

        An entity in several graphs is returned once, with its best score, unless `apart`. At most
        `limit` hits of a graph are ranked: those with all words in a name first, then the shorter
        before the longer. With `covered`, a word may also be in the context of an entity (its
        venue, its discipline), or among the stems that all entities of its graph have.
        """
        with self._files(graphs) as files:
            return _rank(files, stem_query(query), limit, apart=apart, covered=covered)

    def list_unused_words(self, query: str, graphs: Iterable[str] | None) -> dict[str, list[str]]:
        """Return the words of a query that no entity has, each with words of the same beginning.

        The commonest words come first.
        """
        unused: dict[str, list[str]] = {}
        with self._files(graphs) as files:
            for word in query_forms(query):
                stems = frozenset[str]().union(*stem_query(word))
                if any(
                    file.execute(_USED, (stem,)).fetchone()
                    for file in files.values()
                    for stem in stems
                ):
                    continue
                parameters = word[0], f"{word[0]}\U0010ffff", len(word) - 2, len(word) + 2, SIMILAR
                counts = Counter[str]()
                for file in files.values():
                    counts.update(dict(file.execute(_SIMILAR, parameters)))
                unused[word] = [form for form, _ in counts.most_common()]
        return unused

    def complete(self, beginning: str, graphs: Iterable[str] | None, limit: int) -> list[Hit]:
        """Return the best hits of a query whose last word may be unfinished."""
        words, start = stem_unfinished_query(beginning)
        with self._files(graphs) as files:
            if not start:
                return _rank(files, words, limit)
            stems = frozenset(
                stem
                for file in files.values()
                # The commonest words of each graph that begin so.
                for (stem,) in file.execute(_FORMS, (start, f"{start}\U0010ffff", MOST_FORMS))
            )
            return _rank(files, (*words, stems), limit) if stems else []

    def find_near(
        self, query: str, graphs: Iterable[str] | None, limit: int, accepts: AcceptEntity
    ) -> list[NamedEntity]:
        """Return entities of some graphs, or all, whose names are near a query."""
        with self._files(graphs) as files:
            return find_near(files, stem_query(query), limit, accepts)

    def count(self, query: str, graphs: Iterable[str] | None, limit: int) -> int:
        """Count the hits of each graph separately, up to one more than `limit`."""
        total, words = 0, stem_query(query)
        with self._files(graphs) as files:
            for file in files.values() if words else ():
                parameters = (match_own_texts(words), limit + 1 - total)
                total += file.execute(_COUNT, parameters).fetchone()[0]
        return total

    def describe(self, hit: Hit) -> NamedEntity:
        """Return the entity of a hit, as its graph describes it."""
        with self._files([hit.graph]) as files:
            kinds, texts = files[hit.graph].execute(_DESCRIPTION, (hit.row,)).fetchone()
        return NamedEntity.of(hit.iri, hit.graph, tuple(kinds.split()), texts)

    def close(self) -> None:
        with self._lock:
            self._close_files()

    @contextmanager
    def _files(self, graphs: Iterable[str] | None) -> Iterator[Mapping[str, sqlite3.Connection]]:
        """Lend the files of some graphs, or of all, to one thread. Raises `StoreError`."""
        names = self._paths.keys() if graphs is None else self._paths.keys() & set(graphs)
        with self._lock:
            try:
                for graph in names - self._open.keys():
                    # Nobody writes to the file, and any thread may use it in its turn.
                    address = f"{self._paths[graph].absolute().as_uri()}?mode=ro&immutable=1"
                    self._open[graph] = sqlite3.connect(address, uri=True, check_same_thread=False)
                yield {graph: self._open[graph] for graph in sorted(names)}
            except sqlite3.Error as error:
                raise StoreError("the text index cannot be read: {reason}", reason=error) from error
            finally:
                if len(self._open) > MOST_OPEN:
                    self._close_files()

    def _close_files(self) -> None:
        for file in self._open.values():
            file.close()
        self._open.clear()


def _rank(
    files: Mapping[str, sqlite3.Connection],
    words: Words,
    limit: int,
    *,
    apart: bool = False,
    covered: Mapping[str, frozenset[str]] | None = None,
) -> list[Hit]:
    """Rank the hits of each graph, and return the best of all."""
    ranking = Ranking(words, files, covered)
    # Of many graphs few rows each are ranked at first; more of one only as long as its last row,
    # the weakest by their order, is still among the best.
    share = max(FEWEST, 2 * limit // max(len(ranking.matching_graphs), 1))
    shares = dict.fromkeys(ranking.matching_graphs if words else (), share)
    hits: dict[str, list[Hit]] = {}
    best: list[Hit] = []
    while shares:
        for graph, share in shares.items():
            hits[graph] = [
                Hit(iri, graph, ranking.score(names, descriptions), row)
                for row, iri, names, descriptions in _read_rows(
                    files[graph],
                    ranking.matching_graphs[graph],
                    min(share, limit),
                    context=ranking.context,
                )
            ]
        best = _order(chain.from_iterable(hits.values()), apart=apart)[:limit]
        rows = {(hit.graph, hit.row) for hit in best}
        shares = {
            graph: 4 * share
            for graph, share in shares.items()
            if share < limit
            and len(hits[graph]) == share
            and (len(best) < limit or (graph, hits[graph][-1].row) in rows)
        }
    return best


def _order(hits: Iterable[Hit], *, apart: bool) -> list[Hit]:
    """Order hits, the best first; if not `apart`, of several on one entity only the first."""
    ordered = sorted(hits, key=lambda hit: (-hit.score, hit.iri, hit.graph))
    if apart:
        return ordered
    first_hits: dict[str, Hit] = {}
    for hit in ordered:
        first_hits.setdefault(hit.iri, hit)
    return list(first_hits.values())


Row = tuple[int, str, str, str]


def _read_rows(file: sqlite3.Connection, words: Words, limit: int, *, context: bool) -> list[Row]:
    """Return the rows of a graph that have all words, those with all in a name first."""
    rows: list[Row] = file.execute(_ROWS, (f"names : ({match_all(words)})", limit)).fetchall()
    # Rows with the words in a description alone come after those with all in a name, and before
    # those that have them in their context.
    for match in (match_own_texts(words), match_all(words))[: 1 + context]:
        if len(rows) < limit:
            ids = {row[0] for row in rows}
            rows += [row for row in file.execute(_ROWS, (match, limit)) if row[0] not in ids]
    return rows[:limit]
