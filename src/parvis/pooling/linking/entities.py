"""The things that the pool speaks of, read from the record as lines that stream by."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial

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


def contents(pool: Pool) -> dict[str, tuple[str, Callable[[], Iterable[bytes]]]]:
    """Give the digest of each graph's content now, and what reads its lines."""
    told = _described(pool)
    digest = hashlib.sha256(b"".join(told)).hexdigest()
    found = {
        graph: (version.digest, partial(pool.record.read_lines, version))
        for graph, version in sorted(pool.record.versions().items())
    }
    return found | {pool.iris.catalog_graph: (digest, lambda: told)}


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
    for graph, (_, lines) in contents(pool).items():
        yield graph, lines()


def _described(pool: Pool) -> list[bytes]:
    """Give the lines that describe the partners."""
    described = (sorted_lines(one.described) for one in pool.catalog.partners.values())
    return [line for some in described for line in some.splitlines(keepends=True)]
