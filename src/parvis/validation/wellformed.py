"""Shapes that no engine can use are refused, and named, before an engine reads them.

The standard leaves what ill-formed shapes mean to the engine (SHACL §3.4.1), and recursive ones
undefined (§3.4.3); pyshacl takes some of them for shapes that allow everything, or fails.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from graphlib import CycleError, TopologicalSorter

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import SH, XSD
from rdflib.term import Node

from parvis.errors import ShapesError
from parvis.i18n import N_
from parvis.validation.compile.regex import flaw
from parvis.validation.compile.sparql import selects
from parvis.validation.compile.values import KINDS
from parvis.validation.data import as_written
from parvis.validation.shapes import is_list, named, references
from parvis.validation.wording import curie

RECURSIVE = N_("the shapes refer to one another in a circle, which has no meaning: {shapes}")
IMPOSSIBLE = N_("{shape}: {term} cannot have the value “{value}”")
HAS_PATH = N_("{shape}: sh:node refers to {other}, which has a path: sh:property is wanted there")
NO_LIST = N_("{shape}: the value of {term} must be a list that ends")
NO_PATTERN = N_("{shape}: the pattern “{pattern}” cannot be read: {reason}")
NO_FLAGS = N_("{shape}: the flags “{flags}” of a pattern are not known here; i, m and s are")

_FLAGS = frozenset("ims")
_LISTS = (SH["in"], SH["and"], SH["or"], SH.xone, SH.languageIn, SH.ignoredProperties)


def refuse_ill_formed(shapes: Graph) -> None:
    """Raise `ShapesError` for shapes that mean nothing, naming the shape nearest to the fault."""
    with as_written():
        _refuse_lists(shapes)
        _refuse_circles(shapes)
        _refuse_values(shapes)
        _refuse_paths(shapes)
        for select in selects(shapes):
            select.refuse_broken()
        _refuse_patterns(shapes)


def _refuse_lists(shapes: Graph) -> None:
    """Refuse parameters whose list does not end, or is none (SHACL §1.3)."""
    for term in _LISTS:
        for shape, head in shapes.subject_objects(term):
            if not is_list(shapes, head):
                raise ShapesError(NO_LIST, shape=named(shape, shapes), term=curie(term))


def _refuse_circles(shapes: Graph) -> None:
    """Refuse shapes that refer to themselves, by whatever way (SHACL §3.4.3)."""
    inner = defaultdict(set)
    for shape, _, other in references(shapes):
        inner[shape].add(other)
    try:
        TopologicalSorter(inner).prepare()
    except CycleError as error:
        names = dict.fromkeys(str(named(shape, shapes)) for shape in reversed(error.args[1]))
        raise ShapesError(RECURSIVE, shapes=" → ".join(names)) from error


def _refuse_values(shapes: Graph) -> None:
    """Refuse parameters whose values cannot be theirs (SHACL §4, §2.1)."""
    for term, may_be in _VALUES.items():
        for shape, value in shapes.subject_objects(term):
            if not may_be(value):
                told = {"shape": named(shape, shapes), "term": curie(term), "value": curie(value)}
                raise ShapesError(IMPOSSIBLE, **told)


def _refuse_paths(shapes: Graph) -> None:
    """Refuse ``sh:node`` of a property shape (SHACL §4.7.1), which only some engines notice."""
    for shape, other in shapes.subject_objects(SH.node):
        if (other, SH.path, None) in shapes:
            raise ShapesError(HAS_PATH, shape=named(shape, shapes), other=named(other, shapes))


def _refuse_patterns(shapes: Graph) -> None:
    """Refuse patterns and flags that are none."""
    for shape, flags in shapes.subject_objects(SH.flags):
        if not _FLAGS.issuperset(str(flags)):
            raise ShapesError(NO_FLAGS, shape=named(shape, shapes), flags=flags)
    for shape, pattern in patterns(shapes):
        if reason := flaw(pattern):
            name = named(shape, shapes)
            raise ShapesError(NO_PATTERN, shape=name, pattern=pattern, reason=reason)


def patterns(shapes: Graph) -> Iterator[tuple[Node, str]]:
    """Give each (shape, regular expression), those in its queries too."""
    yield from ((shape, str(text)) for shape, text in shapes.subject_objects(SH.pattern))
    for select in selects(shapes):
        yield from ((select.shape, text) for text in select.patterns())


def _is_iri(node: Node) -> bool:
    return isinstance(node, URIRef)


def _is_text(node: Node) -> bool:
    return isinstance(node, Literal) and node.datatype in {None, XSD.string}


def _is_truth(node: Node) -> bool:
    return isinstance(node, Literal) and isinstance(node.value, bool)


def _is_count(node: Node) -> bool:
    return isinstance(node, Literal) and isinstance(node.value, int) and node.value >= 0


def _is_limit(node: Node) -> bool:
    return isinstance(node, Literal) and not node.ill_typed


def _is_kind(node: Node) -> bool:
    return node in KINDS


_NAMES = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf, SH["class"], SH.datatype)
_OTHERS = (SH.equals, SH.disjoint, SH.lessThan, SH.lessThanOrEquals, SH.severity)
_COUNTS = (SH.minCount, SH.maxCount, SH.minLength, SH.maxLength)
_LIMITS = (SH.minInclusive, SH.minExclusive, SH.maxInclusive, SH.maxExclusive)
_VALUES: dict[URIRef, Callable[[Node], bool]] = {
    **dict.fromkeys((*_NAMES, *_OTHERS), _is_iri),
    **dict.fromkeys((*_COUNTS, SH.qualifiedMinCount, SH.qualifiedMaxCount), _is_count),
    **dict.fromkeys(_LIMITS, _is_limit),
    **dict.fromkeys((SH.pattern, SH.flags), _is_text),
    **dict.fromkeys((SH.closed, SH.deactivated, SH.qualifiedValueShapesDisjoint), _is_truth),
    SH.nodeKind: _is_kind,
}
"""By parameter: whether a node can be its value."""
