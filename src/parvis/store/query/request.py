"""The request to a query worker, and its form on the pipe."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

# An RDF dataset by the names of its graphs (SPARQL 1.1 Query §13).


@dataclass(frozen=True)
class QueryDataset:
    """The graphs whose union is the default graph, and those that GRAPH may name."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # A merge holds a triple once, but the engine would match it once per repetition of a graph.
        for name in ("default", "named"):
            object.__setattr__(self, name, tuple(dict.fromkeys(getattr(self, name))))

    @classmethod
    def of(cls, graphs: Iterable[str]) -> Self:
        """Return the dataset of a reader: the union of some graphs, each also by its name."""
        names = tuple(sorted(set(graphs)))
        return cls(names, names)

    def within(self, allowed: Self) -> Self:
        """Narrow to an allowed dataset, in which a hidden graph looks like one that does not exist.

        >>> QueryDataset(("a", "b"), ("c",)).within(QueryDataset.of("ad"))
        QueryDataset(default=('a',), named=())
        """
        return type(self)(
            tuple(graph for graph in self.default if graph in allowed.default),
            tuple(graph for graph in self.named if graph in allowed.named),
        )


TOO_MANY_ROWS = 3
"""The exit code of a worker whose answer, already begun, has too many rows."""


@dataclass(frozen=True)
class WorkerRequest:
    """One query, its reader, and how the answer is written.

    `allowed` is the reader's dataset (None: nothing confines, the open store), `asked` the
    protocol's parameters. `results` is the ending of the format for bindings and booleans, `graph`
    that for graphs: the query's form decides which is used. `seconds` limits the whole answer
    (None: the reader's limit), `rows` its rows (0: no limit). `values` are IRIs that stand in for
    the variables they name. `enough` is the number of bytes after which the answer may end early
    (0: it is whole).
    """

    query: str
    allowed: QueryDataset | None = None
    asked: QueryDataset | None = None
    results: str = "json"
    graph: str = "ttl"
    base: str | None = None
    seconds: float | None = None
    rows: int = 0
    values: Mapping[str, str] = field(default_factory=dict)
    enough: int = 0

    def to_frame(self, seconds: float, rows: int) -> bytes:
        """Write the request for the pipe, with its limits of time and rows."""
        return f"{seconds} {rows}\n".encode() + self.body

    # Cached, since both the frame for a worker and the key of a response cache contain it.
    @cached_property
    def body(self) -> bytes:
        """Return the request as JSON, without its limits."""
        fields = {name: getattr(self, name) for name in _FIELDS}
        return _JSON.encode(fields | {"values": dict(self.values)}).encode()

    @classmethod
    def from_frame(cls, body: bytes) -> Self:
        """Read a request from the pipe."""
        limits, _, text = body.partition(b"\n")
        seconds, rows = limits.split()
        fields = json.loads(text.decode())
        for name in ("allowed", "asked"):
            if (graphs := fields[name]) is not None:
                fields[name] = QueryDataset(tuple(graphs["default"]), tuple(graphs["named"]))
        return cls(**fields, seconds=float(seconds), rows=int(rows))


_FIELDS = ("query", "allowed", "asked", "results", "graph", "base", "values", "enough")
_JSON = json.JSONEncoder(default=vars)
