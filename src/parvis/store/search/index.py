"""Text indexes: a small SQLite file for each graph, built once and never written to again.

Each row is an entity of the graph, with the stems of its names, of its descriptions, and of its
context: its venue and city, who organises it, its discipline. Each graph has a file of its own, so
that a graph that a reader may not read influences no answer, neither by a count nor by the time it
takes. The file depends on the graph's triples and the ontology's labels alone: a generation links
it from the previous one when they have not changed.

``python -I -m parvis.store.search.index`` writes those of a generation. The request is ``{"folder":
folder, "former": folder, "graphs": [[IRI, file, part], …], "labels": file}``. It writes a file
under the folder for each graph that has texts, in the subfolder of its part, with ``graphs.json``
to map graphs to files. It works in parallel with the builder of stores, at a lower priority, since
that one loads with two processors and merges with one.
"""

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from parvis.errors import StoreError
from parvis.rdf.streams import UNREADABLE
from parvis.sandbox.client import ProcessClient
from parvis.sandbox.serving import serve
from parvis.store.files import sha256
from parvis.store.search.entities import (
    CONCEPTS,
    PLACES,
    SURROUNDINGS,
    Entity,
    Links,
    Text,
    read_entities,
    read_labels,
)
from parvis.store.search.search import LISTED, MEMBERS, OPEN
from parvis.store.search.words import language_of, pairs

VERSION = 2
"""To increment when stemming or the file format change, so that former files are not linked."""
ONTOLOGY = "graph/parvis/ontology"
"""The end of the IRI of the graph whose labels belong to what the concepts classify."""
MOST_CONTEXT = 40
"""Texts of the context of one entity."""

Labels = Mapping[str, Sequence[Text]]

_json = json.JSONEncoder(ensure_ascii=False).encode
_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE VIRTUAL TABLE thing USING fts5(
  iri UNINDEXED, kinds UNINDEXED, names, descriptions, context, texts UNINDEXED,
  tokenize = 'ascii', detail = column, columnsize = 0);
CREATE TABLE form(form TEXT, stem TEXT, things INT, PRIMARY KEY (form, stem)) WITHOUT ROWID;
CREATE TABLE stem(stem TEXT PRIMARY KEY, things INT) WITHOUT ROWID;
CREATE TABLE facts(things INT, words INT);
"""
_ROWS = """
PRAGMA unordered.journal_mode = OFF;
PRAGMA unordered.synchronous = OFF;
CREATE TABLE unordered.row(
  names_length INT, descriptions_length INT, iri TEXT, kinds TEXT, names TEXT, descriptions TEXT,
  texts TEXT, PRIMARY KEY (names_length, descriptions_length, iri)) WITHOUT ROWID;
CREATE TABLE unordered.part(iri TEXT PRIMARY KEY, names TEXT, near TEXT) WITHOUT ROWID;
CREATE TABLE unordered.link(iri TEXT, step TEXT, target TEXT, PRIMARY KEY (iri, step, target))
  WITHOUT ROWID;
