"""Workbooks (XLSX) of typed cells, written row by row, whatever their size.

Most cells of a dataset are links: a library writes each of them, and its target, in some thirty
steps of Python, which took half of the time of all downloads. The parts are those of ECMA-376,
Part 1: SpreadsheetML (§18) and Part 2: the package.
"""

import os
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from parvis.errors import SheetError

CELLS = 1_000_000
"""The most cells of a workbook: what a spreadsheet opens easily."""
COLUMNS = 16_384
WIDEST = 60
"""The widest column, in characters."""
TEXT = 32_767
"""Characters of a cell that a spreadsheet keeps."""
LINKS = 65_530
"""The most links of a sheet."""
ADDRESS = 2_079
"""The most characters of a link."""
MEASURED = 100
"""Rows from which the widths of the columns are computed."""
DAY = "yyyy-mm-dd"
INSTANT = "yyyy-mm-dd hh:mm:ss"
MOMENT = (1980, 1, 1, 0, 0, 0)
"""The instant of every part, so that equal rows make equal bytes."""
PIECE, TOGETHER = 1_000_000, 1_000
"""Characters that are copied at a time, and links that are compressed at a time."""


@dataclass(frozen=True)
class Link:
    """The address of a page."""

    address: str


Value = str | int | float | Decimal | bool | date | Link | None
"""The value of a cell; dates are from 1900 on, with or without time and zone."""


def write_sheet(
    file: IO[bytes], name: str, headings: Sequence[str], rows: Iterable[Sequence[Value]]
) -> None:
    """Write a workbook of one sheet.

    Raises `SheetError` when the rows do not fit a sheet.
    """
    write_sheets(file, {name: headings}, ((name, row) for row in rows))


def write_sheets(
    file: IO[bytes],
    headings: Mapping[str, Sequence[str]],
    rows: Iterable[tuple[str, Sequence[Value]]],
    folder: Path | None = None,
) -> None:
    """Write a workbook of several sheets by their names; each row has its sheet's name.

    `folder` is for temporary files. Equal rows make equal bytes. Raises as `write_sheet` does.
    """
    styles: dict[str, int] = {}
    with ExitStack() as stack:
        sheets = {}
        for name, columns in headings.items():
            if len(columns) > COLUMNS:
                raise SheetError("a sheet has no more than {limit} columns", limit=COLUMNS)
            spool = stack.enter_context(
                TemporaryFile("w+", encoding="utf-8", newline="\n", dir=folder)
            )
            sheets[name] = _Sheet(spool, columns, styles)
        for name, row in rows:
            sheets[name].add(row)
        with ZipFile(file, "w", ZIP_DEFLATED) as package:
            for path, size, parts in _list_parts(sheets, styles):
                info = ZipInfo(path, MOMENT)
                info.compress_type, info.external_attr = ZIP_DEFLATED, 0o600 << 16
                # Some spreadsheets want to repair a workbook with the extension for large parts.
                info.file_size = size
                with package.open(info, "w") as part:
                    part.write(DECLARATION)
                    for text in parts:
                        part.write(text.encode())


def too_many_cells() -> SheetError:
    return SheetError(
        "the table has more than {limit} cells, too many for this format: take it as CSV",
        limit=CELLS,
    )


# Texts and addresses in a part.

_SPECIAL = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_x[0-9a-fA-F]{4}_|^\s|\s$")
_ESCAPED_LOOK = re.compile(r"(?=_x[0-9a-fA-F]{4}_)")
_NO_CHARACTER = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_PERCENT = re.compile("%[0-9a-fA-F]{2}")
_UNSAFE = str.maketrans({sign: f"%{ord(sign):02x}" for sign in '% "<>[]^`{}'})


@lru_cache(4_096)  # many repeat
def _inline(text: str) -> str:
    """Return a text as the content of a cell (§18.3.1.53)."""
    if not _SPECIAL.search(text):
        return f"<is><t>{text}</t></is>"
    # XML lacks most control characters: they are written by their number (§22.9.2.19, ST_Xstring).
    text = _ESCAPED_LOOK.sub("_x005F", text)
    text = _NO_CHARACTER.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
    return f'<is><t xml:space="preserve">{escape(text)}</t></is>'


