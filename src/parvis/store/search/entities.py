"""Read the entities of a graph that can be searched: their texts, dates and what they lead to."""

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import pyoxigraph as ox

from parvis.rdf.ntriples import STATEMENT, read_iri, read_term
from parvis.rdf.streams import join_subjects, open_file, read_blocks
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


def _pattern(before: bytes, iris: Iterable[str]) -> re.Pattern[bytes]:
    alternatives = b"|".join(re.escape(iri).encode() for iri in sorted(iris))
    return re.compile(before + rb"\s*<(?:" + alternatives + rb")>")


_LINE = _pattern(b"[^>]*>", _READ)
_TEXT = _pattern(b">", _TEXTS)
_STEP_OF = {f"<{iri}>".encode(): iri for iri in _READ}
_STEPS_OF_TEXTS = frozenset(step for step, iri in _STEP_OF.items() if iri in _TEXTS)

Statement = tuple[bytes, bytes, bytes]
Text = tuple[str, str | None]
Links = list[tuple[str, str]]


@dataclass(slots=True)
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

    def add_literal(self, step: str, value: str, language: str | None) -> None:
        if step in STARTS:
            self.starts.append(value)
        elif step in NAMES and step not in OTHER_NAMES:
            # The first name in a language is the entity's title.
            self.names.insert(self.titles, (value, language))
            self.titles += 1
        elif step in NAMES:
            self.names.append((value, language))
        elif step in _TEXTS:
            (self.localities if step in LOCALITIES else self.descriptions).append((value, language))

    def add_iri(self, step: str, iri: str) -> None:
        if step in _LINKS:
            self.links.append((step, iri))
        elif step not in _TEXTS:
            self.kinds.append(iri)


def read_entities(source: Path) -> Iterator[tuple[str, Entity]]:
    """Yield the entities of a file of N-Triples that have a text, sorted or not."""
    with open_file(source) as file:
        if source.suffix == ".gz":  # the record's files are sorted: memory holds a block of them
            blocks = join_subjects(read_blocks(file))
        else:
            blocks = iter([b"".join(filter(_LINE.match, file))])
        # Figures, by far the most statements of a pool, have no text: nothing else of them is read.
        for block in filter(_TEXT.search, blocks):
            statements = STATEMENT.findall(block)
            if len(statements) == block.count(b"\n"):
                yield from _read_entities(sorted(statements, key=itemgetter(0)))
            else:  # with other spaces
                yield from _parse_entities(block)


def _read_entities(
    statements: Iterable[tuple[bytes, bytes, bytes]],
) -> Iterator[tuple[str, Entity]]:
    """Yield those of adjacent statements, which takes a parser three times as long."""
    for subject, group in groupby(statements, key=itemgetter(0)):
        lines = [(step, term) for _, step, term in group if step in _STEP_OF]
        # Blank nodes are left out, since a hit could not be looked up again.
        if subject[:1] != b"<" or _STEPS_OF_TEXTS.isdisjoint(step for step, _ in lines):
            continue
        entity = Entity()
        for step, term in lines:
            if term[:1] == b'"':
                value, language = read_term(term)
                entity.add_literal(_STEP_OF[step], value, language.lower() or None)
            elif iri := read_iri(term):
                entity.add_iri(_STEP_OF[step], iri)
        if entity.names or entity.descriptions or entity.localities:
            yield read_iri(subject), entity


def _parse_entities(lines: bytes) -> Iterator[tuple[str, Entity]]:
    described: defaultdict[str, Entity] = defaultdict(Entity)
    for subject, predicate, term, _ in ox.parse(lines, ox.RdfFormat.N_TRIPLES):
        if isinstance(subject, ox.NamedNode) and predicate.value in _READ:
            entity = described[subject.value]
            if isinstance(term, ox.Literal):
                entity.add_literal(predicate.value, term.value, term.language)
            elif isinstance(term, ox.NamedNode):
                entity.add_iri(predicate.value, term.value)
    for iri, entity in described.items():
        if entity.names or entity.descriptions or entity.localities:
            yield iri, entity