"""
"""A file of its own, deleted at the end: the rows of any number of entities, to be put in order,
and what each of them leads to."""
# Among entities with the same words, the shorter are the better answers: a query may stop after the
# first rows that it finds.
_IN_ORDER = """
SELECT iri, kinds, names, descriptions, texts FROM row
ORDER BY names_length, descriptions_length, iri
"""
_INSERT = """
INSERT INTO thing(iri, kinds, names, descriptions, context, texts) VALUES (?, ?, ?, ?, ?, ?)
"""


def write(source: Path, index: Path, labels: Labels = {}) -> bool:  # noqa: B006 - never changed
    """Index a file of N-Triples, sorted or not; False when no entity in it has a text.

    `labels` are those of concepts. Raises the errors of the parser and of the disk.
    """
    counts, unordered = _Counts(), index.with_suffix(".rows")
    try:
        with closing(sqlite3.connect(index, isolation_level=None)) as file:
            file.executescript(_TABLES)
            file.execute("ATTACH ? AS unordered", [str(unordered)])
            file.executescript(_ROWS)
            file.execute("BEGIN")
            context = _Context(file, labels)
            rows = counts.rows(context.note(read_entities(source)))
            file.executemany("INSERT INTO row VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            file.executemany(_INSERT, counts.complete(file.execute(_IN_ORDER), context))
            counts.write(file)
            file.execute("COMMIT")
            file.execute("INSERT INTO thing(thing) VALUES ('optimize')")
        if not counts.entities:
            index.unlink()
    finally:
        unordered.unlink(missing_ok=True)
    return bool(counts.entities)


Row = tuple[int, int, str, str, str, str, str]
OrderedRow = tuple[str, str, str, str, str]


class _Context:
    """What entities lead to within their graph, so that each is found by its surroundings too."""

    def __init__(self, file: sqlite3.Connection, labels: Labels) -> None:
        self._file, self._labels = file, labels
        # Many events have the same few venues and organisers.
        self._part = lru_cache(10_000)(self._read_part)
        self._links = lru_cache(10_000)(self._read_links)

    def note(self, entities: Iterable[tuple[str, Entity]]) -> Iterator[tuple[str, Entity]]:
        """Store what each entity may add to others, and yield those that are found themselves."""
        for iri, entity in entities:
            labels = [
                text
                for step, target in entity.links
                if step in CONCEPTS
                for text in self._labels.get(target, ())
            ]
            part = iri, _json(entity.names), _json([*entity.localities, *labels])
            self._file.execute("INSERT OR REPLACE INTO part VALUES (?, ?, ?)", part)
            links = [(iri, *link) for link in entity.links if link[0] not in CONCEPTS]
            self._file.executemany("INSERT OR IGNORE INTO link VALUES (?, ?, ?)", links)
            if entity.names or entity.descriptions:
                yield iri, entity

    def of(self, iri: str) -> tuple[list[Text], list[Text]]:
        """Return the names of the places of an entity, and the other texts of its context."""
        places: list[Text] = []
        texts = [*self._read_part(iri)[1]]
        for step, target in self._read_links(iri):
            names, near = self._part(target)
            (places if step in PLACES else texts).extend(names)
            texts += near
            if step in PLACES | SURROUNDINGS:
                for next_step, surrounding in self._links(target):
                    if next_step in SURROUNDINGS:
                        texts += [text for part in self._part(surrounding) for text in part]
        return places, [*dict.fromkeys(texts)][:MOST_CONTEXT]

    def _read_part(self, iri: str) -> tuple[list[Text], list[Text]]:
        row = self._file.execute("SELECT names, near FROM part WHERE iri = ?", [iri]).fetchone()
        names, near = (
            [(text, tag) for text, tag in json.loads(part)] for part in row or ("[]",) * 2
        )
        return names, near

    def _read_links(self, iri: str) -> Links:
        query = "SELECT step, target FROM link WHERE iri = ?"
        return self._file.execute(query, [iri]).fetchall()


class _Counts:
    """The rows of an index, and the counts that ranking and completion need."""

    def __init__(self) -> None:
        self._forms: Counter[tuple[str, str]] = Counter()
        self._stems: Counter[str] = Counter()
        self._words = self.entities = 0

    def rows(self, entities: Iterable[tuple[str, Entity]]) -> Iterator[Row]:
        """Yield a row for each entity: the lengths of its names and descriptions first."""
        for iri, entity in entities:
            names, descriptions = self._stem(entity.names), self._stem(entity.descriptions)
            self.entities += 1
            self._words += len(names) + len(descriptions)
            self._stems.update({*names, *descriptions})
            texts = _json([entity.names, entity.descriptions, sorted(entity.starts)])
            kinds = " ".join(entity.kinds)
            lengths = _length(entity.names), _length(entity.descriptions)
            yield *lengths, iri, kinds, " ".join(names), " ".join(descriptions), texts

    def complete(self, rows: Iterable[OrderedRow], context: _Context) -> Iterator[tuple[str, ...]]:
        """Yield rows with the stems of their context, which count as those of the entity do."""
        for iri, kinds, names, descriptions, texts in rows:
            places, surroundings = context.of(iri)
            stems = self._stem([*places, *surroundings])
            self._stems.update({*stems} - {*names.split(), *descriptions.split()})
            # A list goes on: parsing it only to write it again takes as long as all the rest.
            all_texts = f"{texts[:-1]}, {_json(places)}, {_json(surroundings)}]"
            yield iri, kinds, names, descriptions, " ".join(stems), all_texts

    def write(self, file: sqlite3.Connection) -> None:
        forms = ((form, stem, count) for (form, stem), count in self._forms.items())
        file.executemany("INSERT INTO form VALUES (?, ?, ?)", forms)
        file.executemany("INSERT INTO stem VALUES (?, ?)", self._stems.items())
        file.execute("INSERT INTO facts VALUES (?, ?)", (self.entities, self._words))

    def _stem(self, texts: list[Text]) -> list[str]:
        """Return the stems of texts, each by its language."""
        stems: list[tuple[str, str]] = []
        for text, tag in texts:
            stems += pairs(text, language_of(tag))
        self._forms.update(stems)
        return [stem for _, stem in stems]


def _length(texts: list[Text]) -> int:
    return sum(len(text) for text, _ in texts)


NICE = 5
"""Its niceness; at 5 it ends at about the same time as the builder (1 million triples)."""


@contextmanager
def indexing(
    folder: Path, content: Mapping[str, Mapping[str, Path]], former: Path, patience: float
) -> Iterator[None]:
    """Index a generation's graphs while the block builds its stores.

    `content` maps graphs to files for the open and the members' store; a graph of both is indexed
    once, in the open part. `former` is the folder of an earlier generation's indexes, which need
    not exist: indexes of unchanged graphs are hard-linked from it. Raises `StoreError`.
    """
    graphs = [[graph, str(path), OPEN] for graph, path in content[OPEN].items()]
    graphs += [
        [graph, str(path), MEMBERS]
        for graph, path in content[MEMBERS].items()
        if graph not in content[OPEN]
    ]
    labels = next((path for graph, path, _ in graphs if graph.endswith(ONTOLOGY)), None)
    request = {"folder": str(folder), "former": str(former), "graphs": graphs, "labels": labels}
    with ProcessClient("parvis.store.search.index", patience) as client:
        client.send(request)
        yield
        client.receive(StoreError("the text index was not built in {seconds} seconds"))


def build(
    folder: Path, former: Path, graphs: Iterable[tuple[str, str, str]], ontology: str | None = None
) -> None:
    """Index each graph, or link its former index; `ontology` is the file of concepts' labels.

    Raises `StoreError`.
    """
    labels = read_labels(Path(ontology)) if ontology else {}
    # Other labels make another index of the same graph.
    edition = f"{VERSION}-{sha256(Path(ontology))[:8]}" if ontology else f"{VERSION}"
    names_by_part: dict[str, dict[str, str]] = {OPEN: {}, MEMBERS: {}}
    for part in names_by_part:
        (folder / part).mkdir(parents=True)
    for graph, source, part in graphs:
        try:
            name = f"{sha256(Path(source))}-{edition}.sqlite"
            index = folder / part / name
            # Two graphs of the same triples share an index.
            with suppress(FileNotFoundError):
                if not index.exists():
                    os.link(former / part / name, index)
            if index.exists() or write(Path(source), index, labels):
                names_by_part[part][graph] = name
        except (*UNREADABLE, SyntaxError, ValueError, sqlite3.Error) as error:
            raise StoreError(
                "the texts of the graph {graph} cannot be indexed: {reason}",
                graph=graph,
                reason=error,
            ) from error
    for part, files in names_by_part.items():
        (folder / part / LISTED).write_text(json.dumps(files, indent=1), encoding="utf-8")


def main() -> None:
    with suppress(OSError):  # where that is refused, it keeps its priority
        os.nice(NICE)
    serve(
        lambda request: build(
            Path(request["folder"]), Path(request["former"]), request["graphs"], request["labels"]
        ),
        walled=False,
    )


if __name__ == "__main__":
    main()
