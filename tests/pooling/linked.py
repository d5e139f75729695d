"""A pool in which three graphs speak of the same hall, and two of the same house."""

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
    """Name a thing of a graph."""
    return f"{BASE}{kind}/{graph}/{key}"


def lines(graph: str, *, hall: str, same: str | None = None) -> list[str]:
    """Say what a graph says: its hall, with its address, and the identifier if there is one."""
    this, where = f"<{iri(graph)}>", f"<{iri(graph, 'address')}>"
    said = [
        f"{this} {TYPE} <{SCHEMA}Place> .",
        f'{this} <{SCHEMA}name> "{hall}"@fr .',
        f"{this} <{SCHEMA}address> {where} .",
        f'{where} <{SCHEMA}streetAddress> "1210, rue des Allumeurs" .',
        f'{where} <{SCHEMA}postalCode> "H2X 0Z1" .',
    ]
    show = f"<{iri(graph, 'event', 'soiree')}>"
    said += [f'{show} <{SCHEMA}name> "Soirée" .', f"{show} <{SCHEMA}location> {this} ."]
    return said if same is None else [*said, f"{this} {SAME} <{same}> ."]


def put(pool: Pool, graph: str, said: list[str], folder: Path) -> None:
    """Make lines the content of a graph."""
    file = folder / f"{graph}.nt"
    file.write_text("".join(f"{line}\n" for line in said), encoding="utf-8")
    pool.record.put(GRAPH.format(graph), file)


def fill(pool: Pool, folder: Path, halls: Mapping[str, str] = HALLS) -> None:
    """Let three graphs speak of one hall; two of them know its identifier."""
    for graph, hall in halls.items():
        put(
            pool,
            graph,
            lines(graph, hall=hall, same=QID.format(1) if graph != "b" else None),
            folder,
        )
