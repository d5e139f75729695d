"""Areas: what lies in what, postal codes among them, and how many people live there.

The list of areas tells both; the steward's file ``areas.csv``, in the catalogue folder, tells more
or otherwise, each row with its source: ``area,within,inhabitants,source``.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from pathlib import Path
from string import ascii_uppercase, digits
from typing import NamedTuple

from parvis.errors import CatalogError
from parvis.i18n import N_
from parvis.pooling.schemes import read_ontology, scheme
from parvis.vocab.namespaces import CONCEPT, PARVIS

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
