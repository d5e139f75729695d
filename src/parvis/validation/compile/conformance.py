"""Conformance of a node to a shape, as one SPARQL expression (SHACL §3.4.2)."""

from collections.abc import Iterator

from rdflib import URIRef
from rdflib.namespace import RDF, RDFS, SH

from parvis.validation.compile import sets
from parvis.validation.compile.scope import Scope
from parvis.validation.compile.terms import NotCompiled, iri, iris, number, truth
from parvis.validation.compile.values import CONDITIONS, forms, matches
from parvis.validation.shape import Shape

# Closed shapes: triples of a value node that the shape does not foresee (SHACL §4.8.1).

PREDICATE, OBJECT = "?predicate", "?object"


def foreign(
    scope: Scope, shape: Shape, v: str, names: tuple[str, str] | None = None
) -> Iterator[str]:
    """Write the pattern of the triples of `v` that are not foreseen, if the shape is closed."""
    ignored = shape.members(SH.ignoredProperties)
    if shape.value(SH.closed) is None and ignored:
        raise NotCompiled("sh:ignoredProperties without sh:closed")
    if not truth(shape.value(SH.closed)):
        return
    scope.reads_all()
    p, o = names or (scope.fresh(), scope.fresh())
    paths = [child.path_node for child in shape.properties]
    known = [path for path in paths if isinstance(path, URIRef)] + ignored
    unknown = f"{p} NOT IN ({iris(known)})" if known else "true"
    resource = f"{p} = {iri(RDF.type)} && sameTerm({o}, {iri(RDFS.Resource)})"
    yield f"{v} {p} {o} . FILTER({unknown} && !({resource}))"


# Conformance of a node to a shape, as one SPARQL expression (SHACL §3.4.2).
#
# It is what ``sh:node``, ``sh:not``, ``sh:and``, ``sh:or``, ``sh:xone`` and qualified shapes ask
# about a value, however deep they are nested (SHACL §4.6, §4.7). No expression is ever an error.

LOGICAL = (SH.node, SH["not"], SH["and"], SH["or"], SH.xone)
ON_VALUES = (SH["class"], SH.pattern, *CONDITIONS, *LOGICAL)
"""Parameters that judge each value node alone."""


def conditions(scope: Scope, shape: Shape, term: URIRef, v: str) -> Iterator[str]:
    """Give the conditions that a parameter puts on a value: one for each result it may have."""
    if term in CONDITIONS:
        if shape.values(term):
            yield from CONDITIONS[term](shape, v)
    elif term == SH.pattern:
        yield from (matches(v, scope.pattern(form)) for form in forms(shape))
    elif term == SH["class"]:
        for root in shape.values(term):
            yield scope.classes.is_instance(v, root, scope.fresh())
    elif term == SH.node:
        yield from (conforms(scope, other, v) for other in shape.shapes(term))
    elif term == SH["not"]:
        yield from (f"!{conforms(scope, other, v)}" for other in shape.shapes(term))
    else:
        for members in shape.lists(term):
            if not members:
                raise NotCompiled("an empty list of shapes")
            yield _LISTS[term]([conforms(scope, member, v) for member in members])


def _all(parts: list[str]) -> str:
    return f"({' && '.join(parts) or 'true'})"


def _any(parts: list[str]) -> str:
    return f"({' || '.join(parts)})"


def _exactly_one(parts: list[str]) -> str:
    return f"({' + '.join(f'IF({part}, 1, 0)' for part in parts)} = 1)"


_LISTS = {SH["and"]: _all, SH["or"]: _any, SH.xone: _exactly_one}


def conforms(scope: Scope, shape: Shape, x: str) -> str:
    """Write the expression that says whether the node of a variable conforms to a shape."""
    if shape.deactivated:
        return "true"
    with scope.opened(shape):
        shape.require_known(on_top=False)
        return _all([*_about_values(scope, shape, x), *_about_sets(scope, shape, x)])


def _about_values(scope: Scope, shape: Shape, x: str) -> Iterator[str]:
    """Give what must hold for every value node."""

    def breaks(v: str) -> str:
        parts = [part for term in ON_VALUES for part in conditions(scope, shape, term, v)]
        parts += [conforms(scope, child, v) for child in shape.properties]
        parts += [f"NOT EXISTS {{ {pattern} }}" for pattern in foreign(scope, shape, v)]
        return f"!{_all(parts)}"

    if breaks(x) != f"!{_all([])}":
        yield f"!{scope.reaches(shape, x, breaks)}"


def _about_sets(scope: Scope, shape: Shape, x: str) -> Iterator[str]:
    """Give what must hold for the value nodes together."""
    for term in sets.ON_SETS:
        yield from sets.conditions(scope, shape, term, x)
    yield from qualified(scope, shape, x).values()


def qualified(scope: Scope, shape: Shape, x: str) -> dict[URIRef, str]:
    """Give the conditions of a qualified value shape, by their component (SHACL §4.7.3)."""
    wanted = list(shape.shapes(SH.qualifiedValueShape))
    least, most = (shape.value(t) for t in (SH.qualifiedMinCount, SH.qualifiedMaxCount))
    if not wanted and least is None and most is None:
        return {}
    if len(wanted) != 1 or (least is None and most is None) or shape.path is None:
        raise NotCompiled("a qualified value shape that is not whole")
    siblings = shape.siblings(wanted[0])

    def fits(v: str) -> str:
        others = [f"!{conforms(scope, sibling, v)}" for sibling in siblings]
        return _all([conforms(scope, wanted[0], v), *others])

    found = {}
    if least is not None:
        component = SH.QualifiedMinCountConstraintComponent
        found[component] = sets.at_least(scope, shape, x, number(least), fits)
    if most is not None:
        component = SH.QualifiedMaxCountConstraintComponent
        found[component] = f"!{sets.at_least(scope, shape, x, number(most) + 1, fits)}"
    return found
