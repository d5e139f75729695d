"""The first rows of an answer, as a page shows them: read lazily, cut openly."""

import codecs
import json
import re
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from rdflib.namespace import XSD

from parvis.pooling.ask import Answer
from parvis.web.language import clock

NUMBERS = {str(XSD[name]) for name in ("integer", "decimal", "double", "float")}
INSTANT = str(XSD.dateTime)
WRITTEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
"""How XML Schema writes one, in the years that calendars are used for (XSD 1.1 §3.3.7)."""
ROWS = 1000
"""How many rows, or lines of Turtle, a page shows."""


BARS = 40
"""How many rows are drawn as bars at most."""


@dataclass(frozen=True)
class Cell:
    """One value: its text, its IRI when it is one, its language and datatype when it has them.

    `called` tells that the text is what the thing that has the IRI is called.
    """

    text: str
    iri: str | None = None
    lang: str | None = None
    datatype: str | None = None
    called: bool = False

    @property
    def is_number(self) -> bool:
        """Say whether the value is to stand with its digits under those of other rows."""
        return self.datatype in NUMBERS

    @property
    def instant(self) -> datetime | None:
        """Give a day with its hour, where the value is written as one and the calendar has it."""
        if self.datatype == INSTANT and WRITTEN.fullmatch(self.text):
            with suppress(ValueError):
                return datetime.fromisoformat(self.text)
        return None


@dataclass(frozen=True)
class Preview:
    """What a page shows of an answer; `cut` tells that there is more than it shows.

    Of the three forms, `kind` names the one that is filled: ``bindings`` fills `columns` and
    `rows`, ``boolean`` fills `truth`, ``graph`` fills `turtle`.
    """

    kind: str
    columns: tuple[str, ...] = ()
    rows: list[list[Cell]] = field(default_factory=list)
    truth: bool | None = None
    turtle: str = ""
    cut: bool = False

    @property
    def endings(self) -> tuple[str, ...]:
        """List the endings in which the whole answer can be downloaded."""
        if self.kind == "graph":
            return ("ttl", "nt", "jsonld", "rdf")
        return ("xlsx", "csv", "tsv", "json", "xml")


def drawn(found: Preview) -> list[dict[str, Any]]:
    """Give the bars of an answer: labels, and the whole numbers of its last column.

    None where that is no picture: too many rows or one, numbers missing, labels twice.
    """
    rows = found.rows
    if not 1 < len(rows) <= BARS or len(found.columns) < 2:  # noqa: PLR2004 - a label and a number
        return []
    labels = [" · ".join(_label(cell) for cell in row[:-1] if not cell.is_number) for row in rows]
    values = [row[-1].text if row[-1].is_number else "" for row in rows]
    if len({*labels} - {""}) < len(rows) or not all(
        re.fullmatch(r"\d{1,12}", one) for one in values
    ):
        return []
    pairs = zip(labels, values, strict=True)
    return [{"label": label, "value": int(value), "second": None} for label, value in pairs]


def _label(cell: Cell) -> str:
    """Call a bar as the table calls its row."""
    return cell.text if cell.instant is None else clock(cell.instant)


def preview(answer: Answer) -> Preview:
    """Read the first rows of an answer given as TSV or Turtle, then let the rest go."""
    with closing(answer.chunks):
        if answer.kind == "boolean":  # TSV has none: it is JSON all the same
            return Preview("boolean", truth=json.loads(b"".join(answer.chunks))["boolean"])
        lines = _lines(answer.chunks)
        if answer.kind == "graph":
            # The published prefixes stand in every file; on the page they would hide the facts.
            facts = (line for line in lines if not line.startswith("@prefix "))
            shown = list(islice(facts, ROWS))
            return Preview("graph", turtle="\n".join(shown), cut=next(facts, None) is not None)
        columns, rows = _table(lines)
        shown_rows = list(islice(rows, ROWS))
        return Preview("bindings", columns, shown_rows, cut=next(rows, None) is not None)


def table(chunks: Iterator[bytes]) -> tuple[tuple[str, ...], Iterator[list[Cell]]]:
    """Read an answer given as TSV: its columns, and its rows as they come."""
    return _table(_lines(chunks))


def _table(lines: Iterator[str]) -> tuple[tuple[str, ...], Iterator[list[Cell]]]:
    """Read the lines of TSV."""
    columns = tuple(name.removeprefix("?") for name in next(lines).split("\t"))
    return columns, ([_cell(text) for text in line.split("\t")] for line in lines)


def _lines(chunks: Iterator[bytes]) -> Iterator[str]:
    """Cut a stream of UTF-8 into lines; TSV escapes the tabs and line ends of values (§4.2)."""
    rest = ""
    for text in codecs.iterdecode(chunks, "utf-8"):
        *whole, rest = (rest + text).split("\n")
        yield from whole
    if rest:
        yield rest


_TERM = re.compile(
    r"<(?P<iri>[^<>]*)>"
    r'|"(?P<text>(?:[^"\\]|\\.)*)"(?:@(?P<lang>[A-Za-z0-9-]+)|\^\^<(?P<datatype>[^<>]*)>)?'
    r"|(?P<integer>[+-]?\d+)|(?P<decimal>[+-]?\d*\.\d+)|(?P<boolean>true|false)"
)
_ESCAPED = {"t": "\t", "n": "\n", "r": "\r"}
_PLAIN = {name: str(XSD[name]) for name in ("integer", "decimal", "boolean")}


def _cell(text: str) -> Cell:
    """Read one term of a TSV row (SPARQL 1.1 Query Results TSV §4), as the engine writes it."""
    found = _TERM.fullmatch(text)
    if found is None:  # nothing, a blank node or a triple term
        return Cell(text)
    match found.lastgroup:
        case "iri":
            return Cell(found["iri"], iri=found["iri"])
        case "integer" | "decimal" | "boolean" as name:
            return Cell(text, datatype=_PLAIN[name])
    value = re.sub(r"\\(.)", lambda escape: _ESCAPED.get(escape[1], escape[1]), found["text"])
    return Cell(value, lang=found["lang"], datatype=found["datatype"])
