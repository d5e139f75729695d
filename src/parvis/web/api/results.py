"""The first rows of an answer, as a page shows them: read lazily, with a notice if cut."""

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import IO, Any, cast
from urllib.parse import urlencode

from flask import g, request, url_for
from markupsafe import Markup, escape
from rdflib.namespace import XSD

from parvis import i18n
from parvis.catalog.ontology import load_words
from parvis.errors import ParvisError
from parvis.governance import Reader
from parvis.pooling.serving.description import look_up_names
from parvis.pooling.serving.service import QueryAnswer, QueryRequest
from parvis.vocab.namespaces import CONCEPT, PARVIS, PREFIXES
from parvis.web.http.access import host, reader_of
from parvis.web.http.caching import evaluate_query
from parvis.web.http.language import format_instant, language

NUMBERS = {str(XSD[name]) for name in ("integer", "decimal", "double", "float")}
INSTANT = str(XSD.dateTime)
WRITTEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
"""An xsd:dateTime of a year with four digits (XSD 1.1 §3.3.7)."""
ROWS, COLUMNS, CELLS = 1_000, 60, 6_000
"""How many rows (or lines of Turtle), columns and cells a page shows.

A cell costs about 5 µs of the process that all readers share, and 1 kB of memory while the page is
rendered: the page must stay small whatever the answer is.
"""
CHARACTERS, LONGEST = 500_000, 2_000
"""How many characters of an answer a page shows, and how many of them in one cell."""
READ = 2_000_000
"""How many bytes of an answer are read for a page, with those of hidden columns."""

BARS = 40
"""The largest number of rows drawn as bars."""


@dataclass(frozen=True)
class ResultTerm:
    """A term: its text, and its IRI, language, direction or datatype if it has one.

    If `is_label` is true, the text is the label of the resource with the IRI.
    """

    text: str
    iri: str | None = None
    lang: str | None = None
    datatype: str | None = None
    is_label: bool = False
    direction: str | None = None

    @property
    def is_number(self) -> bool:
        """Whether the value is aligned by its digits."""
        return self.datatype in NUMBERS

    @property
    def instant(self) -> datetime | None:
        """The value as a datetime; None if it is not one, or not in the calendar."""
        if self.datatype == INSTANT and WRITTEN.fullmatch(self.text):
            with suppress(ValueError):
                return datetime.fromisoformat(self.text)
        return None


@dataclass(frozen=True)
class Preview:
    """The part of an answer that a page shows.

    `cut` is true if there are more rows, or longer values; `hidden` is the number of hidden
    columns. By `kind`, ``bindings`` has `columns` and `rows`, ``boolean`` has `truth`, and
    ``graph`` has `turtle`.
    """

    kind: str
    columns: tuple[str, ...] = ()
    rows: list[list[ResultTerm]] = field(default_factory=list)
    truth: bool | None = None
    turtle: str = ""
    cut: bool = False
    hidden: int = 0

    @property
    def length(self) -> int:
        """The number of rows, or lines of Turtle, that are shown."""
        return len(self.rows) if self.kind == "bindings" else len(self.turtle.splitlines())

    @property
    def endings(self) -> tuple[str, ...]:
        """The endings in which the complete answer can be downloaded."""
        if self.kind == "graph":
            return ("ttl", "nt", "jsonld", "rdf")
        return ("xlsx", "csv", "tsv", "json", "xml", "parquet")


def bars_of(result: Preview) -> list[dict[str, Any]]:
    """Return the bars of a result: labels, and the whole numbers of its last column.

    Empty where bars do not fit: too many rows or one, missing numbers, repeated labels.
    """
    rows = result.rows
    if not 1 < len(rows) <= BARS or len(result.columns) < 2:  # noqa: PLR2004 - a label and a number
        return []
    labels = [
        " · ".join(
            cell.text if cell.instant is None else format_instant(cell.instant)  # as in the table
            for cell in row[:-1]
            if not cell.is_number
        )
        for row in rows
    ]
    values = [row[-1].text if row[-1].is_number else "" for row in rows]
    if len({*labels} - {""}) < len(rows) or not all(
        re.fullmatch(r"\d{1,12}", value) for value in values
    ):
        return []
    pairs = zip(labels, values, strict=True)
    return [{"label": label, "value": int(value), "second": None} for label, value in pairs]


