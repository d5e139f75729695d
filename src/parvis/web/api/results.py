"""The first rows of an answer, as a page shows them: read lazily, cut openly."""

import codecs
import json
import re
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf
from typing import Any, cast
from urllib.parse import urlencode

from flask import Flask, g, request, url_for
from markupsafe import Markup, escape
from rdflib.namespace import XSD

from parvis import i18n
from parvis.errors import ParvisError
from parvis.pooling.serving.labels import called
from parvis.pooling.serving.service import Answer
from parvis.vocab.namespaces import CONCEPT, PARVIS, PREFIXES
from parvis.web.http.access import host, reader_of
from parvis.web.http.language import clock, language

NUMBERS = {str(XSD[name]) for name in ("integer", "decimal", "double", "float")}
INSTANT = str(XSD.dateTime)
WRITTEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
"""How XML Schema writes one, in the years that calendars are used for (XSD 1.1 §3.3.7)."""
ROWS, COLUMNS, CELLS = 1_000, 60, 6_000
"""How many rows (or lines of Turtle), columns and cells a page shows.

A cell costs about five millionths of a second of the process that all readers share, and a
thousand bytes while the page is made: the page must stay small whatever the answer is.
"""
CHARACTERS, LONGEST = 500_000, 2_000
"""How many characters of an answer a page shows, and how many of them in one cell."""
REST = 1_000_000
"""How many bytes more are read if the answer then ends."""
READ = 4_000_000
"""How many characters of an answer are read for a page, those of hidden columns too."""

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
    """What a page shows of an answer.

    `cut` tells that there are more rows than it shows, or longer values; `hidden` is how many more
    columns there are. Of the three forms, `kind` names the one that is filled: ``bindings`` fills
    `columns` and `rows`, ``boolean`` fills `truth`, ``graph`` fills `turtle`.
    """

    kind: str
    columns: tuple[str, ...] = ()
    rows: list[list[Cell]] = field(default_factory=list)
    truth: bool | None = None
    turtle: str = ""
    cut: bool = False
    hidden: int = 0

    @property
    def length(self) -> int:
        """Count the rows, or the lines of Turtle, that are shown."""
        return len(self.rows) if self.kind == "bindings" else len(self.turtle.splitlines())

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
        lines = _lines(answer.chunks, READ)
        found = _first_lines(lines) if answer.kind == "graph" else _first_rows(lines)
        # An answer that is left unread costs its worker, and the start of another much more than
        # reading a short rest.
        left = REST
        while left > 0 and (piece := next(answer.chunks, None)) is not None:
            left -= len(piece)
        return found


def _first_lines(lines: Iterator[str]) -> Preview:
    """Show the first lines of Turtle."""
    # The published prefixes stand in every file; on the page they would hide the content.
    content = (line for line in lines if not line.startswith("@prefix "))
    shown: list[str] = []
    room = CHARACTERS
    for line in content:
        room -= len(line)
        if len(shown) == ROWS or room < 0:
            return Preview("graph", turtle="\n".join(shown), cut=True)
        shown.append(line)
    return Preview("graph", turtle="\n".join(shown))