@lru_cache(4_096)  # the same
def _may_link(address: str) -> bool:
    web = address.startswith(("http://", "https://"))
    # Characters beyond U+FFFF count twice.
    length = len(address) if address.isascii() else len(address.encode("utf-16-le")) // 2
    return web and length <= ADDRESS and not _NO_CHARACTER.search(address)


def _target(address: str) -> str:
    """Return an address as the target of a relationship, unless it is escaped already."""
    return address if _PERCENT.search(address) else address.translate(_UNSAFE)


def _join(texts: Iterator[str]) -> Iterator[str]:
    """Return texts, of which many are short, in longer ones."""
    return iter(lambda: "".join(islice(texts, TOGETHER)), "")


def _name_columns() -> Iterator[str]:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for number in count():
        rest, name = number, ""
        while rest >= 0:
            name, rest = letters[rest % 26] + name, rest // 26 - 1
        yield name


BOLD, LINKED, FIRST_FORMAT = 1, 2, 3
"""Styles of cells (`_write_styles`): headings, links, and the first format of dates."""
EPOCH = datetime(1899, 12, 31)  # noqa: DTZ001 - a cell has no zone
FEBRUARY = 59
"""The day after which spreadsheets count a 29 February 1900 that there was not."""


class _Sheet:
    """A sheet that is being written: its rows into a file, its links in memory."""

    def __init__(self, spool: IO[str], headings: Sequence[str], styles: dict[str, int]) -> None:
        self._spool, self._styles = spool, styles
        self._letters = [letters for letters, _ in zip(_name_columns(), headings, strict=False)]
        self._row = 0
        # The limit is one of cells, so that a wide sheet has fewer rows.
        self._most = CELLS // max(len(headings), 1)
        self._widths = [0] * len(headings)
        self._addresses: dict[str, int] = {}
        # Row, column and address of each link: a cell that repeats an address shares its target.
        self._places = array("I")
        if headings:
            heads = zip(self._letters, headings, strict=True)
            cells = (f'<c r="{at}1" s="{BOLD}" t="inlineStr">{_inline(t)}</c>' for at, t in heads)
            spool.write(f'<row r="1">{"".join(cells)}</row>')
        self._measure(headings)

    def add(self, row: Sequence[Value]) -> None:
        self._row += 1
        if self._row > self._most:
            raise too_many_cells()
        number, cells = self._row + 1, []
        for column, value in enumerate(row):
            if value is not None:
                place = f'<c r="{self._letters[column]}{number}"'
                cells.append(place + self._describe(value, column))
        self._spool.write(f'<row r="{number}">{"".join(cells)}</row>')
        if self._row < MEASURED:
            self._measure(row)

    def _describe(self, value: Value, column: int) -> str:
        """Return what follows the place of a cell."""
        match value:
            case Link(address):
                style = f' s="{LINKED}"' if self._link(address, column) else ""
                return f'{style} t="inlineStr">{self._write_text(address)}</c>'
            case str():
                return f' t="inlineStr">{self._write_text(value)}</c>'
            case bool():
                return f' t="b"><v>{value:d}</v></c>'
            case int() | float() | Decimal():
                return f"><v>{value:.16G}</v></c>"
            case date():
                number, days = self._to_days(value)
                return f' s="{number}"><v>{days:.16G}</v></c>'
            case None:
                return "/>"

    def _write_text(self, text: str) -> str:
        # A longer text would be cut without warning; characters beyond U+FFFF count twice.
        if len(text) > TEXT // 2 and len(text.encode("utf-16-le")) > 2 * TEXT:
            raise SheetError(
                "row {row} has a text of more than {limit} characters, which a cell cannot hold:"
                " take it as CSV",
                row=self._row,
                limit=TEXT,
            )
        return _inline(text)

    def _to_days(self, value: date) -> tuple[int, float]:
        """Return a date as a style and a number of days."""
        shape, plain = DAY, value
        if isinstance(value, datetime):
            # A cell cannot hold a zone: it is a part of the format.
            zone = value.isoformat(timespec="seconds")[len("2000-01-01T00:00:00") :]
            shape = f'{INSTANT}"{zone}"' if zone else INSTANT
            plain = value.replace(tzinfo=None)
        else:
            plain = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a cell has no zone
        days = (plain - EPOCH) / timedelta(days=1)
        style = self._styles.setdefault(shape, FIRST_FORMAT + len(self._styles))
        return style, days + (days > FEBRUARY)

    def _link(self, address: str, column: int) -> bool:
        """Make a cell a link; return False for an address that must stay a text."""
        # Beyond its limits, Excel refuses the workbook: further addresses are texts.
        if len(self._places) == 3 * LINKS or not _may_link(address):
            return False
        number = self._addresses.setdefault(address, len(self._addresses) + 1)
        self._places.extend((self._row + 1, column, number))
        return True

    def _measure(self, row: Sequence[Value]) -> None:
        for column, value in enumerate(row):
            text = value.address if isinstance(value, Link) else str(value)
            self._widths[column] = max(self._widths[column], len(text))

    @property
    def area(self) -> str:
        """The first and the last cell, which have a filter; empty without columns."""
        return f"A1:{self._letters[-1]}{self._row + 1}" if self._letters else ""

    @property
    def size(self) -> int:
        """The bytes of all rows."""
        self._spool.flush()
        return os.fstat(self._spool.fileno()).st_size

    def write(self, *, first: bool) -> Iterator[str]:
        """Write the part of the sheet (§18.3.1.99)."""
        chosen = ' tabSelected="1"' if first else ""
        yield f'<worksheet xmlns="{MAIN}" xmlns:r="{RELATED}">'
        yield f'<dimension ref="{self.area or "A1"}"/>'
        # The headings stay visible when the sheet scrolls.
        yield (
            f'<sheetViews><sheetView{chosen} workbookViewId="0"><pane ySplit="1" topLeftCell="A2"'
            ' activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/></sheetView>'
            '</sheetViews><sheetFormatPr defaultRowHeight="15"/>'
        )
        if self._widths:
            yield "<cols>"
            for number, width in enumerate(self._widths, 1):
                # The space beside the text, in the measure of the font.
                wide = min(WIDEST, width + 2) + 182 / 256
                yield f'<col min="{number}" max="{number}" width="{wide}" customWidth="1"/>'
            yield "</cols>"
        yield "<sheetData>"
        self._spool.seek(0)
        yield from iter(lambda: self._spool.read(PIECE), "")
        yield "</sheetData>"
        if self.area:
            yield f'<autoFilter ref="{self.area}"/>'
        if self._places:
            yield "<hyperlinks>"
            yield from _join(self._list_links())
            yield "</hyperlinks>"
        yield (
            '<pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3"'
            ' footer="0.3"/></worksheet>'
        )

    def _list_links(self) -> Iterator[str]:
        anchors = [address.partition("#")[2] for address in self._addresses]
        marks = [f" location={quoteattr(anchor)}" if anchor else "" for anchor in anchors]
        rows, columns, numbers = (self._places[start::3] for start in range(3))
        for row, column, number in zip(rows, columns, numbers, strict=True):
            at, mark = f"{self._letters[column]}{row}", marks[number - 1]
            yield f'<hyperlink ref="{at}" r:id="rId{number}"{mark}/>'

    def list_targets(self) -> Sequence[str]:
        """Return the targets of the links, by their number from 1."""
        return [_target(address.partition("#")[0]) for address in self._addresses]


