"""Generations: what is served, built from the record and never written to again.

A generation has an **open** store (what everyone may read, and nothing else), a **members** store
(what some reader with an agreement may read, and the open graphs too, so that joins work), an index
of their texts, a folder of small files beside them, and a manifest. ``current`` names the one that
is served.
"""

import os
import shutil
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from parvis.errors import MachineError, NoLongerKept, NothingPublished, StoreError, UnknownThing
from parvis.i18n import N_
from parvis.store.files import move, replace, settle, settle_tree, writing
from parvis.store.generation.builder import PATIENCE, Built, Local, Maker
from parvis.store.generation.change_over import ChangeOver
from parvis.store.generation.indexer import indexing
from parvis.store.generation.manifest import LISTED, NAME, NUMBER, Manifest, files_of, sha256
from parvis.store.generation.recalled import Recalled
from parvis.store.search.search import FOLDER as SEARCH

RECALLED = N_("generation {number} was recalled")
SMALL = 1_000_000
"""Bytes up to which a file is digested even by the quick check: all but the stores' tables."""


@dataclass(frozen=True)
class Content:
    """What a generation is made of.

    `open` and `members` give the file of N-Triples (or ``.nt.gz``) of each graph, by the graph's
    IRI; open graphs need not be repeated among the members'. `files` are small files by their
    path under ``site/``, or where each stands on the same disk; `dumps` are files on the same disk
    by their path under ``dumps/``. What stands on the disk gets one more name.
    """

    open: Mapping[str, Path]
    members: Mapping[str, Path] = field(default_factory=dict)
    good_until: datetime | None = None
    files: Mapping[str, bytes | Path] = field(default_factory=dict)
    dumps: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Generation:
    """One generation, on disk and whole."""

    folder: Path
    manifest: Manifest

    @property
    def number(self) -> int:
        """Give its number; a later one is greater."""
        return self.manifest.generation

    @cached_property
    def open_store(self) -> Path:
        """Tell where the open store is."""
        return self.folder / "open"

    @cached_property
    def members_store(self) -> Path:
        """Tell where the members' store is."""
        return self.folder / "members"

    @property
    def site(self) -> Path:
        """Tell where the small files are."""
        return self.folder / "site"

    @property
    def dumps(self) -> Path:
        """Tell where the files to take away are."""
        return self.folder / "dumps"

    def to_json(self) -> dict[str, Any]:
        """Return the number, instants and sizes as plain data."""
        until = self.manifest.good_until
        return {
            "generation": self.number,
            "created": self.manifest.created.isoformat(),
            "good_until": until.isoformat() if until else None,
            "open": self.manifest.open.quads,
            "members": self.manifest.members.quads,
        }

    def audit_fields(self) -> dict[str, str | int | float | None]:
        """Return what the audit trail keeps: number, sizes and the open content's digest."""
        return {
            "generation": self.number,
            "open": self.manifest.open.quads,
            "members": self.manifest.members.quads,
            "graphs": len(self.manifest.members.graphs),
            "digest": self.manifest.open.digest,
        }

    def confined(self, now: datetime) -> bool:
        """Say whether even anonymous readers must be confined, because decisions changed since."""
        until = self.manifest.good_until
        return until is not None and now >= until

    def digests(self) -> set[str]:
        """Give the record's versions from which it was built: what `Record.prune` must keep."""
        stores = (self.manifest.open, self.manifest.members)
        return {name.partition(".")[0] for facts in stores for name in facts.sources.values()}

    @property
    def is_elsewhere(self) -> bool:
        """Say whether its stores are on another server."""
        return (self.open_store / LISTED).is_file()

    def stores(self) -> dict[str, Built]:
        """Give the two stores by their names; none that is elsewhere."""
        if self.is_elsewhere:
            return {}
        return {
            "open": Built(self.open_store, self.manifest.open),
            "members": Built(self.members_store, self.manifest.members),
        }

    def inodes(self) -> dict[int, str]:
        """Give the digest of each file by its inode, which its hard links share."""
        files = self.manifest.files.items()
        return {(self.folder / name).stat().st_ino: digest for name, digest in files}


def generations(data: Path) -> list[Generation]:
    """Give the generations that are kept, the oldest first. Raises `StoreError`."""
    return [_read(data, number) for number in numbers(data)]


