"""Logical sources of RML (RML-IO, as far as files go)."""

from dataclasses import replace
from typing import Literal as OneOf

from rdflib import Literal, URIRef
from rdflib.namespace import RDF

from parvis.mapping.engine.json_path import NoJsonPath, path_of
from parvis.mapping.language.plan import Formulation, Reading, Source
from parvis.mapping.rml.graph import NOWHERE, RML, Part
from parvis.mapping.sources.packed import ONLY
from parvis.mapping.sources.xml import XPathError, xpath_of

FORMULATIONS: dict[str, Formulation] = {
    "CSV": "csv",
    "JSONPath": "jsonpath",
    "XPath": "xpath",
    "XPathReferenceFormulation": "xpath",
    "SQL2008Query": "sql",
}
ITERATORS: dict[Formulation, str] = {"jsonpath": "$", "xpath": "/*"}
ROOTS: dict[str, OneOf["given", "working"]] = {
    "MappingDirectory": "given",
    "CurrentWorkingDirectory": "working",
}
"""The folder given to a run is the mapping's own, unless a partner submits another one."""
CSVW = "http://www.w3.org/ns/csvw#"
DIALECT = {
    "header": ("true", "1"),
    "headerRowCount": ("1",),
    "quoteChar": ('"',),
    "doubleQuote": ("true", "1"),
    "trim": ("true", "1"),
    "skipInitialSpace": ("false", "0"),
    "skipBlankRows": ("true", "1"),
}
"""What a dialect may say besides, and how: it is how tables are read."""
ENCODINGS = {"UTF-8": "utf-8", "UTF-16": "utf-16"}
COMPRESSIONS = ("none", "gzip", "zip")
KINDS = ("RelativePathSource", "FilePath")
LOGICAL = {"source", "referenceFormulation", "iterator", "query", "sqlVersion"}


def source_of(part: Part, *, legacy: bool) -> Source:
    """Read a logical source; its name tells all that makes it another one."""
    part.only(LOGICAL)
    told = part.require("source")
    found = _table(told) if is_table(told) else _file(told, legacy=legacy)
    formulation = _formulation(part, table=is_table(told))
    query = _query(part) if formulation == "sql" else ""
    iterator = "" if query else _iterator(part.get("iterator"), formulation)
    nulls = frozenset(null.text for null in told.all("null"))
    reading = Reading(
        timezone="",
        numbers="text" if legacy else "double",
        nulls=nulls or found.reading.nulls,
    )
    parts = (found.root, found.access, iterator, query, found.delimiter)
    return replace(
        found,
        name=" ".join(filter(None, parts)),
        formulation=formulation,
        iterator=iterator,
        query=query,
        prefixes=_namespaces(part.get("referenceFormulation")),
        reading=reading,
        may_be_empty=True,
        strict=not legacy,
    )


def _formulation(part: Part, *, table: bool) -> Formulation:
    """Read which language references are in; a table of CSVW need not tell it."""
    told = part.get("referenceFormulation")
    if told is None and table:
        return "csv"
    if told is None and part.get("query") is not None:
        return "sql"
    if told is None:
        told = part.require("referenceFormulation")
    kinds = [kind for kind in FORMULATIONS if is_a(told, kind)]
    name = kinds[0] if kinds else told.term
    if name not in FORMULATIONS:
        told.fail(
            "{file}, line {line}: unknown kind of source “{name}”; known: {known}",
            name=name,
            known=", ".join(sorted(FORMULATIONS)),
        )
    return FORMULATIONS[name]


def _namespaces(part: Part | None) -> dict[str, str]:
    """Read the prefixes that XPaths are written with (RML-IO, namespaces)."""
    found: dict[str, str] = {}
    for one in part.all("namespace") if part else ():
        one.only({"namespacePrefix", "namespaceURL"})
        url = one.require("namespaceURL")
        name = url.text if isinstance(url.node, Literal) else url.iri
        found[one.require("namespacePrefix").text] = name
    return found


def _query(part: Part) -> str:
    """Read an SQL query: the iterator, or its own property."""
    return part.require("iterator", "query").text


def _iterator(part: Part | None, formulation: Formulation) -> str:
    """Read the iterator, and see that it can be followed."""
    if part is None:
        return ITERATORS.get(formulation, "")
    try:
        if formulation == "jsonpath":
            path_of(part.text)
        elif formulation == "xpath":
            xpath_of(part.text)
    except (NoJsonPath, XPathError) as error:
        part.fail(
            "{file}, line {line}: the iterator “{path}” cannot be followed ({reason})",
            path=part.text,
            reason=error,
        )
    return part.text


