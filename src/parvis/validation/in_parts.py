"""Which shapes can be judged in parts of the data, and what the others read of the whole."""

from collections.abc import Collection, Iterable, Iterator

from rdflib.namespace import RDFS, SH

from parvis.validation.compile.facts import ViewFacts
from parvis.validation.compile.query import CompilationScope, targets
from parvis.validation.compile.terms import NotCompiled
from parvis.validation.data import Data
from parvis.validation.engine import count_targets
from parvis.validation.incremental import COMPARED, inner_shapes, walks
from parvis.validation.shapes import Shape


def looks_at_one_entity(shape: Shape, predicates: Collection[str]) -> bool:
    """Return whether a shape reads no triples but those of its focus nodes.

    Its walks may lead further, if the data have none of the `predicates` of a walk.
    """
    # The order of classes decides which entities a shape is about.
    if str(RDFS.subClassOf) in predicates or shape.values(SH.targetNode):
        return False
    try:
        steps = [walk.predicates for walk in walks(shape) if walk]
    except (NotCompiled, RecursionError):
        return False
    return all(step.isdisjoint(predicates) for step in map(_texts, steps))


def count_targets_in(data: Data, shape: Shape) -> int:
    """Count the focus nodes of a shape; those that cannot be counted are as one."""
    try:
        facts = ViewFacts(data.store)
        return count_targets(facts, targets(CompilationScope(facts, data.altered), shape))
    except NotCompiled:
        return 1


def predicates_of(shapes: Iterable[Shape]) -> set[str] | None:
    """Return the predicates that shapes read, besides types; None if one may read any."""
    try:
        return {name for shape in shapes for name in _read(shape)}
    except (NotCompiled, RecursionError):
        return None


def _read(shape: Shape) -> Iterator[str]:
    if shape.values(SH.sparql) or shape.values(SH.closed):
        raise NotCompiled("a shape that may read any predicate")
    if path := shape.path:
        yield from _texts(path.predicates)
    for term in (*COMPARED, SH.targetSubjectsOf, SH.targetObjectsOf):
        yield from _texts(shape.values(term))
    for inner in inner_shapes(shape):
        yield from _read(inner)


def _texts(nodes: Iterable[object]) -> frozenset[str]:
    return frozenset(map(str, nodes))