def read_labels(source: Path) -> dict[str, list[Text]]:
    """Return the preferred labels of concepts by IRI, from the graph of the ontology."""
    labels: defaultdict[str, list[Text]] = defaultdict(list)
    pattern = _pattern(b"[^>]*>", LABELS)
    with open_file(source) as lines:
        for triple in ox.parse(b"".join(filter(pattern.match, lines)), ox.RdfFormat.N_TRIPLES):
            if isinstance(triple.subject, ox.NamedNode) and isinstance(triple.object, ox.Literal):
                labels[triple.subject.value].append((triple.object.value, triple.object.language))
    return labels


# The entities of a graph in order, each with its context.

MOST_CONTEXT = 40
"""Texts of the context of one entity."""

Labels = Mapping[str, Sequence[Text]]
Part = tuple[Sequence[Text], Sequence[Text]]
"""What an entity adds to those that lead to it: its names, and other texts."""
Ordered = tuple[str, str, Sequence[Text], Sequence[Text], str]
"""An entity: its IRI, its classes, its names, its descriptions, and these with dates as JSON."""
SMALL = 4_000_000
"""Bytes of a graph's file up to which its entities are ordered in memory, some 100 MB."""

_json = json.JSONEncoder(ensure_ascii=False).encode
_quote = json.encoder.encode_basestring
_NOTHING: Part = ((), ())


class _Notes:
    """The entities of a small graph, to be put in order, and what each of them leads to."""

    def __init__(self) -> None:
        self._parts: dict[str, Part] = {}
        self._links: dict[str, Links] = {}

    def add(self, iri: str, part: Part, links: Links) -> None:
        self._parts[iri] = part
        if links:
            self._links[iri] = sorted({*links})

    def order(self, entities: Iterator[tuple[str, Entity]]) -> Iterator[Ordered]:
        """Yield entities, the shorter first."""
        rows = [(*_lengths(entity), iri, entity) for iri, entity in entities]
        for _, _, iri, entity in sorted(rows, key=itemgetter(0, 1, 2)):
            yield iri, " ".join(entity.kinds), entity.names, entity.descriptions, _texts(entity)

    def part(self, iri: str) -> Part:
        return self._parts.get(iri, _NOTHING)

    def links(self, iri: str) -> Links:
        return self._links.get(iri, [])


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
_CLEAR = "DELETE FROM row; DELETE FROM part; DELETE FROM link;"


class _FiledNotes(_Notes):
    """Those of a graph of any size, in a file of its own that is deleted at the end."""

    def __init__(self, file: sqlite3.Connection) -> None:
        super().__init__()
        self._file = file
        file.executescript(_UNORDERED)
        # Many events have the same few venues and organisers.
        self._cached_part = lru_cache(10_000)(self._read_part)
        self._cached_links = lru_cache(10_000)(self._read_links)

    def clear(self) -> None:
        for statement in _CLEAR.split(";"):
            self._file.execute(statement)
        self._cached_part.cache_clear()
        self._cached_links.cache_clear()

    def add(self, iri: str, part: Part, links: Links) -> None:
        row = iri, *map(_json, part)
        self._file.execute("INSERT OR REPLACE INTO part VALUES (?, ?, ?)", row)
        rows = [(iri, *link) for link in links]
        self._file.executemany("INSERT OR IGNORE INTO link VALUES (?, ?, ?)", rows)

    def order(self, entities: Iterator[tuple[str, Entity]]) -> Iterator[Ordered]:
        rows = ((*_lengths(e), iri, " ".join(e.kinds), _texts(e)) for iri, e in entities)
        self._file.executemany("INSERT INTO row VALUES (?, ?, ?, ?, ?)", rows)
        # Fetched from another cursor than those that read contexts meanwhile.
        ordered = self._file.execute(
            "SELECT iri, kinds, texts FROM row ORDER BY names_length, descriptions_length, iri"
        )
        for iri, kinds, texts in ordered:
            names, descriptions, _ = json.loads(texts)
            yield iri, kinds, names, descriptions, texts

    def part(self, iri: str) -> Part:
        return self._cached_part(iri)

    def links(self, iri: str) -> Links:
        return self._cached_links(iri)

    def _read_part(self, iri: str) -> Part:
        row = self._file.execute("SELECT names, near FROM part WHERE iri = ?", [iri]).fetchone()
        names, near = (
            [(text, tag) for text, tag in json.loads(part)] for part in row or ("[]",) * 2
        )
        return names, near

    def _read_links(self, iri: str) -> Links:
        query = "SELECT step, target FROM link WHERE iri = ?"
        return self._file.execute(query, [iri]).fetchall()


