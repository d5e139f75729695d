"""What a query worker is asked, as it travels to the worker."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

# An RDF dataset by the names of its graphs (SPARQL 1.1 Query §13).


@dataclass(frozen=True)
class Dataset:
    """Graphs whose union is the default graph, and graphs that GRAPH may name; none twice."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Leave out repetitions: a merge holds a triple once, the engine would match it twice."""
        for name in ("default", "named"):
            object.__setattr__(self, name, tuple(dict.fromkeys(getattr(self, name))))

    @classmethod
    def of(cls, graphs: Iterable[str]) -> Self:
        """Give the dataset of a reader: the union of some graphs, each also by its name."""
        names = tuple(sorted(set(graphs)))
        return cls(names, names)

    def within(self, allowed: Self) -> Self:
        """Narrow to what is allowed; a hidden graph is like one that does not exist.

        >>> Dataset(("a", "b"), ("c",)).within(Dataset.of("ad"))
        Dataset(default=('a',), named=())
        """
        return type(self)(
            tuple(graph for graph in self.default if graph in allowed.default),
            tuple(graph for graph in self.named if graph in allowed.named),
        )


TOO_MANY_ROWS = 3
"""The exit code of a worker that had begun to answer when there came to be too many rows."""


@dataclass(frozen=True)
class Request:
    """One query, for whom, and how the answer is written.

    `allowed` is the reader's dataset (None: nothing confines, the open store), `asked` the
    protocol's parameters. `results` is the ending of the format for bindings and booleans,
    `graph` that for graphs: which of the two is used depends on the query's form. `seconds` is
    the time the whole answer may take (None: the reader's limit), `rows` its rows (0: no limit).
    `values` are IRIs that stand in for the variables they name.
    """

    query: str
    allowed: Dataset | None = None
    asked: Dataset | None = None
    results: str = "json"
    graph: str = "ttl"
    base: str | None = None
    seconds: float | None = None
    rows: int = 0
    values: Mapping[str, str] = field(default_factory=dict)

    def packed(self, seconds: float, rows: int) -> bytes:
        """Write the request for the pipe, with the time and the rows that it may take."""
        return f"{seconds} {rows}\n".encode() + self.told

    @cached_property
    def told(self) -> bytes:
        """Write what is asked, without what it may take."""
        plain = {name: getattr(self, name) for name in _TOLD}
        return _JSON.encode(plain | {"values": dict(self.values)}).encode()

    @classmethod
    def unpacked(cls, body: bytes) -> Self:
        """Read a request from the pipe."""
        limits, _, told = body.partition(b"\n")
        seconds, rows = limits.split()
        found = json.loads(told.decode())
        found |= {"allowed": _dataset(found["allowed"]), "asked": _dataset(found["asked"])}
        return cls(**found, seconds=float(seconds), rows=int(rows))


_TOLD = ("query", "allowed", "asked", "results", "graph", "base", "values")
_JSON = json.JSONEncoder(default=vars)


def _dataset(found: Mapping[str, Any] | None) -> Dataset | None:
    """Read a dataset from plain data."""
    return None if found is None else Dataset(tuple(found["default"]), tuple(found["named"]))
