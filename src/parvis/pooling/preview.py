"""The first rows of a partner's file, as the triples they become."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from rdflib import Graph

from parvis.errors import SourceError
from parvis.fetch.address import Source
from parvis.i18n import N_
from parvis.mapping.load import load
from parvis.mapping.screening import observes
from parvis.pooling.bringing import brought
from parvis.pooling.pool import Pool
from parvis.pooling.sources import source_of
from parvis.rdf.files import serialise
from parvis.report import Place
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PREFIXES

IDENTIFYING = N_(
    "{file} holds what identifies persons, which data on publics may not: “parvis check” tells"
    " where"
)


def preview(
    pool: Pool, key: DatasetKey, given: Source | None, count: int
) -> Iterator[tuple[Place | None, str]]:
    """Give the prefixes, then the first rows that wrote something, each as Turtle with its place.

    An entity that several rows tell of stands with the first. Nothing is stored. Raises
    `SourceError` for a file on publics that holds direct identifiers of persons.
    """
    dataset = pool.catalog.require(key)
    with (
        brought(pool.settings, source_of(dataset, given)) as come,
        TemporaryDirectory(prefix="parvis-") as folder,
    ):
        triples, mapping = Path(folder) / "converted.nt", dataset.mapping_for(come.file)
        if observes(load(mapping)) and pool.converter.screen(mapping, come.file).findings:
            raise SourceError(IDENTIFYING, file=come.file.name)
        found = pool.converter.convert(mapping, come.file, triples, triples.with_suffix(".places"))
        rows = found.places.first(count)
        graphs = _graphs(triples, rows)
    used = sorted({line for graph in graphs.values() for line in _turtle(graph)[0]})
    yield None, "\n".join(used)
    for place, graph in graphs.items():
        yield place, "\n".join(_turtle(graph)[1]).strip()


def _graphs(triples: Path, rows: dict[str, Place]) -> dict[Place, Graph]:
    """Read the triples of some subjects, by place."""
    lines: dict[Place, list[str]] = {place: [] for place in rows.values()}
    with triples.open(encoding="utf-8") as stream:
        for line in stream:
            if place := rows.get(line.partition(" ")[0][1:-1]):
                lines[place].append(line)
    return {place: _graph("".join(some)) for place, some in lines.items()}


def _graph(text: str) -> Graph:
    """Read N-Triples."""
    graph = Graph(bind_namespaces="none")
    for prefix, start in PREFIXES.items():
        graph.bind(prefix, start)
    return graph.parse(data=text, format="nt")


def _turtle(graph: Graph) -> tuple[list[str], list[str]]:
    """Write a graph as Turtle: the lines of its prefixes, and the others."""
    lines = serialise(graph, "ttl").decode().splitlines()
    prefixes = [line for line in lines if line.startswith("@prefix")]
    return prefixes, [line for line in lines if not line.startswith("@prefix")]