def preview(question: QueryRequest, reader: Reader | None = None) -> Preview:
    """Evaluate a query, and return its first rows with the labels of resources.

    It is of a reader, by default the request's.
    """
    reader = reader or reader_of(request)
    request_for_page = replace(question, results_format="tsv", graph_format="ttl", enough=READ)
    answer = evaluate_query(reader, request_for_page)
    return label_resources(read_preview(answer), reader, question.generation)


def read_preview(answer: QueryAnswer) -> Preview:
    """Read the first rows of an answer in TSV or Turtle that ends after about `READ` bytes."""
    with closing(answer.chunks):
        body = b"".join(answer.chunks)
    if answer.kind == "boolean":  # TSV has no form for it: it is JSON
        return Preview("boolean", truth=json.loads(body)["boolean"])
    cut = len(body) >= READ
    if cut:
        body = body[: body.rfind(b"\n") + 1]  # the last line may have been cut anywhere
    lines = _read_lines(io.BytesIO(body))
    if answer.kind != "graph":
        table = _read_rows(lines)
        return replace(table, cut=True) if cut else table
    # The published prefixes are in every file; on the page they would hide the content.
    content = (line for line in lines if not line.startswith("@prefix "))
    shown: list[str] = []
    room = CHARACTERS
    for line in content:
        room -= len(line)
        if len(shown) == ROWS or room < 0:
            cut = True
            break
        shown.append(line)
    return Preview("graph", turtle="\n".join(shown), cut=cut)


