"""Code lists: the concept that a typed text names, or the nearest ones; areas, regions, sizes."""

import csv
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from importlib.resources import files
from itertools import product
from pathlib import Path
from string import ascii_uppercase, digits
from typing import NamedTuple

from rdflib import Graph, URIRef
from rdflib.namespace import QB, SKOS

from parvis.catalog.ontology import code_list, last_segment
from parvis.errors import CatalogError, UsageError
from parvis.i18n import LANGUAGES, N_
from parvis.mapping.concepts import fold_text
from parvis.rdf.literals import read_texts, read_value
from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA

NEAREST = 4
"""The number of suggested concepts."""
LIKE = 0.5
"""The least similarity of a suggestion (`difflib`, 0 to 1)."""
LONGEST = 100
"""Characters of a typed text that are compared and repeated in messages."""

UNKNOWN = N_("“{text}” is nothing that the list “{scheme}” knows; the nearest: {nearest}")
LISTED = N_("“{text}” is nothing that the list “{scheme}” knows; it has: {nearest}")
SEVERAL = N_(
    "“{text}” may be several things of the list “{scheme}”: {nearest}; name one by its code"
)

WITHIN: Mapping[str, Mapping[str, str]] = {"language": {"fr": "bilingual", "en": "bilingual"}}
"""Concepts that include another without being broader: a bilingual public speaks each language."""
WHOLE = ("everyone", "total")
"""Concepts that include all others of their scheme, farther away than any."""
FAR = 9
"""The steps to a concept of `WHOLE`."""

MEASURES = tuple(
    str(PARVIS[name])
    for name in ("attendance", "visits", "tickets", "firstTimeVisitors", "households", "loans")
)
"""The measures, those most telling of publics first."""
BOX_OFFICE = tuple(
    str(PARVIS[name])
    for name in ("ticketsSold", "complimentary", "revenue", "ticketsAvailable", "performances")
)
"""The measures of box offices that are pooled."""
POOLED = (*MEASURES, *BOX_OFFICE)
"""The measures that releases have."""


