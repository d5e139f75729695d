"""Read mappings in YARRRML: the subset of the guide, with the source keys that real files need.

Every error is a `MappingError` with file and line, raised before a row is read.
"""

import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from rdflib.namespace import RDF

from parvis.errors import MappingError
from parvis.mapping.engine.values import TEMPORAL
from parvis.mapping.language.calls import constant, require_condition
from parvis.mapping.language.document import (
    Node,
    call,
    condition,
    expression,
    parse,
    read_content,
    template,
)
from parvis.mapping.language.logical_sources import ALL, read_sources
from parvis.mapping.language.plan import (
    Check,
    EntityMap,
    Expression,
    LogicalSource,
    MappingDocument,
    ObjectMap,
    PredicateObject,
    Template,
    TermKind,
    expressions,
    expressions_of,
    nested_calls,
    references,
    required_columns,
)
from parvis.rdf.ntriples import iri
from parvis.report import Severity
from parvis.vocab.namespaces import PREFIXES

DATATYPE_NAMES = ("anyURI", "date", "dateTime", "decimal", "integer", "boolean", "gYear", "string")
DATATYPES = {PREFIXES["xsd"] + name for name in DATATYPE_NAMES} | {
    TEMPORAL,
    PREFIXES["rdf"] + "HTML",
    PREFIXES["geo"] + "wktLiteral",
}
SUFFIX = re.compile(
    r"(?P<value>.*)~(?:(?P<iri>iri)|(?P<lang>[A-Za-z]{2,3}(?:-\w+)*)~lang)", re.DOTALL
)
LANGUAGE = re.compile(r"([A-Za-z]{2,3}(?:-\w+)*)~lang")
OBJECT_KEYS = frozenset({"type", "datatype", "language", "value"})
SEVERITIES = {severity.name.lower(): severity for severity in Severity}


def load(path: Path) -> MappingDocument:
    """Read and check a mapping document; raises `MappingError`."""
    return _load(path, read_content(path))


@lru_cache(maxsize=64)  # one file's mapping is read to judge, to screen and to convert it
def _load(path: Path, content: bytes) -> MappingDocument:
    return read_document(parse(path, content), path)


def read_document(node: Node, path: Path) -> MappingDocument:
    """Check the parsed document of a file; raises `MappingError`."""
    node.allow_only({"prefixes", "sources", "tables", "checks", "mappings", "recipe"})
    sources = read_sources(node.require("sources"))
    tables: dict[str, dict[str, dict[str, str]]] = {}
    table_nodes = node.get("tables")
    for name, table in table_nodes.items() if table_nodes else ():
        tables[name] = {}
        for label, line in table.items():
            # A label has one value, or several under names.
            cells = line.items() if isinstance(line.value, dict) else [("value", line)]
            tables[name][label] = {key: cell.expand(cell.text()) for key, cell in cells}
    entities = tuple(
        _read_entity(name, part, sources) for name, part in node.require("mappings").items()
    )
    checks, recipe = node.get("checks"), node.get("recipe")
    title = recipe.require("title") if recipe else None
    document = MappingDocument(
        path=path,
        sources=sources,
        entities=entities,
        checks=tuple(_read_check(part, sources) for part in checks.each()) if checks else (),
        tables=tables,
        title={lang: title.require(lang).text() for lang in ("fr", "en")} if title else {},
    )
    document = replace(document, sources=_resolve_optional(document))
    for lookup in (nested for outer in expressions(document) for nested in nested_calls(outer)):
        for parameter, value in lookup.parameters:
            if lookup.function == "lookup" and parameter == "table":
                table_name = constant(value)
                if table_name not in tables:
                    raise MappingError(
                        "{file}, line {line}: there is no table “{name}”",
                        file=path.name,
                        line=lookup.line,
                        name=table_name,
                    )
    return document


def _resolve_optional(document: MappingDocument) -> dict[str, LogicalSource]:
    """Return the sources of a document, with the names of the columns where all are optional.

    Such a source may be empty, if the file has others.
    """
    several = len(document.sources) > 1
    return {
        name: replace(
            source,
            optional=frozenset(required_columns(document, source)),
            may_be_empty=several,
        )
        if ALL in source.optional
        else source
        for name, source in document.sources.items()
    }


def _read_check(node: Node, sources: dict[str, LogicalSource]) -> Check:
    node.allow_only({"source", "when", "severity", "rule", "message", "column"})
    source = _find_source(node.require("source"), sources)
    severity = node.require("severity")
    if severity.text() not in SEVERITIES:
        severity.fail(
            "{file}, line {line}: a severity is one of {choices}",
            choices=", ".join(sorted(SEVERITIES)),
        )
    message = node.require("message")
    when, column = node.require("when"), node.get("column")
    return Check(
        source=source.name,
        when=require_condition(when, call(when, paths=source.paths)),
        severity=SEVERITIES[severity.text()],
        rule=node.require("rule").text(),
        text={lang: message.require(lang).text() for lang in ("fr", "en")},
        column=column.text() if column else None,
    )


