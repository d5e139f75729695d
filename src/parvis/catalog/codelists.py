"""The code lists as people name them: one concept for what was typed, or the nearest ones."""

import csv
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from importlib.resources import files
from itertools import product
from pathlib import Path
from string import ascii_uppercase, digits
from typing import NamedTuple

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import SKOS

from parvis.catalog.ontology import ontology, short
from parvis.errors import CatalogError, UsageError
from parvis.i18n import LANGUAGES, N_
from parvis.mapping.concepts import folded
from parvis.vocab.namespaces import CONCEPT, PARVIS

NEAREST = 4
"""How many concepts are suggested."""
LIKE = 0.5
"""How much alike two texts must be for one to be suggested for the other (`difflib`)."""
LONGEST = 100
"""Characters of what was typed that are compared and said again."""

UNKNOWN = N_("“{text}” is nothing that the list “{scheme}” knows; the nearest: {nearest}")
LISTED = N_("“{text}” is nothing that the list “{scheme}” knows; it has: {nearest}")
SEVERAL = N_(
    "“{text}” may be several things of the list “{scheme}”: {nearest}; name one by its code"
)

WITHIN: Mapping[str, Mapping[str, str]] = {"language": {"fr": "bilingual", "en": "bilingual"}}
"""What holds another though it is not broader: who speaks both languages speaks each of them."""
WHOLE = ("everyone", "total")
"""Concepts that hold all others of their scheme, and are farther away than any."""
FAR = 9
"""The steps to what holds everything."""

MEASURES = tuple(
    str(PARVIS[name])
    for name in ("attendance", "visits", "tickets", "firstTimeVisitors", "households", "loans")
)
"""The measures, those that tell most of publics first."""


@dataclass(frozen=True)
class Scheme:
    """One code list: labels by concept and language, texts by the concepts that bear them.

    `codes` are the notations; `above` the wider concepts of each, with the steps to them.
    """

    name: str
    labels: Mapping[str, Mapping[str, str]]
    codes: Mapping[str, str]
    texts: Mapping[str, frozenset[str]]
    above: Mapping[str, Mapping[str, int]]

    def require(self, text: str) -> str:
        """Give the concept that a code, a label or an IRI names.

        Raises `UsageError` for none, with the nearest ones, and for several.
        """
        wanted = text.strip()[:LONGEST]
        if wanted in self.labels:
            return wanted
        if found := self.codes.get(folded(wanted)):
            return found
        several = self.texts.get(folded(wanted), frozenset())
        if len(several) == 1:
            return next(iter(several))
        if several:
            raise self._refusal(SEVERAL, wanted, map(self._told, sorted(several)))
        if near := self._nearest(folded(wanted)):
            raise self._refusal(UNKNOWN, wanted, map(self._told, near))
        raise self._refusal(LISTED, wanted, map(self.code, self.labels))

    def _refusal(self, template: str, text: str, told: Iterable[str]) -> UsageError:
        return UsageError(template, text=text, scheme=self.name, nearest=", ".join(told))

    def code(self, concept: str) -> str:
        """Give a concept's notation: what one types to name it."""
        return short(concept)

    def label(self, concept: str) -> dict[str, str]:
        """Name a concept in each language; by its code where the list does not know it."""
        known = self.labels.get(concept, {})
        return {lang: known.get(lang, short(concept)) for lang in LANGUAGES}

    def _nearest(self, wanted: str) -> list[str]:
        """Find the concepts whose names look like a text, the likest first."""
        words = {**self.texts, **{code: frozenset({one}) for code, one in self.codes.items()}}
        alike = get_close_matches(wanted, words, 3 * NEAREST, LIKE)
        parts = [text for text in words if wanted and wanted in text.split()]
        found = dict.fromkeys(one for text in (*alike, *parts) for one in sorted(words[text]))
        return list(found)[:NEAREST]

    def _told(self, concept: str) -> str:
        """Tell a concept by its code and its labels."""
        return f"{self.code(concept)} ({' / '.join(dict.fromkeys(self.label(concept).values()))})"


@cache
def scheme(name: str) -> Scheme:
    """Read a code list of the ontology, by its name: ``audience``, ``area``, ``channel``."""
    graph, top = read_ontology(), URIRef(f"{CONCEPT}{name}")
    concepts = sorted(str(one) for one in graph.subjects(SKOS.inScheme, top))
    texts: defaultdict[str, set[str]] = defaultdict(set)
    for concept in concepts:
        for step in (SKOS.prefLabel, SKOS.altLabel):
            for label in graph.objects(URIRef(concept), step):
                texts[folded(str(label))].add(concept)
    codes = {folded(short(one)): one for one in concepts}
    return Scheme(
        name=name,
        labels={one: _labels(graph, one) for one in concepts},
        codes=codes,
        texts={text: frozenset(some) for text, some in texts.items()},
        above={one: _above(graph, name, one, codes) for one in concepts},
    )


@cache
def read_ontology() -> Graph:
    """Read the ontology, once for all lists."""
    return ontology()


def _labels(graph: Graph, concept: str) -> dict[str, str]:
    found = graph.objects(URIRef(concept), SKOS.prefLabel)
    return {str(one.language): str(one) for one in found if isinstance(one, Literal)}


def _above(graph: Graph, name: str, concept: str, codes: Mapping[str, str]) -> dict[str, int]:
    """Count the steps from a concept to each that is wider."""
    found: dict[str, int] = {}
    level, steps = {concept}, 0
    while level := {one for this in level for one in _wider(graph, name, this)} - found.keys():
        steps += 1
        found |= dict.fromkeys(level, steps)
    for code in WHOLE:
        whole = codes.get(code)
        if whole is not None and whole != concept:
            found.setdefault(whole, FAR)
    return found


