"""The entities of the pool, streamed from the record."""

import hashlib
from collections.abc import Callable, Collection, Iterable
from functools import partial

from parvis.linking.entity import Entity, entities
from parvis.linking.problems import LinkingProblem
from parvis.pooling.pool import Pool
from parvis.rdf.files import sorted_lines


def read_entities(pool: Pool) -> tuple[list[Entity], list[LinkingProblem]]:
    """Return the entities of every graph, and the partners themselves, with their problems."""
    pool_entities: list[Entity] = []
    problems: list[LinkingProblem] = []
    for graph, (_, lines) in contents(pool).items():
        graphful = entities(lines(), graph)
        pool_entities += graphful.entities.values()
        problems += graphful.problems
    return pool_entities, problems


def contents(pool: Pool) -> dict[str, tuple[str, Callable[[], Iterable[bytes]]]]:
    """Return the current digest of each graph, and a function that returns its lines by subject."""
    descriptions = (sorted_lines(p.metadata) for p in pool.catalog.partners.values())
    partners = [line for text in descriptions for line in text.splitlines(keepends=True)]
    digest = hashlib.sha256(b"".join(partners)).hexdigest()
    graphs = {
        graph: (version.digest, partial(pool.record.read_lines, version))
        for graph, version in sorted(pool.record.versions().items())
    }
    return graphs | {pool.iris.catalog_graph: (digest, lambda: partners)}


def present_entities(pool: Pool, iris: Collection[str], graphs: Collection[str]) -> dict[str, str]:
    """Return those of the IRIs that graphs describe now, each with its first graph."""
    subjects = {f"<{iri}>".encode(): iri for iri in iris}
    graph_by_iri: dict[str, str] = {}
    for graph, (_, lines) in contents(pool).items():
        if graph in graphs:
            for line in lines():
                subject = line[: line.find(b" ")]
                if subject in subjects:
                    graph_by_iri.setdefault(subjects[subject], graph)
    return graph_by_iri
