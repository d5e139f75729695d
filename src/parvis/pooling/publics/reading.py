"""The figures of a partner's content in the record, read as rows to add up."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from rdflib.namespace import QB, RDF

from parvis.catalog.codelists import POOLED
from parvis.statistics.strata import BASE, KNOWN, PERFORMANCES, PUBLIC, FigureRow, part
from parvis.vocab.namespaces import CONCEPT, PARVIS

OBSERVATION = f"<{QB.Observation}>".encode()
_TYPE = f"<{RDF.type}>".encode()
_DIMENSIONS = {
    "contributor": PARVIS.contributor,
    "measure": QB.measureType,
    "period": PARVIS.refPeriod,
    "place": PARVIS.place,
    "discipline": PARVIS.discipline,
    "area": PARVIS.residenceArea,
    "event": PARVIS.eventArea,
    "age": PARVIS.ageGroup,
    "public": PARVIS.public,
    "language": PARVIS.language,
    "channel": PARVIS.channel,
    "price": PARVIS.priceType,
    "performance": PARVIS.performance,
    "method": PARVIS.method,
}
_COLUMNS = {f"<{predicate}>".encode(): name for name, predicate in _DIMENSIONS.items()}
_VALUES = {f"<{measure}>".encode(): measure for measure in (*POOLED, PARVIS.measureBase)}
MOST_AREAS = 10_000
MOST_KNOWN = 200_000
"""Statements that are remembered while a content is read."""
_IS_OBSERVATION = "observation"
Cells = Mapping[str, str | None]
_NEEDED = ("period", "place", "discipline", "age", "public", "language", "channel")
SURVEY = f"{CONCEPT}method/survey"
_POSTAL = re.compile(r"/area/[A-Za-z]\d[A-Za-z][^/A-Za-z0-9]*\d[A-Za-z]\d$")
"""A postal code finer than a forward sortation area (rule 4)."""
ANYWHERE = f"{CONCEPT}area/total"
_TOTALS = {layer: f"{CONCEPT}{layer}/total" for layer in ("age", "public", "language", "channel")}


class _Performance(NamedTuple):
    """When, where and in which discipline a performance is: it counts as one."""

    period: str
    place: str
    discipline: str
    event: str


def read_figures(
    lines: Iterable[bytes], publisher: str, contributor: str, size: str
) -> Iterator[FigureRow]:
    """Yield the figures of a dataset's content, and their bases as figures of their own.

    `lines` are sorted N-Triples, where each figure has both areas; `size` is the publisher's class.
    Skipped is an observation that lacks a dimension, or has no value, or is of another contributor:
    figures of others are not the publisher's to contribute. So is one of a survey: what that
    estimates is never added to what was counted. A performance with tickets counts as
    one, unless their number is there.
    """
    performances: dict[str, _Performance] = {}
    counted: set[str] = set()
    open_to_all = part(contributor) + PUBLIC
    for cells, figures in _read_observations(lines):
        areas = _read_areas(cells)
        is_own = cells.get("contributor") == publisher
        if not is_own or areas is None or cells.get("method") == SURVEY:
            continue
        parts = [cells.get(name) or "" for name in _NEEDED]
        measure = cells.get("measure") or ""
        if not all(parts) or measure not in POOLED:
            continue
        period, place, discipline, age, public, language, channel = parts
        performance = cells.get("performance") or ""
        if measure == PERFORMANCES:
            counted.add(performance)
        elif performance and performance not in performances:
            performances[performance] = _Performance(period, place, discipline, areas[1])
        name = open_to_all if measure in KNOWN else contributor
        for suffix, predicate in (("", measure), (BASE, str(PARVIS.measureBase))):
            value = figures.get(predicate)
            if value is not None and value >= 0:
                context = (period, place, discipline, areas[0], age, public, language, channel)
                apart = (areas[1], size, cells.get("price") or "", performance)
                yield FigureRow(name, measure + suffix, *context, value, *apart)
    for iri, where in performances.items():
        if iri not in counted:
            codes = {**where._asdict(), **_TOTALS, "area": ANYWHERE, "size": size}
            yield FigureRow(open_to_all, PERFORMANCES, value=1.0, performance=iri, **codes)


def _read_areas(cells: Cells) -> tuple[str, str] | None:
    """Return the areas of residence and of the event; None where one is lacking or too fine."""
    area, event = cells.get("area"), cells.get("event")
    return None if not area or not event or _is_postal(area) else (area, event)


@lru_cache(MOST_AREAS)
def _is_postal(area: str) -> bool:
    return _POSTAL.search(area) is not None


def _read_observations(lines: Iterable[bytes]) -> Iterator[tuple[Cells, Mapping[str, float]]]:
    """Yield what is needed of each observation: IRIs by column, and values by measure.

    Of several values of one property there is none.
    """
    # Lines are not parsed: the record holds them as one parser wrote them, and a million figures
    # are sixteen million lines, most of which say the same of another subject.
    known: dict[bytes, tuple[str, str | float]] = {}
    current, length = b"\n", 0
    cells: dict[str, str | None] = {}
    values: dict[str, float] = {}
    for line in lines:
        if not line.startswith(current):
            if _IS_OBSERVATION in cells:
                yield cells, values
            current, cells, values = line[: line.index(b" ") + 1], {}, {}
            length = len(current)
        statement = line[length:]
        if (pair := known.get(statement)) is None:
            if len(known) >= MOST_KNOWN:
                known.clear()
            pair = known[statement] = _read_statement(statement)
        column, value = pair
        if isinstance(value, float):
            values[column] = -1.0 if column in values else value
        elif column:
            cells[column] = None if column in cells else value
    if _IS_OBSERVATION in cells:
        yield cells, values


def _read_statement(statement: bytes) -> tuple[str, str | float]:
    """Return the column and the IRI, or the measure and the number, that a predicate and term say.

    The column is empty where neither is needed.
    """
    predicate, term = statement.split(b" ", 1)
    if (column := _COLUMNS.get(predicate)) is not None:
        return column, term[1 : term.rindex(b">")].decode() if term[:1] == b"<" else ""
    if (measure := _VALUES.get(predicate)) is not None:
        return measure, _read_number(term)
    return (_IS_OBSERVATION if predicate == _TYPE and term.startswith(OBSERVATION) else ""), ""


def _read_number(term: bytes) -> float:
    """Return a literal's number, -1 where it is none, or negative: shapes let none of these in."""
    try:
        value = float(term[1 : term.rindex(b'"')])
    except ValueError:
        return -1.0
    return value if 0 <= value < float("inf") else -1.0
