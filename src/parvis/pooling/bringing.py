"""A file to work on: a path, or what another server has at an address."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from parvis.config import Settings
from parvis.fetch.address import Address, Source
from parvis.fetch.download import Validators, download


@dataclass(frozen=True)
class Brought:
    """A file that can be read, and where it was fetched from, if it was."""

    file: Path
    address: Address | None = None
    validators: Validators = field(default_factory=Validators)


@contextmanager
def brought(settings: Settings, source: Source) -> Iterator[Brought]:
    """Give a source as a file; one that is fetched is gone afterwards.

    Raises `AddressError`, `FetchError` or `LimitError` for an address that gives none.
    """
    if isinstance(source, Path):
        yield Brought(source)
        return
    with TemporaryDirectory(prefix="parvis-") as folder:
        found = download(source, Path(folder), settings.fetch)
        yield Brought(found.file, source, found.validators)


@contextmanager
def brought_if_changed(
    settings: Settings, source: Source, known: Validators
) -> Iterator[Brought | None]:
    """Give a source as `brought` does; None where its server says that it is the `known` one."""
    if isinstance(source, Path):
        yield Brought(source)
        return
    with TemporaryDirectory(prefix="parvis-") as folder:
        found = download(source, Path(folder), settings.fetch, known)
        yield None if found is None else Brought(found.file, source, found.validators)
