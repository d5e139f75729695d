"""A pool in which three graphs describe the same hall, and two the same organisation."""

from collections.abc import Mapping
from pathlib import Path

from parvis.pooling.pool import Pool

BASE = "http://x.test/id/"
GRAPH = "http://x.test/graph/{}/d"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
SCHEMA = "http://schema.org/"
SAME = "<http://www.w3.org/2002/07/owl#sameAs>"
QID = "http://www.wikidata.org/entity/Q{}"

HALLS = {"a": "Théâtre de la Lanterne", "b": "La Lanterne", "c": "Théâtre La Lanterne inc."}


def iri(graph: str, kind: str = "place", key: str = "lanterne") -> str:
    """Return the IRI of an entity of a graph."""
    return f"{BASE}{kind}/{graph}/{key}"


def write_hall(graph: str, *, hall: str, identifier: str | None = None) -> list[str]:
    """Write the triples of a graph: its hall with an address, and the identifier if given."""
    place, address = f"<{iri(graph)}>", f"<{iri(graph, 'address')}>"
    triples = [
        f"{place} {TYPE} <{SCHEMA}Place> .",
        f'{place} <{SCHEMA}name> "{hall}"@fr .',
        f"{place} <{SCHEMA}address> {address} .",
        f'{address} <{SCHEMA}streetAddress> "1210, rue des Allumeurs" .',
        f'{address} <{SCHEMA}postalCode> "H2X 0Z1" .',
    ]
    event = f"<{iri(graph, 'event', 'soiree')}>"
    triples += [f'{event} <{SCHEMA}name> "Soirée" .', f"{event} <{SCHEMA}location> {place} ."]
    return triples if identifier is None else [*triples, f"{place} {SAME} <{identifier}> ."]


def write_twice(graph: str, *, hall: str) -> list[str]:
    """Write the triples of a graph that describes its hall twice."""
    second = [
        line.replace("/lanterne>", "/copie>") for line in write_hall(graph, hall=hall.upper())
    ]
    return [*write_hall(graph, hall=hall), *second]


def put_graph(pool: Pool, graph: str, triples: list[str], folder: Path) -> None:
    """Store lines as the content of a graph."""
    file = folder / f"{graph}.nt"
    file.write_text("".join(f"{line}\n" for line in triples), encoding="utf-8")
    pool.record.put(GRAPH.format(graph), file)


def fill(pool: Pool, folder: Path, halls: Mapping[str, str] = HALLS) -> None:
    """Let three graphs describe the same hall; two of them have its identifier."""
    for graph, hall in halls.items():
        put_graph(
            pool,
            graph,
            write_hall(graph, hall=hall, identifier=QID.format(1) if graph != "b" else None),
            folder,
        )