def numbers(data: Path) -> list[int]:
    """List the generations that are there, sound or not, the oldest first; no recalled one."""
    names = [path.name for path in (data / "generations").glob("*")]
    found = {int(name) for name in names if NUMBER.fullmatch(name)}
    return sorted(found - Recalled.read(data).generations.keys() if found else found)


def kept_digests(data: Path) -> set[str]:
    """Give the record's versions that some generation was built from, damaged ones aside."""
    found: set[str] = set()
    for number in numbers(data):
        with suppress(StoreError):
            found |= _read(data, number).digests()
    return found


def current(data: Path) -> Generation:
    """Give the generation that is served. Raises `NothingPublished` when there is none yet."""
    number = pointer(data)
    if not (data / "generations" / str(number)).is_dir():
        raise NothingPublished("nothing has been published yet")
    return _read(data, number)


def pointer(data: Path) -> int:
    """Give the number of the generation that is, or was last, served; 0 at first.

    After a restoration none is there until the next is built, whose number is greater.
    """
    try:
        text = (data / "current").read_bytes()[:20].decode(errors="replace").strip()
    except FileNotFoundError:
        return 0
    if text != "0" and not NUMBER.fullmatch(text):
        raise StoreError("{file} is damaged: {reason}", file="current", reason=ascii(text))
    return int(text)


def kept(data: Path, number: int) -> Generation:
    """Give one of the generations that are kept.

    Raises `NoLongerKept` for one that was served once, or was recalled, and `UnknownThing` for one
    that never was.
    """
    known = numbers(data)
    if number in known:
        return _read(data, number)
    if number in Recalled.read(data).generations:
        raise NoLongerKept(RECALLED, number=number)
    if 0 < number < max(known, default=0):
        raise NoLongerKept("generation {number} is no longer kept", number=number)
    raise UnknownThing("there is no generation {number}", number=number)


def not_before(data: Path, now: datetime) -> datetime:
    """Give an instant, or the one at which the newest generation was built, if that is later.

    A clock that was set back would else decide anew as one did then.
    """
    built = [now]
    for number in numbers(data):
        with suppress(StoreError):
            built.append(_read(data, number).manifest.created)
    return max(built)


def rollback(data: Path, number: int) -> Generation:
    """Serve an earlier generation again. Raises `UnknownThing`, or `StoreError` if it is damaged.

    Whether that would open what is closed today is for the caller to say.
    """
    with writing(data):
        generation = kept(data, number)
        verify(generation, wholly=False)
        replace(data / "current", f"{number}\n".encode())
    return generation


def touch(data: Path) -> None:
    """Replace the pointer by itself: servers then forget what they keep of answers."""
    if (data / "current").is_file():
        replace(data / "current", f"{pointer(data)}\n".encode())


def verify(generation: Generation, *, wholly: bool = True) -> None:
    """Check the files against the manifest. Raises `StoreError` naming the first that differs.

    Not `wholly`: every file's size, and the digests of small ones; that takes milliseconds.
    """
    manifest = generation.manifest
    for name, size in manifest.sizes.items():
        path = generation.folder / name
        digested = wholly or size <= SMALL
        if (
            not path.is_file()
            or path.stat().st_size != size
            or (digested and sha256(path) != manifest.files[name])
        ):
            raise StoreError("{file} is not what the manifest says", file=path)


def build(
    data: Path,
    content: Content,
    keep: int = 3,
    *,
    anew: bool = False,
    maker: Maker | None = None,
) -> Generation:
    """Build a generation, serve it, and delete the oldest beyond the `keep` newest.

    `maker` makes its stores: here, unless told otherwise.
    Stores may begin as copies of those that are served, if these differ little and no graph
    leaves them; not if `anew`, which is for who erased something. Raises `StoreError` when it
    fails: what was served before is then still served.
    """
    maker = maker or Local()
    with writing(data):
        number = max([pointer(data), *numbers(data), *Recalled.read(data).generations]) + 1
        folder = data / "generations" / str(number)
        temporary = folder.with_suffix(f".{os.getpid()}.tmp")
        _cleared(temporary)
        with ExitStack() as undo:
            undo.callback(shutil.rmtree, temporary, ignore_errors=True)
            before = None if anew else _sound(data)
            now = not_before(data, datetime.now(UTC))
            manifest = _built(temporary, now, content, before, maker)
            move(temporary, folder)
            undo.callback(_unless_served, data, folder)
            maker.switch(data, pointer(data), manifest)
            replace(data / "current", f"{number}\n".encode())
            undo.pop_all()
            maker.settled(data)
        _drop_old(data, keep)
    return Generation(folder, manifest)


