"""How many rows an answer has, counted in what the engine writes.

The engine evaluates and writes without a word to Python; so rows are counted in the bytes, by
what stands once for each and cannot stand inside a value. A graph has no rows: its bytes bound it.
"""

from collections.abc import Callable

from parvis.errors import AnswerTooLarge


class RowCount:
    r"""Counts rows in pieces of results as JSON, XML, CSV or TSV, and refuses too many.

    In JSON, rows without any value are not counted.

    >>> count = RowCount("tsv", largest=1)
    >>> count.see(b"?a\n1\n")
    >>> count.see(b"2\n")
    Traceback (most recent call last):
        ...
    parvis.errors.AnswerTooLarge: the answer has more than 1 rows
    """

    def __init__(self, ending: str, largest: int) -> None:
        """Count nothing yet; `largest` 0 is no limit."""
        self._largest = largest
        self._rows, kind = _COUNTS[ending]
        self._count = kind()

    @property
    def rows(self) -> int:
        """Give how many rows were seen, while there is a limit."""
        return max(self._rows, 0)

    def see(self, piece: bytes) -> None:
        """Count the rows that a piece shows. Raises `AnswerTooLarge`."""
        if self._largest:
            self._rows += self._count(piece)
            if self._rows > self._largest:
                raise AnswerTooLarge("the answer has more than {limit} rows", limit=self._largest)


class _Text:
    """Counts a text, also where it is cut between two pieces."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._before = b""

    def __call__(self, piece: bytes) -> int:
        held = self._before + piece
        self._before = held[max(len(held) - len(self._text) + 1, 0) :]
        return held.count(self._text)


class _Lines(_Text):
    """In TSV, a line feed inside a value is escaped."""

    def __init__(self) -> None:
        super().__init__(b"\n")


class _Elements(_Text):
    """In XML, a value never holds a bare ``<``."""

    def __init__(self) -> None:
        super().__init__(b"</result>")


class _Quoted:
    """In CSV, a value may hold line feeds between quotes; a quote in it is written twice."""

    def __init__(self) -> None:
        self._inside = 0

    def __call__(self, piece: bytes) -> int:
        parts = piece.split(b'"')
        outside = parts[self._inside :: 2]
        self._inside ^= (len(parts) - 1) & 1
        return sum(part.count(b"\n") for part in outside)


class _Objects:
    """In JSON, a bare quote after ``}},{`` begins a row's first name, or ends a value.

    What follows tells which: a letter, or a brace or a comma.
    """

    def __init__(self) -> None:
        self._before = b""

    def __call__(self, piece: bytes) -> int:
        held = self._before + piece
        self._before = held[max(len(held) - 5, 0) :]
        after = [part[:1] for part in held.split(b'}},{"')[1:]]  # in a third of the time of counts
        return len(after) - after.count(b"}") - after.count(b",") - after[-1:].count(b"")


_COUNTS: dict[str, tuple[int, Callable[[], Callable[[bytes], int]]]] = {
    "json": (1, _Objects),  # each row after the first
    "xml": (0, _Elements),
    "csv": (-1, _Quoted),  # the header is a line too
    "tsv": (-1, _Lines),
}
