"""What a text index answers: the things that hold all the words of a query, the best first.

Only the files of graphs that the reader may read are ever opened, and a score is reckoned from
their counts alone: an answer is the same as if there were no other graphs.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Self

from parvis.config.documents import Document
from parvis.errors import StoreError
from parvis.store.search.ranking import Named, Ranking, Wanted, Words, near
from parvis.store.search.words import asked, begun

FOLDER = "search"
"""Where in a generation the indexes are, in a folder for each of two parts."""
OPEN, MEMBERS = "open", "members"
LISTED = "graphs.json"
"""Of each part, the index file of each graph."""
MOST_OPEN = 384
"""Files of graphs that stay open between two searches."""
FEWEST = 3
"""Rows of a graph that are weighed at first, where there are many graphs."""
MOST_FORMS = 64
"""Words that the beginning of one may stand for, in one graph."""

_ROWS = "SELECT rowid, iri, names, descriptions FROM thing WHERE thing MATCH ? LIMIT ?"
_COUNT = "SELECT COUNT(*) FROM (SELECT 1 FROM thing WHERE thing MATCH ? LIMIT ?)"
_TOLD = "SELECT kinds, texts FROM thing WHERE rowid = ?"
_FORMS = "SELECT stem FROM form WHERE form >= ? AND form < ? ORDER BY things DESC, form LIMIT ?"

Text = tuple[str, str | None]
"""A text with its language tag."""


@dataclass(frozen=True)
class Hit:
    """A thing that answers, as one graph tells it; the higher the score, the better."""

    iri: str
    graph: str
    score: float
    row: int


@dataclass(frozen=True)
class Told:
    """What the graph of a hit says of the thing: its classes, names and descriptions."""

    kinds: tuple[str, ...]
    names: tuple[Text, ...]
    descriptions: tuple[Text, ...]


class TextIndex:
    """The text index of a generation, as far as one of its stores goes. For threads."""

    def __init__(self, generation: Path, *parts: str) -> None:
        """Read which graphs have one. Raises `StoreError` for a generation that has none."""
        self._paths: dict[str, Path] = {}
        for folder in (generation / FOLDER / part for part in parts):
            self._paths |= {graph: folder / name for graph, name in _listed(folder).items()}
        self._open: dict[str, sqlite3.Connection] = {}
        self._turn = Lock()

    @classmethod
    def of(cls, store: Path) -> Self:
        """Give the index of what a store holds: for the open store, the open part alone."""
        return cls(store.parent, *((OPEN,) if store.name == OPEN else (OPEN, MEMBERS)))

    def find(
        self, query: str, graphs: Iterable[str] | None, limit: int, *, apart: bool = False
    ) -> list[Hit]:
        """Give the best hits in some graphs, or in all: every word of the query must be there.

        A thing that several graphs tell of comes once, with its best score, unless `apart`. Of a
        graph at most `limit` hits are weighed: those with all words in a name before the others,
        then the shorter before the longer.
        """
        with self._files(graphs) as files:
            return _best(files, asked(query), limit, apart=apart)

    def complete(self, beginning: str, graphs: Iterable[str] | None, limit: int) -> list[Hit]:
        """Give the best hits of a query whose last word may be a beginning only."""
        whole, start = begun(beginning)
        with self._files(graphs) as files:
            if not start:
                return _best(files, whole, limit)
            stems = frozenset(one for file in files.values() for one in _stems(file, start))
            return _best(files, (*whole, stems), limit) if stems else []

    def near(
        self, query: str, graphs: Iterable[str] | None, limit: int, wanted: Wanted
    ) -> list[Named]:
        """Give what some graphs, or all, name nearly as a query does, for others to weigh."""
        with self._files(graphs) as files:
            return near(files, asked(query), limit, wanted)

    def count(self, query: str, graphs: Iterable[str] | None, limit: int) -> int:
        """Count the hits of all graphs apart, as far as one more than `limit`."""
        found, words = 0, asked(query)
        with self._files(graphs) as files:
            for file in files.values() if words else ():
                wanted = (_match(words), limit + 1 - found)
                found += file.execute(_COUNT, wanted).fetchone()[0]
        return found

    def told(self, hit: Hit) -> Told:
        """Give what there is to say of a hit."""
        with self._files([hit.graph]) as files:
            kinds, texts = files[hit.graph].execute(_TOLD, (hit.row,)).fetchone()
        names, descriptions = (tuple((text, tag) for text, tag in one) for one in json.loads(texts))
        return Told(tuple(kinds.split()), names, descriptions)

    def close(self) -> None:
        """Close the files."""
        with self._turn:
            self._let_go()

    @contextmanager
    def _files(self, graphs: Iterable[str] | None) -> Iterator[Mapping[str, sqlite3.Connection]]:
        """Have the files of some graphs, or of all, for one thread. Raises `StoreError`."""
        wanted = self._paths.keys() if graphs is None else self._paths.keys() & set(graphs)
        with self._turn:
            try:
                for graph in wanted - self._open.keys():
                    self._open[graph] = _opened(self._paths[graph])
                yield {graph: self._open[graph] for graph in sorted(wanted)}
            except sqlite3.Error as error:
                raise StoreError("the text index cannot be read: {reason}", reason=error) from error
            finally:
                if len(self._open) > MOST_OPEN:
                    self._let_go()

    def _let_go(self) -> None:
        """Close every file."""
        for file in self._open.values():
            file.close()
        self._open.clear()


def _listed(folder: Path) -> dict[str, str]:
    """Read the names of the index files of one part, by graph."""
    try:
        body = (folder / LISTED).read_bytes()
    except OSError as error:
        raise StoreError(
            "this generation has no text index: publish once more ({reason})", reason=error
        ) from error
    # A copy's origin wrote it, and each name becomes a path.
    return {graph: name.path() for graph, name in Document.parse(body, LISTED).members()}


def _opened(path: Path) -> sqlite3.Connection:
    """Open a file that nobody writes to, for whichever thread has its turn."""
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(address, uri=True, check_same_thread=False)


def _best(
    files: Mapping[str, sqlite3.Connection], words: Words, limit: int, *, apart: bool = False
) -> list[Hit]:
    """Weigh the hits of each graph, and give the best of all.

    Where there are many graphs, few rows of each are weighed at first; more of one only as long
    as the last of them, the weakest by what its order promises, is still among the best.
    """
    ranking = Ranking(words, files)
    wanted = dict.fromkeys(
        ranking.holding if words else (), max(FEWEST, 2 * limit // max(len(ranking.holding), 1))
    )
    hits: dict[str, list[Hit]] = {}
    best: list[Hit] = []
    while wanted:
        for graph, share in wanted.items():
            rows = _rows(files[graph], words, min(share, limit))
            hits[graph] = [
                Hit(iri, graph, ranking.score(names, descriptions), row)
                for row, iri, names, descriptions in rows
            ]
        every = sorted(
            (hit for some in hits.values() for hit in some),
            key=lambda hit: (-hit.score, hit.iri, hit.graph),
        )
        best = (every if apart else _once(every))[:limit]
        kept = {(hit.graph, hit.row) for hit in best}
        wanted = {
            graph: 4 * share
            for graph, share in wanted.items()
            if share < limit
            and len(hits[graph]) == share
            and (len(best) < limit or (graph, hits[graph][-1].row) in kept)
        }
    return best


def _once(hits: Iterable[Hit]) -> list[Hit]:
    """Keep the first hit of each thing."""
    found: dict[str, Hit] = {}
    for hit in hits:
        found.setdefault(hit.iri, hit)
    return list(found.values())


Row = tuple[int, str, str, str]


def _rows(file: sqlite3.Connection, words: Words, limit: int) -> list[Row]:
    """Give the rows of a graph that hold all words, those that are named so first."""
    match = _match(words)
    rows: list[Row] = file.execute(_ROWS, (f"names : ({match})", limit)).fetchall()
    if len(rows) < limit:
        known = {row[0] for row in rows}
        rows += [row for row in file.execute(_ROWS, (match, limit)) if row[0] not in known]
    return rows[:limit]


def _match(words: Words) -> str:
    """Write the expression of FTS5 that asks for all words.

    Stems hold letters and digits alone: within quotation marks nothing in them can be an operator.
    """
    return " AND ".join("(" + " OR ".join(f'"{one}"' for one in sorted(s)) + ")" for s in words)


def _stems(file: sqlite3.Connection, start: str) -> Iterator[str]:
    """Give the stems of the words of a graph that begin so, the commonest ones."""
    for (found,) in file.execute(_FORMS, (start, f"{start}\U0010ffff", MOST_FORMS)):
        yield found
