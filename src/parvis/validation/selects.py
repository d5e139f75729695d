"""Queries that shapes write in SPARQL: what no constraint may hold is refused (SHACL §5, App. A).

An engine would fetch what SERVICE or FROM name, or fail at the first focus node. The parser of
the engine itself is asked: no other reads a query quite as it does.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from pyparsing import ParseException
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import OWL, RDF, RDFS, SH, XSD
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node, Variable

from parvis.errors import ShapesError
from parvis.i18n import N_
from parvis.rdf import ntriples
from parvis.validation.shapes import named

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
_PREFIX = re.compile(r"[A-Za-z][\w.-]*|")
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
            if not _PREFIX.fullmatch(str(prefix)) or not _is_iri(str(namespace)):
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
