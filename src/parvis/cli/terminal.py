"""What commands write: reports and progress on the terminal, files where the steward says."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from unicodedata import category

import click
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from parvis.cli.bilingual import spoken
from parvis.errors import SourceError, UsageError
from parvis.mapping.engine.watching import Watch
from parvis.pooling.report_model import Account

# Text for a terminal, which partners may have written.

COMMANDING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Controls, marks of direction, halves of characters, ends of lines (Unicode categories)."""


def visible(text: str) -> str:
    r"""Write out what would command a terminal instead of being read.

    >>> visible("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    return "".join(ascii(one)[1:-1] if category(one) in COMMANDING else one for one in text)


# Reports on the steward's terminal: in colour where there is one, else as plain lines.

STYLES = {
    "plain": "",
    "violation": "bold red",
    "warning": "bold yellow",
    "info": "bold cyan",
    "quiet": "dim",
    "strong": "bold",
    "good": "bold green",
    "bad": "bold red",
}


def show(account: Account) -> None:
    """Print a report; a line is folded only where a person sees it (NO_COLOR is respected)."""
    console = Console(highlight=False)
    for line in account.lines(spoken()):
        text = Text(visible(line.text), style=STYLES[line.style])
        if console.is_terminal:
            console.print(Padding(text, (0, 0, 0, line.indent), expand=False))
        else:
            console.print(" " * line.indent, text, sep="", soft_wrap=True)


# How far long work is, on the steward's terminal: a conversion, a push.

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


# Files that commands write where the steward says.


def write_new(file: Path, text: str) -> None:
    """Write a file that is not there yet; an existing one is never touched."""
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise UsageError("{folder} exists already; nothing was written", folder=file) from error
    except OSError as error:
        raise SourceError(
            "{file} cannot be written: {reason}", file=file, reason=error.strerror or error
        ) from error
