"""What most texts of a column become: themselves, between two others."""

from collections.abc import Callable
from typing import NamedTuple

from parvis.mapping.plan import Value

Write = Callable[[Value], str]
"""Writes a value as a term of N-Triples; raises `Refused`."""


class Framed(NamedTuple):
    """A text that passes the test stands as it is between `start` and `end`."""

    test: Callable[[str], object]
    start: str
    end: str


class Quoted(NamedTuple):
    """Any text stands between a quotation mark and `end`, escaped."""

    end: str
    start: str = '"'


Form = Framed | Quoted


def shortened(general: Write, form: Framed) -> Write:
    """Take the short way with texts that pass the test, the general one with all other values."""
    test, start, end = form

    def write(value: Value) -> str:
        if isinstance(value, str) and test(value):
            return f"{start}{value}{end}"
        return general(value)

    return write