def _unless_served(data: Path, folder: Path) -> None:
    """Delete a generation that could not come to be served, as on a disk that is full.

    Not one of which a store elsewhere may hold the graphs already: the next publication knows.
    """
    if pointer(data) != int(folder.name) and not ChangeOver.read(data).between:
        shutil.rmtree(folder, ignore_errors=True)


def forget_former(data: Path) -> None:
    """Delete every generation but the one that is served: something in the others must go."""
    served = pointer(data)
    for number in numbers(data):
        if number != served:
            shutil.rmtree(data / "generations" / str(number))
    settle(data / "generations")


def _read(data: Path, number: int) -> Generation:
    """Read one generation."""
    folder = data / "generations" / str(number)
    return Generation(folder, Manifest.read(folder))


def _sound(data: Path) -> Generation | None:
    """Give the generation that is served, unless there is none or it is damaged."""
    try:
        found = current(data)
        verify(found, wholly=False)
    except (NothingPublished, StoreError):
        return None
    return found


def _cleared(temporary: Path) -> None:
    """Make an empty folder, without what a killed build may have left beside it.

    That one's builder may still be at its last store: what it leaves, the next build clears.
    """
    for leftover in temporary.parent.glob("*.tmp"):
        shutil.rmtree(leftover, ignore_errors=True)
    (temporary / "site").mkdir(parents=True)


def _built(
    temporary: Path,
    now: datetime,
    content: Content,
    before: Generation | None,
    maker: Maker,
) -> Manifest:
    """Build stores, small files and manifest in a temporary folder, down to the disk."""
    stores = {"open": content.open, "members": {**content.members, **content.open}}
    former = before.folder if before else temporary
    with indexing(temporary / SEARCH, stores, former / SEARCH, PATIENCE):
        open_, members = maker.make(
            temporary.parents[1],
            temporary,
            content.open,
            content.members,
            before.stores() if before else {},
        )
    for name, body in content.files.items():
        _place(temporary / "site" / name, body)
    for name, source in content.dumps.items():
        _place(temporary / "dumps" / name, source)
    files = files_of(temporary, before.inodes() if before else {})
    manifest = Manifest(
        generation=int(temporary.name.partition(".")[0]),
        created=now,
        good_until=content.good_until,
        open=open_,
        members=members,
        files=files,
        sizes={name: (temporary / name).stat().st_size for name in files},
    )
    (temporary / NAME).write_bytes(manifest.packed())
    settle_tree(temporary)
    return manifest


def _place(path: Path, content: bytes | Path) -> None:
    """Write a file, or give one that stands on the same disk one more name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Path):
        path.hardlink_to(content)
    else:
        path.write_bytes(content)


def _drop_old(data: Path, keep: int) -> None:
    """Delete generations beyond the newest, never the one that is served."""
    for number in numbers(data)[: -max(keep, 1)]:
        shutil.rmtree(data / "generations" / str(number))


# The generation that is served, as many threads ask for it many times a second.


class Current:
    """Follows the pointer of a data folder, whose target is read again only when it has moved.

    The pointer is replaced, never written to, so that a look at its inode and times tells whether
    it is still the same: a publication needs to send no signal. For threads.
    """

    def __init__(self, data: Path) -> None:
        """Follow the pointer of `data`; nothing need be published yet."""
        self._data = data
        self._pointer = str(data / "current")
        self._seen: tuple[tuple[int, ...], Generation] | None = None

    def generation(self) -> Generation:
        """Give the generation that is served, the same object while the pointer stands.

        Raises `NothingPublished` or `StoreError`.
        """
        mark = self._mark()
        while self._seen is None or self._seen[0] != mark:
            try:
                self._seen = mark, current(self._data)
            except MachineError:
                if self._mark() == mark:  # else it was deleted meanwhile: another is served
                    raise
            mark = self._mark()
        return self._seen[1]

    def _mark(self) -> tuple[int, ...]:
        """Tell one pointer from those before it."""
        try:
            found = os.stat(self._pointer)  # noqa: PTH116 - at each request: a Path's costs twice that
        except FileNotFoundError as error:
            raise NothingPublished("nothing has been published yet") from error
        return found.st_ino, found.st_mtime_ns, found.st_ctime_ns
