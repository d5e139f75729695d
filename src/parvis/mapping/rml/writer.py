"""Write a mapping document as RML: RML-Core, RML-IO for sources, RML-FNML for functions."""

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
    EntityMap,
    Expression,
    Formulation,
    LogicalSource,
    MappingDocument,
    ObjectMap,
    Reference,
    Template,
)
from parvis.mapping.rml.graph import RML as VOCABULARY
from parvis.mapping.rml.losses import UTF, Text, find_losses
from parvis.mapping.rml.sources import CSVW as TABLES
from parvis.mapping.sources.packed import ONLY

# RML has no computed fields: they are inlined where they are used. What a template does with a
# field (all combinations, none if one is empty, escaped in IRIs) is written with `concat` and
# `iriSafe`, which do just that.

Fields = Mapping[str, Expression]


def fields_of(source: LogicalSource) -> Fields:
    """Return each field as an expression over the file's own columns."""
    fields: dict[str, Expression] = {}
    for name, value in source.fields:
        # A field may be computed from those above it.
        fields[name] = inline_fields(value, fields)
    return fields


def inline_fields(
    expression: Expression, fields: Fields, *, safe: bool = False, called: bool = False
) -> Expression:
    """Inline fields in an expression; `safe` if its templates make IRIs.

    With `called`, the result is a parameter of a call, where nothing more is escaped.
    """
    if isinstance(expression, Call):
        pairs = ((name, inline_fields(value, fields)) for name, value in expression.parameters)
        return Call(expression.function, tuple(pairs), expression.line)
    if (reference := expression.reference) is not None:
        field = fields.get(reference.name, expression)
        return _concatenate(field, {}, safe=False) if safe else field
    computed = any(isinstance(part, Reference) and part.name in fields for part in expression.parts)
    if not computed and not (safe and called):
        return expression
    return _concatenate(expression, fields, safe=safe)


def _concatenate(expression: Expression, fields: Fields, *, safe: bool) -> Expression:
    """Return a template as calls, so that nothing more is escaped in it."""
    if isinstance(expression, Call) or not expression.parts:
        return expression
    parts: list[Expression] = []
    for part in expression.parts:
        if isinstance(part, str):
            parts.append(Template((part,)))
            continue
        value = fields.get(part.name, Template((part,)))
        parts.append(Call("iriSafe", (("value", value),)) if safe else value)
    return reduce(lambda left, right: Call("concat", (("value", left), ("other", right))), parts)


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
"""An absolute IRI that is certainly valid (RFC 3987 §2.2)."""
IN_ORDER = frozenset({"join", "coalesce"})
"""Functions whose values have an order, which RDF does not preserve: they are numbered."""


class RmlExport(NamedTuple):
    """A mapping as RML, and what it lost."""

    graph: Graph
    losses: tuple[Text, ...]


def to_rml(document: MappingDocument) -> RmlExport:
    """Return a document as RML; raises `UsageError` for a document that is RML already."""
    if any(entity.standard for entity in document.entities):
        raise UsageError(
            N_("{file} is RML already: only a mapping.yml is exported"), file=document.path.name
        )
    exportable = find_losses(document)
    writer = _Writer()
    for entity in exportable.entities:
        for name in entity.sources:
            if name in exportable.sources:
                # RML has one source per triples map: an entity of several becomes several maps.
                title = f"{entity.name}-{name}" if len(entity.sources) > 1 else entity.name
                writer.add_entity(title, entity, document.sources[name])
    return RmlExport(writer.graph, exportable.losses)