def _read_rows(lines: Iterator[str]) -> Preview:
    """Read the first rows and columns of a table; cells that are not shown are not parsed."""
    names = [name.removeprefix("?") for name in next(lines, "").split("\t")]
    columns = tuple(names[:COLUMNS])
    most, room, cut = min(ROWS, CELLS // len(columns)), CHARACTERS, False
    rows: list[list[ResultTerm]] = []
    for line in lines:
        # Hidden columns are not even split: a row may have thousands.
        texts = line.split("\t", COLUMNS)[:COLUMNS]
        room -= sum(map(len, texts))
        if len(rows) == most or room < 0:
            cut = True
            break
        cells = [_cell(text) for text in texts]
        for at, cell in enumerate(cells):
            if len(cell.text) > LONGEST:
                cells[at] = replace(cell, text=f"{cell.text[:LONGEST]}…")
                cut = True
        rows.append(cells)
    return Preview("bindings", columns, rows, cut=cut, hidden=len(names) - len(columns))


def read_table(file: IO[bytes]) -> tuple[tuple[str, ...], Iterator[list[ResultTerm]]]:
    """Read an answer in TSV: its columns, and its rows one after the other."""
    lines = _read_lines(file)
    columns = tuple(name.removeprefix("?") for name in next(lines).split("\t"))
    return columns, ([_cell(text) for text in line.split("\t")] for line in lines)


def _read_lines(file: IO[bytes]) -> Iterator[str]:
    # TSV escapes the tabs and line ends of values (§4.2).
    return (line.decode().rstrip("\n") for line in file)


_TERM = re.compile(
    r"<(?P<iri>[^<>]*)>"
    r'|"(?P<text>[^"\\]*(?:\\.[^"\\]*)*)"(?:@(?P<lang>[A-Za-z0-9-]+)|\^\^<(?P<datatype>[^<>]*)>)?'
    r"|(?P<integer>[+-]?\d+)|(?P<decimal>[+-]?\d*\.\d+)|(?P<boolean>true|false)"
)
_ESCAPED = {"t": "\t", "n": "\n", "r": "\r"}
_PLAIN = {name: str(XSD[name]) for name in ("integer", "decimal", "boolean")}


def _cell(text: str) -> ResultTerm:
    """Parse a term of a TSV row (SPARQL 1.1 Query Results TSV §4), as the engine writes it."""
    term = _TERM.fullmatch(text)
    if term is None:  # unbound, a blank node or a triple term
        return ResultTerm(text)
    match term.lastgroup:
        case "iri":
            return ResultTerm(term["iri"], iri=term["iri"])
        case "integer" | "decimal" | "boolean" as name:
            return ResultTerm(text, datatype=_PLAIN[name])
    value = re.sub(r"\\(.)", lambda escape: _ESCAPED.get(escape[1], escape[1]), term["text"])
    # A direction follows the language (RDF 1.2 §3.3).
    lang, _, direction = (term["lang"] or "").partition("--")
    return ResultTerm(
        value, lang=lang or None, datatype=term["datatype"], direction=direction or None
    )


# Links to IRIs in pages and tables, with short texts.

TERMS = str(PARVIS._NS)  # noqa: SLF001 - the namespace of a closed namespace
NAMESPACES = tuple(PREFIXES.values())
UNQUOTED = "!$'()*,/:;?@"
"""Characters that are not percent-encoded in the query of an address, as in Werkzeug."""


def to_prefixed_name(iri: str) -> str:
    """Return an IRI with a published prefix if one fits.

    >>> to_prefixed_name("http://www.w3.org/2004/02/skos/core#prefLabel")
    'skos:prefLabel'
    """
    if not iri.startswith(NAMESPACES):  # the most frequent case, and the quickest to check
        return iri
    fitting = [item for item in PREFIXES.items() if iri.startswith(item[1]) and iri != item[1]]
    if not fitting:
        return iri
    prefix, namespace = max(fitting, key=lambda item: len(item[1]))
    return f"{prefix}:{iri.removeprefix(namespace)}"


class PageLinks:
    """The links to IRIs on one page, each computed once; `base` is the pool's public address."""

    def __init__(self, base: str) -> None:
        self._base, self._root = base, request.script_root
        self._terms, self._describe = url_for("ontology.vocabulary"), url_for("resources.describe")
        self._texts: dict[str, tuple[str, str, str]] = {}

    def address(self, iri: str) -> str | None:
        """Return the address of an IRI's page; None when it is no web address."""
        if iri.startswith(self._base):
            return f"{self._root}/{iri.removeprefix(self._base)}"
        if iri.startswith(TERMS):
            return f"{self._terms}#{iri.removeprefix(TERMS)}"
        if iri.startswith(CONCEPT):
            return f"{self._describe}?{urlencode({'iri': iri}, safe=UNQUOTED)}"
        return iri if iri.startswith(("http://", "https://")) else None

    def short(self, iri: str) -> str:
        """Return an IRI relative to the base, or with a prefix."""
        inside = iri.removeprefix(self._base)
        return inside if inside and inside != iri else to_prefixed_name(iri)

    def anchor(self, iri: str, text: str = "") -> str:
        """Return a link to an IRI in HTML, with a text or the short IRI."""
        if iri not in self._texts:
            address, begin, end = self.address(iri), "", ""
            if address is not None:
                rel = "" if address.startswith("/") else ' rel="external nofollow"'
                begin, end = f'<a href="{escape(address)}"{rel}>', "</a>"
            self._texts[iri] = begin, str(escape(self.short(iri))), end
        begin, short, end = self._texts[iri]
        return f"{begin}{escape(text) if text else short}{end}"


def table_rows(
    result: Preview, links: PageLinks, *, cells: bool = False, counts: bool = False
) -> Markup:
    """Render the rows of a table; `cells` that are to be filtered by have their IRIs.

    With `counts`, whole numbers are counts, whose digits are grouped: in any other answer they may
    be identifiers.
    """
    # There are thousands of cells, and a template takes ten times as long for each.
    lang, write = language(), i18n.group_digits if counts else i18n.localize_decimal
    rows = (
        "".join(_render_cell(cell, links, lang, cells, write) for cell in row)
        for row in result.rows
    )
    return Markup("\n".join(f"<tr>{row}</tr>" for row in rows))  # noqa: S704 - escaped below


def _render_cell(
    cell: ResultTerm,
    links: PageLinks,
    lang: str,
    with_iri: bool,  # noqa: FBT001 - called for each cell
    write: Callable[[str, str], str],
) -> str:
    if cell.iri is not None:
        begin = f'<td data-iri="{escape(cell.iri)}">' if with_iri else "<td>"
        if not cell.is_label:
            label = i18n.choose_text(lang, load_words().terms.get(cell.iri, {})) if with_iri else ""
            title = f'<span title="{escape(label)}">' if label else ""
            return f"{begin}{title}{links.anchor(cell.iri)}{'</span>' if label else ''}</td>"
        attributes = f' title="{escape(links.short(cell.iri))}"'
        if cell.lang and cell.lang != lang:
            attributes += f' lang="{escape(cell.lang)}"'
        return f"{begin}<span{attributes}>{links.anchor(cell.iri, cell.text)}</span></td>"
    if cell.datatype is None:
        shown = str(escape(cell.text if cell.lang else _say_code(lang, cell.text)))
        value = "" if cell.lang or shown == escape(cell.text) else cell.text
        if cell.lang:
            direction = f' dir="{escape(cell.direction)}"' if cell.direction else ""
            shown = f'<span lang="{escape(cell.lang)}"{direction}>{shown}</span>'
        return f'<td data-value="{escape(value)}">{shown}</td>' if value else f"<td>{shown}</td>"
    text, value = escape(cell.text), ""
    if cell.is_number:
        shown = escape(write(lang, cell.text))
        value = "" if shown == text else f' data-value="{text}"'
        return f'<td class="typed number"{value}>{shown}</td>'
    if (instant := cell.instant) is not None:
        shown = escape(i18n.clock(lang, instant))
        return f'<td class="typed" data-value="{text}"><time datetime="{text}">{shown}</time></td>'
    return f'<td class="typed">{text}</td>'


CODE = re.compile(r"\d{4}-\d\d|\d{1,6}\+")
"""A month, or a number of contributors as a step (“5+”), as releases write them."""


def _say_code(lang: str, text: str) -> str:
    """Return a month or a step in words; another text stays as it is."""
    return i18n.step(lang, i18n.date_in_words(lang, text)) if CODE.fullmatch(text) else text


def _page_links() -> PageLinks:
    if "links" not in g:
        g.links = PageLinks(host().settings.base)
    return cast("PageLinks", g.links)


FILTERS: dict[str, Callable[..., object]] = {
    "short": lambda iri: _page_links().short(iri),
    "address": lambda iri: _page_links().address(iri),
    "anchor": lambda iri, text=None: Markup(_page_links().anchor(iri, text or "")),  # noqa: S704 - escaped there
    "table_rows": lambda result, cells=False, counts=False: table_rows(
        result, _page_links(), cells=cells, counts=counts
    ),
}
"""The filters of templates that link to IRIs."""


# The labels of the resources in an answer's first rows, for its table and its pictures.


def label_resources(result: Preview, reader: Reader, generation: int | None = None) -> Preview:
    """Replace IRIs by labels that the reader may read, else by short forms; cells have the IRI."""
    iris = [cell.iri for row in result.rows for cell in row if cell.iri]
    labels: dict[str, dict[str, str]] = {}
    with suppress(ParvisError):  # a page without labels is better than none, as after a timeout
        labels = look_up_names(host(), reader, iris, generation)
    lang, base = language(), host().settings.base
    cells: dict[str, ResultTerm] = {}
    for iri in set(iris):
        texts, local = labels.get(iri, {}), iri.removeprefix(base)
        if texts:
            label_lang = lang if lang in texts else next(iter(texts))
            cells[iri] = ResultTerm(texts[label_lang], iri, label_lang or None, is_label=True)
        else:
            cells[iri] = ResultTerm(local if local != iri else to_prefixed_name(iri), iri)
    rows = [[cells[cell.iri] if cell.iri else cell for cell in row] for row in result.rows]
    return replace(result, rows=rows)
