"""Constraints that shapes write in SPARQL, for all focus nodes at once (SHACL §5)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import OWL, RDF, RDFS, SH, XSD
from rdflib.term import Node, Variable

from parvis.errors import QueryError, ShapesError
from parvis.i18n import N_
from parvis.rdf import ntriples
from parvis.rdf.sparql.grammar import QueryToken
from parvis.rdf.sparql.parser import tokenise
from parvis.validation.compile.query import (
    CompilationScope,
    ConstraintQuery,
    NodeReach,
    QueryOfShapes,
)
from parvis.validation.compile.terms import NotCompiled
from parvis.validation.shapes import Shape, shape_error

if TYPE_CHECKING:
    from rdflib.plugins.sparql.parserutils import CompValue

# Refuse what no constraint may hold (SHACL §5, App. A): an engine would fetch what SERVICE or FROM
# name, or fail at the first focus node. rdflib's own parser is used, since no other reads a query
# quite as the reference engine does.

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
_PREDECLARED = {"rdf": str(RDF), "rdfs": str(RDFS), "owl": str(OWL)}
"""Prefixes that pyshacl always declares."""
_DECLARED_PREFIX = re.compile(r"[A-Za-z][\w.-]*|")
_VALIDATORS = (SH.validator, SH.nodeValidator, SH.propertyValidator)


def selects(shapes: Graph) -> Iterator["SparqlConstraint"]:
    """Return the query of every constraint, and of every constraint component (SHACL §5, §6)."""
    for shape, node in shapes.subject_objects(SH.sparql):
        yield SparqlConstraint(shapes, shape, node, SH.select)
    for validator in _VALIDATORS:
        for component, node in shapes.subject_objects(validator):
            term = SH.ask if (node, SH.ask, None) in shapes else SH.select
            yield SparqlConstraint(shapes, component, node, term)


def declarations(shapes: Graph, constraint: Node) -> Iterator[tuple[Node | None, Node | None]]:
    """Return the prefixes of ``sh:prefixes``, with imported ontologies (SHACL §5.2.1)."""
    owners = list(shapes.objects(constraint, SH.prefixes))
    # The list grows while it is read: an imported ontology may import others.
    for owner in owners:
        owners += [o for o in shapes.objects(owner, OWL.imports) if o not in owners]
        for node in shapes.objects(owner, SH.declare):
            yield shapes.value(node, SH.prefix), shapes.value(node, SH.namespace)


@dataclass(frozen=True)
class SparqlConstraint:
    """The query of one constraint of a shape, under the term that holds it."""

    shapes: Graph
    shape: Node
    node: Node
    term: URIRef

    def refuse_broken(self) -> None:
        """Raise `ShapesError` for the first error."""
        for part in self._parts:
            if part.name in _FORBIDDEN:
                raise self._error(FORBIDDEN, word=_FORBIDDEN[part.name])
        form = "SELECT" if self.term == SH.select else "ASK"
        if self._parts[0].name != f"{form.title()}Query":
            raise self._error(NO_FORM, form=form)
        if form == "SELECT":
            head = self._parts[0].projection  # none of ``SELECT *``
            if head is not None and all(part.var != Variable("this") for part in head):
                raise self._error(NO_THIS)
        self._refuse_undeclared_prefixes()

    def patterns(self) -> Iterator[str]:
        """Return the regular expressions in the query itself."""
        for part in self._parts:
            if part.name in {"Builtin_REGEX", "Builtin_REPLACE"}:
                texts = _iterate_parts(part.pattern)
                yield from (str(text["string"]) for text in texts if "string" in text)

    @cached_property
    def _parts(self) -> "list[CompValue]":
        """Parse the query: its form comes first, then all that is in it, and its prologue."""
        texts = list(self.shapes.objects(self.node, self.term))
        text = texts[0] if len(texts) == 1 else None
        if not isinstance(text, Literal) or text.datatype not in {None, XSD.string}:
            raise self._error(NO_QUERY, term=f"sh:{self.term.fragment}")
        # rdflib's grammar takes a tenth of a second to load, and shapes in use were read before.
        from pyparsing import ParseException  # noqa: PLC0415
        from rdflib.plugins.sparql.parser import parseQuery  # noqa: PLC0415

        try:
            prologue, query = parseQuery(str(text).replace("$PATH", "<urn:path>"))
        except (ParseException, RecursionError) as error:
            raise self._error(UNREADABLE, reason=error) from error
        return [*_iterate_parts(query), *_iterate_parts(prologue)]

    def _refuse_undeclared_prefixes(self) -> None:
        prefixes = {*_PREDECLARED}
        for prefix, namespace in declarations(self.shapes, self.node):
            try:
                is_iri = bool(ntriples.absolute(str(namespace)))
            except ValueError:
                is_iri = False
            # Both are written into the query's text: nothing else may stand in them.
            if not _DECLARED_PREFIX.fullmatch(str(prefix)) or not is_iri:
                raise self._error(NO_PREFIX, prefix=prefix, namespace=namespace)
            prefixes.add(str(prefix))
        prefixes |= {str(part.prefix) for part in self._parts if part.name == "PrefixDecl"}
        for part in self._parts:
            name = str(part.prefix or "")
            if part.name == "pname" and name not in prefixes:
                raise self._error(UNDECLARED, prefix=name)

    def _error(self, template: str, **fields: object) -> ShapesError:
        return shape_error(template, self.shape, self.shapes, **fields)


def _iterate_parts(part: object) -> "Iterator[CompValue]":
    """Return a part of a parsed query and all parts in it."""
    from rdflib.plugins.sparql.parserutils import CompValue  # noqa: PLC0415 - as above

    if isinstance(part, CompValue):
        yield part
    inner = part.values() if isinstance(part, CompValue) else part
    if not isinstance(part, str | Node) and isinstance(inner, Iterable):
        for inner_part in inner:
            yield from _iterate_parts(inner_part)


# Compile for all focus nodes at once. The standard binds ``$this`` before the query is evaluated,
# everywhere in it; joining the focus nodes to it is the same only while nothing in the query is
# evaluated on its own. So a query with UNION, MINUS, VALUES, a sub-select or a group of its own is
# not compiled.

_SEPARATE = frozenset(
    {"UNION", "MINUS", "VALUES", "SERVICE", "GRAPH", "LATERAL", "ORDER", "LIMIT", "OFFSET"}
    | {"FROM", "REDUCED", "CONSTRUCT", "ASK", "DESCRIBE", "BASE", "PREFIX", "VERSION"}
)
_PREBOUND = frozenset({"shapesGraph", "currentShape", "failure"})
_PREFIX = re.compile(r"[A-Za-z][\w-]*|")


def sparql_constraints(
    scope: CompilationScope, shape: Shape, focus: NodeReach
) -> Iterator[ConstraintQuery]:
    """Compile the ``sh:sparql`` constraints of a shape."""
    for node in shape.values(SH.sparql):
        constraint = Shape(node, shape.graph)
        if constraint.is_deactivated:
            continue
        scope.reads_all()
        select = constraint.value(SH.select)
        if not isinstance(select, Literal) or len(focus.chain) > 1:
            raise NotCompiled("a constraint in SPARQL at that place")
        try:
            tokens = tokenise(str(select))
        except QueryError as error:
            raise NotCompiled("a query that is not valid SPARQL") from error
        projected = _require_joinable(tokens)
        text = _join_focus(scope, shape, focus, str(select), tokens)
        # Each solution is one result (SHACL §5.3.2).
        yield ConstraintQuery(
            shape,
            SH.SPARQLConstraintComponent,
            QueryOfShapes(f"{_write_prologue(constraint)}\n{text}"),
            "?this",
            "?value" if "value" in projected else None,
            "?path" if "path" in projected else None,
            constraint.node,
        )


def _variable(token: QueryToken) -> str:
    """Return the name of a variable; empty for another token."""
    return token.text[1:] if token.terminal == "VAR" else ""


def _require_joinable(tokens: list[QueryToken]) -> set[str]:
    """Raise `NotCompiled` where a join differs from binding first; return the selected names."""
    terminals = [token.terminal for token in tokens]
    if _SEPARATE.intersection(terminals) or terminals[0] != "SELECT" or "SELECT" in terminals[1:]:
        raise NotCompiled("a query evaluated in parts")
    if _PREBOUND.intersection(map(_variable, tokens)):
        raise NotCompiled("variables that are bound otherwise")
    depth = 0
    for before, token in pairwise(tokens):
        if token.text == "{":
            # Braces are those after WHERE, and two levels of OPTIONAL or EXISTS within.
            inner = {1: {"OPTIONAL", "EXISTS"}, 2: {"EXISTS"}, 3: set()}
            if depth and before.terminal not in inner.get(depth, set()):
                raise NotCompiled("a group of its own")
            depth += 1
        depth -= token.text == "}"
        if token.terminal == "BIND" and depth > 1:
            raise NotCompiled("BIND in a group of its own")
    _refuse_aggregates(tokens, terminals)
    opening = next((i for i, token in enumerate(tokens) if token.text == "{"), 0)
    return _read_projection(tokens[:opening])


def _refuse_aggregates(tokens: list[QueryToken], terminals: list[str]) -> None:
    """Refuse groups of solutions that may belong to several focus nodes."""
    if "GROUP" not in terminals:
        if "AGGREGATE" in terminals or "HAVING" in terminals:
            raise NotCompiled("an aggregate over all solutions")
        return
    keys = tokens[terminals.index("GROUP") :]
    end = next((i for i, token in enumerate(keys) if token.terminal == "HAVING"), len(keys))
    depth = 0
    for token in keys[:end]:
        depth += (token.text == "(") - (token.text == ")")
        if _variable(token) == "this" and not depth:
            return
    raise NotCompiled("groups across focus nodes")


def _read_projection(head: list[QueryToken]) -> set[str]:
    """Return the names that a SELECT projects, ``this`` among them."""
    names, depth = set(), 0
    for before, token in pairwise(head):
        depth += (token.text == "(") - (token.text == ")")
        name = _variable(token)
        if name and before.terminal == "AS":
            if name == "this":
                raise NotCompiled("a focus node of its own making")
            names.add(name)
        elif name and not depth:
            names.add(name)
        elif token.terminal == "EXISTS" or (token.text == "*" and not depth):
            raise NotCompiled("a projection that is not listed")
    if "this" not in names:
        raise NotCompiled("a query that does not select its focus node")
    return names


def _join_focus(
    scope: CompilationScope, shape: Shape, focus: NodeReach, select: str, tokens: list[QueryToken]
) -> str:
    """Write the focus nodes first in the query's group, and make its solutions distinct."""
    nodes = f"{{ SELECT DISTINCT ({focus.last} AS ?this) WHERE {focus.rows()} }}"
    brace = next(token for token in tokens if token.text == "{")
    parts, at = [], tokens[0].start
    for token in tokens:
        if token is tokens[0]:
            text = "SELECT" if tokens[1].terminal == "DISTINCT" else "SELECT DISTINCT"
        elif token is brace:
            text = f"{{ {nodes} "
        elif _variable(token) == "PATH":
            # ``$PATH`` stands for the path of a property shape (SHACL §5.3.1).
            path = scope.path(shape)
            if path is None or path.stays:
                raise NotCompiled("a path of that kind in SPARQL")
            text = f" {path.text} "
        else:
            continue
        parts += [select[at : token.start], text]
        at = token.end
    return "".join([*parts, select[at:]])


def _write_prologue(constraint: Shape) -> str:
    """Declare the prefixes of ``sh:prefixes``, with those of imported ontologies (SHACL §5.2.1)."""
    graph = constraint.graph
    declared: dict[str, str] = {}
    for prefix, namespace in declarations(graph, constraint.node):
        if prefix is None or namespace is None or not _PREFIX.fullmatch(str(prefix)):
            raise NotCompiled("a prefix that is none")
        try:
            address = ntriples.iri(str(namespace))
        except ValueError as error:
            raise NotCompiled("a namespace that is no IRI") from error
        if declared.setdefault(str(prefix), address) != address:
            raise NotCompiled("a prefix with two meanings")
    # A declaration anywhere else must agree: engines differ in which declarations they use.
    for node in graph.objects(None, SH.declare):
        name, address = (str(graph.value(node, term)) for term in (SH.prefix, SH.namespace))
        if declared.get(name, f"<{address}>") != f"<{address}>":
            raise NotCompiled("a prefix with two meanings")
    return "\n".join(f"PREFIX {prefix}: {address}" for prefix, address in declared.items())
