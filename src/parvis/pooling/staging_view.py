"""RDF files staged for validation: a store to query, and the files for what it cannot answer."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from parvis.errors import SourceError
from parvis.store.record.graph_record import Staging
from parvis.validation import Data, load_data

IN_MEMORY = 500_000_000
"""Bytes of files staged in memory, which takes about four times as much of it."""


@contextmanager
def stage_files(files: Sequence[Path], folder: Path | None = None) -> Iterator[Staging]:
    """Stage files in memory, or above some size in a temporary folder inside `folder`.

    Raises `SourceError`, naming the file, for one that cannot be read.
    """
    # A compressed file is reckoned at ten times its size.
    try:
        size = sum(path.stat().st_size * (10 if path.suffix == ".gz" else 1) for path in files)
    except OSError as error:
        raise SourceError(
            "{file} cannot be read: {reason}", file=error.filename, reason=error.strerror
        ) from error
    with ExitStack() as stack:
        place = None
        if size > IN_MEMORY:
            place = Path(stack.enter_context(TemporaryDirectory(prefix="staging-", dir=folder)))
        yield stack.enter_context(Staging(*files, folder=place))


def as_data(view: Staging, files: Sequence[Path]) -> Data:
    """Return the input of validation: the store, and the files for what it cannot answer."""
    return Data(partial(load_data, files), view, view.altered)
