"""Generations: what is served, built from the record and never written to again.

A generation has an **open** store (what everyone may read, and nothing else), a **members** store
(what some reader with an agreement may read, and the open graphs too, so that joins work), a
folder of small files beside them, and a manifest. ``current`` names the one that is served.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from parvis.errors import NoLongerKept, NothingPublished, StoreError, UnknownThing
from parvis.sandbox.worker import Worker
from parvis.store.durable import move, replace, settle_tree
from parvis.store.lock import writing
from parvis.store.manifest import NAME, Manifest, StoreFacts, files_of, sha256

PATIENCE = 3_600.0
"""Seconds that a builder may take."""


@dataclass(frozen=True)
class Content:
    """What a generation is made of.

    `open` and `members` give the file of N-Triples (or ``.nt.gz``) of each graph, by the graph's
    IRI; open graphs need not be repeated among the members'. `files` are small files by their
    path under ``site/``.
    """

    open: Mapping[str, Path]
    members: Mapping[str, Path] = field(default_factory=dict)
    good_until: datetime | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Generation:
    """One generation, on disk and whole."""

    folder: Path
    manifest: Manifest

    @property
    def number(self) -> int:
        """Give its number; a later one is greater."""
        return self.manifest.generation

    @property
    def open_store(self) -> Path:
        """Tell where the open store is."""
        return self.folder / "open"

    @property
    def members_store(self) -> Path:
        """Tell where the members' store is."""
        return self.folder / "members"

    @property
    def site(self) -> Path:
        """Tell where the small files are."""
        return self.folder / "site"

    def confined(self, now: datetime) -> bool:
        """Say whether even anonymous readers must be confined, because decisions changed since."""
        until = self.manifest.good_until
        return until is not None and now >= until

    def digests(self) -> set[str]:
        """Give the record's versions from which it was built: what `Record.prune` must keep."""
        stores = (self.manifest.open, self.manifest.members)
        return {name.partition(".")[0] for facts in stores for name in facts.sources.values()}


def generations(data: Path) -> list[Generation]:
    """Give the generations that are kept, the oldest first. Raises `StoreError`."""
    return [_read(data, number) for number in _numbers(data)]


def current(data: Path) -> Generation:
    """Give the generation that is served. Raises `NothingPublished` when there is none yet."""
    try:
        number = int((data / "current").read_text())
    except FileNotFoundError as error:
        raise NothingPublished("nothing has been published yet") from error
    except ValueError as error:
        raise StoreError("{file} is damaged: {reason}", file="current", reason=error) from error
    return _read(data, number)


def kept(data: Path, number: int) -> Generation:
    """Give one of the generations that are kept.

    Raises `NoLongerKept` for one that was served once, and `UnknownThing` for one that never was.
    """
    numbers = _numbers(data)
    if number in numbers:
        return _read(data, number)
    if 0 < number < max(numbers, default=0):
        raise NoLongerKept("generation {number} is no longer kept", number=number)
    raise UnknownThing("there is no generation {number}", number=number)


def rollback(data: Path, number: int) -> Generation:
    """Serve an earlier generation again. Raises `UnknownThing` when it is not kept."""
    with writing(data):
        if number not in _numbers(data):
            raise UnknownThing("there is no generation {number}", number=number)
        generation = _read(data, number)
        replace(data / "current", f"{number}\n".encode())
    return generation


def verify(generation: Generation) -> None:
    """Check every file against the manifest. Raises `StoreError` naming the first that differs."""
    for name, digest in generation.manifest.files.items():
        path = generation.folder / name
        if not path.is_file() or sha256(path) != digest:
            raise StoreError("{file} is not what the manifest says", file=path)


def build(data: Path, content: Content, keep: int = 3) -> Generation:
    """Build a generation, serve it, and delete the oldest beyond the `keep` newest.

    The two stores are built at the same time, each by a process of its own. Raises `StoreError`
    when it fails: what was served before is then still served.
    """
    with writing(data):
        number = max(_numbers(data), default=0) + 1
        folder = data / "generations" / str(number)
        temporary = folder.with_suffix(".tmp")
        _cleared(temporary)
        with ExitStack() as undo:
            undo.callback(shutil.rmtree, temporary, ignore_errors=True)
            manifest = _built(temporary, number, content)
            undo.pop_all()
        move(temporary, folder)
        replace(data / "current", f"{number}\n".encode())
        _drop_old(data, keep)
    return Generation(folder, manifest)


def _read(data: Path, number: int) -> Generation:
    """Read one generation."""
    folder = data / "generations" / str(number)
    return Generation(folder, Manifest.read(folder))


def _numbers(data: Path) -> list[int]:
    """List the generations that are there."""
    return sorted(
        int(path.name) for path in (data / "generations").glob("*") if path.name.isdigit()
    )


def _cleared(temporary: Path) -> None:
    """Make an empty folder, without what a killed build may have left beside it."""
    for leftover in temporary.parent.glob("*.tmp"):
        shutil.rmtree(leftover)
    (temporary / "site").mkdir(parents=True)


def _built(temporary: Path, number: int, content: Content) -> Manifest:
    """Build stores, small files and manifest in a temporary folder, down to the disk."""
    stores = {"open": content.open, "members": {**content.members, **content.open}}
    counts = _build_stores(temporary, stores)
    for name, body in content.files.items():
        path = temporary / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    manifest = Manifest(
        generation=number,
        created=datetime.now(UTC),
        good_until=content.good_until,
        open=_facts(stores["open"], counts["open"]),
        members=_facts(stores["members"], counts["members"]),
        files=files_of(temporary),
    )
    (temporary / NAME).write_bytes(manifest.packed())
    settle_tree(temporary)
    return manifest


def _build_stores(
    folder: Path, stores: Mapping[str, Mapping[str, Path]]
) -> dict[str, dict[str, int]]:
    """Build stores side by side; gives the quads of each graph of each store."""
    with ExitStack() as stack:
        builders = {name: stack.enter_context(Worker("parvis.store.builder")) for name in stores}
        for name, builder in builders.items():
            graphs = [[graph, str(path)] for graph, path in stores[name].items()]
            builder.send(json.dumps({"store": str(folder / name), "graphs": graphs}).encode())
        return {name: _counts(builder) for name, builder in builders.items()}


def _counts(builder: Worker) -> dict[str, int]:
    """Wait for a builder. Raises `StoreError` when it could not load a graph, or took too long."""
    try:
        answer = json.loads(builder.receive(PATIENCE))
    except TimeoutError as error:
        raise StoreError("a store was not built in {seconds} seconds", seconds=PATIENCE) from error
    if "error" in answer:
        raise StoreError(
            "the graph {graph} cannot be loaded: {reason}",
            graph=answer["graph"],
            reason=answer["error"],
        )
    counts: dict[str, int] = answer["graphs"]
    return counts


def _facts(graphs: Mapping[str, Path], counts: Mapping[str, int]) -> StoreFacts:
    """Put together what is known of a store; a graph without triples counts 0."""
    digest = hashlib.sha256()
    for graph in sorted(graphs):
        digest.update(f"{graph} {sha256(graphs[graph])}\n".encode())
    return StoreFacts(
        graphs={graph: counts.get(graph, 0) for graph in sorted(graphs)},
        sources={graph: path.name for graph, path in graphs.items()},
        digest=digest.hexdigest(),
    )


def _drop_old(data: Path, keep: int) -> None:
    """Delete generations beyond the newest, never the one that is served."""
    for number in _numbers(data)[: -max(keep, 1)]:
        shutil.rmtree(data / "generations" / str(number))