# The other parts of the package.

DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FORMATS = "http://schemas.openxmlformats.org"
MAIN = f"{_FORMATS}/spreadsheetml/2006/main"
RELATED = f"{_FORMATS}/officeDocument/2006/relationships"
_PACKAGE = f"{_FORMATS}/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _list_parts(
    sheets: Mapping[str, _Sheet], styles: Mapping[str, int]
) -> Iterator[tuple[str, int, Iterable[str]]]:
    """Yield the path of each part, its size as far as it may be large, and its text."""
    paths = [f"worksheets/sheet{number}.xml" for number in range(1, len(sheets) + 1)]
    names = dict.fromkeys(paths, "worksheet") | {"styles.xml": "styles"}
    types = {f"xl/{path}": f"{_SHEET_TYPE}.{kind}+xml" for path, kind in names.items()}
    types["xl/workbook.xml"] = f"{_SHEET_TYPE}.sheet.main+xml"
    yield "[Content_Types].xml", 0, _write_types(types)
    yield "_rels/.rels", 0, _relate([("officeDocument", "xl/workbook.xml")])
    yield "xl/_rels/workbook.xml.rels", 0, _relate([(kind, path) for path, kind in names.items()])
    yield "xl/workbook.xml", 0, _write_workbook(sheets)
    yield "xl/styles.xml", 0, _write_styles(styles)
    for path, sheet in zip(paths, sheets.values(), strict=True):
        yield f"xl/{path}", sheet.size, sheet.write(first=path == paths[0])
        if targets := sheet.list_targets():
            links = [("hyperlink", target) for target in targets]
            name = path.rpartition("/")[2]
            yield f"xl/worksheets/_rels/{name}.rels", 0, _relate(links, ' TargetMode="External"')


