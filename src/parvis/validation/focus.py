"""How focus nodes and value nodes are reached: targets, then paths (SHACL §2.1, §2.3)."""

from collections.abc import Iterator
from dataclasses import dataclass

from rdflib.namespace import SH

from parvis.validation.scope import Scope
from parvis.validation.shape import Shape
from parvis.validation.terms import text_of


@dataclass(frozen=True)
class Reach:
    """Patterns that bind a chain of variables: the target first, then a value of each path.

    One result is due for every chain, so that a property shape inside another one is judged for
    each value as often as it is reached (SHACL §4.7.2). From a `barren` one nothing is reached:
    the data have no triple along a path.
    """

    patterns: tuple[str, ...]
    chain: tuple[str, ...]
    barren: bool = False

    @property
    def last(self) -> str:
        """Give the variable of the node that is judged."""
        return self.chain[-1]

    def along(self, scope: Scope, shape: Shape) -> "Reach":
        """Go on to a shape's value nodes; those of a node shape are its focus nodes."""
        path = scope.path(shape)
        if path is None:
            return self
        v = scope.fresh()
        ways = [f"{self.last} {path.text} {v} ."] + [f"BIND({self.last} AS {v})"] * path.stays
        patterns = tuple(f"{pattern} {way}" for pattern in self.patterns for way in ways)
        return Reach(patterns, (*self.chain, v), self.barren or scope.leads_nowhere(path))

    def rows(self, more: str = "") -> str:
        """Write the group of all patterns, each with something more."""
        groups = [f"{{ {pattern} {more} }}" for pattern in self.patterns]
        return groups[0] if len(groups) == 1 else f"{{ {' UNION '.join(groups)} }}"


def targets(scope: Scope, shape: Shape) -> Reach:
    """Give the focus nodes of a shape that has targets."""
    x = scope.fresh()
    return Reach(tuple(_patterns(scope, shape, x)), (x,))


def _patterns(scope: Scope, shape: Shape, x: str) -> Iterator[str]:
    if nodes := shape.values(SH.targetNode):
        yield f"VALUES {x} {{ {' '.join(map(text_of, nodes))} }}"
    own = [shape.node] if shape.is_class else []
    for class_ in sorted({*shape.values(SH.targetClass), *own}, key=str):
        yield scope.classes.instances(x, class_, scope.fresh())
    for predicate in shape.values(SH.targetSubjectsOf):
        yield f"{x} {scope.predicate(predicate)} {scope.fresh()} ."
    for predicate in shape.values(SH.targetObjectsOf):
        yield f"{scope.fresh()} {scope.predicate(predicate)} {x} ."
