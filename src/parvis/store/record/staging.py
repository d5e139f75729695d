"""A submission in a store of its own, before any decision about it."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self, cast

from pyoxigraph import QuerySolutions, RdfFormat, Store, Variable

from parvis.errors import QueryError, SourceError
from parvis.rdf.lines import Lines
from parvis.rdf.streams import LineReader
from parvis.rdf.terms import Node, from_rdflib, to_rdflib
from parvis.store.query.confinement import run
from parvis.store.query.text import QueryText


class Staging:
    """A temporary store over RDF files, compressed or not; it is a `View`.

    It lives in memory (about 400 MB and 3 s for a million triples) or in a folder (slower, some
    800 MB for any size). The names of graphs are dropped. `altered` are the predicates of literals
    that the store may have rewritten. Raises `SourceError` for a file that does not have the
    format of its ending.
    """

    def __init__(self, *files: Path, folder: Path | None = None) -> None:
        self._store = Store() if folder is None else Store(folder)
        self.altered: frozenset[str] = frozenset()
        # In memory the plain way takes less of it, and on disk the bulk one.
        load = self._store.load if folder is None else self._store.bulk_load
        for path in files:
            lines = Lines(path)
            stream = cast("IO[bytes]", LineReader(iter(lines)))
            try:
                load(stream, RdfFormat.N_TRIPLES)
            except (SyntaxError, OSError) as error:
                raise SourceError(
                    "{file} cannot be loaded: {reason}", file=path, reason=error
                ) from error
            self.altered |= lines.altered

    def select(self, query: str, /, **values: Node) -> Iterator[dict[str, Node]]:
        """Return the solutions of a SELECT; `values` stand in for projected variables."""
        substitutions = {Variable(name): from_rdflib(value) for name, value in values.items()}
        results = run(self._store, QueryText.read(query), allowed=None, substitutions=substitutions)
        if not isinstance(results, QuerySolutions):
            raise QueryError("a view answers SELECT queries only")
        names = [variable.value for variable in results.variables]
        for solution in results:
            yield {
                name: to_rdflib(term)
                for name, term in zip(names, solution, strict=True)
                if term is not None
            }

    def __len__(self) -> int:
        return len(self._store)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._store.clear()