@dataclass(frozen=True)
class Scheme:
    """A code list: labels by concept and language, and the concepts of each folded text.

    `codes` are concepts by notation; `above` has the wider concepts of each and the steps to them.
    """

    name: str
    labels: Mapping[str, Mapping[str, str]]
    codes: Mapping[str, str]
    texts: Mapping[str, frozenset[str]]
    above: Mapping[str, Mapping[str, int]]

    def require(self, text: str) -> str:
        """Return the concept that a code, a label or an IRI names.

        Raises `UsageError` for none, with the nearest ones, and for several.
        """
        query = text.strip()[:LONGEST]
        if query in self.labels:
            return query
        if concept := self.codes.get(fold_text(query)):
            return concept
        matches = self.texts.get(fold_text(query), frozenset())
        if len(matches) == 1:
            return next(iter(matches))
        if matches:
            raise self._refusal(SEVERAL, query, map(self._describe, sorted(matches)))
        words = {
            **self.texts,
            **{code: frozenset({concept}) for code, concept in self.codes.items()},
        }
        name = fold_text(query)
        alike = get_close_matches(name, words, 3 * NEAREST, LIKE)
        parts = [text for text in words if name and name in text.split()]
        nearest = list(
            dict.fromkeys(concept for text in (*alike, *parts) for concept in sorted(words[text]))
        )
        if nearest:
            raise self._refusal(UNKNOWN, query, map(self._describe, nearest[:NEAREST]))
        raise self._refusal(LISTED, query, map(self.code, self.labels))

    def _refusal(self, template: str, text: str, names: Iterable[str]) -> UsageError:
        return UsageError(template, text=text, scheme=self.name, nearest=", ".join(names))

    def code(self, concept: str) -> str:
        """Return a concept's notation: what a user types to name it."""
        return last_segment(concept)

    def label(self, concept: str) -> dict[str, str]:
        """Return a concept's labels by language; its code where the list does not have it."""
        labels = self.labels.get(concept, {})
        return {lang: labels.get(lang, last_segment(concept)) for lang in LANGUAGES}

    def choices(self, lang: str, without: Collection[str]) -> list[tuple[str, str]]:
        """Return the code and label of concepts, all but some, in the order of a language."""
        pairs = ((self.code(concept), self.label(concept)[lang]) for concept in self.labels)
        return sorted(
            (pair for pair in pairs if pair[0] not in without), key=lambda pair: fold_text(pair[1])
        )

    def groups(self, lang: str) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return the choices below the label of each widest concept, which is the first of them."""
        groups = []
        for top in (concept for concept in self.labels if not self.above[concept]):
            inner = {self.code(c) for c in self.labels if c == top or top in self.above[c]}
            choices = self.choices(lang, {self.code(c) for c in self.labels} - inner)
            choices.sort(key=lambda pair: pair[0] != self.code(top))
            groups.append((self.label(top)[lang], choices))
        return sorted(groups, key=lambda group: fold_text(group[0]))

    def _describe(self, concept: str) -> str:
        return f"{self.code(concept)} ({' / '.join(dict.fromkeys(self.label(concept).values()))})"


@cache
def scheme(name: str) -> Scheme:
    """Read a code list of the ontology, by its name: ``audience``, ``area``, ``channel``."""
    graph, top = code_list(name), URIRef(f"{CONCEPT}{name}")
    concepts = sorted(str(concept) for concept in graph.subjects(SKOS.inScheme, top))
    texts: defaultdict[str, set[str]] = defaultdict(set)
    for concept in concepts:
        for step in (SKOS.prefLabel, SKOS.altLabel):
            for label in graph.objects(URIRef(concept), step):
                texts[fold_text(str(label))].add(concept)
    labels = {concept: read_texts(graph, URIRef(concept), SKOS.prefLabel) for concept in concepts}
    codes = {fold_text(last_segment(concept)): concept for concept in concepts}
    return Scheme(
        name=name,
        labels=labels,
        codes=codes,
        texts={text: frozenset(bearers) for text, bearers in texts.items()},
        above={concept: _count_steps(graph, name, concept, codes) for concept in concepts},
    )


def _count_steps(graph: Graph, name: str, concept: str, codes: Mapping[str, str]) -> dict[str, int]:
    """Return the number of steps from a concept to each wider one."""
    distances: dict[str, int] = {}
    level, steps = {concept}, 0
    while True:
        broader = {
            str(wider)
            for narrower in level
            for wider in graph.objects(URIRef(narrower), SKOS.broader)
        }
        holders = (WITHIN.get(name, {}).get(last_segment(narrower)) for narrower in level)
        broader |= {f"{CONCEPT}{name}/{holder}" for holder in holders if holder}
        level = broader - distances.keys()
        if not level:
            break
        steps += 1
        distances |= dict.fromkeys(level, steps)
    for code in WHOLE:
        top = codes.get(code)
        if top is not None and top != concept:
            distances.setdefault(top, FAR)
    return distances


@cache
def list_questions() -> dict[str, tuple[str, ...]]:
    """Return the answers to each question of the shared questionnaire, in order, all as IRIs."""
    graph = code_list("questionnaire")

    def order(answer: str) -> tuple[int, str]:
        bounds = re.search(r"\d+", last_segment(answer))
        return int(bounds[0]) if bounds else 0, answer

    questions = sorted(
        (int(str(number)), str(question))
        for question, number in graph.subject_objects(QB.order)
        if str(question).startswith(f"{CONCEPT}questionnaire/")
    )
    return {
        question: tuple(
            sorted(map(str, graph.objects(URIRef(question), PARVIS.answerOption)), key=order)
        )
        for _, question in questions
    }


# Areas: which contain which, postal codes among them, and their inhabitants. The steward's file
# ``areas.csv`` in the catalogue folder completes or overrides the list of areas, row by row.

FILE = "areas.csv"
COLUMNS = ("area", "within", "inhabitants", "source")
NOWHERE = frozenset(f"{CONCEPT}area/{code}" for code in ("total", "unknown"))
"""Concepts of the list that are not areas: everywhere, and unknown."""
FSA = re.compile(r"[A-Z]\d[A-Z]")

CENSUS, CENSUS_YEAR = N_("2016 Census, Statistics Canada"), 2016
"""The source of the inhabitants of the list of areas, and its year."""

NO_COLUMNS = N_("{file}: the columns are {columns}")
NO_AREA = N_("{file}, row {row}: “{code}” is no area: a code of the list of areas, or like H2X")
NO_NUMBER = N_("{file}, row {row}: “{text}” is no number of inhabitants")
NO_SOURCE = N_("{file}, row {row}: the source is not stated")
UNREAD = N_("{file} cannot be read: {reason}")


class AreaRow(NamedTuple):
    """A row of the steward's file, its areas by IRI; `within` is empty where it is not stated."""

    area: str
    within: str
    inhabitants: int | None
    source: str = ""


