"""Read replicas: machines that serve a verified copy of what is served here, without the record."""

from functools import partial
from pathlib import Path
from typing import Any

from parvis.config import Settings, make_private
from parvis.errors import InputError, StoreError, UnknownThing, UsageError
from parvis.fetch.address import Address, begins_as_address
from parvis.fetch.mirror import Mirror
from parvis.i18n import N_
from parvis.pooling.serving.query import Dump
from parvis.pooling.serving.snapshot import Published
from parvis.store.generation.generation import Generation, current, kept
from parvis.store.generation.manifest import LARGEST, NAME, sha256
from parvis.store.generation.replica import Folder, pull
from parvis.store.search.search import MEMBERS, OPEN, TextIndex
from parvis.vocab.iris import Iris

PLACE = "replica/"
"""Under which address of a site its copies are."""
NO_FILE = N_("generation {number} has no file {name}")
HAS_RECORD = N_(
    "{folder} holds a record: a copy would take the place of what is published from it; name"
    " another folder by --data"
)
UNREADABLE = N_("its site cannot be read: {reason}")
NO_TOKEN_FILE = N_(
    "a site gives a copy to who has a token of scope “replica”: name its file by --token-file"
)


class _Site:
    """A site as the origin of a copy."""

    def __init__(self, mirror: Mirror) -> None:
        """Take files from a mirror."""
        self._mirror = mirror

    def manifest(self) -> bytes:
        """Give the manifest of what is served there."""
        return self._mirror.get(NAME, LARGEST)

    def bring(self, number: int, name: str, file: Path, size: int) -> None:
        """Bring a file, or what is lacking of it."""
        self._mirror.bring(f"{number}/{name}", file, size)


def pull_from(settings: Settings, source: str, token: str) -> dict[str, Any] | None:
    """Copy what a site, or a data folder, serves, and serve it; None if nothing has changed.

    `token` is for a site alone. Raises `UsageError` for a folder that has a record of its own,
    `StoreError` for a file that differs, `FetchError` where one does not come.
    """
    if (settings.data / "state.json").exists():
        raise UsageError(HAS_RECORD, folder=settings.data)
    make_private(settings.data)
    found = _pulled(settings, source, token)
    return None if found is None else found.to_json()


def _pulled(settings: Settings, source: str, token: str) -> Generation | None:
    """Copy from either kind of place."""
    check = partial(_require_readable, Iris(settings.base))
    if not begins_as_address(source):
        return pull(settings.data, Folder(Path(source)), check)
    if not token:
        raise UsageError(NO_TOKEN_FILE)
    address = Address.parse(f"{source.rstrip('/')}/{PLACE}")
    mirror = Mirror(address, settings.fetch, token)
    try:
        return pull(settings.data, _Site(mirror), check)
    finally:
        mirror.close()


def _require_readable(iris: Iris, generation: Generation) -> None:
    """Open a copy as the site will; raises `StoreError` for one that it could not serve.

    Its files are what the origin meant them to be, which may be anything.
    """
    try:
        Published.read(generation, iris)
        TextIndex(generation.folder, OPEN, MEMBERS)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError(UNREADABLE, reason=f"{type(error).__name__}: {error}") from error
    except InputError as error:
        raise StoreError(error.template, **error.fields) from error


def manifest_of(settings: Settings) -> Dump:
    """Give the manifest of what is served; raises `NothingPublished`."""
    served = current(settings.data)
    file = served.folder / NAME
    return Dump(file, sha256(file), served.number)


def file_of(settings: Settings, number: int, name: str) -> Dump:
    """Give a file of a generation that is kept, as its manifest names it; raises `UnknownThing`."""
    found = kept(settings.data, number)
    if name not in found.manifest.files:
        raise UnknownThing(NO_FILE, number=number, name=name)
    return Dump(found.folder / name, found.manifest.files[name], number)