def _find_source(node: Node, sources: dict[str, LogicalSource]) -> LogicalSource:
    source = sources.get(node.text())
    if source is None:
        node.fail(
            "{file}, line {line}: there is no source “{name}”; there are: {choices}",
            name=node.text(),
            choices=", ".join(sources),
        )
    return source


def _read_entity(name: str, node: Node, sources: dict[str, LogicalSource]) -> EntityMap:
    node.allow_only(
        {"sources", "source", "s", "subject", "subjects", "condition", "po", "predicateobjects"}
    )
    used = [_find_source(part, sources) for part in node.require("sources", "source").each()]
    # References are read as in the first source.
    paths = used[0].paths
    pairs = node.require("po", "predicateobjects")
    # A subject may have a prefix, which an expression in general may not.
    subject = node.require("s", "subject", "subjects")
    entity = EntityMap(
        name=name,
        sources=tuple(source.name for source in used),
        subject=call(subject, paths=paths)
        if isinstance(subject.value, dict)
        else template(subject, subject.expand(subject.text()), paths=paths),
        predicate_objects=tuple(
            pair for part in pairs.each() for pair in _read_pairs(part, paths=paths)
        ),
        condition=condition(node.get("condition"), paths=paths),
    )
    for source in used:
        names = {name for value in expressions_of(entity) for name in references(value)}
        # What differs from line to line is not a sum's.
        for unknown in sorted(names - source.sum.names) if source.sum else ():
            node.fail(
                "{file}, line {line}: “{name}” is not there once lines are added up: “sum” groups"
                " them by what “by” names",
                name=unknown,
            )
    return entity


def _read_pairs(node: Node, *, paths: bool) -> list[PredicateObject]:
    """Read one entry of ``po``: every predicate with every object."""
    if isinstance(node.value, list):
        if len(node.value) not in (2, 3):
            node.fail(
                "{file}, line {line}: a pair is written [predicate, object], or with its type third"
            )
        predicates, objects = node.child(0), node.child(1)
        type_node = node.child(2) if len(node.value) == 3 else None  # noqa: PLR2004 - the third
        when = None
    else:
        node.allow_only({"p", "predicates", "o", "objects", "condition"})
        predicates, objects = node.require("p", "predicates"), node.require("o", "objects")
        type_node, when = None, condition(node.get("condition"), paths=paths)
    pairs = []
    for predicate in predicates.each():
        term = str(RDF.type) if predicate.text() == "a" else predicate.expand(predicate.text())
        # The object of `a` is a class, which needs no `~iri`.
        default: TermKind = "iri" if term == str(RDF.type) else "literal"
        for part in objects.each():
            object_map = _read_object(part, default, paths=paths)
            # The third part of a pair is a language tag or a datatype.
            if type_node and (tag := LANGUAGE.fullmatch(type_node.text())):
                object_map = replace(object_map, language=tag[1])
            elif type_node:
                object_map = replace(object_map, datatype=_read_datatype(type_node))
            pairs.append(PredicateObject(term, replace(object_map, condition=when)))
    return pairs


def _read_object(node: Node, kind: TermKind, *, paths: bool) -> ObjectMap:
    """Read an object: a text with suffixes, or a call or a value with its type under keys."""
    if not isinstance(node.value, dict):
        text = node.text()
        tag: str | None = None
        if suffix := SUFFIX.fullmatch(text):
            text, tag = suffix["value"], suffix["lang"]
            kind = "iri" if suffix["iri"] else kind
        return ObjectMap(_read_value(node, text, kind, paths=paths), kind, language=tag)
    term_type, datatype, language = node.get("type"), node.get("datatype"), node.get("language")
    if term_type:
        if term_type.text() not in ("iri", "literal"):
            term_type.fail("{file}, line {line}: a type is “iri” or “literal”")
        kind = "iri" if term_type.text() == "iri" else "literal"
    if "function" in node.value:
        value: Expression = call(node, paths=paths, also=OBJECT_KEYS - {"value"})
    else:
        node.allow_only(OBJECT_KEYS)
        part = node.require("value")
        value = (
            expression(part, paths=paths)
            if isinstance(part.value, dict)
            else _read_value(part, part.text(), kind, paths=paths)
        )
    return ObjectMap(
        value,
        kind,
        datatype=_read_datatype(datatype) if datatype else None,
        language=language.text() if language else None,
    )


def _read_value(node: Node, text: str, kind: TermKind, *, paths: bool) -> Template:
    """Read a text as a template; in an IRI its prefix is expanded, and a constant one checked."""
    value = template(node, node.expand(text) if kind == "iri" else text, paths=paths)
    address = constant(value) if kind == "iri" else None
    if address is not None:
        # A constant would be wrong in every row: refuse it before any is read.
        try:
            iri(address, "https://base.example/")
        except ValueError:
            node.fail("{file}, line {line}: “{value}” is no address (IRI)", value=address)
    return value


def _read_datatype(node: Node) -> str:
    datatype = node.expand(node.text())
    if datatype not in DATATYPES:
        node.fail("{file}, line {line}: unknown datatype “{name}”", name=node.text())
    return datatype