def _first_rows(lines: Iterator[str]) -> Preview:
    """Show the first rows and columns of a table; cells that are not shown are not read either."""
    names = [name.removeprefix("?") for name in next(lines).split("\t")]
    columns = tuple(names[:COLUMNS])
    most, left, room, cut = min(ROWS, CELLS // len(columns)), READ, CHARACTERS, False
    rows: list[list[Cell]] = []
    for line in lines:
        texts = line.split("\t", COLUMNS)[:COLUMNS]
        left, room = left - len(line), room - sum(map(len, texts))
        if len(rows) == most or min(left, room) < 0:
            cut = True
            break
        cells = [_cell(text) for text in texts]
        shortened = [_shortened(cell) for cell in cells]
        cut = cut or shortened != cells
        rows.append(shortened)
    return Preview("bindings", columns, rows, cut=cut, hidden=len(names) - len(columns))


def _shortened(cell: Cell) -> Cell:
    """Show the beginning of a long value."""
    if len(cell.text) <= LONGEST:
        return cell
    return replace(cell, text=f"{cell.text[:LONGEST]}…")


def table(chunks: Iterator[bytes]) -> tuple[tuple[str, ...], Iterator[list[Cell]]]:
    """Read an answer given as TSV: its columns, and its rows as they come."""
    lines = _lines(chunks)
    columns = tuple(name.removeprefix("?") for name in next(lines).split("\t"))
    return columns, ([_cell(text) for text in line.split("\t")] for line in lines)


def _lines(chunks: Iterator[bytes], longest: float = inf) -> Iterator[str]:
    """Cut a stream of UTF-8 into lines; TSV escapes the tabs and line ends of values (§4.2).

    Of a line that grows beyond `longest` characters the beginning is given, as the last line.
    """
    pieces: list[str] = []
    size = 0
    for text in codecs.iterdecode(chunks, "utf-8"):
        first, *others = text.split("\n")
        pieces.append(first)
        size += len(first)
        if size > longest:
            break
        if others:
            yield "".join(pieces)
            yield from others[:-1]
            pieces, size = others[-1:], len(others[-1])
    if size:
        yield "".join(pieces)


_TERM = re.compile(
    r"<(?P<iri>[^<>]*)>"
    r'|"(?P<text>[^"\\]*(?:\\.[^"\\]*)*)"(?:@(?P<lang>[A-Za-z0-9-]+)|\^\^<(?P<datatype>[^<>]*)>)?'
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


# Where an IRI leads on a page and how short it can be written there, also in tables of answers.

TERMS = str(PARVIS._NS)  # noqa: SLF001 - the namespace of a closed namespace
NAMESPACES = tuple(PREFIXES.values())
UNQUOTED = "!$'()*,/:;?@"
"""Characters that an address of ours keeps as they are in its query, as Werkzeug does."""


def prefixed(iri: str) -> str:
    """Write an IRI with a published prefix when one fits.

    >>> prefixed("http://www.w3.org/2004/02/skos/core#prefLabel")
    'skos:prefLabel'
    """
    if not iri.startswith(NAMESPACES):  # the most frequent case, and the quickest to tell
        return iri
    fitting = [item for item in PREFIXES.items() if iri.startswith(item[1]) and iri != item[1]]
    if not fitting:
        return iri
    prefix, namespace = max(fitting, key=lambda item: len(item[1]))
    return f"{prefix}:{iri.removeprefix(namespace)}"


class Links:
    """Writes links to IRIs on one page, each IRI looked at once."""

    def __init__(self, base: str) -> None:
        """Write links of a pool whose public address is `base`."""
        self._base, self._root = base, request.script_root
        self._terms, self._describe = url_for("ontology.vocabulary"), url_for("resources.describe")
        self._texts: dict[str, tuple[str, str, str]] = {}

    def address(self, iri: str) -> str | None:
        """Give the address at which people read about an IRI, None when it is no web address."""
        if iri.startswith(self._base):
            return f"{self._root}/{iri.removeprefix(self._base)}"
        if iri.startswith(TERMS):
            return f"{self._terms}#{iri.removeprefix(TERMS)}"
        if iri.startswith(CONCEPT):
            return f"{self._describe}?{urlencode({'iri': iri}, safe=UNQUOTED)}"
        return iri if iri.startswith(("http://", "https://")) else None

    def short(self, iri: str) -> str:
        """Write an IRI below the base, or with a prefix."""
        inside = iri.removeprefix(self._base)
        return inside if inside and inside != iri else prefixed(iri)

    def anchor(self, iri: str, text: str = "") -> str:
        """Write a link to an IRI in HTML, under a text or under the IRI itself."""
        if iri not in self._texts:
            address, begin, end = self.address(iri), "", ""
            if address is not None:
                outside = "" if address.startswith("/") else ' rel="external nofollow"'
                begin, end = f'<a href="{escape(address)}"{outside}>', "</a>"
            self._texts[iri] = begin, str(escape(self.short(iri))), end
        begin, short, end = self._texts[iri]
        return f"{begin}{escape(text) if text else short}{end}"


def table_rows(found: Preview, links: Links) -> Markup:
    """Write the rows of a table in HTML.

    A template takes ten times as long for a cell, in calls of macros and filters, and there are
    thousands of cells.
    """
    lang = language()
    rows = ("".join(_table_cell(cell, links, lang) for cell in row) for row in found.rows)
    return Markup("\n".join(f"<tr>{row}</tr>" for row in rows))  # noqa: S704 - escaped below


def _table_cell(cell: Cell, links: Links, lang: str) -> str:
    """Write a cell: a thing by its name, a number or an instant as people write it, a text."""
    if cell.iri is not None:
        return f"<td>{_thing(cell, links, lang)}</td>"
    if cell.datatype is None:
        text = str(escape(cell.text))
        if cell.lang:
            text = f'<span lang="{escape(cell.lang)}">{text}</span>'
        return f"<td>{text}</td>"
    text, value = escape(cell.text), ""
    if cell.is_number:
        shown = escape(i18n.pointed(lang, cell.text))
        value = "" if shown == text else f' data-value="{text}"'
        return f'<td class="typed number"{value}>{shown}</td>'
    if (instant := cell.instant) is not None:
        shown = escape(i18n.clock(lang, instant))
        return f'<td class="typed" data-value="{text}"><time datetime="{text}">{shown}</time></td>'
    return f'<td class="typed">{text}</td>'


def _thing(cell: Cell, links: Links, lang: str) -> str:
    """Write what has an IRI, by its name if it has one."""
    iri = cell.iri or ""
    if not cell.called:
        return links.anchor(iri)
    other = f' lang="{escape(cell.lang)}"' if cell.lang and cell.lang != lang else ""
    return f'<span title="{escape(links.short(iri))}"{other}>{links.anchor(iri, cell.text)}</span>'


def install(app: Flask, base: str) -> None:
    """Give templates `address`, `short`, `anchor` and `table_rows`."""

    def links() -> Links:
        """Give the links of the page that is being written."""
        if "links" not in g:
            g.links = Links(base)
        return cast("Links", g.links)

    def anchor(iri: str, text: str | None = None) -> Markup:
        """Write a link to an IRI."""
        return Markup(links().anchor(iri, text or ""))  # noqa: S704 - escaped there

    app.jinja_env.filters |= {
        "short": lambda iri: links().short(iri),
        "address": lambda iri: links().address(iri),
        "anchor": anchor,
        "table_rows": lambda found: table_rows(found, links()),
    }


# What the things of an answer's first rows are called, for its table and its pictures.


def named(found: Preview, generation: int | None = None) -> Preview:
    """Write things by their names, as far as the reader may read them; each keeps its IRI.

    What has none is written by a prefix. Where the names cannot be had, in the time that a reader
    has for instance, nothing has one.
    """
    things = [cell.iri for row in found.rows for cell in row if cell.iri]
    names: dict[str, dict[str, str]] = {}
    with suppress(ParvisError):
        names = called(host(), reader_of(request), things, generation)
    lang, base = language(), host().settings.base
    cells = {iri: _named(iri, names.get(iri, {}), lang, base) for iri in set(things)}
    rows = [[cells[cell.iri] if cell.iri else cell for cell in row] for row in found.rows]
    return replace(found, rows=rows)


def _named(iri: str, texts: dict[str, str], lang: str, base: str) -> Cell:
    """Write a thing by its name: in the language of the answer, else in one that it has."""
    if texts:
        own = lang if lang in texts else next(iter(texts))
        return Cell(texts[own], iri, own or None, called=True)
    inside = iri.removeprefix(base)
    return Cell(inside if inside != iri else prefixed(iri), iri)
