"""RDF files staged for validation: a store to be queried, and the files for what it cannot tell."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from parvis.errors import SourceError
from parvis.store.record.staging import Staging
from parvis.validation import Data, load_data

IN_MEMORY = 500_000_000
"""Bytes of files that are staged in memory, which takes about four times as much of it."""


@contextmanager
def staged(files: Sequence[Path], folder: Path | None = None) -> Iterator[Staging]:
    """Stage files in memory, or above some size in a temporary folder inside `folder`.

    Raises `SourceError`, naming the file, for one that cannot be read.
    """
    with ExitStack() as stack:
        place = None
        if _size(files) > IN_MEMORY:
            place = Path(stack.enter_context(TemporaryDirectory(prefix="staging-", dir=folder)))
        yield stack.enter_context(Staging(*files, folder=place))


def as_data(view: Staging, files: Sequence[Path]) -> Data:
    """Give what validation asks for: the store, and the files for what it cannot tell."""
    return Data(partial(load_data, files), view, view.altered)


def _size(files: Sequence[Path]) -> int:
    """Add the sizes up; a compressed file is reckoned at ten times its own."""
    try:
        return sum(path.stat().st_size * (10 if path.suffix == ".gz" else 1) for path in files)
    except OSError as error:
        raise SourceError(
            "{file} cannot be read: {reason}", file=error.filename, reason=error.strerror
        ) from error
