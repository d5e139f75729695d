"""Read every value of a file of any kind, with its table and column, without a mapping."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from io import BytesIO
from itertools import chain, groupby, islice, zip_longest
from pathlib import Path
from typing import NamedTuple

from parvis.errors import SourceError
from parvis.mapping.sources.packed import unpack_all
from parvis.mapping.sources.tables import (
    CELL_LIMIT,
    TITLE_ROWS,
    find_delimiter,
    find_headings,
)
from parvis.mapping.sources.text import LINE_LIMIT, PAGES, encoding_of
from parvis.mapping.sources.workbooks import read_sheets

BOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How spreadsheets begin."""
NO_TEXT = (b"%PDF", b"SQLite format 3\0", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
"""How files begin that no reader of tables reads as a table."""
STATEMENTS = frozenset({".ttl", ".nt", ".nq", ".trig", ".n3", ".rdf"})
PROPERTY = re.compile(
    r"(?P<name>[A-Z-]+)(?P<parameters>(?:;[^:\"]*(?:\"[^\"]*\")?)*):(?P<value>.*)"
)
HEADLINE = re.compile(r"h[1-6]")
COMMON_NAME = re.compile(r";CN=\"?(?P<name>[^;:\"]+)")
ITEM = "item"
"""How ijson writes the step into a list."""
COLUMNS = 2_000
"""Columns of a file, beyond which all are one."""
ROWS = 5_000
"""Rows of a table in a block."""
START = 4096


class Block(NamedTuple):
    """Values of a column one after the other, the first in a row; blank ones are empty.

    `table` is a sheet or a path; `column` a heading and its position, or a path of keys.
    """

    table: str
    column: str
    row: int
    texts: Sequence[str]


def read_blocks(file: Path, *, packed: bool = False) -> Iterator[Block]:
    """Yield every value of a file, headings among them; packed files are unpacked.

    What cannot be read as its kind is read as lines of text. Raises `SourceError` for a spreadsheet
    or an archive that cannot be opened, `LimitError` for one that unfolds beyond reason.
    """
    with file.open("rb") as stream:
        start = stream.read(START)
    if file.suffix.lower() in {".gz", ".zip"}:
        # Nothing reads what is packed twice.
        for inner in () if packed else unpack_all(file):
            yield from read_blocks(inner, packed=True)
    elif start.startswith(BOOKS):
        yield from _book_blocks(file)
    elif start.startswith(NO_TEXT) or (
        b"\0" in start and start[:2] not in {b"\xff\xfe", b"\xfe\xff"}
    ):
        return
    else:
        yield from _text_blocks(file, start.lstrip(b"\xef\xbb\xbf \t\r\n"))


def _text_blocks(file: Path, start: bytes) -> Iterator[Block]:
    """Yield the values of a text file by the kind that its beginning shows."""
    reader = _table_blocks
    if file.suffix.lower() in STATEMENTS:
        reader = _statement_blocks
    elif file.suffix.lower() in PAGES:
        reader = _page_blocks
    elif start.startswith((b"{", b"[")):
        reader = _json_blocks
    elif start.startswith(b"<"):
        reader = _element_blocks
    elif start.startswith(b"BEGIN:V"):
        reader = _calendar_blocks
    try:
        yield from reader(file)
    except SourceError:  # what was read counts once more, which changes nothing
        for number, line in enumerate(_lines(file), 1):
            yield Block("", "", number, [line.strip()])


def _lines(file: Path) -> Iterator[str]:
    """Yield the lines of a text; Latin-1, which has every byte, where no other encoding fits."""
    encoding = "latin-1"
    with suppress(SourceError):
        encoding = encoding_of(file, None)
    with file.open(encoding=encoding, errors="replace", newline="") as stream:
        yield from iter(lambda: stream.readline(LINE_LIMIT), "")


def _table_blocks(file: Path) -> Iterator[Block]:
    csv.field_size_limit(CELL_LIMIT)
    lines = _lines(file)
    first = list(islice(lines, TITLE_ROWS))
    delimiter = find_delimiter(first)
    rows = csv.reader((line.replace("\0", "") for line in chain(first, lines)), delimiter=delimiter)
    try:
        yield from blocks_of_lines("", rows)
    except csv.Error as error:
        raise SourceError(
            "{file} cannot be read: {reason}", file=file.name, reason=error
        ) from error


def _book_blocks(file: Path) -> Iterator[Block]:
    for sheet, lines in read_sheets(file):
        yield from blocks_of_lines(sheet, lines)


def blocks_of_lines(table: str, lines: Iterable[Sequence[str]]) -> Iterator[Block]:
    """Yield the columns of a table; what follows a blank line may have headings of its own."""
    row, headings = 1, list[str]()
    for is_blank, group in groupby(lines, key=lambda line: not any(map(str.strip, line))):
        part = iter(group)
        if is_blank:
            row += sum(1 for _ in part)
            continue
        first = list(islice(part, 2 * TITLE_ROWS))
        position = find_headings(first) or 0
        own = [" ".join(cell.split()) for cell in first[position]]
        if headings and (re.search(r"\d", "".join(own)) or sum(map(bool, own)) == 1):
            position = 0  # rows that go on
        else:
            headings = own
        for number, line in enumerate(first[:position], row):
            yield Block(table, "", number, [cell.strip() for cell in line])
        row += position
        # A first row may be data: headings are values too.
        rows = chain(first[position:], part)
        while block := [_bounded(line) for line in islice(rows, ROWS)]:
            for index, cells in enumerate(zip_longest(*block, fillvalue="")):
                heading = headings[index] if index < len(headings) else ""
                texts = [cell.strip() for cell in cells]
                yield Block(table, f"{heading}\n{index + 1}", row, texts)
            row += len(block)


def _bounded(line: Sequence[str]) -> Sequence[str]:
    """Return a line, the cells beyond the last column that counts together as one."""
    return [*line[:COLUMNS], "\n".join(line[COLUMNS:])] if len(line) > COLUMNS else line


def _json_blocks(file: Path) -> Iterator[Block]:
    from parvis.mapping.sources.json import read_values  # noqa: PLC0415 - as below

    yield from _value_blocks(read_values(file))


def _page_blocks(file: Path) -> Iterator[Block]:
    """Yield what a page shows, and what its scripts state in JSON-LD."""
    from parvis.mapping.sources.json import values_of  # noqa: PLC0415 - as below
    from parvis.mapping.sources.web_page import read_scripts  # noqa: PLC0415 - as below

    yield from _element_blocks(file)
    for script in read_scripts(file):
        yield from _value_blocks(values_of(BytesIO(script.encode()), file))


def _value_blocks(values: Iterable[tuple[str, str | None]]) -> Iterator[Block]:
    rows = Counter[str]()
    for prefix, text in values:
        table, column = _split_prefix(prefix)
        if text is None:  # an object begins
            rows[table] += not column
        else:
            yield Block(table, column, max(rows[table], 1), [text])


@lru_cache(maxsize=10_000)
def _split_prefix(prefix: str) -> tuple[str, str]:
    """Return the list that a place in JSON is in, and the place in one of its objects.

    >>> _split_prefix("events.item.attendees.item.name"), _split_prefix("events.item.place.name")
    (('events attendees', 'attendees name'), ('events', 'place name'))
    """
    parts = prefix.split(".")
    end = len(parts) - parts[::-1].index(ITEM) if ITEM in parts else 0
    lists = [part for part in parts[:end] if part != ITEM]
    path = parts[end:]
    # What a list is called says what a plain key in it is of: attendees, name.
    return " ".join(lists), " ".join([*(lists[-1:] if len(path) == 1 else ()), *path])


def _element_blocks(file: Path) -> Iterator[Block]:
    from parvis.mapping.sources.xml import read_texts  # noqa: PLC0415 - as below

    for names, line, text in read_texts(file):
        path = ["title" if HEADLINE.fullmatch(name) else name for name in names]
        yield Block(" ".join(path[:2]), " ".join(path[2:] or path), line, [text])


def _calendar_blocks(file: Path) -> Iterator[Block]:
    number, text = 0, ""
    for number, line in enumerate(chain(_lines(file), [""]), 1):
        if line[:1] in {" ", "\t"}:  # a folded line (RFC 5545 §3.1)
            text += line.strip("\r\n")[1:]
            continue
        if match := PROPERTY.fullmatch(text):
            # The contact of an event is who answers for it.
            name = match["name"].lower().replace("contact", "organizer")
            if common := COMMON_NAME.search(match["parameters"]):
                yield Block("event", f"{name} name", number - 1, [common["name"]])
            yield Block("event", name, number - 1, [match["value"].removeprefix("mailto:")])
        text = line.strip("\r\n")


def _statement_blocks(file: Path) -> Iterator[Block]:
    # It takes longer to load than most files to read, and few are of its kind.
    from parvis.rdf.files import read_quads  # noqa: PLC0415

    for number, quad in enumerate(read_quads(file), 1):
        # Blank nodes and triple terms have no text of their own; the names of the former are of
        # chance, with digits in them.
        text = "" if str(quad.object).startswith("_:") else getattr(quad.object, "value", "")
        if text:
            name = re.split(r"[/#:]", quad.predicate.value)[-1]
            yield Block("", name, number, [text])
