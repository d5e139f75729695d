"""Read the entities of a graph that can be searched: their texts, dates and what they lead to."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
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
