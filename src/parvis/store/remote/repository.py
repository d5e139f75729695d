"""One repository of an engine: what its graphs hold, and how they are written and deleted.

What an engine holds is compared as counted and digested by itself, so that numbers that it writes
in another form make no difference. Graphs are sent in requests of bounded size.
"""

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, cast

from pyoxigraph import (
    Literal,
    NamedNode,
    QueryResultsFormat,
    QuerySolution,
    QuerySolutions,
    RdfFormat,
    parse,
    parse_query_results,
)

from parvis.config import EngineProfile, RemoteStore
from parvis.errors import FetchError
from parvis.fetch.endpoint import Endpoint
from parvis.i18n import N_
from parvis.rdf.ntriples import write_term
from parvis.rdf.streams import open_file
from parvis.store.generation.graph_file import GraphFile, GraphFiles
from parvis.store.remote.part import GraphFacts

MOST = 1_000_000
"""The greatest number of graphs of a repository."""
AT_ONCE, TOGETHER = 200_000, 500
"""Triples that are digested, and graphs that are granted, in one query."""
BINDINGS = "application/sparql-results+json, application/sparql-results+xml;q=0.5"

COUNT = "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
# The sum over a graph of a number of nine digits made of each triple's MD5: any order gives the
# same, and a billion triples stay below 2^63.
DIGEST = """
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
SELECT ?g (COUNT(*) AS ?n) (SUM(xsd:integer(REPLACE(SUBSTR(MD5(CONCAT(
  STR(?s), " ", STR(?p), " ", STR(?o))), 1, 9), "[a-f]", "7"))) AS ?d)
WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g
"""
_WHOLE = re.compile("[0-9]{1,19}")
_BLANK_NODE = re.compile(rb"(?m)^_:(\S+)(?= <)|(?<= )_:(\S+)(?= \.$)")
"""A blank node in N-Triples: first in a line, or last before its stop."""

STRANGE = N_("the store behind this site does not answer as it should")


@contextmanager
def checking_answer() -> Iterator[None]:
    """Raise `FetchError` for an invalid answer of an engine, whatever is wrong with it."""
    try:
        yield
    except (SyntaxError, ValueError, KeyError, OSError, RuntimeError) as error:
        raise FetchError(STRANGE) from error


class Repository:
    """A repository that only parvis writes to."""

    def __init__(self, settings: RemoteStore, address: str, *, tries: int | None = None) -> None:
        """Call nothing yet; `tries` is how often a request is sent without an answer."""
        self.address = address
        self._profile: EngineProfile = settings.profile
        self._piece = settings.piece_bytes or self._profile.piece
        secret = settings.secret()
        self._open = partial(Endpoint, settings, address, secret=secret, tries=tries)
        self.endpoint = self._open()

    def close(self) -> None:
        self.endpoint.close()

    def ping(self) -> None:
        """Ask for a triple. Raises `FetchError` if the engine does not answer."""
        self._rows("SELECT ?s WHERE { ?s ?p ?o } LIMIT 1", 1)

    def counts(self, *, hidden: bool = False) -> dict[str, GraphFacts]:
        """Count the triples of each graph that readers see, by one query.

        If `hidden`, also those that permissions hide, but not the engine's own.
        """
        own, unrestricted = self._profile.system_graphs, hidden and bool(self._profile.grant)
        rows = self._named(COUNT, unrestricted=unrestricted)
        counts = {row["g"].value: GraphFacts(_number(row, "n")) for row in rows}
        return {g: facts for g, facts in counts.items() if not (own and g.startswith(own))}

    def hide_all(self) -> None:
        """Hide from readers what they are not granted, where the engine's own graphs need it."""
        if self._profile.close:
            self._rows(self._profile.close, 1, unrestricted=True)

    def grant(self, graphs: Iterable[str]) -> None:
        """Let readers see graphs, where all is hidden."""
        waiting = iter(sorted(graphs) if self._profile.grant else ())
        while batch := [*islice(waiting, TOGETHER)]:
            names = " ".join(str(NamedNode(graph)) for graph in batch)
            text = f"{self._profile.grant} WHERE {{ VALUES ?g {{ {names} }} }}"
            self._rows(text, 1, unrestricted=True)

    def digests(
        self, counts: Mapping[str, GraphFacts], *, gently: bool = False
    ) -> dict[str, GraphFacts]:
        """Count and digest graphs, whose counts are about those given.

        If `gently`, the engine is left to readers after each query, for as long as it took.
        """
        digests: dict[str, GraphFacts] = {}
        graphs = iter(sorted(counts))
        while batch := [*islice(_limited(graphs, counts), self._profile.list_limit)]:
            start = time.monotonic()
            for row in self._named(DIGEST, unrestricted=bool(self._profile.grant), graphs=batch):
                digests[row["g"].value] = GraphFacts(_number(row, "n"), _number(row, "d"))
            if gently:
                time.sleep(time.monotonic() - start)
        return digests

    def delete(self, graphs: Iterable[str], *, all_of_them: bool = False) -> None:
        """Delete graphs; `all_of_them` says that the repository has no others."""
        if all_of_them and self._profile.quads:
            self.endpoint.clear()
        else:
            self._each(Endpoint.delete, graphs)

    def write(self, graphs: GraphFiles, genid: str) -> None:
        """Write graphs that are not there yet; blank nodes get IRIs that begin with `genid`."""
        if self._profile.quads:
            for piece in _quads(graphs, self._piece, genid):
                self.endpoint.add(piece)
        else:

            def put(endpoint: Endpoint, graph: str) -> None:
                endpoint.put(graph, _read_pieces(graphs[graph], self._piece, genid))

            self._each(put, graphs)

    def _each(self, send: Callable[[Endpoint, str], None], graphs: Iterable[str]) -> None:
        """Send something of each graph, as many at a time as the engine takes.

        The first failure ends it.
        """
        local, endpoints, alone = threading.local(), list[Endpoint](), list[str]()

        def run(graph: str) -> None:
            if not hasattr(local, "endpoint"):
                local.endpoint = self._open()
                endpoints.append(local.endpoint)
            try:
                send(local.endpoint, graph)
            except FetchError as error:
                # Requests at the same time may exclude each other.
                again = self._profile.again
                if not again or again not in str(error.fields.get("reason")):
                    raise
                alone.append(graph)

        try:
            if self._profile.writers > 1:
                with ThreadPoolExecutor(self._profile.writers) as executor:
                    for _ in executor.map(run, sorted(graphs)):
                        pass
        finally:
            for endpoint in endpoints:
                endpoint.close()
        for graph in alone if self._profile.writers > 1 else sorted(graphs):
            send(self.endpoint, graph)

    def _named(
        self, text: str, *, unrestricted: bool, graphs: list[str] | None = None
    ) -> Iterator[QuerySolution]:
        for row in self._rows(text, MOST, unrestricted=unrestricted, graphs=graphs):
            if isinstance(row["g"], NamedNode):
                yield row

    def _rows(
        self,
        text: str,
        most: int,
        *,
        unrestricted: bool = False,
        graphs: list[str] | None = None,
    ) -> list[QuerySolution]:
        """Return the rows of a query over some graphs, or the repository. Raises `FetchError`."""
        with checking_answer():
            lists = None if graphs is None else (graphs, graphs)
            body = self.endpoint.query(text, lists, BINDINGS, unrestricted=unrestricted)
            form = QueryResultsFormat.from_media_type(body.media_type) or QueryResultsFormat.JSON
            results = parse_query_results(cast("IO[bytes]", body), form)
            if not isinstance(results, QuerySolutions):
                raise FetchError(STRANGE)
            # An engine that answers without end would fill the memory.
            rows = [*islice(results, most + 1)]
        if len(rows) > most:
            raise FetchError(STRANGE)
        return rows


