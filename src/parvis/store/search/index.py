"""The text index of a generation: files of the entities of some graphs each, written once.

Each of two parts, what everyone may read and the rest, is divided into segments (`segment.py`): a
segment has the graphs whose names have hashes of one beginning, as many as their files' sizes
allow, and a large graph has its own. So the segments are the same whatever was published before:
a generation links from the previous one those whose graphs have not changed, and the others take
from it what they have in common (`index_process.py`). Nothing is ever changed in a file: what was
erased is in none.

A separate process writes them, in parallel with the builder of stores
(`parvis.store.generation.indexer`).
"""

import hashlib
import json
from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from parvis.config.documents import Document
from parvis.errors import StoreError
from parvis.store.files import RECORDED

FOLDER = "search"
"""The folder of a generation's index, with a folder for each of two parts."""
OPEN, MEMBERS = "open", "members"
LISTED = "segments.json"
"""The file of each part that names its segments."""
VERSION = 3
"""To increment when stemming or the file format change, so that former files are not linked."""
ONTOLOGY = "graph/parvis/ontology"
"""The end of the IRI of the graph whose labels belong to what the concepts classify."""
MOST = 4_000_000
"""Bytes of the files of the graphs of a segment: about 30,000 entities."""
MANY = 128
"""Segments of a part, about: more would be as many open files. Larger parts have larger ones."""
LARGE = 4
"""A graph whose file is a fourth of a segment's has a segment of its own."""

Source = tuple[Path, str]
"""A graph's file, and a name that is equal for equal content."""


@dataclass(frozen=True)
class Listing:
    """The segments of a part that have entities; `graphs` are those to keep to, None for all."""

    folder: Path
    names: Sequence[str]
    graphs: Sequence[str] | None = None

    @staticmethod
    def parts_of(store: Path) -> Sequence[str]:
        """Return the parts that a store's readers may search: of the open store, one alone."""
        return (OPEN,) if store.name == OPEN else (OPEN, MEMBERS)

    @classmethod
    def read(cls, generation: Path, part: str, index: str = FOLDER) -> Self:
        """Read a part's listing. Raises `StoreError` for a generation without an index."""
        folder = generation / index / part
        try:
            body = (folder / LISTED).read_bytes()
        except OSError as error:
            raise StoreError(
                "this published version has no index of texts or of events: publish once more"
                " ({reason})",
                reason=error,
            ) from error
        # Checked, since the origin of a copy may have written it, and each name becomes a path.
        document = Document.parse(body, LISTED)
        names = [name.path() for name in document.member("segments").items()]
        graphs = document.member("graphs")
        return cls(folder, names, graphs.optional(lambda: [g.text() for g in graphs.items()]))

    def paths(self) -> list[Path]:
        return [self.folder / name for name in self.names]

    def write(self) -> None:
        content = {"segments": [*self.names]}
        if self.graphs is not None:
            content["graphs"] = [*self.graphs]
        (self.folder / LISTED).write_text(json.dumps(content, indent=1), encoding="utf-8")


def divide(sources: Mapping[str, Source]) -> list[list[str]]:
    """Divide graphs into those of each segment, in an order that depends on nothing else.

    Those of the record share no segment with parvis's own, most of which every publication changes.
    """
    own = {graph for graph, (_, name) in sources.items() if not name.endswith(RECORDED)}
    sizes = {graph: path.stat().st_size for graph, (path, _) in sources.items()}
    parts = ({g: s for g, s in sizes.items() if (g in own) is is_own} for is_own in (False, True))
    return [segment for part in parts for segment in _divide(part)]


def _divide(sizes: Mapping[str, int]) -> list[list[str]]:
    # It doubles only when all of them have doubled, so that segments mostly stay as they are.
    most = MOST << (sum(sizes.values()) // (MOST * MANY)).bit_length()
    large = [[graph] for graph in sorted(sizes) if sizes[graph] * LARGE >= most]
    hashes = {
        graph: int.from_bytes(hashlib.sha256(graph.encode()).digest())
        for graph in sizes
        if sizes[graph] * LARGE < most
    }
    stack, divided = [([*hashes], 255)], large
    while stack:
        graphs, bit = stack.pop()
        if len(graphs) > 1 and sum(map(sizes.__getitem__, graphs)) > most:
            for value in (0, 1):
                half = [graph for graph in graphs if hashes[graph] >> bit & 1 == value]
                stack.append((half, bit - 1))
        elif graphs:
            divided.append(sorted(graphs))
    return divided


def name_segment(graphs: Iterable[str], sources: Mapping[str, Source], edition: str) -> str:
    """Return the name of a segment's file, which is equal for equal content."""
    lines = "".join(f"{graph} {sources[graph][1]}\n" for graph in graphs)
    return f"{hashlib.sha256(lines.encode()).hexdigest()}-{edition}.sqlite"


def link_segment(formers: Iterable[Path], part: str, path: Path) -> bool:
    """Link a segment from the first of some indexes that has it; return whether any has."""
    for former in formers:
        with suppress(FileNotFoundError):
            path.hardlink_to(former / part / path.name)
            return True
    return False


def link_index(generation: Path, folder: Path, graphs: Container[str]) -> None:
    """Make the index of some graphs in another folder, by hard links.

    A segment may have other graphs too: the listing keeps to those.
    """
    from parvis.store.search.segment import Segment  # noqa: PLC0415 - numpy, for views only

    for part in (OPEN, MEMBERS):
        place = folder / FOLDER / part
        place.mkdir(parents=True)
        names, linked = [], []
        for path in Listing.read(generation, part).paths():
            with closing(Segment(path)) as segment:
                readable = [graph for graph in segment.graphs if graph in graphs]
            if readable:
                (place / path.name).hardlink_to(path)
                names.append(path.name)
                linked += readable
        Listing(place, names, linked).write()
