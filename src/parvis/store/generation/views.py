"""Views: stores of the graphs that a class of readers may read, and of no others.

A query that names many graphs looks each pattern up in each of them; one over a whole store does
not. So the readers of a long list of graphs get a store of their own, made in the background when
it is first needed: a copy of the open store by hard links, with the few other graphs that they may
read. Those of a short list get one once an answer was slow. A view is of one generation, whose end
is its own.
"""

import hashlib
import logging
import os
import shutil
import threading
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from parvis.errors import ParvisError, StoreError
from parvis.store.generation.builder import Builder
from parvis.store.generation.generation import VIEWS, Generation, is_remote
from parvis.store.query.request import QueryDataset
from parvis.store.search.index import MEMBERS, link_index

_LOG = logging.getLogger(__name__)
FEW = 20
"""Graphs up to which a list most often costs little: a look-up takes some 6 µs for each of them.

A join of many look-ups over 19 takes ten times as long as over a whole store.
"""
SLOW = 0.5
"""Seconds of processor of an answer from a list of graphs, for which a view of them is made."""
MOST = 5_000_000
"""Quads that are copied into the views of a generation at most: a minute, and two gigabytes."""
MANY = 64
"""Views of a generation at most: there is one for each set of graphs that readers may read."""

MAKER = "view"
"""The name of a thread that makes one."""

Graphs = frozenset[str]


class ReaderViews:
    """The views of generations. Thread-safe."""

    def __init__(self, data: Path) -> None:
        """Make nothing yet."""
        self._data = data
        self._lock = threading.Lock()
        self._known: dict[tuple[Path, Graphs], Path | None] = {}
        self._copied: dict[Path, int] = {}
        self._turn = threading.Lock()  # one is made at a time

    def find(self, generation: Generation, graphs: Graphs) -> Path | None:
        """Return the view of a list of graphs if it is there; else begin that of a long one."""
        with self._lock:
            view = self._known.get((generation.folder, graphs))
        if view is not None and view.is_dir():
            return view
        if len(graphs) > FEW:
            self._begin(generation, graphs)
        return None

    def follow(self, generation: Generation, allowed: QueryDataset | None, worked: float) -> None:
        """Begin to make the view of a reader's dataset, however short, if an answer took long."""
        if worked > SLOW and allowed is not None and allowed.default == allowed.named:
            self._begin(generation, frozenset(allowed.named))

    def _begin(self, generation: Generation, graphs: Graphs) -> None:
        """Make a view in the background, unless that was begun before and what it made is there."""
        if is_remote(generation.members_store):
            return
        key = generation.folder, graphs
        with self._lock:
            known = self._known.get(key)
            if key in self._known and not (known and not known.is_dir()):
                return
            existing = {k: view for k, view in self._known.items() if k[0].is_dir()}
            if sum(folder == key[0] for folder, _ in existing) < MANY:
                existing[key] = None
                # A process that is to end does not wait for it.
                threading.Thread(None, self._make, MAKER, (generation, graphs), daemon=True).start()
            self._known = existing

    def _make(self, generation: Generation, graphs: Graphs) -> None:
        with self._turn:
            try:
                copied = self._copied.get(generation.folder, 0)
                view, quads = make_view(self._data, generation, graphs, MOST - copied)
            except (ParvisError, OSError) as error:  # lists answer the same, later
                _LOG.warning("a view could not be made: %s", error)
                return
            self._copied = {folder: n for folder, n in self._copied.items() if folder.is_dir()}
            self._copied[generation.folder] = copied + quads
            with self._lock:
                self._known[generation.folder, graphs] = view


@lru_cache(1_000)
def class_digest(graphs: Graphs) -> str:
    """Return what identifies a class of readers: a digest of what they may read."""
    return hashlib.sha256("\n".join(sorted(graphs)).encode()).hexdigest()[:32]


def make_view(
    data: Path, generation: Generation, graphs: Graphs, most: int = MOST
) -> tuple[Path | None, int]:
    """Make a view and its text index; return its store, and the number of quads that were copied.

    There is none where more than `most` would have to be. Raises `StoreError` if it cannot be
    built, as when the generation has just been deleted.
    """
    sizes, opened = generation.manifest.members.graphs, generation.manifest.open.graphs.keys()
    instant = f"{generation.manifest.created:%Y%m%d%H%M%S%f}"  # numbers may come again
    view = data / VIEWS / f"{generation.number}-{instant}" / class_digest(graphs)
    if view.is_dir():
        return view / MEMBERS, 0
    temporary = view.with_suffix(f".{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    ways: list[tuple[Path | None, Graphs]] = [(None, graphs & sizes.keys())]
    if graphs >= opened and not is_remote(generation.open_store):
        ways.insert(0, (generation.open_store, (graphs - opened) & sizes.keys()))
    costs = [(sum(sizes[graph] for graph in way[1]), *way) for way in ways]
    try:
        with Builder() as builder:
            for quads, base, copied in costs:
                if quads <= most and builder.copy(
                    temporary / MEMBERS, base, generation.members_store, copied
                ):
                    break
            else:
                return None, 0
        link_index(generation.folder, temporary, graphs)
        if not generation.folder.is_dir():
            raise StoreError("generation {number} is no longer kept", number=generation.number)
        with suppress(OSError):  # another process has made it meanwhile
            temporary.rename(view)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return view / MEMBERS, quads


def choose_part(
    generation: Generation, allowed: QueryDataset | None, *, is_anonymous: bool
) -> tuple[str, QueryDataset | None]:
    """Return the store that answers a reader, and the dataset it is confined to there.

    A reader of all that a store holds needs no list of graphs, which would cost the more the longer
    it is. One from whom something of the open store is closed again is answered by the members'
    store where an engine holds the open one, since some compute with what a list leaves out.
    """
    parts = generation.parts
    if allowed is not None and allowed.default == allowed.named:
        for name, part in parts.items():
            if len(part.facts.graphs) == len(allowed.named) and {*allowed.named} == {
                *part.facts.graphs
            }:
                return name, None
    if is_anonymous and (allowed is None or not is_remote(parts["open"].folder)):
        return "open", allowed
    return "members", allowed
