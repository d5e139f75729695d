"""The things that the pool speaks of, read from the record as lines that stream by."""

from collections.abc import Collection, Iterable, Iterator

from parvis.linking.entity import Entity, entities
from parvis.linking.problems import Problem
from parvis.pooling.pool import Pool
from parvis.rdf.files import sorted_lines


def things(pool: Pool) -> tuple[list[Entity], list[Problem]]:
    """Give the things of every graph, and the partners themselves, with what is wrong with some."""
    found: list[Entity] = []
    wrong: list[Problem] = []
    for graph, lines in _graphs(pool):
        read = entities(lines, graph)
        found += read.entities.values()
        wrong += read.problems
    return found, wrong


def seen(pool: Pool) -> dict[str, str]:
    """Give the digest of each graph's content now."""
    return {graph: version.digest for graph, version in pool.record.versions().items()}


def present(pool: Pool, wanted: Collection[str], graphs: Collection[str]) -> dict[str, str]:
    """Give those of some IRIs of which graphs speak now, each with the graph that does."""
    subjects = {f"<{one}>".encode(): one for one in wanted}
    found: dict[str, str] = {}
    for graph, lines in _graphs(pool):
        if graph in graphs:
            for line in lines:
                subject = line[: line.find(b" ")]
                if subject in subjects:
                    found.setdefault(subjects[subject], graph)
    return found


def _graphs(pool: Pool) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Give the lines of every graph that speaks of things; those of one subject are together."""
    for graph, version in sorted(pool.record.versions().items()):
        yield graph, pool.record.read_lines(version)
    described = (sorted_lines(one.described) for one in pool.catalog.partners.values())
    lines = (line for some in described for line in some.splitlines(keepends=True))
    yield pool.iris.catalog_graph, lines
