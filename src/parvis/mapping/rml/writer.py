"""A mapping document written as RML: RML-Core, RML-IO for sources, RML-FNML for functions."""

import re
from collections.abc import Mapping
from functools import reduce
from itertools import count
from typing import NamedTuple
from urllib.parse import quote

from rdflib import BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import RDF, XSD
from rdflib.term import Node

from parvis.errors import UsageError
from parvis.i18n import N_
from parvis.mapping.language.calls import FN, GREL, IDLAB, constant
from parvis.mapping.language.plan import (
    Call,
    Document,
    EntityMap,
    Expression,
    Formulation,
    ObjectMap,
    Reference,
    Source,
    Template,
)
from parvis.mapping.rml.graph import RML as VOCABULARY
from parvis.mapping.rml.losses import UTF, Text, kept
from parvis.mapping.rml.sources import CSVW as TABLES
from parvis.mapping.sources.packed import ONLY

# Computed fields written out where they are used, for languages that have none.
#
# What a template does with a field (all combinations, none if one is empty, escaped in IRIs) is
# said with `concat` and `iriSafe`, which do just that.

Fields = Mapping[str, Expression]


def fields_of(source: Source) -> Fields:
    """Give each field over the file's own columns: one may be computed from those above it."""
    found: dict[str, Expression] = {}
    for name, value in source.fields:
        found[name] = inlined(value, found)
    return found


def inlined(
    expression: Expression, fields: Fields, *, safe: bool = False, called: bool = False
) -> Expression:
    """Write fields out in an expression; `safe` says that its templates make IRIs.

    With `called`, what results is a parameter of a call, where nothing more is escaped.
    """
    if isinstance(expression, Call):
        pairs = ((name, inlined(value, fields)) for name, value in expression.parameters)
        return Call(expression.function, tuple(pairs), expression.line)
    if (only := expression.reference) is not None:
        found = fields.get(only.name, expression)
        return _joined(found, {}, safe=False) if safe else found
    computed = any(isinstance(part, Reference) and part.name in fields for part in expression.parts)
    return _joined(expression, fields, safe=safe) if computed or (safe and called) else expression


def _joined(expression: Expression, fields: Fields, *, safe: bool) -> Expression:
    """Write a template as calls, so that nothing more is escaped in it."""
    if isinstance(expression, Call) or not expression.parts:
        return expression
    parts = [_part(part, fields, safe=safe) for part in expression.parts]
    return reduce(lambda left, right: Call("concat", (("value", left), ("other", right))), parts)


def _part(part: str | Reference, fields: Fields, *, safe: bool) -> Expression:
    """Write one part of a template as an expression."""
    if isinstance(part, str):
        return Template((part,))
    value = fields.get(part.name, Template((part,)))
    return Call("iriSafe", (("value", value),)) if safe else value


RML = Namespace(VOCABULARY)
CSVW = Namespace(TABLES)
RML_PREFIXES = {"rml": VOCABULARY, "csvw": TABLES, "fn": FN, "grel": GREL, "idlab-fn": IDLAB}
FORMULATIONS: dict[Formulation, URIRef] = {
    "csv": RML.CSV,
    "jsonpath": RML.JSONPath,
    "xpath": RML.XPath,
    "sql": RML.SQL2008Query,
}
PLAIN_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\w/.~:?#@!$&'()*+,;=-]*")
"""An absolute IRI of which nothing can be wrong (RFC 3987 §2.2)."""
IN_ORDER = frozenset({"join", "coalesce"})
"""Functions whose values have an order, which RDF does not keep: they are numbered."""

ALREADY = N_("{file} is RML already: only a mapping.yml is exported")


class Exported(NamedTuple):
    """The mapping as RML, and what it lost."""

    graph: Graph
    losses: tuple[Text, ...]


def to_rml(document: Document) -> Exported:
    """Write a document as RML; raises `UsageError` for one that is RML already."""
    if any(entity.standard for entity in document.entities):
        raise UsageError(ALREADY, file=document.path.name)
    found = kept(document)
    writer = _Writer()
    for entity in found.entities:
        for name in entity.sources:
            if name in found.sources:
                several = len(entity.sources) > 1
                title = f"{entity.name}-{name}" if several else entity.name
                writer.entity(title, entity, document.sources[name])
    return Exported(writer.graph, found.losses)


