"""Write a mapping document as RML: RML-Core, RML-IO for sources, RML-FNML for functions.

With losses, the exported mapping makes other triples or other reports of some files; without, it
makes the same graph.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from typing import NamedTuple
from urllib.parse import quote

from rdflib import BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import RDF, XSD
from rdflib.term import Node

from parvis.errors import UsageError
from parvis.i18n import N_, both
from parvis.mapping.engine.terms import DOTS, LANGUAGE
from parvis.mapping.engine.values import TEMPORAL
from parvis.mapping.language.calls import FN, GREL, IDLAB, constant
from parvis.mapping.language.plan import (
    Call,
    EntityMap,
    Expression,
    LogicalSource,
    MappingDocument,
    ObjectMap,
    PredicateObject,
    Reference,
    Template,
    expressions_of,
    nested_calls,
)
from parvis.mapping.rml import RML as NAMESPACE
from parvis.mapping.rml import graph as vocabulary
from parvis.mapping.rml.terms import concatenate
from parvis.mapping.sources.packed import ONLY
from parvis.rdf.ntriples import ABSOLUTE

RML = Namespace(NAMESPACE)
RML_PREFIXES = vocabulary.NAMESPACES | {"fn": FN, "grel": GREL, "idlab-fn": IDLAB}
FORMULATIONS = {kind: name for name, kind in reversed(vocabulary.FORMULATIONS.items())}
ENCODINGS = {codec: name for name, codec in vocabulary.ENCODINGS.items()}
PLAIN_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\w/.~:?#@!$&'()*+,;=-]*")
"""An absolute IRI that is certainly valid (RFC 3987 §2.2)."""
IN_ORDER = frozenset({"join", "coalesce"})
"""Functions whose values have an order, which RDF does not preserve: they are numbered."""
NUMBERS = frozenset({str(XSD.decimal), str(XSD.integer), str(XSD.double), "money", "number"})
TIMES = frozenset({str(XSD.date), str(XSD.dateTime), TEMPORAL, "date", "year", "until", "allDay"})
"""Datatypes and functions that read numbers, and times."""

SOURCE_OUT = N_("source “{name}” is left out with what is made of it: RML has no word for “{key}”")
ENTITY_OUT = N_("“{name}” is left out: RML has no tables for fn:lookup")
PAIR_OUT = N_("“{name}”: {predicate} is left out: RML has no tables for fn:lookup")
TAG_OUT = N_("“{name}”: {predicate} is left out: “{text}” is not a language tag")
KEY_LOST = N_("source “{name}”: “{key}” is lost: RML does not say how values are written")
OPTIONAL = N_("source “{name}”: “optional” is lost: a column that is missing is an error in RML")
NUMBER = N_(
    "source “{name}”: numbers with a fraction become xsd:double, and a list under a plain name "
    "is refused"
)
RELATIVE = N_("“{name}”: “{text}” may become another address: RML appends it to the base as it is")
CHECK = N_("the check “{name}” is lost: RML has no notices on rows")
OWN = N_("“{name}”: the datatype fn:dateOrDateTime means something to parvis only")

Fields = Mapping[str, Expression]
Properties = dict[str, object]
"""The properties of a node: terms, texts, numbers, or further nodes; None is not written."""
Text = dict[str, str]
"""A sentence in each language."""


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
    graph = Graph()
    losses = [both(CHECK, name=check.rule) for check in document.checks]
    sources = {}
    for source in document.sources.values():
        is_out, source_losses = _find_source_losses(document, source)
        losses += source_losses
        if not is_out:
            sources[source.name] = source
    for entity in document.entities:
        if sources.keys().isdisjoint(entity.sources):
            continue
        exportable, entity_losses = _reduce_entity(document, entity)
        losses += entity_losses
        if exportable is None:
            continue
        for source in (sources[name] for name in entity.sources if name in sources):
            # RML has one source per triples map: an entity of several becomes several maps.
            title = f"{entity.name}-{source.name}" if len(entity.sources) > 1 else entity.name
            node = URIRef(f"#source-{quote(source.name)}")
            if (node, RML.source, None) not in graph:
                _add(graph, _logical_source(source), node)
            triples_map = _triples_map(exportable, source) | {"logicalSource": node}
            _add(graph, triples_map, URIRef(f"#{quote(title)}"))
    return RmlExport(graph, tuple(losses))


def _find_source_losses(
    document: MappingDocument, source: LogicalSource
) -> tuple[bool, list[Text]]:
    """Return whether a source is left out, with the first reason, and else what is lost of it."""
    trees = source.formulation not in ("csv", "sql")
    unwritable = {
        "referenceFormulation": source.formulation not in FORMULATIONS or source.is_address,
        "each": source.each is not None,
        "key-as": source.key_as,
        "unpivot": source.unpivot,
        "sum": source.sum,
        "columns": source.columns,
        "access": source.member not in (None, ONLY),
        "encoding": trees and source.encoding not in (None, *ENCODINGS),
    }
    for key in filter(unwritable.get, unwritable):
        return True, [both(SOURCE_OUT, name=source.name, key=key)]
    # Only what the values need is lost: a zone matters to dates, separators to numbers.
    entities = document.entities_of(source.name)
    values = [value for entity in entities for value in expressions_of(entity)]
    pairs = (pair for entity in entities for pair in entity.predicate_objects)
    used = {str(pair.object.datatype) for pair in pairs}
    used |= _functions(*values, *(value for _, value in source.fields))
    reading = source.reading
    lost = {
        "decimal": used & NUMBERS and (reading.group, reading.point) != ("", "."),
        "timezone": used & TIMES,
        "dateformats": used & TIMES and reading.dateformats,
    }
    losses = [both(KEY_LOST, name=source.name, key=key) for key in filter(lost.get, lost)]
    losses += [both(OPTIONAL, name=source.name)] if source.optional else []
    losses += [both(NUMBER, name=source.name)] if source.formulation in ("jsonpath", "sql") else []
    return False, losses


def _reduce_entity(
    document: MappingDocument, entity: EntityMap
) -> tuple[EntityMap | None, list[Text]]:
    """Return what of an entity map can be exported, and what is lost."""
    fields = [value for name in entity.sources for _, value in document.sources[name].fields]
    if "lookup" in _functions(*fields, entity.subject, entity.condition):
        return None, [both(ENTITY_OUT, name=entity.name)]
    losses: list[Text] = []
    pairs: list[PredicateObject] = []
    objects = [pair.object.value for pair in entity.predicate_objects if pair.object.kind == "iri"]
    for value in (entity.subject, *objects):
        if isinstance(value, Template) and value.reference is None:
            text = "".join(part if isinstance(part, str) else "x" for part in value.parts)
            # Such an IRI does not resolve by being appended (RFC 3986 §5.2).
            if not ABSOLUTE.match(text) and (DOTS.search(text) or not text[:1].isalnum()):
                losses.append(both(RELATIVE, name=entity.name, text=text))
    for pair in entity.predicate_objects:
        tag, spot = pair.object.language, {"name": entity.name, "predicate": pair.predicate}
        if "lookup" in _functions(pair.object.value, pair.object.condition):
            losses.append(both(PAIR_OUT, **spot))
        elif tag and not LANGUAGE.fullmatch(tag):
            losses.append(both(TAG_OUT, **spot, text=tag))
        else:
            pairs.append(pair)
        if pair.object.datatype == TEMPORAL:
            losses.append(both(OWN, name=entity.name))
    return replace(entity, predicate_objects=tuple(pairs)), losses


def _functions(*expressions: Expression | None) -> set[str]:
    return {call.function for expression in expressions for call in nested_calls(expression)}


def _add(graph: Graph, properties: Properties, node: Node) -> Node:
    """Add a node with its properties and the nodes within it."""
    for name, values in properties.items():
        for value in values if isinstance(values, list) else [values]:
            term = _add(graph, value, BNode()) if isinstance(value, dict) else value
            if term is not None:
                term = term if isinstance(term, Node) else Literal(term)
                graph.add((node, vocabulary.expand(name), term))
    return node


def _triples_map(entity: EntityMap, source: LogicalSource) -> Properties:
    # RML has no computed fields: they are inlined where they are used.
    fields: dict[str, Expression] = {}
    for name, value in source.fields:
        # A field may be computed from those above it.
        fields[name] = _inline(value, fields)
    # A row is made into an entity where its source keeps it, does not skip it, and the entity's
    # own condition holds.
    tests: list[Expression] = [_matches(*rule) for rule in source.keep.items()]
    tests += [Call("not", (("condition", _matches(*rule)),)) for rule in source.skip.items()]
    tests += [_inline(entity.condition, fields)] if entity.condition else []
    if len(tests) > 1:
        tests = [Call("and", tuple(("condition", test) for test in tests))]
    subject = _term(ObjectMap(entity.subject, "iri"), fields)
    subject["condition"] = [_expression(test) for test in tests]
    pairs = [
        {"predicate": URIRef(str(pair.predicate)), "objectMap": _term(pair.object, fields)}
        for pair in entity.predicate_objects
    ]
    return {
        "rdf:type": RML.TriplesMap,
        "subjectMap": subject,
        "predicateObjectMap": pairs,
    }


def _matches(column: str, pattern: str) -> Call:
    value = Template((Reference(column),))
    return Call("matches", (("value", value), ("pattern", Template((pattern,)))))


def _inline(expression: Expression, fields: Fields, *, is_iri: bool = False) -> Expression:
    """Inline fields in an expression; with `is_iri`, its templates make IRIs."""
    if isinstance(expression, Call):
        pairs = ((name, _inline(value, fields)) for name, value in expression.parameters)
        return Call(expression.function, tuple(pairs), expression.line)
    if reference := expression.reference:
        field = fields.get(reference.name, expression)
        return concatenate(field) if is_iri else field
    computed = any(isinstance(part, Reference) and part.name in fields for part in expression.parts)
    return concatenate(expression, fields, safe=is_iri) if computed else expression


def _term(term_map: ObjectMap, fields: Fields) -> Properties:
    is_iri, datatype, language = term_map.kind == "iri", term_map.datatype, term_map.language
    value = _inline(term_map.value, fields, is_iri=is_iri)
    term = _expression(value, is_iri=is_iri, typed=bool(datatype or language))
    term["termType"] = RML.IRI if is_iri else RML.Literal
    if not is_iri:
        term |= {"datatype": URIRef(datatype) if datatype else None, "language": language or None}
    if term_map.condition:
        term["condition"] = _expression(_inline(term_map.condition, fields))
    return term


def _expression(expression: Expression, *, is_iri: bool = False, typed: bool = False) -> Properties:
    """Return an expression map: a function, a reference, a constant or a template."""
    if isinstance(expression, Call):
        return {"functionExecution": _call(expression)}
    if reference := expression.reference:
        return {"reference": reference.name}
    # A constant is the term itself: one with a datatype besides is written as a template, and so
    # is an IRI that Turtle may not hold as it is.
    text = constant(expression)
    if text is not None and not typed and (not is_iri or PLAIN_IRI.fullmatch(text)):
        return {"constant": URIRef(text) if is_iri else text}
    template = ""
    for part in expression.parts:
        # Braces and backslashes are escaped (RML-Core, templates).
        escaped = re.sub(r"[\\{}]", r"\\\g<0>", part if isinstance(part, str) else part.name)
        template += escaped if isinstance(part, str) else f"{{{escaped}}}"
    return {"template": template, "termType": RML.Literal}


def _call(call: Call) -> Properties:
    numbers = count(1)
    inputs = []
    for name, value in call.parameters:
        numbered = call.function in IN_ORDER and name == "value"
        parameter = RDF[f"_{next(numbers)}"] if numbered else URIRef(FN + name)
        text = constant(value)
        value_map = _expression(value) if text is None else None
        inputs.append({"parameter": parameter, "inputValue": text, "inputValueMap": value_map})
    return {"function": URIRef(FN + call.function), "input": inputs}


def _logical_source(source: LogicalSource) -> Properties:
    recoded = source.encoding not in (None, *ENCODINGS)
    if source.formulation == "csv" and (source.delimiter or source.header > 1 or recoded):
        # Only a table of CSVW can have a dialect.
        dialect = {
            "rdf:type": vocabulary.expand("csvw:Dialect"),
            "csvw:delimiter": source.delimiter or None,
            "csvw:encoding": source.encoding or None,
            "csvw:skipRows": source.header - 1 if source.header > 1 else None,
        }
        file: Properties = {
            "rdf:type": vocabulary.expand("csvw:Table"),
            "csvw:url": source.access,
            "csvw:dialect": dialect,
        }
    else:
        encoding = None if source.formulation == "sql" else ENCODINGS.get(source.encoding or "")
        packed = "zip" if source.member == ONLY else "gzip" if source.access.endswith(".gz") else ""
        file = {
            "rdf:type": RML.RelativePathSource,
            "root": RML.MappingDirectory,
            "path": source.access,
            "encoding": RML[encoding] if encoding else None,
            "compression": RML[packed] if packed else None,
        }
    nulls = source.reading.nulls
    if source.formulation == "csv" and not source.reading.keeps_empty:
        nulls |= {""}  # other engines take an empty cell as an empty text
    return {
        "source": {**file, "null": sorted(nulls)},
        "referenceFormulation": RML[FORMULATIONS[source.formulation]],
        "iterator": source.query or source.iterator or None,
    }
