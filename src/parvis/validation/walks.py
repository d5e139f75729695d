"""Where a shape looks: the walks from a focus node to every node whose triples it reads.

What a shape says of a focus node depends on the triples of the nodes at the end of its walks,
and on how classes are ordered. So while none of these nodes has changed, neither have the
results of that focus node: a walk is the same before and after, step by step, as long as it
meets no node that has changed.
"""

from collections.abc import Iterator

from rdflib.namespace import SH

from parvis.validation.paths import Path, then
from parvis.validation.shape import Shape
from parvis.validation.terms import NotCompiled, iri

Walk = Path | None
"""A path to be walked; nothing for the focus node itself."""

_BESIDE = (SH.equals, SH.disjoint, SH.lessThan, SH.lessThanOrEquals)
"""Parameters that read another property of the focus node."""
_ABOUT = (SH["class"], SH.closed)
"""Parameters that read the triples of value nodes."""
_SHAPES = (SH.property, SH.node, SH["not"])
_LISTS = (SH["and"], SH["or"], SH.xone)


def walks(shape: Shape, start: Walk = None) -> Iterator[Walk]:
    """Give the walks of a shape that compiles, from the end of another walk.

    Raises `NotCompiled` for constraints in SPARQL, inverse paths, and targets that are objects:
    what these read cannot be told by the subjects that changed.
    """
    if shape.deactivated:
        return
    if shape.values(SH.sparql) or shape.values(SH.targetObjectsOf):
        raise NotCompiled("a shape that may look anywhere")
    path = shape.path
    if path:
        yield from (_on(start, step) for step in _before(path))
    if any(shape.values(term) for term in _BESIDE):
        yield start
    values = _on(start, path)
    if any(shape.values(term) for term in _ABOUT):
        yield values
    for other in _others(shape):
        yield from walks(other, values)


def _others(shape: Shape) -> Iterator[Shape]:
    """Give the shapes that value nodes are judged by."""
    for term in _SHAPES:
        yield from shape.shapes(term)
    for term in _LISTS:
        for members in shape.lists(term):
            yield from members
    for wanted in shape.shapes(SH.qualifiedValueShape):
        yield wanted
        yield from shape.siblings(wanted)


def _on(start: Walk, path: Walk) -> Walk:
    """Go on from the end of a walk."""
    return then(start, path) if start and path else start or path


def _before(path: Path) -> Iterator[Walk]:
    """Give the walks to the nodes from which a path takes a step."""
    if path.first and path.second:
        yield from _before(path.first)
        yield from (_on(path.first, step) for step in _before(path.second))
    elif path.choices:
        for choice in path.choices:
            yield from _before(choice)
    else:
        yield None
        yield from _between(path)


def _between(path: Path) -> Iterator[Walk]:
    """Give, for a path that repeats another, any walk over its predicates."""
    if "^" in path.text:
        raise NotCompiled("a path against the direction of triples")
    steps = sorted(map(iri, path.predicates))
    if path.text not in steps:
        yield Path(f"({'|'.join(steps)})+", predicates=path.predicates)