class _Writer:
    """Writes entity maps; the graph grows."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.graph = Graph()
        self._sources: dict[str, Node] = {}

    def node(self, *pairs: tuple[URIRef, Node]) -> Node:
        """Make a blank node with its properties."""
        made = BNode()
        for step, value in pairs:
            self.graph.add((made, step, value))
        return made

    def entity(self, title: str, entity: EntityMap, source: Source) -> None:
        """Write a triples map."""
        fields = fields_of(source)
        about = URIRef(f"#{quote(title)}")
        self.graph.add((about, RDF.type, RML.TriplesMap))
        self.graph.add((about, RML.logicalSource, self.source(source)))
        subject = self.term(ObjectMap(entity.subject, "iri"), fields)
        self.graph.add((about, RML.subjectMap, subject))
        self.when(subject, _condition(entity, source, fields))
        for pair in entity.predicate_objects:
            term = self.term(pair.object, fields)
            if pair.object.condition:
                self.when(term, inlined(pair.object.condition, fields))
            made = self.node((RML.predicate, URIRef(str(pair.predicate))), (RML.objectMap, term))
            self.graph.add((about, RML.predicateObjectMap, made))

    def term(self, made: ObjectMap, fields: Fields) -> Node:
        """Write a term map."""
        safe = made.kind == "iri"
        typed = bool(made.datatype or made.language)
        node = self.value(inlined(made.value, fields, safe=safe), safe=safe, typed=typed)
        self.graph.add((node, RML.termType, RML.IRI if safe else RML.Literal))
        if made.datatype and not safe:
            self.graph.add((node, RML.datatype, URIRef(made.datatype)))
        if made.language and not safe:
            self.graph.add((node, RML.language, Literal(made.language)))
        return node

    def when(self, term: Node, condition: Expression | None) -> None:
        """Write the condition without which a term map gives nothing."""
        if condition:
            self.graph.add((term, RML.condition, self.value(condition)))

    def value(self, expression: Expression, *, safe: bool = False, typed: bool = False) -> Node:
        """Write an expression map: a function, a reference, a constant or a template.

        A constant is the whole term: one that is `typed` besides is written as a template.
        """
        if isinstance(expression, Call):
            return self.node((RML.functionExecution, self.call(expression)))
        if (only := expression.reference) is not None:
            return self.node((RML.reference, Literal(only.name)))
        text = constant(expression)
        if text is not None and not typed and (node := _constant(text, safe=safe)) is not None:
            return self.node((RML.constant, node))
        return self.node((RML.template, Literal("".join(map(_braced, expression.parts)))))

    def call(self, call: Call) -> Node:
        """Write a function execution."""
        made = self.node((RML.function, URIRef(FN + call.function)))
        numbers = count(1)
        for name, value in call.parameters:
            numbered = call.function in IN_ORDER and name == "value"
            parameter = RDF[f"_{next(numbers)}"] if numbered else URIRef(FN + name)
            self.graph.add((made, RML.input, self.input(parameter, value)))
        return made

    def input(self, parameter: URIRef, value: Expression) -> Node:
        """Write one input of a function execution."""
        text = constant(value)
        if text is not None:
            return self.node((RML.parameter, parameter), (RML.inputValue, Literal(text)))
        node = self.value(value)
        if isinstance(value, Template) and value.reference is None:
            self.graph.add((node, RML.termType, RML.Literal))
        return self.node((RML.parameter, parameter), (RML.inputValueMap, node))

    def source(self, source: Source) -> Node:
        """Write a logical source, once."""
        if source.name not in self._sources:
            made = URIRef(f"#source-{quote(source.name)}")
            self._sources[source.name] = made
            self.graph.add((made, RML.source, self.file(source)))
            self.graph.add((made, RML.referenceFormulation, FORMULATIONS[source.formulation]))
            if iterator := source.query or source.iterator:
                self.graph.add((made, RML.iterator, Literal(iterator)))
        return self._sources[source.name]

    def file(self, source: Source) -> Node:
        """Write where a source is, as a path or, if it has a dialect, as a table of CSVW."""
        made = self._table(source) if _has_dialect(source) else self._path(source)
        for null in sorted(source.reading.nulls):
            self.graph.add((made, RML.null, Literal(null)))
        return made

    def _path(self, source: Source) -> Node:
        """Write a file beside the mapping."""
        made = self.node(
            (RDF.type, RML.RelativePathSource),
            (RML.root, RML.MappingDirectory),
            (RML.path, Literal(source.access)),
        )
        if source.encoding in UTF and source.formulation != "sql":
            self.graph.add((made, RML.encoding, RML[source.encoding.upper()]))
        if source.member == ONLY:
            self.graph.add((made, RML.compression, RML.zip))
        elif source.access.endswith(".gz"):
            self.graph.add((made, RML.compression, RML.gzip))
        return made

    def _table(self, source: Source) -> Node:
        """Write a table with its dialect."""
        dialect = self.node((RDF.type, CSVW.Dialect))
        told = {"delimiter": source.delimiter, "encoding": source.encoding}
        for name, text in told.items():
            if text:
                self.graph.add((dialect, CSVW[name], Literal(text)))
        if source.header > 1:
            skipped = Literal(str(source.header - 1), datatype=XSD.integer)
            self.graph.add((dialect, CSVW.skipRows, skipped))
        return self.node(
            (RDF.type, CSVW.Table), (CSVW.url, Literal(source.access)), (CSVW.dialect, dialect)
        )


def _has_dialect(source: Source) -> bool:
    """Say whether a CSV needs more words than RML has."""
    unusual = source.delimiter or source.header > 1 or source.encoding not in (None, *UTF)
    return source.formulation == "csv" and bool(unusual)


def _condition(entity: EntityMap, source: Source, fields: Fields) -> Expression | None:
    """Give what must hold of a row: the entity's condition, and the rows its source keeps."""
    tests: list[Expression] = [_matches(column, pattern) for column, pattern in source.keep.items()]
    tests += [
        Call("not", (("condition", _matches(column, pattern)),))
        for column, pattern in source.skip.items()
    ]
    tests += [inlined(entity.condition, fields)] if entity.condition else []
    if len(tests) < 2:  # noqa: PLR2004 - one condition needs no other to hold with it
        return tests[0] if tests else None
    return Call("and", tuple(("condition", test) for test in tests))


def _matches(column: str, pattern: str) -> Call:
    """Search a pattern in a column."""
    value = Template((Reference(column),))
    return Call("matches", (("value", value), ("pattern", Template((pattern,)))))


def _constant(text: str, *, safe: bool) -> Node | None:
    """Give a constant as a term, or nothing for an IRI that Turtle may not hold as it is."""
    if not safe:
        return Literal(text)
    return URIRef(text) if PLAIN_IRI.fullmatch(text) else None


def _braced(part: str | Reference) -> str:
    r"""Write a part of a template: braces and backslashes are escaped (RML-Core, templates)."""
    text = part if isinstance(part, str) else part.name
    for mark in "\\{}":
        text = text.replace(mark, f"\\{mark}")
    return text if isinstance(part, str) else f"{{{text}}}"
