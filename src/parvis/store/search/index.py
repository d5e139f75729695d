"""Text indexes: a small SQLite file for each graph, built once and never written to again.

Each row is an entity of the graph, with the stems of its names and of its descriptions. Each graph
has a file of its own, so that a graph that a reader may not read influences no answer, neither by
a count nor by the time it takes. The file depends on the graph's triples alone: a generation links
it from the previous one when they have not changed.

``python -I -m parvis.store.search.index`` writes those of a generation. The request is ``{"folder":
folder, "former": folder, "graphs": [[IRI, file, part], …]}``. It writes a file under the folder for
each graph that has texts, in the subfolder of its part, with ``graphs.json`` to map graphs to
files. It works in parallel with the builder of stores, at a lower priority, since that one loads
with two processors and merges with one.
"""

import json
import os
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pyoxigraph as ox

from parvis.errors import StoreError
from parvis.rdf.streams import UNREADABLE, open_file
from parvis.sandbox.client import ProcessClient
from parvis.sandbox.serving import serve
from parvis.store.files import sha256
from parvis.store.search.search import LISTED, MEMBERS, OPEN
from parvis.store.search.words import language_of, pairs
from parvis.vocab import PREFIXES

VERSION = 1
"""To increment when stemming or the file format change, so that former files are not linked."""


def _expand(names: str) -> frozenset[str]:
    terms = (term.split(":") for term in names.split())
    return frozenset(f"{PREFIXES[prefix]}{name}" for prefix, name in terms)


NAMES = _expand(
    "rdfs:label skos:prefLabel skos:altLabel schema:name schema:alternateName dct:title foaf:name"
)
DESCRIPTIONS = _expand(
    "schema:description dct:description rdfs:comment skos:definition skos:scopeNote dcat:keyword"
)

OTHER_NAMES = _expand("skos:altLabel schema:alternateName")
"""Names by which an entity is found, but that are no title of it where it has another name."""