class OrderedEntities:
    """The entities of one graph at a time, and what they lead to within it."""

    def __init__(self, file: sqlite3.Connection, labels: Labels) -> None:
        self._filed, self._labels = _FiledNotes(file), labels

    def rows(
        self, source: Path
    ) -> Iterator[tuple[str, str, Sequence[Text], Sequence[Text], list[Text], str]]:
        """Yield the entities of a graph's file, the shorter first.

        Each is its IRI, its classes, its names, its descriptions, its context, and all its texts.
        """
        notes = _Notes()
        if source.stat().st_size > SMALL:
            notes = self._filed
            self._filed.clear()
        entities = self._note(notes, read_entities(source))
        for iri, kinds, names, descriptions, texts in notes.order(entities):
            places, surroundings = _read_context(notes, iri)
            # A list goes on: parsing it only to write it again takes as long as all the rest.
            all_texts = f"{texts[:-1]}, {_write(places)}, {_write(surroundings)}]"
            yield iri, kinds, names, descriptions, [*places, *surroundings], all_texts

    def _note(
        self, notes: _Notes, entities: Iterable[tuple[str, Entity]]
    ) -> Iterator[tuple[str, Entity]]:
        """Note what each entity may add to others, and yield those that are found themselves."""
        for iri, entity in entities:
            near, links = [*entity.localities], []
            for link in entity.links:
                if link[0] in CONCEPTS:
                    near += self._labels.get(link[1], ())
                else:
                    links.append(link)
            notes.add(iri, (entity.names, near), links)
            if entity.names or entity.descriptions:
                yield iri, entity


def _read_context(notes: _Notes, iri: str) -> tuple[list[Text], list[Text]]:
    """Return the names of the places of an entity, and the other texts of its context."""
    places: list[Text] = []
    texts = [*notes.part(iri)[1]]
    for step, target in notes.links(iri):
        names, near = notes.part(target)
        (places if step in PLACES else texts).extend(names)
        texts += near
        if step in PLACES | SURROUNDINGS:
            for next_step, surrounding in notes.links(target):
                if next_step in SURROUNDINGS:
                    texts += [text for part in notes.part(surrounding) for text in part]
    return places, [*dict.fromkeys(texts)][:MOST_CONTEXT]


def _texts(entity: Entity) -> str:
    # As `_json` writes it, which takes twice as long.
    starts = ", ".join(map(_quote, sorted(entity.starts)))
    return f"[{_write(entity.names)}, {_write(entity.descriptions)}, [{starts}]]"


def _write(texts: Iterable[Text]) -> str:
    pairs = [f"[{_quote(text)}, {_quote(tag) if tag else 'null'}]" for text, tag in texts]
    return f"[{', '.join(pairs)}]"


def _lengths(entity: Entity) -> tuple[int, int]:
    return _length(entity.names), _length(entity.descriptions)


def _length(texts: list[Text]) -> int:
    return sum([len(text) for text, _ in texts])
