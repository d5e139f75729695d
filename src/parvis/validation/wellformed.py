"""Refuse, by name, shapes that no engine can use, before an engine reads them.

The standard leaves the meaning of ill-formed shapes to the engine (SHACL §3.4.1), and that of
recursive ones undefined (§3.4.3); pyshacl takes some of them for shapes that allow everything, or
fails.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import SH, XSD
from rdflib.term import Node

from parvis.errors import ShapesError
from parvis.i18n import N_
from parvis.validation.compile.regex import pattern_flaw
from parvis.validation.compile.sparql import selects
from parvis.validation.compile.values import KINDS
from parvis.validation.data import keep_lexical_forms
from parvis.validation.names import curie
from parvis.validation.shapes import is_list, iterate_references, nearest_named_shape, shape_error

RECURSIVE = N_("the shapes refer to one another in a circle, which has no meaning: {shapes}")
IMPOSSIBLE = N_("{shape}: {term} cannot have the value “{value}”")
HAS_PATH = N_("{shape}: sh:node refers to {other}, which has a path: sh:property is wanted there")
NO_LIST = N_("{shape}: the value of {term} must be a list that ends")
NO_PATTERN = N_("{shape}: the pattern “{pattern}” cannot be read: {reason}")
NO_FLAGS = N_("{shape}: the flags “{flags}” of a pattern are not known here; i, m and s are")

_FLAGS = frozenset("ims")
_LISTS = (SH["in"], SH["and"], SH["or"], SH.xone, SH.languageIn, SH.ignoredProperties)
# The parameters whose values are checked, by the kind of value that they take (SHACL §2.1, §4).
_CLASSES = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf, SH["class"], SH.datatype)
_IRIS = (*_CLASSES, SH.equals, SH.disjoint, SH.lessThan, SH.lessThanOrEquals, SH.severity)
_COUNTS = (
    *(SH.minCount, SH.maxCount, SH.minLength, SH.maxLength),
    *(SH.qualifiedMinCount, SH.qualifiedMaxCount),
)
_LIMITS = (SH.minInclusive, SH.minExclusive, SH.maxInclusive, SH.maxExclusive)
_TEXTS = (SH.pattern, SH.flags)
_BOOLEANS = (SH.closed, SH.deactivated, SH.qualifiedValueShapesDisjoint)
_CHECKED = (*_IRIS, *_COUNTS, *_LIMITS, *_TEXTS, *_BOOLEANS, SH.nodeKind)


def _is_allowed(term: URIRef, value: Node) -> bool:
    if term in _IRIS:
        return isinstance(value, URIRef)
    if term == SH.nodeKind:
        return value in KINDS
    if not isinstance(value, Literal):
        return False
    if term in _COUNTS:
        return isinstance(value.value, int) and value.value >= 0
    if term in _LIMITS:
        return not value.ill_typed
    return value.datatype in {None, XSD.string} if term in _TEXTS else isinstance(value.value, bool)


@lru_cache(maxsize=4)
def refuse_ill_formed(shapes: Graph, _size: int) -> None:
    """Raise `ShapesError` for shapes that mean nothing, naming the shape nearest to the error."""
    # Cached by the number of triples too, since a graph that grew is another set of shapes.
    with keep_lexical_forms():
        for term in _LISTS:
            for shape, head in shapes.subject_objects(term):
                if not is_list(shapes, head):  # SHACL §1.3
                    raise shape_error(NO_LIST, shape, shapes, term=curie(term))
        _refuse_recursion(shapes)
        for term in _CHECKED:
            for shape, value in shapes.subject_objects(term):
                if not _is_allowed(term, value):
                    texts = {"term": curie(term), "value": curie(value)}
                    raise shape_error(IMPOSSIBLE, shape, shapes, **texts)
        # Only some engines notice ``sh:node`` of a property shape (SHACL §4.7.1).
        for shape, other in shapes.subject_objects(SH.node):
            if (other, SH.path, None) in shapes:
                other_name = nearest_named_shape(other, shapes)
                raise shape_error(HAS_PATH, shape, shapes, other=other_name)
        for select in selects(shapes):
            select.refuse_broken()
        _refuse_patterns(shapes)


def _refuse_recursion(shapes: Graph) -> None:
    # A shape may not refer to itself by whatever way (SHACL §3.4.3).
    references_of = defaultdict(set)
    for shape, _, target in iterate_references(shapes):
        references_of[shape].add(target)
    try:
        TopologicalSorter(references_of).prepare()
    except CycleError as error:
        names = dict.fromkeys(
            str(nearest_named_shape(shape, shapes)) for shape in reversed(error.args[1])
        )
        raise ShapesError(RECURSIVE, shapes=" → ".join(names)) from error


def _refuse_patterns(shapes: Graph) -> None:
    for shape, flags in shapes.subject_objects(SH.flags):
        if not _FLAGS.issuperset(str(flags)):
            raise shape_error(NO_FLAGS, shape, shapes, flags=flags)
    for shape, pattern in patterns(shapes):
        if reason := pattern_flaw(pattern):
            raise shape_error(NO_PATTERN, shape, shapes, pattern=pattern, reason=reason)


def patterns(shapes: Graph) -> Iterator[tuple[Node, str]]:
    """Return each (shape, regular expression), those in its queries too."""
    yield from ((shape, str(text)) for shape, text in shapes.subject_objects(SH.pattern))
    for select in selects(shapes):
        yield from ((select.shape, text) for text in select.patterns())
