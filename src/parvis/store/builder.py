"""A builder of one store: ``python -I -m parvis.store.builder``, spoken to in frames.

It is told ``{"store": folder, "graphs": [[IRI, file of N-Triples], …]}`` and answers
``{"graphs": {IRI: quads}}`` or ``{"error": reason, "graph": IRI}``. RocksDB's own threads keep two
builds from sharing a process after a fork; two of these run side by side.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode, QuerySolutions, RdfFormat, Store

from parvis.rdf.opening import opened
from parvis.sandbox.child import Channel
from parvis.sandbox.walls import raise_walls
from parvis.store.confine import run
from parvis.store.query_text import QueryText

COUNT = "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"


def build(folder: Path, graphs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Load each graph, and count what the store then holds."""
    store = Store(str(folder))
    for graph, path in graphs:
        try:
            with opened(Path(path)) as file:
                store.bulk_load(file, RdfFormat.N_TRIPLES, to_graph=NamedNode(graph))
        except (SyntaxError, ValueError, OSError, EOFError) as error:
            return {"error": str(error), "graph": graph}
    store.flush()
    return {"graphs": counts(store)}


def counts(store: Store) -> dict[str, int]:
    """Count the quads of each graph."""
    found = run(store, QueryText.read(COUNT), allowed=None)
    if not isinstance(found, QuerySolutions):
        return {}
    return {_text(solution["g"]): int(_text(solution["n"])) for solution in found}


def _text(term: object) -> str:
    """Give the text of an IRI or a literal."""
    return term.value if isinstance(term, NamedNode | Literal) else ""


def main() -> None:
    """Build the one store that is asked for."""
    channel = Channel()
    raise_walls()
    if (body := channel.receive()) is not None:
        asked = json.loads(body)
        channel.send(json.dumps(build(Path(asked["store"]), asked["graphs"])).encode())
        channel.end()


if __name__ == "__main__":
    main()
