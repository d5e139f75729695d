"""An RDF dataset by the names of its graphs (SPARQL 1.1 Query §13)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


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
