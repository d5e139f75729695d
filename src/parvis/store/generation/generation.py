"""Generations: what is served, built from the record and never written to again.

A generation has an **open** store (graphs that everyone may read), a **members** store (graphs
that some reader with an agreement may read, and the open graphs too, so that joins work), an index
of their texts, what they say of events, a folder of small files, and a manifest. ``current`` names
the one that is served.
"""

import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from parvis.config import clock
from parvis.errors import MachineError, NoLongerKept, NothingPublished, StoreError, UnknownThing
from parvis.i18n import N_
from parvis.store.files import move, settle, settle_tree, sha256, writing
from parvis.store.generation.builder import (
    BuiltStore,
    LocalStores,
    StoreMaker,
)
from parvis.store.generation.graph_file import GraphFile
from parvis.store.generation.manifest import LISTED, NAME, NUMBER, Manifest, files_of
from parvis.store.generation.pointer import move_pointer, pointer, read_pointer
from parvis.store.generation.state_files import RecallList

RECALLED = N_("generation {number} was recalled")
VIEWS = "views"
"""The folder of a data folder for stores that are made of a generation's own, as needed."""
SMALL = 1_000_000
"""Bytes up to which the quick check hashes a file: all but the stores' tables."""


@dataclass(frozen=True)
class GenerationContent:
    """The content of a generation to build.

    `open` and `members` map each graph's IRI to its file of N-Triples (or ``.nt.gz``); open graphs
    need not be repeated among the members'. `files` are small files by their path under ``site/``,
    as bytes or as a path on the same disk; `dumps` are files on the same disk by their path under
    ``dumps/``. Files on the disk are hard-linked. Days of events are by the clock of `zone`.
    """

    open: Mapping[str, Path]
    members: Mapping[str, Path] = field(default_factory=dict)
    good_until: datetime | None = None
    files: Mapping[str, bytes | Path] = field(default_factory=dict)
    dumps: Mapping[str, Path] = field(default_factory=dict)
    zone: str = "UTC"


@dataclass(frozen=True)
class Generation:
    """One complete generation on the disk."""

    folder: Path
    manifest: Manifest

    @property
    def number(self) -> int:
        return self.manifest.generation

    @cached_property
    def open_store(self) -> Path:
        return self.folder / "open"

    @cached_property
    def members_store(self) -> Path:
        return self.folder / "members"

    @property
    def site(self) -> Path:
        return self.folder / "site"

    @property
    def dumps(self) -> Path:
        return self.folder / "dumps"

    def to_json(self) -> dict[str, Any]:
        """Return the number, instants and sizes as JSON."""
        until = self.manifest.good_until
        return {
            "generation": self.number,
            "created": self.manifest.created.isoformat(),
            "good_until": until.isoformat() if until else None,
            "open": self.manifest.open.quads,
            "members": self.manifest.members.quads,
        }

    def audit_fields(self) -> dict[str, str | int | float | None]:
        """Return the fields for the audit trail: number, sizes and the open content's digest."""
        return {
            "generation": self.number,
            "open": self.manifest.open.quads,
            "members": self.manifest.members.quads,
            "graphs": len(self.manifest.members.graphs),
            "digest": self.manifest.open.digest,
        }

    def must_confine(self, now: datetime) -> bool:
        """Return whether an access decision has changed, so that all readers must be confined."""
        until = self.manifest.good_until
        return until is not None and now >= until

    def digests(self) -> set[str]:
        """Return the record's versions it was built from, which `GraphRecord.prune` must keep."""
        stores = (self.manifest.open, self.manifest.members)
        return {name.partition(".")[0] for facts in stores for name in facts.sources.values()}

    @cached_property
    def parts(self) -> Mapping[str, BuiltStore]:
        """What it holds of each store by its name, here or in an engine."""
        return {
            "open": BuiltStore(self.open_store, self.manifest.open),
            "members": BuiltStore(self.members_store, self.manifest.members),
        }

    def remote_parts(self) -> dict[str, BuiltStore]:
        """Return those that an engine holds."""
        return {name: part for name, part in self.parts.items() if is_remote(part.folder)}

    def stores(self) -> dict[str, BuiltStore]:
        """Return those that are here."""
        return {name: part for name, part in self.parts.items() if not is_remote(part.folder)}

    def inodes(self) -> dict[int, str]:
        """Return the digest of each file by its inode, which hard links share."""
        files = self.manifest.files.items()
        return {(self.folder / name).stat().st_ino: digest for name, digest in files}


