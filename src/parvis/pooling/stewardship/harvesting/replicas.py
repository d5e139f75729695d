"""Read replicas: machines that serve a verified copy of a generation, without the record."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from cachetools import LRUCache

from parvis.config import Settings, clock, make_private
from parvis.errors import InputError, StoreError, UnknownThing, UsageError
from parvis.fetch.address import Address, begins_as_address
from parvis.fetch.mirror import Mirror
from parvis.i18n import N_
from parvis.pooling.serving.query import DownloadFile
from parvis.pooling.serving.snapshot import Snapshot
from parvis.store.files import sha256
from parvis.store.generation.generation import Generation, current, find_generation
from parvis.store.generation.manifest import LARGEST, NAME, NUMBER
from parvis.store.generation.pointer import read_pointer
from parvis.store.generation.replica import FolderOrigin, pull
from parvis.store.search.index import MEMBERS, OPEN
from parvis.vocab.iris import Iris

PLACE = "replica/"
"""The path of a site's copies."""
EDITION = "Parvis-Edition"
"""The header of the edition that a site serves, or that a reader has seen."""
SERVES = "Parvis-Serves"
"""The header of the edition that a copy serves when it asks for another."""
MANY = 100
"""The number of copies whose states are kept."""
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
    def __init__(self, mirror: Mirror, serves: int) -> None:
        self._mirror, self._serves = mirror, serves

    def manifest(self) -> tuple[bytes, int]:
        body, headers = self._mirror.get(NAME, LARGEST, {SERVES: str(self._serves)})
        return body, parse_edition(headers.get(EDITION, ""))

    def fetch(self, number: int, name: str, file: Path, size: int) -> None:
        """Download a file, or the missing part of it."""
        self._mirror.fetch(f"{number}/{name}", file, size)


def pull_from(settings: Settings, source: str, token: str) -> dict[str, Any] | None:
    """Copy what a site, or a data folder, serves, and serve it; None if nothing has changed.

    `token` is for a site alone. Raises `UsageError` for a folder that has a record of its own,
    `StoreError` for a file that differs, `FetchError` for one that cannot be downloaded.
    """
    if (settings.data / "state.json").exists():
        raise UsageError(HAS_RECORD, folder=settings.data)
    make_private(settings.data)
    check = partial(_require_readable, Iris(settings.base))
    if not begins_as_address(source):
        generation = pull(settings.data, FolderOrigin(Path(source)), check)
    elif not token:
        raise UsageError(NO_TOKEN_FILE)
    else:
        address = Address.parse(f"{source.rstrip('/')}/{PLACE}")
        mirror = Mirror(address, settings.fetch, token)
        try:
            site = _Site(mirror, read_pointer(settings.data).edition)
            generation = pull(settings.data, site, check)
        finally:
            mirror.close()
    return None if generation is None else generation.to_json()


def _require_readable(iris: Iris, generation: Generation) -> None:
    from parvis.store.search.search import TextIndex  # noqa: PLC0415 - numpy, for copies only

    # The files are what the origin meant them to be, which may be anything.
    try:
        Snapshot.read(generation, iris)
        TextIndex(generation.folder, OPEN, MEMBERS).close()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError(UNREADABLE, reason=f"{type(error).__name__}: {error}") from error
    except InputError as error:
        raise StoreError(error.template, **error.fields) from error


def parse_edition(text: str) -> int:
    """Return the number of a header or a cookie; 0 for what is none."""
    return int(text) if NUMBER.fullmatch(text) else 0


@dataclass(frozen=True)
class ReplicaState:
    """What a copy served when it last asked for the manifest."""

    name: str
    address: str
    edition: int
    at: datetime
    is_behind: bool


class ReplicaRegister:
    """The copies that have asked this machine for what is served, since it started. Thread-safe."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._last: LRUCache[tuple[str, str], tuple[int, datetime]] = LRUCache(MANY)
        self._lock = Lock()

    def record(self, name: str, address: str, edition: int) -> None:
        """Record what a copy serves while it asks for the manifest."""
        with self._lock:
            self._last[name, address] = edition, clock.machine_time()

    def states(self) -> list[ReplicaState]:
        """List the copies, with whether each then served an earlier edition than this machine."""
        served = read_pointer(self._data).edition
        with self._lock:
            last = sorted(self._last.items())
        return [ReplicaState(*key, edition, at, edition < served) for key, (edition, at) in last]

    def are_in_use(self) -> bool:
        """Return whether this machine is a copy, or has some."""
        return bool(self._last) or not (self._data / "state.json").exists()


def manifest_of(settings: Settings) -> DownloadFile:
    served = current(settings.data)
    file = served.folder / NAME
    return DownloadFile(file, sha256(file), served.number)


def file_of(settings: Settings, number: int, name: str) -> DownloadFile:
    """Return a file of a stored generation that its manifest names; raises `UnknownThing`."""
    generation = find_generation(settings.data, number)
    if name not in generation.manifest.files:
        raise UnknownThing(NO_FILE, number=number, name=name)
    return DownloadFile(generation.folder / name, generation.manifest.files[name], number)