@dataclass(frozen=True)
class Areas:
    """What is known of areas, from the list and from the steward's rows."""

    rows: tuple[AreaRow, ...] = ()

    @cached_property
    def within(self) -> Mapping[str, frozenset[str]]:
        """Return the wider areas of each area, of all postal codes too."""
        above = {code: frozenset(steps) - {code} for code, steps in scheme("area").above.items()}
        wider = above | {
            code: above[holder] | {holder} for code, holder in _areas_by_postal_code().items()
        }
        stated: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
        for row in self.rows:
            if row.within:
                # An area that the rows put in several others is only in what contains them all.
                stated[row.area].append(above[row.within] | {row.within})
        return wider | {area: frozenset.intersection(*sets) for area, sets in stated.items()}

    @cached_property
    def inhabitants(self) -> Mapping[str, int]:
        census = code_list("area").subject_objects(PARVIS.inhabitants)
        stated = {row.area: row.inhabitants for row in self.rows if row.inhabitants is not None}
        return {str(area): int(str(number)) for area, number in census} | stated

    def small_areas(self, areas: tuple[str, ...], least: int) -> frozenset[str]:
        """Return the areas with fewer inhabitants than `least`, or an unknown number (rule 4)."""
        inhabitants = self.inhabitants
        return frozenset(area for area in areas if inhabitants.get(area, 0) < least) - NOWHERE


def read_areas(catalog: Path) -> Areas:
    """Read the steward's ``areas.csv`` if there is one; raises `CatalogError`."""
    file = catalog / FILE
    if not file.is_file():
        return Areas()
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise CatalogError(NO_COLUMNS, file=FILE, columns=", ".join(COLUMNS))
            rows = []
            for number, row in enumerate(reader, 2):
                code, within, people, source = ((row.get(name) or "").strip() for name in COLUMNS)
                if not source:
                    raise CatalogError(NO_SOURCE, file=FILE, row=number)
                if people and not people.isdecimal():
                    raise CatalogError(NO_NUMBER, file=FILE, row=number, text=people)
                area = _require_area(code, number, posts=True)
                holder = _require_area(within, number) if within else ""
                rows.append(AreaRow(area, holder, int(people) if people else None, source))
            return Areas(tuple(rows))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CatalogError(UNREAD, file=FILE, reason=error) from error


def _require_area(code: str, number: int, *, posts: bool = False) -> str:
    concept = f"{CONCEPT}area/{code}"
    if concept in scheme("area").labels or (posts and FSA.fullmatch(code)):
        return concept
    raise CatalogError(NO_AREA, file=FILE, row=number, code=code)


@cache
def _areas_by_postal_code() -> Mapping[str, str]:
    """Return the area of each forward sortation area, by its longest listed prefix.

    Of Québec, only those that are assigned are listed, one by one.
    """
    prefixes = {str(o): str(s) for s, o in code_list("area").subject_objects(PARVIS.postalPrefix)}
    areas = {}
    for parts in product(ascii_uppercase, digits, ascii_uppercase):
        code = "".join(parts)
        candidates = (prefixes.get(code[:length]) for length in (3, 2, 1))
        if area := next(filter(None, candidates), None):
            areas[f"{CONCEPT}area/{code}"] = area
    return areas


# Québec's administrative regions as tiles: a map without outlines.

Tiles = dict[str, tuple[int, int]]
"""The column and the row of each region, by its concept, from 0."""


@cache
def region_tiles() -> Tiles:
    text = files(__package__).joinpath("lists", "regions.toml").read_text(encoding="utf-8")
    positions = tomllib.loads(text)
    return {f"{CONCEPT}area/{code}": (column, row) for code, (column, row) in positions.items()}


def count_by_region(areas: Mapping[str, Iterable[str]]) -> dict[str, int]:
    above = scheme("area").above
    counts = Counter(
        region
        # A municipality counts for its region; an area of several regions counts for none.
        for places in areas.values()
        for region in {place for area in places for place in (area, *above.get(area, ()))}
    )
    return {region: counts[region] for region in region_tiles() if counts[region]}


# Sizes of organisations: the class that a partner's record declares, else that of what it offers.


def organization_size(metadata: Graph, partner: str) -> str | None:
    """Return the size class of a partner, by its IRI, from its record; None where nothing says it.

    A declared class prevails; else it is that of the seats offered a year: those of its rooms, as
    often as there are performances.
    """
    subject = URIRef(partner)
    if declared := read_value(metadata, subject, PARVIS.organizationSize):
        return declared
    parts = (PARVIS.seats, PARVIS.performancesPerYear)
    seats, performances = (read_value(metadata, subject, part) for part in parts)
    if not (seats.isdecimal() and performances.isdecimal()):
        return None
    offered, lists = int(seats) * int(performances), code_list("organization-size")
    for concept in scheme("organization-size").labels:
        bounds = (SCHEMA.minValue, SCHEMA.maxValue)
        least, most = (read_value(lists, URIRef(concept), bound) for bound in bounds)
        if least and int(least) <= offered and (not most or offered <= int(most)):
            return concept
    return None
