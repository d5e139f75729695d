"""Read the entities of a graph that can be searched: their texts, dates and what they lead to."""

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby, islice
from pathlib import Path

import pyoxigraph as ox

from parvis.rdf.streams import open_file
from parvis.vocab import PREFIXES


def _expand(names: str) -> frozenset[str]:
    terms = (term.split(":") for term in names.split())
    return frozenset(f"{PREFIXES[prefix]}{name}" for prefix, name in terms)


NAMES = _expand(
    "rdfs:label skos:prefLabel skos:altLabel schema:name schema:alternateName dct:title foaf:name"
)
OTHER_NAMES = _expand("skos:altLabel schema:alternateName")
"""Names by which an entity is found, but that are no title of it where it has another name."""
DESCRIPTIONS = _expand(
    "schema:description dct:description rdfs:comment skos:definition skos:scopeNote dcat:keyword"
)
LOCALITIES = _expand("schema:addressLocality schema:addressRegion")
"""Texts of an address, by which what is held there is found too."""
STARTS = _expand("schema:startDate")
PLACES = _expand("schema:location parvis:possibleLocation")
SURROUNDINGS = _expand("schema:address schema:containedInPlace")
"""Steps from a place to what says where it is."""
RELATED = _expand(
    "schema:organizer schema:performer schema:workPerformed schema:superEvent schema:creator"
    " schema:producer"
)
CONCEPTS = _expand(
    "parvis:discipline parvis:eventType parvis:targetAudience parvis:placeType"
    " parvis:organizationType parvis:territory"
)
"""Steps to concepts, whose labels belong to what they classify."""
LABELS = _expand("skos:prefLabel")

_TEXTS = NAMES | DESCRIPTIONS | LOCALITIES
_LINKS = PLACES | SURROUNDINGS | RELATED | CONCEPTS
_READ = _TEXTS | _LINKS | STARTS | _expand("rdf:type")


def _pattern(iris: Iterable[str]) -> re.Pattern[bytes]:
    return re.compile(
        rb"[^>]*>\s*<(?:" + b"|".join(re.escape(iri).encode() for iri in sorted(iris)) + rb")>"
    )


_LINE, _TEXT_LINE = _pattern(_READ), _pattern(_TEXTS)
_PIECE = 2_000
"""Lines parsed at a time."""

Text = tuple[str, str | None]
Links = list[tuple[str, str]]


@dataclass
class Entity:
    """An entity as a graph describes it: its classes, and its texts with their languages.

    `titles` counts the names that come first, `localities` are texts of its address, `starts` its
    dates as they are written, `links` pairs of a property and an IRI.
    """

    kinds: list[str] = field(default_factory=list)
    names: list[Text] = field(default_factory=list)
    titles: int = 0
    descriptions: list[Text] = field(default_factory=list)
    localities: list[Text] = field(default_factory=list)
    starts: list[str] = field(default_factory=list)
    links: Links = field(default_factory=list)

    def add(self, step: str, term: object) -> None:
        if isinstance(term, ox.Literal):
            if step in STARTS:
                self.starts.append(term.value)
            elif step in _TEXTS:
                self._add_text(step, (term.value, term.language))
        elif isinstance(term, ox.NamedNode):
            if step in _LINKS:
                self.links.append((step, term.value))
            elif step not in _TEXTS:
                self.kinds.append(term.value)

    def _add_text(self, step: str, text: Text) -> None:
        if step in NAMES and step not in OTHER_NAMES:
            # The first name in a language is the entity's title.
            self.names.insert(self.titles, text)
            self.titles += 1
        elif step in NAMES:
            self.names.append(text)
        else:
            (self.localities if step in LOCALITIES else self.descriptions).append(text)


def read_entities(source: Path) -> Iterator[tuple[str, Entity]]:
    """Yield the entities of a file of N-Triples that have a text, sorted or not."""
    described: defaultdict[str, Entity] = defaultdict(Entity)
    with open_file(source) as lines:
        # A pattern finds the relevant lines ten times faster than a parser.
        matching: Iterator[bytes] = filter(_LINE.match, lines)
        is_sorted = source.suffix == ".gz"  # the record's files are
        if is_sorted:
            matching = _lines_of_texts(matching)
        while piece := list(islice(matching, _PIECE)):
            subject = ""
            for triple in ox.parse(b"".join(piece), ox.RdfFormat.N_TRIPLES):
                # Blank nodes are left out, since a hit could not be looked up again.
                if isinstance(triple.subject, ox.NamedNode) and triple.predicate.value in _READ:
                    subject = triple.subject.value
                    described[subject].add(triple.predicate.value, triple.object)
            # Of a sorted file, only of the last entity may more come.
            if is_sorted and subject:
                last = described.pop(subject)
                yield from _with_texts(described)
                described.clear()
                described[subject] = last
    yield from _with_texts(described)