_INDEXED = NAMES | DESCRIPTIONS | _expand("rdf:type")
_LINE = re.compile(
    rb"[^>]*>\s*<(?:" + b"|".join(re.escape(iri).encode() for iri in sorted(_INDEXED)) + rb")>"
)
_PIECE = 2_000
"""Lines parsed at a time."""
_json = json.JSONEncoder(ensure_ascii=False).encode
_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE VIRTUAL TABLE thing USING fts5(
  iri UNINDEXED, kinds UNINDEXED, names, descriptions, texts UNINDEXED,
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
"""
"""A file of its own, deleted at the end: the rows of any number of entities, to be put in order."""
# Among entities with the same words, the shorter are the better answers: a query may stop after the
# first rows that it finds.
_IN_ORDER = """
INSERT INTO thing(iri, kinds, names, descriptions, texts)
SELECT iri, kinds, names, descriptions, texts FROM row
ORDER BY names_length, descriptions_length, iri
"""


@dataclass
class _Entity:
    """An entity as a graph describes it: its classes, and its texts with their languages."""

    kinds: list[str] = field(default_factory=list)
    names: list[tuple[str, str | None]] = field(default_factory=list)
    descriptions: list[tuple[str, str | None]] = field(default_factory=list)
    titles: int = 0

    def add(self, step: str, term: object) -> None:
        if isinstance(term, ox.Literal):
            texts = self.names if step in NAMES else self.descriptions
            text = (term.value, term.language)
            if step in NAMES and step not in OTHER_NAMES:
                # The first name in a language is the entity's title.
                texts.insert(self.titles, text)
                self.titles += 1
            else:
                texts.append(text)
        elif isinstance(term, ox.NamedNode):
            self.kinds.append(term.value)


def write(source: Path, index: Path) -> bool:
    """Index a file of N-Triples, sorted or not; False when no entity in it has a text.

    Raises the errors of the parser and of the disk.
    """
    counts, unordered = _Counts(), index.with_suffix(".rows")
    try:
        with closing(sqlite3.connect(index, isolation_level=None)) as file:
            file.executescript(_TABLES)
            file.execute("ATTACH ? AS unordered", [str(unordered)])
            file.executescript(_ROWS)
            file.execute("BEGIN")
            rows = counts.rows(_read_entities(source))
            file.executemany("INSERT INTO row VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            file.execute(_IN_ORDER)
            counts.write(file)
            file.execute("COMMIT")
            file.execute("INSERT INTO thing(thing) VALUES ('optimize')")
        if not counts.entities:
            index.unlink()
    finally:
        unordered.unlink(missing_ok=True)
    return bool(counts.entities)


def _read_entities(source: Path) -> Iterator[tuple[str, _Entity]]:
    """Yield the entities that have a text."""
    described: defaultdict[str, _Entity] = defaultdict(_Entity)
    with open_file(source) as lines:
        # A pattern finds the relevant lines ten times faster than a parser.
        matching = filter(_LINE.match, lines)
        while piece := list(islice(matching, _PIECE)):
            subject = ""
            for triple in ox.parse(b"".join(piece), ox.RdfFormat.N_TRIPLES):
                # Blank nodes are left out, since a hit could not be looked up again.
                if isinstance(triple.subject, ox.NamedNode) and triple.predicate.value in _INDEXED:
                    subject = triple.subject.value
                    described[subject].add(triple.predicate.value, triple.object)
            # The record's files are sorted: only of the last entity may more come.
            if source.suffix == ".gz" and subject:
                last = described.pop(subject)
                yield from _with_texts(described)
                described.clear()
                described[subject] = last
    yield from _with_texts(described)


def _with_texts(described: Mapping[str, _Entity]) -> Iterator[tuple[str, _Entity]]:
    return ((iri, thing) for iri, thing in described.items() if thing.names or thing.descriptions)


Row = tuple[int, int, str, str, str, str, str]


class _Counts:
    """The rows of an index, and the counts that ranking and completion need."""

    def __init__(self) -> None:
        self._forms: Counter[tuple[str, str]] = Counter()
        self._stems: Counter[str] = Counter()
        self._words = self.entities = 0

    def rows(self, entities: Iterable[tuple[str, _Entity]]) -> Iterator[Row]:
        """Yield a row for each entity: the lengths of its names and descriptions first."""
        for iri, entity in entities:
            names, descriptions = self._stem(entity.names), self._stem(entity.descriptions)
            self.entities += 1
            self._words += len(names) + len(descriptions)
            self._stems.update({*names, *descriptions})
            texts = _json([entity.names, entity.descriptions])
            kinds = " ".join(entity.kinds)
            lengths = _length(entity.names), _length(entity.descriptions)
            yield *lengths, iri, kinds, " ".join(names), " ".join(descriptions), texts

    def write(self, file: sqlite3.Connection) -> None:
        forms = ((form, stem, count) for (form, stem), count in self._forms.items())
        file.executemany("INSERT INTO form VALUES (?, ?, ?)", forms)
        file.executemany("INSERT INTO stem VALUES (?, ?)", self._stems.items())
        file.execute("INSERT INTO facts VALUES (?, ?)", (self.entities, self._words))

    def _stem(self, texts: list[tuple[str, str | None]]) -> list[str]:
        """Return the stems of texts, each by its language."""
        stems: list[tuple[str, str]] = []
        for text, tag in texts:
            stems += pairs(text, language_of(tag))
        self._forms.update(stems)
        return [stem for _, stem in stems]


def _length(texts: list[tuple[str, str | None]]) -> int:
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
    with ProcessClient("parvis.store.search.index", patience) as client:
        client.send({"folder": str(folder), "former": str(former), "graphs": graphs})
        yield
        client.receive(StoreError("the text index was not built in {seconds} seconds"))


def build(folder: Path, former: Path, graphs: Iterable[tuple[str, str, str]]) -> None:
    """Index each graph, or link its former index. Raises `StoreError`."""
    names_by_part: dict[str, dict[str, str]] = {OPEN: {}, MEMBERS: {}}
    for part in names_by_part:
        (folder / part).mkdir(parents=True)
    for graph, source, part in graphs:
        try:
            name = f"{sha256(Path(source))}-{VERSION}.sqlite"
            index = folder / part / name
            # Two graphs of the same triples share an index.
            with suppress(FileNotFoundError):
                if not index.exists():
                    os.link(former / part / name, index)
            if index.exists() or write(Path(source), index):
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
        lambda request: build(Path(request["folder"]), Path(request["former"]), request["graphs"]),
        walled=False,
    )


if __name__ == "__main__":
    main()