def _limited(graphs: Iterator[str], counts: Mapping[str, GraphFacts]) -> Iterator[str]:
    """Yield graphs until they hold many triples together."""
    total = 0
    for graph in graphs:
        yield graph
        total += counts[graph].count
        if total >= AT_ONCE:
            return


def _number(row: QuerySolution, name: str) -> int:
    """Return a whole number of an answer, 0 for anything else."""
    value = row[name]
    text = value.value if isinstance(value, Literal) else ""
    return int(text) if _WHOLE.fullmatch(text) else 0


def count_lines(path: Path) -> int:
    """Count a file's triples: one a line, none twice."""
    with open_file(path) as file:
        return sum(1 for line in file if line.strip())


def _prefix(source: GraphFile, genid: str) -> str:
    """Return the beginning of the IRIs of a file's blank nodes."""
    # Blank nodes of the record are one in all graphs; those of other files are their own.
    return genid if source.is_of_record else f"{genid}{source.name[:16]}/"


def _read_pieces(source: GraphFile, size: int, genid: str) -> Iterator[bytes]:
    """Read a file's lines in pieces; a file without lines is one empty piece.

    Blank nodes get IRIs, as they may be in several pieces (RDF 1.1 §3.5).
    """
    is_empty, prefix = True, _prefix(source, genid)
    with open_file(source.path) as file:
        while lines := file.readlines(size):
            yield skolemise(b"".join(lines), prefix)
            is_empty = False
    if is_empty:
        yield b""


def _quads(graphs: GraphFiles, size: int, genid: str) -> Iterator[bytes]:
    """Read the lines of many graphs as N-Quads, in pieces."""
    pieces, length = list[bytes](), 0
    for graph, source in sorted(graphs.items()):
        ending = f" {NamedNode(graph)} .\n".encode()
        for triples in _read_pieces(source, size, genid):
            lines = (line.rstrip()[:-1].rstrip() for line in triples.splitlines() if line.strip())
            quads = b"".join(line + ending for line in lines)
            pieces.append(quads)
            length += len(quads)
            if length >= size:
                yield b"".join(pieces)
                pieces, length = [], 0
    if length:
        yield b"".join(pieces)


def skolemise(lines: bytes, genid: str) -> bytes:
    """Replace each blank node in lines of N-Triples by an IRI."""
    if b"_:" not in lines:
        return lines
    if b" <<( " in lines:
        return b"".join(_skolemise_line(line, genid) for line in lines.splitlines(keepends=True))
    return _BLANK_NODE.sub(
        lambda match: f"<{genid}".encode() + (match[1] or match[2]) + b">", lines
    )


def _skolemise_line(line: bytes, genid: str) -> bytes:
    """Do the same for a line that may hold a triple term."""
    written = []
    for quad in parse(line, RdfFormat.N_TRIPLES):
        terms = (quad.subject, quad.predicate, quad.object)
        texts = (write_term(term, lambda node: f"<{genid}{node.value}>") for term in terms)
        written.append(f"{' '.join(texts)} .\n")
    return "".join(written).encode()
