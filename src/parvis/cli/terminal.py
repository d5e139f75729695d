"""What commands share: options, sentences, reports and progress on the terminal, files."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from functools import wraps
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from unicodedata import category

import click

from parvis.cli.bilingual import spoken
from parvis.config import Settings, clock
from parvis.config.json_data import to_json
from parvis.errors import SourceError, UsageError
from parvis.fetch.address import Address, Source, begins_as_address
from parvis.i18n import N_, explain, say
from parvis.vocab.iris import DatasetKey

if TYPE_CHECKING:
    from parvis.pooling.pool import Pool
    from parvis.pooling.report_model import ReportModel


FILE = click.Path(path_type=Path)
ONE_SOURCE = "FILE|ADDRESS"
MAYBE_SOURCE = f"[{ONE_SOURCE}]"


Result = TypeVar("Result")
Decorated = TypeVar("Decorated", bound=Callable[..., Any])

DATA = "The data folder (else PARVIS_DATA, else parvis.toml, else ./parvis-data)."
CATALOG = "The catalogue folder (else PARVIS_CATALOG, else the one parvis brings)."


def folder_options(command: Decorated) -> Decorated:
    """Add the options that name the pool's folders."""
    command = click.option("--catalog", type=FILE, help=CATALOG)(command)
    return click.option("--data", type=FILE, help=DATA)(command)


def folders(command: Callable[..., Result]) -> Callable[..., Result]:
    """Add the options that name the pool's folders; the command gets the pool's settings."""

    @wraps(command)
    def run(data: Path | None, catalog: Path | None, **options: Any) -> Result:
        return command(settings=Settings.load(data, catalog), **options)

    return folder_options(run)


def as_json(command: Decorated) -> Decorated:
    return click.option("--json", "in_json", is_flag=True, help="Print the result as JSON.")(
        command
    )


def pool_options(command: Callable[..., Result]) -> Callable[..., Result]:
    """Add the folders and --json; the command gets the pool's settings, and `in_json`."""
    return folders(as_json(command))


def reason_option(command: Decorated) -> Decorated:
    """Add --reason: why a text of the catalogue is changed."""
    return click.option(
        "--reason",
        metavar="TEXT",
        default="",
        help="Why, for the history of the catalogue: it names no person.",
    )(command)


def source(text: str) -> Source:
    """Parse a path of this machine, or an address; raises `AddressError`."""
    # A bad address is refused while the command line is parsed, before anything is done.
    return Address.parse(text) if begins_as_address(text) else Path(text)


def dataset_key(text: str) -> DatasetKey:
    """Parse ``PARTNER/DATASET``; raises `UsageError`."""
    partner, slash, dataset = text.partition("/")
    if not (partner and slash and dataset) or "/" in dataset:
        raise UsageError("“{text}” does not name a dataset as PARTNER/DATASET", text=text)
    return DatasetKey(partner, dataset)


if TYPE_CHECKING:  # a command that converts nothing need not load it
    from parvis.mapping.engine.rows import Watch

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


def print_line(template: str, /, *, err: bool = False, **fields: object) -> None:
    """Print a sentence whose fields others may have written, in the language of the command."""
    click.echo(escape_controls(say(spoken(), template, **fields)), err=err)


def print_json(value: object) -> None:
    click.echo(json.dumps(to_json(value), ensure_ascii=False, indent=2))


def print_result(result: dict[str, Any], template: str, *, in_json: bool) -> None:
    """Print a result as JSON, or in a sentence whose fields are its members."""
    if in_json:
        print_json(result)
    else:
        print_line(template, **result)


ASIDE = N_(
    "{partner} is set aside: {reason}. Its last valid descriptions stay; only itself and the"
    " steward may read its data until this is corrected"
)


def open_pool(settings: Settings, watch: "Watch | None" = None, *, lenient: bool = False) -> "Pool":
    """Open the pool as `Pool.open` does."""
    from parvis.pooling.pool import Pool

    pool = Pool.open(settings, watch, lenient=lenient)
    for partner, error in pool.catalog.set_aside.items():
        reason = explain(error, spoken()).rstrip(".")
        print_line(ASIDE, err=True, partner=partner, reason=reason)
    return pool


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


def show(account: "ReportModel") -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

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
def show_progress() -> Iterator["Watch | None"]:
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


def read_text(file: Path) -> str:
    """Read a file that an option names; raises `UsageError`."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("{file} cannot be read: {reason}", file=file, reason=error) from error


def read_bytes(file: Path, most: int) -> bytes:
    """Read a file of a number of bytes at most, and one more; raises `UsageError`."""
    try:
        with file.open("rb") as stream:
            return stream.read(most + 1)
    except OSError as error:
        raise UsageError(
            "{file} cannot be read: {reason}", file=file, reason=error.strerror or error
        ) from error


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


def day_of(text: str) -> date:
    """Parse a day; raises `UsageError`."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError("“{text}” is not an ISO 8601 date", text=text) from error


def instant(text: str | None) -> datetime:
    """Parse an instant, by default now; raises `UsageError` for one without offset."""
    if text is None:
        return clock.now().astimezone(clock.QUEBEC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError("“{text}” is not an ISO 8601 instant", text=text) from error
    if moment.tzinfo is None:
        raise UsageError("the instant “{text}” has no offset", text=text)
    return moment