def _lines_of_texts(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of the subjects of a sorted file that have a text.

    Figures, by far the most subjects of a pool, have none: their concepts need not be parsed.
    """
    for _, group in groupby(lines, key=lambda line: line.partition(b">")[0]):
        subject_lines = [*group]
        if any(map(_TEXT_LINE.match, subject_lines)):
            yield from subject_lines


def _with_texts(described: Mapping[str, Entity]) -> Iterator[tuple[str, Entity]]:
    return (
        (iri, entity)
        for iri, entity in described.items()
        if entity.names or entity.descriptions or entity.localities
    )


def read_labels(source: Path) -> dict[str, list[Text]]:
    """Return the preferred labels of concepts by IRI, from the graph of the ontology."""
    labels: defaultdict[str, list[Text]] = defaultdict(list)
    pattern = _pattern(LABELS)
    with open_file(source) as lines:
        for triple in ox.parse(b"".join(filter(pattern.match, lines)), ox.RdfFormat.N_TRIPLES):
            if isinstance(triple.subject, ox.NamedNode) and isinstance(triple.object, ox.Literal):
                labels[triple.subject.value].append((triple.object.value, triple.object.language))
    return labels


# The entities of a graph in order, each with its context.

MOST_CONTEXT = 40
"""Texts of the context of one entity."""

Labels = Mapping[str, Sequence[Text]]
Row = tuple[int, int, str, str, str]

_json = json.JSONEncoder(ensure_ascii=False).encode
_UNORDERED = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE row(
  names_length INT, descriptions_length INT, iri TEXT, kinds TEXT, texts TEXT,
  PRIMARY KEY (names_length, descriptions_length, iri)) WITHOUT ROWID;
CREATE TABLE part(iri TEXT PRIMARY KEY, names TEXT, near TEXT) WITHOUT ROWID;
CREATE TABLE link(iri TEXT, step TEXT, target TEXT, PRIMARY KEY (iri, step, target))
  WITHOUT ROWID;
BEGIN;
"""
"""A file of its own, deleted at the end: the entities of a graph, any number of them, to be put in
order, and what each of them leads to."""
_CLEAR = "DELETE FROM row; DELETE FROM part; DELETE FROM link;"


class OrderedEntities:
    """The entities of one graph at a time, and what they lead to within it."""

    def __init__(self, file: sqlite3.Connection, labels: Labels) -> None:
        self._file, self._labels = file, labels
        file.executescript(_UNORDERED)
        # Many events have the same few venues and organisers.
        self._part = lru_cache(10_000)(self._read_part)
        self._links = lru_cache(10_000)(self._read_links)

    def rows(
        self, source: Path
    ) -> Iterator[tuple[str, str, list[Text], list[Text], list[Text], str]]:
        """Yield the entities of a graph's file, the shorter first.

        Each is its IRI, its classes, its names, its descriptions, its context, and all its texts.
        """
        for statement in _CLEAR.split(";"):
            self._file.execute(statement)
        self._part.cache_clear()
        self._links.cache_clear()
        rows = map(self._row, self._note(read_entities(source)))
        self._file.executemany("INSERT INTO row VALUES (?, ?, ?, ?, ?)", rows)
        # Fetched from another cursor than those that read contexts meanwhile.
        ordered = self._file.execute(
            "SELECT iri, kinds, texts FROM row ORDER BY names_length, descriptions_length, iri"
        )
        for iri, kinds, texts in ordered:
            names, descriptions, _ = json.loads(texts)
            places, surroundings = self._context(iri)
            # A list goes on: parsing it only to write it again takes as long as all the rest.
            all_texts = f"{texts[:-1]}, {_json(places)}, {_json(surroundings)}]"
            yield iri, kinds, names, descriptions, [*places, *surroundings], all_texts

    def _note(self, entities: Iterable[tuple[str, Entity]]) -> Iterator[tuple[str, Entity]]:
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

    @staticmethod
    def _row(described: tuple[str, Entity]) -> Row:
        iri, entity = described
        texts = _json([entity.names, entity.descriptions, sorted(entity.starts)])
        lengths = _length(entity.names), _length(entity.descriptions)
        return *lengths, iri, " ".join(entity.kinds), texts

    def _context(self, iri: str) -> tuple[list[Text], list[Text]]:
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


def _length(texts: list[Text]) -> int:
    return sum(len(text) for text, _ in texts)
