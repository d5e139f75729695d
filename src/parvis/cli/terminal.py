"""The output of commands: reports and progress on the terminal, new files."""

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
from parvis.i18n import say
from parvis.mapping.engine.watching import Watch
from parvis.pooling.report_model import ReportModel

COMMANDING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Controls, marks of direction, halves of characters, ends of lines (Unicode categories)."""


def escape_controls(text: str) -> str:
    r"""Escape characters that would command a terminal instead of being read.

    >>> escape_controls("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    return "".join(
        ascii(character)[1:-1] if category(character) in COMMANDING else character
        for character in text
    )


def print_line(template: str, *, err: bool = False, **fields: object) -> None:
    """Print a sentence whose fields others wrote, in the language of the command."""
    click.echo(escape_controls(say(spoken(), template, **fields)), err=err)


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


def show(account: ReportModel) -> None:
    # Lines are folded only where a person sees them; rich respects NO_COLOR.
    console = Console(highlight=False)
    for line in account.lines(spoken()):
        text = Text(escape_controls(line.text), style=STYLES[line.style])
        if console.is_terminal:
            console.print(Padding(text, (0, 0, 0, line.indent), expand=False))
        else:
            console.print(" " * line.indent, text, sep="", soft_wrap=True)


LINES = frozenset({".csv", ".tsv", ".txt", ".jsonl", ".ndjson"})
"""Endings of files in which a row is a line, or about."""
PIECE = 1 << 20


@contextmanager
def show_progress() -> Iterator[Watch | None]:
    """Yield a function that draws a progress bar for each slow file; None without a terminal."""
    # In a log, the control characters of a progress bar would be noise.
    if not sys.stderr.isatty():
        yield None
        return
    with ExitStack() as stack:
        # All bars are closed together at the end of the block.
        bars: dict[Path, Any] = {}

        def watch(file: Path, row: int) -> None:
            if file not in bars:
                length = None  # the number of rows of most files is not known before they are read
                if file.suffix.lower() in LINES:
                    with file.open("rb") as stream:
                        pieces = iter(lambda: stream.read(PIECE), b"")
                        length = sum(piece.count(b"\n") for piece in pieces)
                bar = click.progressbar(count(), length=length, label=file.name, file=sys.stderr)
                bars[file] = stack.enter_context(bar)
            # click expects the number of rows since the last update.
            bars[file].update(row - bars[file].pos)

        yield watch


@contextmanager
def show_count(label: str, length: int) -> Iterator[Callable[[int], None] | None]:
    """Yield a function that draws a progress bar up to `length`; None without a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield lambda reached: bar.update(reached - bar.pos)


def write_new(file: Path, text: str) -> None:
    """Write a new file. Raises `UsageError` for an existing one, which is never touched."""
    try:
        # Mode x fails for a file that another process has just written.
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise UsageError("{folder} exists already; nothing was written", folder=file) from error
    except OSError as error:
        raise SourceError(
            "{file} cannot be written: {reason}", file=file, reason=error.strerror or error
        ) from error