def _file(part: Part, *, legacy: bool) -> Source:
    """Read which file it is: a name, or a path under a root."""
    if isinstance(part.node, Literal):
        return Source("", _local(part, part.text), "csv", root="either")
    if legacy or not any(is_a(part, kind) for kind in KINDS):
        part.fail("{file}, line {line}: only files are read (RelativePathSource, FilePath)")
    part.only({"root", "path", "encoding", "null", "compression"})
    encoding = part.get("encoding")
    if encoding and encoding.term not in ENCODINGS:
        encoding.fail(
            "{file}, line {line}: unknown encoding “{name}”; known: {known}",
            name=encoding.term,
            known=", ".join(ENCODINGS),
        )
    path = part.require("path")
    found = Source(
        "",
        _local(path, path.text),
        "csv",
        encoding=ENCODINGS[encoding.term] if encoding else None,
    )
    return _rooted(part.get("root"), _packed(part.get("compression"), found))


def _local(part: Part, text: str) -> str:
    """Give a file's name; nothing is fetched, and no database opened, from a mapping."""
    name = text.removeprefix("file://")
    if "://" in name or name.startswith("jdbc:"):
        part.fail("{file}, line {line}: only files are read (RelativePathSource, FilePath)")
    return name


def _packed(told: Part | None, found: Source) -> Source:
    """Say what a packed file holds: the only member of a zip archive; gzip is told by the name."""
    kind = told.term if told else "none"
    if told and (kind not in COMPRESSIONS or (kind == "gzip") != found.access.endswith(".gz")):
        told.fail(
            "{file}, line {line}: the compression “{name}” is not read from “{path}”; "
            "known: zip, and gzip under a name that ends in .gz",
            name=kind,
            path=found.access,
        )
    return replace(found, member=ONLY) if kind == "zip" else found


def _rooted(root: Part | None, found: Source) -> Source:
    """Say which folder a path is relative to; the working one unless told (RML-IO)."""
    if root is None:
        return replace(found, root="working")
    if isinstance(root.node, Literal):
        return replace(found, root="working", access=f"{root.text}/{found.access}")
    if root.term not in ROOTS:
        root.fail(
            "{file}, line {line}: unknown root “{name}”; known: {known}",
            name=root.term,
            known=", ".join(ROOTS),
        )
    return replace(found, root=ROOTS[root.term])


def _table(part: Part) -> Source:
    """Read a table of CSVW with its dialect (Metadata Vocabulary for Tabular Data §5.9)."""
    part.only({"null", "encoding"})
    _csvw_only(part, {"url", "dialect", "null"})
    url = _csvw(part, "url")
    if url is None:
        part.fail("{file}, line {line}: the property “{name}” is missing", name="csvw:url")
    text = url.text if isinstance(url.node, Literal) else url.iri.removeprefix(NOWHERE)
    found = Source("", _local(url, text).removeprefix("./"), "csv", root="either")
    null = frozenset(one.text for one in part.objects(CSVW + "null"))
    found = replace(found, reading=Reading(nulls=null))
    dialect = _csvw(part, "dialect")
    return _spoken(dialect, found) if dialect else found


def _spoken(part: Part, found: Source) -> Source:
    """Read a dialect: what the reader of tables can follow, each word of it."""
    _csvw_only(part, {*DIALECT, "delimiter", "encoding", "skipRows", "null"})
    for name, allowed in DIALECT.items():
        told = _csvw(part, name)
        if told and told.text.lower() not in allowed:
            told.fail(
                "{file}, line {line}: a dialect’s “{name}” can only be {known} here",
                name=name,
                known=", ".join(allowed),
            )
    skipped = _csvw(part, "skipRows")
    if skipped and not skipped.text.isdecimal():
        skipped.fail("{file}, line {line}: a whole number from 1 is expected here")
    delimiter, encoding = _csvw(part, "delimiter"), _csvw(part, "encoding")
    nulls = frozenset(one.text for one in part.objects(CSVW + "null"))
    return replace(
        found,
        delimiter=delimiter.text if delimiter else None,
        encoding=encoding.text if encoding else None,
        header=1 + int(skipped.text) if skipped else 1,
        reading=Reading(nulls=nulls or found.reading.nulls),
    )


def _csvw(part: Part, name: str) -> Part | None:
    """Give the value of a property of CSVW."""
    return next(iter(part.objects(CSVW + name)), None)


def _csvw_only(part: Part, allowed: set[str]) -> None:
    """Refuse properties of CSVW that nothing is made of here."""
    for name in sorted(part.properties(CSVW) - allowed):
        part.fail(
            "{file}, line {line}: unknown property “{name}”; known here: {known}",
            name=f"csvw:{name}",
            known=", ".join(sorted(allowed)),
        )


def is_table(part: Part) -> bool:
    """Say whether a source is a table of CSVW."""
    return (part.node, RDF.type, URIRef(CSVW + "Table")) in part.document.graph


def is_a(part: Part, kind: str) -> bool:
    """Say whether a node is of a class of the vocabulary."""
    return (part.node, RDF.type, URIRef(RML + kind)) in part.document.graph
