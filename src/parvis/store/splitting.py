"""Quads of a file, split into a file of N-Triples for each graph, in bounded memory."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, Triple

from parvis.errors import SourceError
from parvis.i18n import N_

HELD = 64_000_000
"""Characters of lines that wait in memory: about 100 MB."""
NO_GRAPH = N_("{file} has triples without a graph: name one with --graph")
BLANK_GRAPH = N_("{file} has a graph that only a blank node names: {graph}")
TRIPLE_TERM = N_("a triple term cannot be kept: {term}")


class Splitter:
    """Files of N-Triples in a folder, one a graph.

    Triples without a graph go to `graph`. Blank nodes get the prefix `blank`, so that those of
    another file with the same names are others. `file` is what errors name.
    """

    def __init__(self, folder: Path, file: Path, blank: str, graph: str | None = None) -> None:
        """Hold nothing yet."""
        self._folder, self._file, self._blank, self._graph = folder, file, blank, graph
        self._held: defaultdict[str, list[str]] = defaultdict(list)
        self._size = 0
        self.paths: dict[str, Path] = {}

    def split(self, quads: Iterable[Quad]) -> dict[str, Path]:
        """Write all quads; gives the file of each graph. Raises `SourceError`."""
        for quad in quads:
            line = self._line(quad)
            self._held[self._name(quad.graph_name)].append(line)
            self._size += len(line)
            if self._size > HELD:
                self._flush()
        self._flush()
        return self.paths

    def _name(self, graph: object) -> str:
        """Name the graph that a quad goes to."""
        if isinstance(graph, NamedNode):
            return graph.value
        if not isinstance(graph, DefaultGraph):
            raise SourceError(BLANK_GRAPH, file=self._file, graph=graph)
        if self._graph is None:
            raise SourceError(NO_GRAPH, file=self._file)
        return self._graph

    def _line(self, quad: Quad) -> str:
        """Write a triple as a line."""
        if isinstance(quad.object, Triple):
            raise SourceError(TRIPLE_TERM, term=quad.object)
        if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode):
            return " ".join((*self._named(quad), ".\n"))
        return f"{quad.triple} .\n"

    def _named(self, quad: Quad) -> Iterator[str]:
        """Write the three terms, blank nodes by their new names."""
        for term in (quad.subject, quad.predicate, quad.object):
            yield f"_:{self._blank}{term.value}" if isinstance(term, BlankNode) else str(term)

    def _flush(self) -> None:
        """Write what is held."""
        for graph, lines in self._held.items():
            path = self.paths.setdefault(graph, self._folder / f"{len(self.paths)}.nt")
            with path.open("a", encoding="utf-8", newline="\n") as file:
                file.writelines(lines)
        self._held.clear()
        self._size = 0