class _Writer:
    """Adds entity maps to a graph."""

    def __init__(self) -> None:
        self.graph = Graph()
        self._sources: dict[str, Node] = {}

    def add_node(self, *pairs: tuple[URIRef, Node]) -> Node:
        """Add a blank node with its properties."""
        node = BNode()
        for predicate, value in pairs:
            self.graph.add((node, predicate, value))
        return node

    def add_entity(self, title: str, entity: EntityMap, source: LogicalSource) -> None:
        """Add a triples map."""
        fields = fields_of(source)
        triples_map = URIRef(f"#{quote(title)}")
        self.graph.add((triples_map, RDF.type, RML.TriplesMap))
        self.graph.add((triples_map, RML.logicalSource, self.add_source(source)))
        subject = self.add_term(ObjectMap(entity.subject, "iri"), fields)
        self.graph.add((triples_map, RML.subjectMap, subject))
        # A row is made into an entity where its source keeps it, does not skip it, and the
        # entity's own condition holds.
        tests: list[Expression] = [_matches(*rule) for rule in source.keep.items()]
        tests += [Call("not", (("condition", _matches(*rule)),)) for rule in source.skip.items()]
        tests += [inline_fields(entity.condition, fields)] if entity.condition else []
        if tests:
            together = Call("and", tuple(("condition", test) for test in tests))
            test = together if len(tests) > 1 else tests[0]
            self.graph.add((subject, RML.condition, self.add_expression(test)))
        for pair in entity.predicate_objects:
            term = self.add_term(pair.object, fields)
            if pair.object.condition:
                condition = inline_fields(pair.object.condition, fields)
                self.graph.add((term, RML.condition, self.add_expression(condition)))
            predicate = URIRef(str(pair.predicate))
            node = self.add_node((RML.predicate, predicate), (RML.objectMap, term))
            self.graph.add((triples_map, RML.predicateObjectMap, node))

    def add_term(self, term_map: ObjectMap, fields: Fields) -> Node:
        """Add a term map."""
        safe = term_map.kind == "iri"
        typed = bool(term_map.datatype or term_map.language)
        value = inline_fields(term_map.value, fields, safe=safe)
        node = self.add_expression(value, safe=safe, typed=typed)
        self.graph.add((node, RML.termType, RML.IRI if safe else RML.Literal))
        if term_map.datatype and not safe:
            self.graph.add((node, RML.datatype, URIRef(term_map.datatype)))
        if term_map.language and not safe:
            self.graph.add((node, RML.language, Literal(term_map.language)))
        return node

    def add_expression(
        self, expression: Expression, *, safe: bool = False, typed: bool = False
    ) -> Node:
        """Add an expression map: a function, a reference, a constant or a template."""
        if isinstance(expression, Call):
            return self.add_node((RML.functionExecution, self.add_call(expression)))
        if (reference := expression.reference) is not None:
            return self.add_node((RML.reference, Literal(reference.name)))
        # A constant is the term itself: one with a datatype besides is written as a template, and
        # so is an IRI that Turtle may not hold as it is.
        text = constant(expression)
        if text is not None and not typed and (not safe or PLAIN_IRI.fullmatch(text)):
            return self.add_node((RML.constant, URIRef(text) if safe else Literal(text)))
        template = ""
        for part in expression.parts:
            # Braces and backslashes are escaped (RML-Core, templates).
            escaped = re.sub(r"[\\{}]", r"\\\g<0>", part if isinstance(part, str) else part.name)
            template += escaped if isinstance(part, str) else f"{{{escaped}}}"
        return self.add_node((RML.template, Literal(template)))

    def add_call(self, call: Call) -> Node:
        """Add a function execution."""
        node = self.add_node((RML.function, URIRef(FN + call.function)))
        numbers = count(1)
        for name, value in call.parameters:
            numbered = call.function in IN_ORDER and name == "value"
            parameter = RDF[f"_{next(numbers)}"] if numbered else URIRef(FN + name)
            self.graph.add((node, RML.input, self.add_input(parameter, value)))
        return node

    def add_input(self, parameter: URIRef, value: Expression) -> Node:
        """Add an input of a function execution."""
        text = constant(value)
        if text is not None:
            return self.add_node((RML.parameter, parameter), (RML.inputValue, Literal(text)))
        node = self.add_expression(value)
        if isinstance(value, Template) and value.reference is None:
            self.graph.add((node, RML.termType, RML.Literal))
        return self.add_node((RML.parameter, parameter), (RML.inputValueMap, node))

    def add_source(self, source: LogicalSource) -> Node:
        """Add a logical source, once."""
        if source.name not in self._sources:
            node = URIRef(f"#source-{quote(source.name)}")
            self._sources[source.name] = node
            # Only a table of CSVW can have a dialect.
            dialect = source.delimiter or source.header > 1 or source.encoding not in (None, *UTF)
            is_table = source.formulation == "csv" and dialect
            file = self.add_table(source) if is_table else self.add_file(source)
            for null in sorted(source.reading.nulls):
                self.graph.add((file, RML.null, Literal(null)))
            self.graph.add((node, RML.source, file))
            self.graph.add((node, RML.referenceFormulation, FORMULATIONS[source.formulation]))
            if iterator := source.query or source.iterator:
                self.graph.add((node, RML.iterator, Literal(iterator)))
        return self._sources[source.name]

    def add_file(self, source: LogicalSource) -> Node:
        """Add a file in the mapping's folder."""
        node = self.add_node(
            (RDF.type, RML.RelativePathSource),
            (RML.root, RML.MappingDirectory),
            (RML.path, Literal(source.access)),
        )
        if source.encoding in UTF and source.formulation != "sql":
            self.graph.add((node, RML.encoding, RML[source.encoding.upper()]))
        if source.member == ONLY:
            self.graph.add((node, RML.compression, RML.zip))
        elif source.access.endswith(".gz"):
            self.graph.add((node, RML.compression, RML.gzip))
        return node

    def add_table(self, source: LogicalSource) -> Node:
        """Add a table of CSVW with its dialect."""
        dialect = self.add_node((RDF.type, CSVW.Dialect))
        options = {"delimiter": source.delimiter, "encoding": source.encoding}
        for name, text in options.items():
            if text:
                self.graph.add((dialect, CSVW[name], Literal(text)))
        if source.header > 1:
            skip_rows = Literal(str(source.header - 1), datatype=XSD.integer)
            self.graph.add((dialect, CSVW.skipRows, skip_rows))
        return self.add_node(
            (RDF.type, CSVW.Table), (CSVW.url, Literal(source.access)), (CSVW.dialect, dialect)
        )


def _matches(column: str, pattern: str) -> Call:
    value = Template((Reference(column),))
    return Call("matches", (("value", value), ("pattern", Template((pattern,)))))
