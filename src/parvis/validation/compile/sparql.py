"""Constraints that shapes write in SPARQL, for all focus nodes at once (SHACL §5)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from pyparsing import ParseException
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import OWL, RDF, RDFS, SH, XSD
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node, Variable

from parvis.errors import ShapesError
from parvis.i18n import N_
from parvis.rdf import ntriples
from parvis.validation.compile.query import Query, Reach
from parvis.validation.compile.scope import Scope
from parvis.validation.compile.terms import NotCompiled
from parvis.validation.shape import Shape
from parvis.validation.shapes import named

# Queries that shapes write in SPARQL: what no constraint may hold is refused (SHACL §5, App. A).
#
# An engine would fetch what SERVICE or FROM name, or fail at the first focus node. The parser of
# the engine itself is asked: no other reads a query quite as it does.

NO_QUERY = N_("{shape}: a constraint in SPARQL needs exactly one {term} with a text")
FORBIDDEN = N_("{shape}: the query of a constraint may not hold {word}")
NO_FORM = N_("{shape}: the query must begin with {form}")
NO_THIS = N_("{shape}: the query must select $this")
UNDECLARED = N_("{shape}: the query uses the prefix “{prefix}”, which sh:prefixes does not declare")
NO_PREFIX = N_("{shape}: “{prefix}” cannot be declared as a prefix of “{namespace}”")
UNREADABLE = N_("{shape}: the query cannot be read: {reason}")

_FORBIDDEN = {
    "ServiceGraphPattern": "SERVICE",
    "DatasetClause": "FROM",
    "MinusGraphPattern": "MINUS",
    "InlineData": "VALUES",
    "ValuesClause": "VALUES",
}
_GIVEN = {"rdf": str(RDF), "rdfs": str(RDFS), "owl": str(OWL)}
"""Prefixes that pyshacl declares for everyone."""
_DECLARED_PREFIX = re.compile(r"[A-Za-z][\w.-]*|")
_VALIDATORS = (SH.validator, SH.nodeValidator, SH.propertyValidator)


def selects(shapes: Graph) -> Iterator["Select"]:
    """Give the query of every constraint, and of every constraint component (SHACL §5, §6)."""
    for shape, node in shapes.subject_objects(SH.sparql):
        yield Select(shapes, shape, node, SH.select)
    for validator in _VALIDATORS:
        for component, node in shapes.subject_objects(validator):
            term = SH.ask if (node, SH.ask, None) in shapes else SH.select
            yield Select(shapes, component, node, term)


def declarations(shapes: Graph, constraint: Node) -> Iterator[tuple[Node | None, Node | None]]:
    """Give what ``sh:prefixes`` declare, with imported ontologies (SHACL §5.2.1)."""
    owners = list(shapes.objects(constraint, SH.prefixes))
    for owner in owners:
        owners += [other for other in shapes.objects(owner, OWL.imports) if other not in owners]
        for node in shapes.objects(owner, SH.declare):
            yield shapes.value(node, SH.prefix), shapes.value(node, SH.namespace)


@dataclass(frozen=True)
class Select:
    """The query of one constraint of a shape, under the term that holds it."""

    shapes: Graph
    shape: Node
    node: Node
    term: URIRef

    def refuse_broken(self) -> None:
        """Raise `ShapesError` for the first thing that is wrong."""
        for part in self._parts:
            if part.name in _FORBIDDEN:
                raise self._error(FORBIDDEN, word=_FORBIDDEN[part.name])
        form = "SELECT" if self.term == SH.select else "ASK"
        if self._parts[0].name != f"{form.title()}Query":
            raise self._error(NO_FORM, form=form)
        if form == "SELECT" and not self._selects_this():
            raise self._error(NO_THIS)
        self._refuse_names()

    def patterns(self) -> Iterator[str]:
        """Give the regular expressions that stand in the query itself."""
        for part in self._parts:
            if part.name in {"Builtin_REGEX", "Builtin_REPLACE"}:
                yield from (str(one["string"]) for one in _inside(part.pattern) if "string" in one)

    @cached_property
    def _parts(self) -> list[CompValue]:
        """Parse the query: its form comes first, then all that is in it, and its prologue."""
        found = list(self.shapes.objects(self.node, self.term))
        text = found[0] if len(found) == 1 else None
        if not isinstance(text, Literal) or text.datatype not in {None, XSD.string}:
            raise self._error(NO_QUERY, term=f"sh:{self.term.fragment}")
        try:
            prologue, query = parseQuery(str(text).replace("$PATH", "<urn:path>"))
        except (ParseException, RecursionError) as error:
            raise self._error(UNREADABLE, reason=error) from error
        return [*_inside(query), *_inside(prologue)]

    def _selects_this(self) -> bool:
        head = self._parts[0].get("projection")
        return head is None or any(one.get("var") == Variable("this") for one in head)

    def _refuse_names(self) -> None:
        """Refuse names whose prefix is not declared, by the query or beside it."""
        known = self._declared()
        known |= {str(one.prefix): "" for one in self._parts if one.name == "PrefixDecl"}
        for part in self._parts:
            if part.name == "pname" and _prefix(part) not in known:
                raise self._error(UNDECLARED, prefix=_prefix(part))

    def _declared(self) -> dict[str, str]:
        """Give the prefixes declared beside the query; nothing in them can be anything else."""
        found = dict(_GIVEN)
        for prefix, namespace in declarations(self.shapes, self.node):
            if not _DECLARED_PREFIX.fullmatch(str(prefix)) or not _is_iri(str(namespace)):
                raise self._error(NO_PREFIX, prefix=prefix, namespace=namespace)
            found[str(prefix)] = str(namespace)
        return found

    def _error(self, template: str, **fields: object) -> ShapesError:
        return ShapesError(template, shape=named(self.shape, self.shapes), **fields)


def _prefix(name: CompValue) -> str:
    return str(name["prefix"]) if "prefix" in name else ""


def _is_iri(text: str) -> bool:
    try:
        return bool(ntriples.absolute(text))
    except ValueError:
        return False


def _inside(part: object) -> Iterator[CompValue]:
    """Give a part of a parsed query and all parts in it."""
    if isinstance(part, CompValue):
        yield part
    inner = part.values() if isinstance(part, CompValue) else part
    if not isinstance(part, str | Node) and isinstance(inner, Iterable):
        for one in inner:
            yield from _inside(one)


# Constraints that shapes write in SPARQL, asked for all focus nodes at once (SHACL §5).
#
# The standard binds ``$this`` before the query is evaluated, everywhere in it; joining the focus
# nodes to it is the same only while nothing in the query is evaluated apart. So a query with
# UNION, MINUS, VALUES, a sub-select or a group of its own is not compiled.

_TOKEN = re.compile(
    r"""(?P<gap>\s+|\#[^\r\n]*)
      | (?P<text>\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''
               |"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')
      | (?P<iri><[^\x00-\x20<>"{}|^`\\]*>)
      | (?P<variable>[?$]\w+)
      | (?P<name>[\w.-]*:[\w.%:-]*)
      | (?P<word>@?[A-Za-z_]\w*)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_APART = frozenset(
    {"UNION", "MINUS", "VALUES", "SERVICE", "GRAPH", "LATERAL", "ORDER", "LIMIT", "OFFSET"}
    | {"FROM", "REDUCED", "CONSTRUCT", "ASK", "DESCRIBE", "BASE", "PREFIX", "VERSION"}
)
_AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})
_BOUND_TOO = frozenset({"shapesGraph", "currentShape", "failure"})
_PREFIX = re.compile(r"[A-Za-z][\w-]*|")


class Token(NamedTuple):
    """A piece of a query's text, and where it stands."""

    kind: str
    text: str
    start: int

    @property
    def word(self) -> str:
        """Give a keyword in capitals."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def variable(self) -> str:
        """Give a variable's name."""
        return self.text[1:] if self.kind == "variable" else ""


def sparql_constraints(scope: Scope, shape: Shape, focus: Reach) -> Iterator[Query]:
    """Compile the ``sh:sparql`` constraints of a shape."""
    for node in shape.values(SH.sparql):
        constraint = Shape(node, shape.graph)
        if not constraint.deactivated:
            yield _compiled(scope, shape, focus, constraint)


def _compiled(scope: Scope, shape: Shape, focus: Reach, constraint: Shape) -> Query:
    """Join the focus nodes to a query, and let each solution give one result (SHACL §5.3.2)."""
    scope.reads_all()
    select = constraint.value(SH.select)
    if not isinstance(select, Literal) or len(focus.chain) > 1:
        raise NotCompiled("a constraint in SPARQL at that place")
    found = [token for token in _tokens(str(select)) if token.kind != "gap"]
    projected = _refuse_apart(found)
    text = _joined(_with_path(scope, shape, str(select)), focus)
    value = "?value" if "value" in projected else None
    return Query(
        shape,
        SH.SPARQLConstraintComponent,
        f"{_prologue(constraint)}\n{text}",
        "?this",
        value,
        "?path" if "path" in projected else None,
        constraint.node,
    )


def _tokens(text: str) -> Iterator[Token]:
    for found in _TOKEN.finditer(text):
        yield Token(str(found.lastgroup), found[0], found.start())


def _refuse_apart(found: list[Token]) -> set[str]:
    """Raise `NotCompiled` where a join is not the same as binding first; give what is selected."""
    words = [token.word for token in found]
    if _APART.intersection(words) or words[:1] != ["SELECT"] or words.count("SELECT") > 1:
        raise NotCompiled("a query evaluated in parts")
    if _BOUND_TOO.intersection(token.variable for token in found):
        raise NotCompiled("variables that are bound otherwise")
    _refuse_groups(found)
    opening = next((i for i, token in enumerate(found) if token.text == "{"), 0)
    _refuse_grouping(found, words)
    return _projected(found[:opening])


def _refuse_groups(found: list[Token]) -> None:
    """Allow braces after WHERE, and one level of OPTIONAL or EXISTS within."""
    depth = 0
    for before, token in pairwise(found):
        if token.text == "{":
            inner = {1: {"OPTIONAL", "EXISTS"}, 2: {"EXISTS"}, 3: set()}
            if depth and before.word not in inner.get(depth, set()):
                raise NotCompiled("a group of its own")
            depth += 1
        depth -= token.text == "}"
        if token.word == "BIND" and depth > 1:
            raise NotCompiled("BIND in a group of its own")


def _refuse_grouping(found: list[Token], words: list[str]) -> None:
    """Allow groups of solutions only if each belongs to one focus node."""
    if "GROUP" not in words:
        if _AGGREGATES.intersection(words) or "HAVING" in words:
            raise NotCompiled("an aggregate over all solutions")
        return
    keys = found[words.index("GROUP") :]
    end = next((i for i, token in enumerate(keys) if token.word == "HAVING"), len(keys))
    depth = 0
    for token in keys[:end]:
        depth += (token.text == "(") - (token.text == ")")
        if token.variable == "this" and not depth:
            return
    raise NotCompiled("groups across focus nodes")


def _projected(head: list[Token]) -> set[str]:
    """Give the names that a SELECT projects, ``this`` among them."""
    names, depth = set(), 0
    for before, token in pairwise(head):
        depth += (token.text == "(") - (token.text == ")")
        if token.variable and before.word == "AS":
            if token.variable == "this":
                raise NotCompiled("a focus node of its own making")
            names.add(token.variable)
        elif token.variable and not depth:
            names.add(token.variable)
        elif token.word == "EXISTS" or (token.text == "*" and not depth):
            raise NotCompiled("a projection that is not listed")
    if "this" not in names:
        raise NotCompiled("a query that does not select its focus node")
    return names


def _with_path(scope: Scope, shape: Shape, text: str) -> str:
    """Put the path of a property shape where the query says ``$PATH`` (SHACL §5.3.1)."""
    parts = []
    for token in _tokens(text):
        if token.variable == "PATH":
            path = scope.path(shape)
            if path is None or path.stays:
                raise NotCompiled("a path of that kind in SPARQL")
            parts.append(f" {path.text} ")
        else:
            parts.append(token.text)
    return "".join(parts)


def _joined(text: str, focus: Reach) -> str:
    """Write the focus nodes first in the query's group, and count equal solutions once."""
    found = [token for token in _tokens(text) if token.kind != "gap"]
    brace = next(token.start for token in found if token.text == "{") + 1
    head = text[found[0].start + len("SELECT") : brace]
    distinct = "" if found[1].word == "DISTINCT" else " DISTINCT"
    nodes = f"{{ SELECT DISTINCT ({focus.last} AS ?this) WHERE {focus.rows()} }}"
    return f"SELECT{distinct}{head} {nodes} {text[brace:]}"


def _prologue(constraint: Shape) -> str:
    """Declare the prefixes of ``sh:prefixes``, with those of imported ontologies (SHACL §5.2.1)."""
    graph = constraint.graph
    declared: dict[str, str] = {}
    for prefix, namespace in declarations(graph, constraint.node):
        _declare(declared, prefix, namespace)
    _refuse_ambiguous(graph, declared)
    return "\n".join(f"PREFIX {prefix}: {address}" for prefix, address in declared.items())


def _declare(declared: dict[str, str], prefix: Node | None, namespace: Node | None) -> None:
    if prefix is None or namespace is None or not _PREFIX.fullmatch(str(prefix)):
        raise NotCompiled("a prefix that is none")
    try:
        address = ntriples.iri(str(namespace))
    except ValueError as error:
        raise NotCompiled("a namespace that is no IRI") from error
    if declared.setdefault(str(prefix), address) != address:
        raise NotCompiled("a prefix with two meanings")


def _refuse_ambiguous(graph: Graph, declared: dict[str, str]) -> None:
    """Refuse a prefix that is declared otherwise anywhere else: engines differ in whom they ask."""
    for node in graph.objects(None, SH.declare):
        prefix, namespace = (str(graph.value(node, term)) for term in (SH.prefix, SH.namespace))
        if declared.get(prefix, f"<{namespace}>") != f"<{namespace}>":
            raise NotCompiled("a prefix with two meanings")
