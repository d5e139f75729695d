"""Conformance of a node to a shape, as one SPARQL expression (SHACL §3.4.2)."""

from collections.abc import Callable, Iterator

from rdflib import URIRef
from rdflib.namespace import RDF, RDFS, SH

from parvis.validation.compile import sets
from parvis.validation.compile.scope import CompilationScope
from parvis.validation.compile.terms import NotCompiled, iri, iris, number, truth
from parvis.validation.compile.values import CONDITIONS, forms, matches
from parvis.validation.shape import Shape

# Closed shapes: triples of a value node that the shape does not allow (SHACL §4.8.1).

PREDICATE, OBJECT = "?predicate", "?object"


def disallowed_triples(
    scope: CompilationScope, shape: Shape, v: str, names: tuple[str, str] | None = None
) -> Iterator[str]:
    """Return the pattern of the triples of `v` that are not allowed, if the shape is closed."""
    ignored = shape.members(SH.ignoredProperties)
    if shape.value(SH.closed) is None and ignored:
        raise NotCompiled("sh:ignoredProperties without sh:closed")
    if not truth(shape.value(SH.closed)):
        return
    scope.reads_all()
    p, o = names or (scope.fresh(), scope.fresh())
    paths = [child.path_node for child in shape.properties]
    allowed = [path for path in paths if isinstance(path, URIRef)] + ignored
    not_allowed = f"{p} NOT IN ({iris(allowed)})" if allowed else "true"
    resource = f"{p} = {iri(RDF.type)} && sameTerm({o}, {iri(RDFS.Resource)})"
    yield f"{v} {p} {o} . FILTER({not_allowed} && !({resource}))"


# ``sh:node``, ``sh:not``, ``sh:and``, ``sh:or``, ``sh:xone`` and qualified shapes test whether a
# value conforms to a shape, however deep they are nested (SHACL §4.6, §4.7). No expression is ever
# an error.

LOGICAL = (SH.node, SH["not"], SH["and"], SH["or"], SH.xone)
ON_VALUES = (SH["class"], SH.pattern, *CONDITIONS, *LOGICAL)
"""Parameters that judge each value node alone."""


def conditions(scope: CompilationScope, shape: Shape, term: URIRef, v: str) -> Iterator[str]:
    """Return the conditions that a parameter puts on a value: one for each result it may have."""
    if term in CONDITIONS:
        if shape.values(term):
            yield from CONDITIONS[term](shape, v)
    elif term == SH.pattern:
        yield from (matches(v, scope.pattern(form)) for form in forms(shape))
    elif term == SH["class"]:
        for root in shape.values(term):
            yield scope.classes.is_instance(v, root, scope.fresh())
    elif term == SH.node:
        yield from (conforms(scope, inner, v) for inner in shape.shapes(term))
    elif term == SH["not"]:
        yield from (f"!{conforms(scope, inner, v)}" for inner in shape.shapes(term))
    else:
        for members in shape.lists(term):
            if not members:
                raise NotCompiled("an empty list of shapes")
            yield _LISTS[term]([conforms(scope, member, v) for member in members])


def _all(parts: list[str]) -> str:
    return f"({' && '.join(parts) or 'true'})"


_LISTS: dict[URIRef, Callable[[list[str]], str]] = {
    SH["and"]: _all,
    SH["or"]: lambda parts: f"({' || '.join(parts)})",
    SH.xone: lambda parts: f"({' + '.join(f'IF({part}, 1, 0)' for part in parts)} = 1)",
}


def conforms(scope: CompilationScope, shape: Shape, x: str) -> str:
    """Return the expression that the node of a variable conforms to a shape."""
    if shape.deactivated:
        return "true"

    def violates(v: str) -> str:
        parts = [part for term in ON_VALUES for part in conditions(scope, shape, term, v)]
        parts += [conforms(scope, child, v) for child in shape.properties]
        parts += [f"NOT EXISTS {{ {pattern} }}" for pattern in disallowed_triples(scope, shape, v)]
        return f"!{_all(parts)}"

    with scope.opened(shape):
        shape.require_known(on_top=False)
        parts = []
        if violates(x) != f"!{_all([])}":  # the shape has a condition on each value node
            parts.append(f"!{scope.reaches(shape, x, violates)}")
        for term in sets.ON_SETS:
            parts += sets.conditions(scope, shape, term, x)
        parts += qualified_conditions(scope, shape, x).values()
        return _all(parts)


def qualified_conditions(scope: CompilationScope, shape: Shape, x: str) -> dict[URIRef, str]:
    """Return the conditions of a qualified value shape, by their component (SHACL §4.7.3)."""
    value_shapes = list(shape.shapes(SH.qualifiedValueShape))
    least, most = (shape.value(t) for t in (SH.qualifiedMinCount, SH.qualifiedMaxCount))
    if not value_shapes and least is None and most is None:
        return {}
    if len(value_shapes) != 1 or (least is None and most is None) or shape.path is None:
        raise NotCompiled("a qualified value shape that is not whole")
    siblings = shape.siblings(value_shapes[0])

    def fits(v: str) -> str:
        disjoint = [f"!{conforms(scope, sibling, v)}" for sibling in siblings]
        return _all([conforms(scope, value_shapes[0], v), *disjoint])

    expressions = {}
    if least is not None:
        component = SH.QualifiedMinCountConstraintComponent
        expressions[component] = sets.at_least(scope, shape, x, number(least), fits)
    if most is not None:
        component = SH.QualifiedMaxCountConstraintComponent
        expressions[component] = f"!{sets.at_least(scope, shape, x, number(most) + 1, fits)}"
    return expressions
