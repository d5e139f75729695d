"""How far long work is, on the steward's terminal: a conversion, a push."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import click

from parvis.mapping.watching import Watch

LINES = frozenset({".csv", ".tsv", ".txt", ".jsonl", ".ndjson"})
"""Endings of files in which a row is a line, or about."""
PIECE = 1 << 20


@contextmanager
def watching() -> Iterator[Watch | None]:
    """Give what draws a bar for each file that takes long; nothing where no one would see it."""
    if not sys.stderr.isatty():
        yield None
        return
    with ExitStack() as stack:
        bars: dict[Path, Any] = {}

        def watch(file: Path, row: int) -> None:
            if file not in bars:
                bar = click.progressbar(
                    count(), length=_lines(file), label=file.name, file=sys.stderr
                )
                bars[file] = stack.enter_context(bar)
            bars[file].update(row - bars[file].pos)

        yield watch


@contextmanager
def counting(label: str, length: int) -> Iterator[Callable[[int], None] | None]:
    """Give what draws how many of so many are done; nothing where no one would see it."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield lambda reached: bar.update(reached - bar.pos)


def _lines(file: Path) -> int | None:
    """Count the lines of a text file; of any other nothing is known before it is read."""
    if file.suffix.lower() not in LINES:
        return None
    with file.open("rb") as stream:
        return sum(piece.count(b"\n") for piece in iter(lambda: stream.read(PIECE), b""))
