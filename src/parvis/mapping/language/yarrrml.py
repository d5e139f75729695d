"""YARRRML, the subset that the guide documents, with the source keys real files need.

Every error is a `MappingError` that names file and line, raised before a row is read.
"""

import re
from dataclasses import replace
from pathlib import Path

from rdflib.namespace import RDF

from parvis.mapping.engine.values import TEMPORAL
from parvis.mapping.language.calls import constant
from parvis.mapping.language.document import Node, parse
from parvis.mapping.language.expressions import call, condition, expression, template
from parvis.mapping.language.logical_sources import sources_of
from parvis.mapping.language.plan import (
    Check,
    Document,
    EntityMap,
    Expression,
    ObjectMap,
    PredicateObject,
    Source,
    Template,
    TermKind,
    calls,
    expressions,
    references,
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
MADE = frozenset({"type", "datatype", "language", "value"})
SEVERITIES = {severity.name.lower(): severity for severity in Severity}


def load(path: Path) -> Document:
    """Read and check a mapping document; raises `MappingError`."""
    node = parse(path)
    node.only({"prefixes", "sources", "tables", "checks", "mappings"})
    sources = sources_of(node.require("sources"))
    tables = _tables(node.get("tables"))
    entities = tuple(
        _entity(name, part, sources) for name, part in node.require("mappings").items()
    )
    checks = node.get("checks")
    found = Document(
        path=path,
        sources=sources,
        entities=entities,
        checks=tuple(_check(part, sources) for part in checks.each()) if checks else (),
        tables=tables,
    )
    _tables_exist(node, found)
    return found


def _tables(node: Node | None) -> dict[str, dict[str, dict[str, str]]]:
    """Read the tables: a label gives one value, or several under names."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for name, table in node.items() if node else ():
        found[name] = {}
        for label, line in table.items():
            cells = line.items() if isinstance(line.value, dict) else [("value", line)]
            found[name][label] = {key: cell.expand(cell.text()) for key, cell in cells}
    return found


def _tables_exist(node: Node, document: Document) -> None:
    """Refuse a look-up in a table that is not there."""
    for one in (found for whole in expressions(document) for found in calls(whole)):
        for name, value in one.parameters:
            if one.function == "lookup" and name == "table":
                _table_exists(node.at(one.line), value, document)


def _table_exists(node: Node, value: Expression, document: Document) -> None:
    """Refuse one name of a table."""
    name = constant(value)
    if name not in document.tables:
        node.fail("{file}, line {line}: there is no table “{name}”", name=name)


def _check(node: Node, sources: dict[str, Source]) -> Check:
    """Read one notice on rows."""
    node.only({"source", "when", "severity", "rule", "message", "column"})
    source = _source_named(node.require("source"), sources)
    severity = node.require("severity")
    if severity.text() not in SEVERITIES:
        severity.fail(
            "{file}, line {line}: a severity is one of {known}", known=", ".join(sorted(SEVERITIES))
        )
    message = node.require("message")
    when = condition(node.require("when"), paths=source.paths)
    if when is None:  # pragma: no cover - `require` has refused it
        node.require("when")
        raise AssertionError
    column = node.get("column")
    return Check(
        source=source.name,
        when=when,
        severity=SEVERITIES[severity.text()],
        rule=node.require("rule").text(),
        text={lang: message.require(lang).text() for lang in ("fr", "en")},
        column=column.text() if column else None,
    )


def _source_named(node: Node, sources: dict[str, Source]) -> Source:
    """Find a source by name."""
    found = sources.get(node.text())
    if found is None:
        node.fail(
            "{file}, line {line}: there is no source “{name}”; there are: {known}",
            name=node.text(),
            known=", ".join(sources),
        )
    return found


def _entity(name: str, node: Node, sources: dict[str, Source]) -> EntityMap:
    """Read one entity map."""
    node.only(
        {"sources", "source", "s", "subject", "subjects", "condition", "po", "predicateobjects"}
    )
    used = [_source_named(part, sources) for part in node.require("sources", "source").each()]
    paths = used[0].paths
    pairs = node.require("po", "predicateobjects")
    return EntityMap(
        name=name,
        sources=tuple(source.name for source in used),
        subject=_subject(node.require("s", "subject", "subjects"), paths=paths),
        predicate_objects=tuple(
            pair for part in pairs.each() for pair in _pairs(part, paths=paths)
        ),
        condition=condition(node.get("condition"), paths=paths),
    )


def _subject(node: Node, *, paths: bool) -> Expression:
    """Read the subject: a template or a call that gives an IRI."""
    if isinstance(node.value, dict):
        return call(node, paths=paths)
    return template(node, node.expand(node.text()), paths=paths)


def _pairs(node: Node, *, paths: bool) -> list[PredicateObject]:
    """Read one entry of ``po``: every predicate with every object."""
    if isinstance(node.value, list):
        if len(node.value) not in (2, 3):
            node.fail(
                "{file}, line {line}: a pair is written [predicate, object], or with its type third"
            )
        predicates, objects = node.child(0), node.child(1)
        typed = node.child(2) if len(node.value) == 3 else None  # noqa: PLR2004 - the third
        when = None
    else:
        node.only({"p", "predicates", "o", "objects", "condition"})
        predicates, objects = node.require("p", "predicates"), node.require("o", "objects")
        typed, when = None, condition(node.get("condition"), paths=paths)
    found = []
    for predicate in predicates.each():
        term = str(RDF.type) if predicate.text() == "a" else predicate.expand(predicate.text())
        default: TermKind = "iri" if term == str(RDF.type) else "literal"
        for part in objects.each():
            made = _object(part, typed, default, paths=paths)
            found.append(PredicateObject(term, replace(made, condition=when)))
    return found


def _object(node: Node, typed: Node | None, kind: TermKind, *, paths: bool) -> ObjectMap:
    """Read an object: a text with suffixes, or a mapping of keys."""
    if isinstance(node.value, dict):
        made = _detailed(node, kind, paths=paths)
        return _typed(made, typed) if typed else made
    text = node.text()
    suffix = SUFFIX.fullmatch(text)
    language = None
    if suffix:
        text = suffix["value"]
        kind = "iri" if suffix["iri"] else kind
        language = suffix["lang"]
    made = ObjectMap(_value(node, text, kind, paths=paths), kind, language=language)
    return _typed(made, typed) if typed else made


def _value(node: Node, text: str, kind: TermKind, *, paths: bool) -> Template:
    """Read a text as a template; in an IRI its prefix is expanded, and a constant one checked."""
    made = template(node, node.expand(text) if kind == "iri" else text, paths=paths)
    if kind == "iri" and not references(made):
        whole = "".join(map(str, made.parts))
        try:
            iri(whole, "https://base.example/")
        except ValueError:
            node.fail("{file}, line {line}: “{value}” is no address (IRI)", value=whole)
    return made


def _typed(made: ObjectMap, typed: Node) -> ObjectMap:
    """Add the datatype or language that stands third in a pair."""
    language = LANGUAGE.fullmatch(typed.text())
    if language:
        return replace(made, language=language[1])
    return replace(made, datatype=_datatype(typed))


def _datatype(node: Node) -> str:
    """Read a datatype; an unknown one is a mistake."""
    found = node.expand(node.text())
    if found not in DATATYPES:
        node.fail("{file}, line {line}: unknown datatype “{name}”", name=node.text())
    return found


def _detailed(node: Node, kind: TermKind, *, paths: bool) -> ObjectMap:
    """Read an object with keys: a call or a value, with its type."""
    told, datatype, language = node.get("type"), node.get("datatype"), node.get("language")
    if told:
        if told.text() not in ("iri", "literal"):
            told.fail("{file}, line {line}: a type is “iri” or “literal”")
        kind = "iri" if told.text() == "iri" else "literal"
    if "function" in node.value:
        value: Expression = call(node, paths=paths, also=MADE - {"value"})
    else:
        node.only(MADE)
        given = node.require("value")
        value = (
            expression(given, paths=paths)
            if isinstance(given.value, dict)
            else _value(given, given.text(), kind, paths=paths)
        )
    return ObjectMap(
        value,
        kind,
        datatype=_datatype(datatype) if datatype else None,
        language=language.text() if language else None,
    )