def _write_types(types: Mapping[str, str]) -> Iterator[str]:
    related = "application/vnd.openxmlformats-package.relationships+xml"
    yield f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
    yield f' ContentType="{related}"/><Default Extension="xml" ContentType="application/xml"/>'
    for path, kind in types.items():
        yield f'<Override PartName="/{path}" ContentType="{kind}"/>'
    yield "</Types>"


def _relate(targets: Iterable[tuple[str, str]], mode: str = "") -> Iterator[str]:
    """Write relationships, which are numbered from 1: the kind and the target of each."""
    yield f'<Relationships xmlns="{_PACKAGE}/relationships">'
    yield from _join(
        f'<Relationship Id="rId{number}" Type="{RELATED}/{kind}" Target={quoteattr(to)}{mode}/>'
        for number, (kind, to) in enumerate(targets, 1)
    )
    yield "</Relationships>"


def _write_workbook(sheets: Mapping[str, _Sheet]) -> Iterator[str]:
    yield f'<workbook xmlns="{MAIN}" xmlns:r="{RELATED}"><sheets>'
    for number, name in enumerate(sheets, 1):
        yield f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"/>'
    yield "</sheets>"
    areas = [sheet.area for sheet in sheets.values()]
    if any(areas):
        yield "<definedNames>"
        for number, (name, area) in enumerate(zip(sheets, areas, strict=True)):
            if area:
                first, last = (re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", at) for at in area.split(":"))
                quoted = escape(name.replace("'", "''"))
                yield f'<definedName name="_xlnm._FilterDatabase" localSheetId="{number}"'
                yield f" hidden=\"1\">'{quoted}'!{first}:{last}</definedName>"
        yield "</definedNames>"
    yield "</workbook>"


def _write_styles(styles: Mapping[str, int]) -> Iterator[str]:
    """Write the styles (§18.8.39): plain, headings, links, and the formats of dates."""
    # Numbers below 164 are of formats that spreadsheets have of their own.
    numbers = dict(zip(styles, count(164), strict=False))
    size, name = '<sz val="11"/>', '<name val="Calibri"/><family val="2"/>'
    none = "<left/><right/><top/>"
    line = '<bottom style="thin"><color auto="1"/></bottom>'
    plain = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    yield f'<styleSheet xmlns="{MAIN}">'
    if numbers:
        yield f'<numFmts count="{len(numbers)}">'
        for shape, number in numbers.items():
            code = quoteattr(shape, {'"': "&quot;"})
            yield f'<numFmt numFmtId="{number}" formatCode={code}/>'
        yield "</numFmts>"
    yield f'<fonts count="3"><font>{size}{name}</font><font><b/>{size}{name}</font>'
    yield f'<font><u/>{size}<color rgb="FF0563C1"/>{name}</font></fonts>'
    yield '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    yield '<fill><patternFill patternType="gray125"/></fill></fills>'
    yield f'<borders count="2"><border>{none}<bottom/><diagonal/></border>'
    yield f"<border>{none}{line}<diagonal/></border></borders>"
    yield '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
    yield f'</cellStyleXfs><cellXfs count="{FIRST_FORMAT + len(styles)}">{plain}'
    yield '<xf numFmtId="0" fontId="1" fillId="0" borderId="1" xfId="0" applyFont="1"'
    yield ' applyBorder="1"/><xf numFmtId="0" fontId="2" fillId="0" borderId="0" xfId="0"'
    yield ' applyFont="1"/>'
    for number in numbers.values():
        yield f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0"'
        yield ' applyNumberFormat="1"/>'
    yield '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
    yield "</cellStyles></styleSheet>"