def is_remote(store: Path) -> bool:
    """Return whether an engine holds the content of a store's folder."""
    return (store / LISTED).is_file()


def generations(data: Path) -> list[Generation]:
    """Return the generations on the disk, oldest first. Raises `StoreError`."""
    return [_read(data, number) for number in numbers(data)]


def numbers(data: Path) -> list[int]:
    """Return the numbers of generations on the disk, damaged or not, oldest first.

    Recalled generations are left out.
    """
    names = [path.name for path in (data / "generations").glob("*")]
    present = {int(name) for name in names if NUMBER.fullmatch(name)}
    return sorted(present - RecallList.read(data).generations.keys() if present else present)


def undamaged(data: Path) -> Iterator[Generation]:
    """Yield the generations on the disk but damaged ones, oldest first."""
    for number in numbers(data):
        with suppress(StoreError):
            yield _read(data, number)


def needed_digests(data: Path) -> set[str]:
    """Return the record's versions that some generation was built from, ignoring damaged ones."""
    return {digest for generation in undamaged(data) for digest in generation.digests()}


def current(data: Path) -> Generation:
    """Return the generation that is served. Raises `NothingPublished` when there is none yet."""
    number = pointer(data)
    if not (data / "generations" / str(number)).is_dir():
        raise NothingPublished("nothing has been published yet")
    return _read(data, number)


def find_generation(data: Path, number: int) -> Generation:
    """Return one of the generations on the disk.

    Raises `NoLongerKept` for one that was deleted or recalled, and `UnknownThing` for one that
    never existed.
    """
    present = numbers(data)
    if number in present:
        return _read(data, number)
    if number in RecallList.read(data).generations:
        raise NoLongerKept(RECALLED, number=number)
    if 0 < number < max(present, default=0):
        raise NoLongerKept("generation {number} is no longer kept", number=number)
    raise UnknownThing("there is no generation {number}", number=number)


def not_before(data: Path, now: datetime) -> datetime:
    """Return an instant, or that of the newest generation if it is later."""
    # After a clock is set back, access decisions would otherwise be those of an earlier time.
    return max([now, *(generation.manifest.created for generation in undamaged(data))])


def rollback(data: Path, number: int) -> Generation:
    """Serve an earlier generation again. Raises `UnknownThing`, or `StoreError` if it is damaged.

    The caller checks that this does not open what is closed today.
    """
    with writing(data):
        generation = find_generation(data, number)
        verify(generation, wholly=False)
        move_pointer(data, number)
    return generation


def touch(data: Path) -> None:
    """Replace the pointer by itself, so that servers clear their response caches."""
    if (data / "current").is_file():
        move_pointer(data, *read_pointer(data))