def _wider(graph: Graph, name: str, concept: str) -> Iterator[str]:
    """Give the concepts one step wider."""
    yield from (str(one) for one in graph.objects(URIRef(concept), SKOS.broader))
    if holder := WITHIN.get(name, {}).get(short(concept)):
        yield f"{CONCEPT}{name}/{holder}"


# Areas: what lies in what, postal codes among them, and how many people live there.
#
# The list of areas tells both; the steward's file ``areas.csv``, in the catalogue folder, tells
# more or otherwise, each row with its source: ``area,within,inhabitants,source``.

FILE = "areas.csv"
COLUMNS = ("area", "within", "inhabitants", "source")
NOWHERE = frozenset(f"{CONCEPT}area/{code}" for code in ("total", "unknown"))
"""What is no area: everywhere, and nobody knows where."""
FSA = re.compile(r"[A-Z]\d[A-Z]")

NO_COLUMNS = N_("{file}: the columns are {columns}")
NO_AREA = N_("{file}, row {row}: “{code}” is no area: a code of the list of areas, or like H2X")
NO_NUMBER = N_("{file}, row {row}: “{text}” is no number of inhabitants")
NO_SOURCE = N_("{file}, row {row}: the source is not told")
UNREAD = N_("{file} cannot be read: {reason}")


class Told(NamedTuple):
    """One row of the steward's file, its areas by IRI; `within` is empty where it is not told."""

    area: str
    within: str
    inhabitants: int | None


@dataclass(frozen=True)
class Areas:
    """What is known of areas: by the list, and by the steward's rows."""

    rows: tuple[Told, ...] = ()

    @cached_property
    def within(self) -> Mapping[str, frozenset[str]]:
        """Give the wider areas of each, of all postal codes too.

        One that the steward's rows put in several areas is in none of them: it is in what holds
        them all.
        """
        above = {code: frozenset(some) - {code} for code, some in scheme("area").above.items()}
        found = above | {code: above[holder] | {holder} for code, holder in _posts().items()}
        held: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
        for one in self.rows:
            if one.within:
                held[one.area].append(above[one.within] | {one.within})
        return found | {area: frozenset.intersection(*some) for area, some in held.items()}

    @cached_property
    def inhabitants(self) -> Mapping[str, int]:
        """Give how many people live in each area of which it is known."""
        told = {one.area: one.inhabitants for one in self.rows if one.inhabitants is not None}
        return {**_census(), **told}

    def small(self, areas: tuple[str, ...], least: int) -> frozenset[str]:
        """Give the areas where fewer people live than that, or nobody knows how many (rule 4)."""
        known = self.inhabitants
        return frozenset(one for one in areas if known.get(one, 0) < least) - NOWHERE


def read_areas(catalog: Path) -> Areas:
    """Read what a steward tells of areas, where something is; raises `CatalogError`."""
    file = catalog / FILE
    if not file.is_file():
        return Areas()
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise CatalogError(NO_COLUMNS, file=FILE, columns=", ".join(COLUMNS))
            return Areas(tuple(_told(row, number) for number, row in enumerate(reader, 2)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CatalogError(UNREAD, file=FILE, reason=error) from error


def _told(row: Mapping[str, str | None], number: int) -> Told:
    """Read one row."""
    code, within, people, source = ((row.get(name) or "").strip() for name in COLUMNS)
    if not source:
        raise CatalogError(NO_SOURCE, file=FILE, row=number)
    if people and not people.isdecimal():
        raise CatalogError(NO_NUMBER, file=FILE, row=number, text=people)
    area = _area(code, number, posts=True)
    return Told(area, _area(within, number) if within else "", int(people) if people else None)


def _area(code: str, number: int, *, posts: bool = False) -> str:
    """Give the concept of a code."""
    concept = f"{CONCEPT}area/{code}"
    if concept in scheme("area").labels or (posts and FSA.fullmatch(code)):
        return concept
    raise CatalogError(NO_AREA, file=FILE, row=number, code=code)


@cache
def _census() -> Mapping[str, int]:
    """Read the inhabitants that the list of areas tells."""
    found = read_ontology().subject_objects(PARVIS.inhabitants)
    return {str(area): int(str(number)) for area, number in found}


@cache
def _posts() -> Mapping[str, str]:
    """Give the area of each first three characters of a postal code: of the longest beginning."""
    told = {str(o): str(s) for s, o in read_ontology().subject_objects(PARVIS.postalPrefix)}
    found = {}
    for start in _codes():
        known = (told.get(start[:length]) for length in (2, 1))
        if area := next(filter(None, known), None):
            found[f"{CONCEPT}area/{start}"] = area
    return found


def _codes() -> Iterator[str]:
    for parts in product(ascii_uppercase, digits, ascii_uppercase):
        yield "".join(parts)


# Québec's administrative regions laid out as tiles, which show where without an outline.

Tiles = dict[str, tuple[int, int]]
"""The column and the row of each region, by its concept, from 0."""


@cache
def tiles() -> Tiles:
    """Read where each region's tile stands."""
    text = files(__package__).joinpath("lists", "regions.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)
    return {f"{CONCEPT}area/{code}": (column, row) for code, (column, row) in found.items()}


def by_region(areas: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """Count the things of each region, from the areas of each thing.

    A municipality is of its region; what holds several regions, as all of Québec does, is of none.
    """
    above = scheme("area").above
    found = Counter(
        region
        for places in areas.values()
        for region in {one for area in places for one in (area, *above.get(area, ()))}
    )
    return {region: found[region] for region in tiles() if found[region]}
