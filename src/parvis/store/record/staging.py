"""A submission in a store of its own, before anything is decided about it."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

from pyoxigraph import QuerySolutions, RdfFormat, Store, Variable

from parvis.errors import QueryError, SourceError
from parvis.rdf.line_reader import LineReader
from parvis.rdf.lines import Lines
from parvis.rdf.terms import Node, from_rdflib, to_rdflib
from parvis.store.query.confinement import run
from parvis.store.query.text import QueryText


class Staging:
    """A temporary store over RDF files, compressed or not; it is a `View`.

    It lives in memory (about 400 MB and 3 s for a million triples) or in a folder (slower, some
    800 MB however many). The names of graphs are not kept. `altered` are the predicates of the
    literals that it may not hold as they were written. Raises `SourceError` for a file that is
    not what its ending says.
    """

    def __init__(self, *files: Path, folder: Path | None = None) -> None:
        """Load the files."""
        self._store = Store() if folder is None else Store(folder)
        self._in_memory = folder is None
        self.altered: frozenset[str] = frozenset()
        for path in files:
            self._load(path)

    def _load(self, path: Path) -> None:
        """Load one file."""
        lines = Lines(path)
        stream = cast("IO[bytes]", LineReader(iter(lines)))
        # In memory the plain way takes less of it, and on disk the bulk one.
        load = self._store.load if self._in_memory else self._store.bulk_load
        try:
            load(stream, RdfFormat.N_TRIPLES)
        except (SyntaxError, OSError) as error:
            raise SourceError(
                "{file} cannot be loaded: {reason}", file=path, reason=error
            ) from error
        self.altered |= lines.altered

    def select(self, query: str, /, **values: Node) -> Iterator[dict[str, Node]]:
        """Give the solutions of a SELECT; `values` stand in for projected variables."""
        given = {Variable(name): from_rdflib(value) for name, value in values.items()}
        found = run(self._store, QueryText.read(query), allowed=None, substitutions=given)
        if not isinstance(found, QuerySolutions):
            raise QueryError("a view answers SELECT queries only")
        names = [variable.value for variable in found.variables]
        for solution in found:
            yield {
                name: to_rdflib(term)
                for name, term in zip(names, solution, strict=True)
                if term is not None
            }

    def __len__(self) -> int:
        """Count the triples."""
        return len(self._store)

    def __enter__(self) -> Self:
        """Give the store."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the store go."""
        self._store.clear()