def verify(generation: Generation, *, wholly: bool = True) -> None:
    """Check the files against the manifest. Raises `StoreError` naming the first that differs.

    If not `wholly`, check every file's size, but hash only small files; that takes milliseconds.
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
    content: GenerationContent,
    keep: int = 3,
    *,
    anew: bool = False,
    maker: StoreMaker | None = None,
) -> Generation:
    """Build a generation, serve it, and delete all but the `keep` newest.

    `maker` makes its stores and indexes (by default here). Stores may start as copies of those
    that are served, unless `anew`, which is needed after an erasure; segments of the indexes whose
    graphs are unchanged are linked in any case, since they hold nothing else. Raises `StoreError`
    when it fails: the generation served before then stays.
    """
    maker = maker or LocalStores()
    with writing(data):
        number = max([pointer(data), *numbers(data), *RecallList.read(data).generations]) + 1
        folder = data / "generations" / str(number)
        temporary = folder.with_suffix(f".{os.getpid()}.tmp")
        # The builder of a killed build may still be at work: the next build deletes what it leaves.
        for leftover in temporary.parent.glob("*.tmp"):
            shutil.rmtree(leftover, ignore_errors=True)
        (temporary / "site").mkdir(parents=True)
        with ExitStack() as undo:
            undo.callback(shutil.rmtree, temporary, ignore_errors=True)
            before = None
            with suppress(NothingPublished, StoreError):  # it may be damaged
                verify(served := current(data), wholly=False)
                before = served
            _write_files(temporary, content, before, maker, anew=anew)
            move(temporary, folder)
            generation = _read(data, number)
            undo.callback(_delete_unless_served, data, folder)
            move_pointer(data, number)
            undo.pop_all()
            maker.confirm_switch(data)
        for old in numbers(data)[: -max(keep, 1)]:
            delete(data, old)
    return generation


def delete(data: Path, number: int) -> None:
    """Delete a generation with its views, which a server may be making at the same time."""
    shutil.rmtree(data / "generations" / str(number))
    delete_views(data, keep=numbers(data))


def delete_views(data: Path, keep: Collection[int]) -> None:
    """Delete the views of other generations than those of `keep`."""
    for folder in (data / VIEWS).glob("*"):
        if folder.name.partition("-")[0] not in {str(number) for number in keep}:
            # Under another name nothing more can be made in it.
            leftover = folder.with_name(f".{folder.name.strip('.')}")
            if folder != leftover:
                shutil.rmtree(leftover, ignore_errors=True)
                folder.rename(leftover)
            shutil.rmtree(leftover)


def _delete_unless_served(data: Path, folder: Path) -> None:
    if pointer(data) != int(folder.name):  # as on a full disk
        shutil.rmtree(folder, ignore_errors=True)


def forget_former(data: Path) -> None:
    """Delete every generation but the one that is served, as after an erasure."""
    served = pointer(data)
    for number in numbers(data):
        if number != served:
            delete(data, number)
    settle(data / "generations")


def _read(data: Path, number: int) -> Generation:
    folder = data / "generations" / str(number)
    return Generation(folder, Manifest.read(folder))


def _write_files(
    temporary: Path,
    content: GenerationContent,
    before: Generation | None,
    maker: StoreMaker,
    *,
    anew: bool,
) -> None:
    """Write stores, small files and manifest to a temporary folder, and wait for the disk."""
    data = temporary.parents[1]
    now = not_before(data, clock.machine_time())
    paths = {"open": content.open, "members": {**content.members, **content.open}}
    sources = {graph: GraphFile.of(path) for graph, path in paths["members"].items()}
    parts = {name: {graph: sources[graph] for graph in graphs} for name, graphs in paths.items()}
    former = before.folder if before else None
    with maker.indexer.indexing(temporary, parts, former, content.zone):
        stores = before.stores() if before and not anew else {}
        facts = maker.make(data, temporary, parts, stores)
    for name, body in content.files.items():
        _place(temporary / "site" / name, body)
    for name, source in content.dumps.items():
        _place(temporary / "dumps" / name, source)
    files = files_of(temporary, before.inodes() if before else {})
    manifest = Manifest(
        generation=int(temporary.name.partition(".")[0]),
        created=now,
        good_until=content.good_until,
        **facts,
        files=files,
        sizes={name: (temporary / name).stat().st_size for name in files},
    )
    (temporary / NAME).write_bytes(manifest.to_bytes())
    settle_tree(temporary)


def _place(path: Path, content: bytes | Path) -> None:
    """Write a file, or hard-link one on the same disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Path):
        path.hardlink_to(content)
    else:
        path.write_bytes(content)


class CurrentGeneration:
    """Follows the pointer of a data folder, and reads its target only when it moves.

    Thread-safe.
    """

    def __init__(self, data: Path) -> None:
        """Follow the pointer of `data`; nothing need be published yet."""
        self._data = data
        self._pointer = str(data / "current")
        self._last: tuple[tuple[int, ...], Generation, int] | None = None

    def generation(self) -> Generation:
        """Return the generation that is served, the same object until the pointer moves.

        Raises `NothingPublished` or `StoreError`.
        """
        return self._read()[0]

    def edition(self) -> int:
        """Return the edition that is served. Raises `NothingPublished` or `StoreError`."""
        return self._read()[1]

    def _read(self) -> tuple[Generation, int]:
        identity = self._identify_pointer()
        while self._last is None or self._last[0] != identity:
            try:
                self._last = identity, current(self._data), read_pointer(self._data).edition
            except MachineError:
                # If the pointer has moved, that generation was deleted, and another is served.
                if self._identify_pointer() == identity:
                    raise
            identity = self._identify_pointer()
        return self._last[1:]

    def _identify_pointer(self) -> tuple[int, ...]:
        # The pointer is replaced, never written to, so its inode and times change with each
        # publication, which therefore needs no signal.
        try:
            status = os.stat(self._pointer)  # noqa: PTH116 - at each request: a Path's costs twice that
        except FileNotFoundError as error:
            raise NothingPublished("nothing has been published yet") from error
        return status.st_ino, status.st_mtime_ns, status.st_ctime_ns
