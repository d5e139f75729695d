"""Closed shapes: triples of a value node that the shape does not foresee (SHACL §4.8.1)."""

from collections.abc import Iterator

from rdflib import URIRef
from rdflib.namespace import RDF, RDFS, SH

from parvis.validation.scope import Scope
from parvis.validation.shape import Shape
from parvis.validation.terms import NotCompiled, iri, iris, truth

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
