"""What a repository of an engine holds of a generation, and what was sent to it before.

In place of a local store, a generation's folder has ``graphs.json``: the repository, and how many
triples each graph has there, with their digest. Next to it are the files that were sent, so that
anything that the engine loses is sent again from there.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Self

from parvis.config.documents import Document
from parvis.errors import StoreError
from parvis.store.files import replace
from parvis.store.generation.graph_file import GraphFile, GraphFiles
from parvis.store.generation.manifest import LARGEST, LISTED, SOURCE

SENT = "sent"
"""The folder of the files that were sent, in that of a part."""
REMOTE = "remote"
"""The folder of a data folder that says what was sent to each repository."""


@dataclass(frozen=True)
class GraphFacts:
    """How many triples an engine counts in a graph, and their digest; 0 if unknown."""

    count: int
    digest: int = 0


@dataclass(frozen=True)
class SentGraph:
    """A graph as it was sent: the name of its content, and its facts in the engine."""

    name: str
    facts: GraphFacts


SentGraphs = Mapping[str, SentGraph]


@dataclass(frozen=True)
class RemotePart:
    """A part of a generation that a repository holds."""

    repository: str
    graphs: SentGraphs = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the file of a part's folder. Raises `StoreError`."""
        return cls.read_file(folder / LISTED)

    @classmethod
    def read_file(cls, file: Path) -> Self:
        try:
            document = Document.parse(file.read_bytes(), file, most=LARGEST)
        except OSError as error:
            raise StoreError("{file} is damaged: {reason}", file=file, reason=error) from error
        return cls(document.member("repository").text(), dict(_read_graphs(document)))

    def write(self, folder: Path) -> None:
        (folder / LISTED).write_bytes(self.to_bytes())

    def to_bytes(self) -> bytes:
        graphs = {
            graph: {"source": sent.name, "triples": sent.facts.count, "digest": sent.facts.digest}
            for graph, sent in sorted(self.graphs.items())
        }
        return json.dumps({"repository": self.repository, "graphs": graphs}, indent=1).encode()

    def facts(self) -> dict[str, GraphFacts]:
        """Return the facts of each graph that has triples."""
        facts = ((graph, sent.facts) for graph, sent in self.graphs.items())
        return {graph: each for graph, each in facts if each.count}

    def files(self, folder: Path) -> GraphFiles:
        """Return the files that were sent, of a part's folder."""
        return {
            g: GraphFile(folder / SENT / sent.name, sent.name) for g, sent in self.graphs.items()
        }


def _read_graphs(document: Document) -> Iterator[tuple[str, SentGraph]]:
    for graph, entry in document.member("graphs").members():
        facts = GraphFacts(entry.member("triples").whole(), entry.member("digest").whole())
        yield graph, SentGraph(entry.member("source").text(SOURCE), facts)


@lru_cache(16)
def repository_of(store: Path) -> str:
    """Return the repository that holds the content of a generation's store, which never changes."""
    return RemotePart.read(store).repository


class SentContent:
    """What was sent to a repository, in a file that is replaced as graphs are confirmed."""

    def __init__(self, data: Path, repository: str) -> None:
        """Read what is known; nothing if the file is absent or damaged: all is then sent again."""
        self._file, self._repository = sent_file(data, repository), repository
        self.graphs: dict[str, SentGraph] = {}
        if self._file.is_file():
            try:
                part = RemotePart.read_file(self._file)
            except StoreError:
                return
            if part.repository == repository:
                self.graphs = dict(part.graphs)

    def write(self) -> None:
        self._file.parent.mkdir(exist_ok=True)
        replace(self._file, RemotePart(self._repository, self.graphs).to_bytes())


def sent_file(data: Path, repository: str) -> Path:
    """Return the file that says what was sent to a repository; each change of it replaces it."""
    name = hashlib.sha256(repository.encode()).hexdigest()[:16]
    return data / REMOTE / f"{name}.json"


def is_held(data: Path, store: Path) -> bool:
    """Return whether a repository still holds what a generation's folder says."""
    part = RemotePart.read(store)
    if not sent_file(data, part.repository).is_file():
        return True  # a machine that only serves a copy sends nothing, and has the latest alone
    return SentContent(data, part.repository).graphs == part.graphs
