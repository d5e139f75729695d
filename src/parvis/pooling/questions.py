"""What is asked of a pool, and what comes back: questions, answers on their way, files."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from parvis.pooling.answers import Whole
from parvis.store.answer import Ready
from parvis.store.dataset import Dataset


@dataclass(frozen=True)
class Question:
    """A reader's query, the dataset it asks for, and the formats it accepts by ending.

    `generation` asks for the answer of one that is still kept; None for the one that is served.
    `values` are IRIs that stand in for the variables they name.
    """

    query: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    results_format: str | None = "json"
    graph_format: str | None = "ttl"
    generation: int | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def asked(self) -> Dataset | None:
        """Give the dataset that the protocol's parameters name, if they name any."""
        if not self.default_graphs and not self.named_graphs:
            return None
        return Dataset(self.default_graphs, self.named_graphs)


class Chunks(Protocol):
    """Pieces of an answer, which may be left unread."""

    def __iter__(self) -> Iterator[bytes]:
        """Give the pieces."""

    def __next__(self) -> bytes:
        """Give the next piece."""

    def close(self) -> None:
        """Stop the work."""


@dataclass(frozen=True)
class Answer:
    """The beginning of an answer, of kind bindings, boolean or graph, and its generation.

    `body` is the whole answer where it is there already; `whole` waits for the rest of it, gives
    its bytes, and raises what goes wrong. `tag` tells it from all others; it is None for one that
    may be another a moment later.
    """

    kind: str
    media_type: str
    chunks: Chunks
    generation: int
    whole: Callable[[], int]
    body: bytes | None = None
    tag: str | None = None

    @classmethod
    def of(cls, found: Whole, generation: int, tag: str | None) -> "Answer":
        """Give a whole answer."""
        ready = Ready(found.body)
        return cls(found.kind, found.media_type, ready, generation, ready.whole, found.body, tag)


@dataclass(frozen=True)
class Dump:
    """A file to take away: where it is, its SHA-256, and the generation that it is of."""

    path: Path
    sha256: str
    generation: int
