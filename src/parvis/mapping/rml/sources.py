"""Read logical sources of RML (RML-IO): files only."""

from dataclasses import replace
from typing import Literal as OneOf

from rdflib import Literal, URIRef
from rdflib.namespace import RDF

from parvis.mapping.engine.json_path import InvalidJsonPath, compile_path
from parvis.mapping.language.plan import Formulation, LogicalSource, ValueFormat
from parvis.mapping.rml.graph import PLACEHOLDER_BASE, RML, RmlNode
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
"""The folder of a run is the mapping's own, unless a partner submits another one."""
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
"""Properties of a dialect with the only values supported: how tables are read here."""
ENCODINGS = {"UTF-8": "utf-8", "UTF-16": "utf-16"}
COMPRESSIONS = ("none", "gzip", "zip")
KINDS = ("RelativePathSource", "FilePath")
LOGICAL = {"source", "referenceFormulation", "iterator", "query", "sqlVersion"}


def read_logical_source(part: RmlNode, *, legacy: bool) -> LogicalSource:
    """Read a logical source; its name holds all that distinguishes it from another one."""
    part.allow_only(LOGICAL)
    origin = part.require("source")
    table = (origin.node, RDF.type, URIRef(CSVW + "Table")) in origin.document.graph
    source = _read_table(origin) if table else _read_file(origin, legacy=legacy)
    formulation = _read_formulation(part, table=table)
    query = part.require("iterator", "query").text if formulation == "sql" else ""
    iterator = "" if query else _read_iterator(part.get("iterator"), formulation)
    nulls = frozenset(null.text for null in origin.all("null"))
    reading = ValueFormat(
        timezone="",  # RML leaves times as they are written
        numbers="text" if legacy else "double",
        nulls=nulls or source.reading.nulls,
    )
    prefixes: dict[str, str] = {}  # of XPaths (RML-IO, namespaces)
    kind = part.get("referenceFormulation")
    for namespace in kind.all("namespace") if kind else ():
        namespace.allow_only({"namespacePrefix", "namespaceURL"})
        url = namespace.require("namespaceURL")
        name = url.text if isinstance(url.node, Literal) else url.iri
        prefixes[namespace.require("namespacePrefix").text] = name
    parts = (source.root, source.access, iterator, query, source.delimiter)
    return replace(
        source,
        name=" ".join(filter(None, parts)),
        formulation=formulation,
        iterator=iterator,
        query=query,
        prefixes=prefixes,
        reading=reading,
        may_be_empty=True,
        strict=not legacy,
    )


def _read_formulation(part: RmlNode, *, table: bool) -> Formulation:
    """Read the reference formulation; a table of CSVW and a query need none."""
    kind = part.get("referenceFormulation")
    if kind is None and table:
        return "csv"
    if kind is None and part.get("query") is not None:
        return "sql"
    if kind is None:
        kind = part.require("referenceFormulation")
    classes = [name for name in FORMULATIONS if is_a(kind, name)]
    name = classes[0] if classes else kind.term
    if name not in FORMULATIONS:
        kind.fail(
            "{file}, line {line}: unknown kind of source “{name}”; known: {known}",
            name=name,
            known=", ".join(sorted(FORMULATIONS)),
        )
    return FORMULATIONS[name]


def _read_iterator(part: RmlNode | None, formulation: Formulation) -> str:
    """Read and check the iterator."""
    if part is None:
        return ITERATORS.get(formulation, "")
    try:
        if formulation == "jsonpath":
            compile_path(part.text)
        elif formulation == "xpath":
            xpath_of(part.text)
    except (InvalidJsonPath, XPathError) as error:
        part.fail(
            "{file}, line {line}: the iterator “{path}” cannot be followed ({reason})",
            path=part.text,
            reason=error,
        )
    return part.text


def _read_file(part: RmlNode, *, legacy: bool) -> LogicalSource:
    """Read a file: a name, or a path under a root."""
    if isinstance(part.node, Literal):
        return LogicalSource("", _read_local_name(part, part.text), "csv", root="either")
    if legacy or not any(is_a(part, kind) for kind in KINDS):
        part.fail("{file}, line {line}: only files are read (RelativePathSource, FilePath)")
    part.allow_only({"root", "path", "encoding", "null", "compression"})
    encoding = part.get("encoding")
    if encoding and encoding.term not in ENCODINGS:
        encoding.fail(
            "{file}, line {line}: unknown encoding “{name}”; known: {known}",
            name=encoding.term,
            known=", ".join(ENCODINGS),
        )
    path = part.require("path")
    access = _read_local_name(path, path.text)
    compression = part.get("compression")
    kind = compression.term if compression else "none"
    # Gzip is recognised by the file's name, so the name must agree.
    if compression and (kind not in COMPRESSIONS or (kind == "gzip") != access.endswith(".gz")):
        compression.fail(
            "{file}, line {line}: the compression “{name}” is not read from “{path}”; "
            "known: zip, and gzip under a name that ends in .gz",
            name=kind,
            path=access,
        )
    # The folder that a path is relative to is the working one by default (RML-IO).
    root = part.get("root")
    folder = root.text if root and isinstance(root.node, Literal) else None
    if root and folder is None and root.term not in ROOTS:
        root.fail(
            "{file}, line {line}: unknown root “{name}”; known: {known}",
            name=root.term,
            known=", ".join(ROOTS),
        )
    return LogicalSource(
        "",
        access if folder is None else f"{folder}/{access}",
        "csv",
        encoding=ENCODINGS[encoding.term] if encoding else None,
        member=ONLY if kind == "zip" else None,
        root=ROOTS[root.term] if root and folder is None else "working",
    )


def _read_local_name(part: RmlNode, text: str) -> str:
    """Return a file's name; fail for an address."""
    # A mapping is a partner's: it must not make this site fetch a URL or open a database.
    name = text.removeprefix("file://")
    if "://" in name or name.startswith("jdbc:"):
        part.fail("{file}, line {line}: only files are read (RelativePathSource, FilePath)")
    return name


def _read_table(part: RmlNode) -> LogicalSource:
    """Read a table of CSVW with its dialect (Metadata Vocabulary for Tabular Data §5.9)."""
    part.allow_only({"null", "encoding"})
    _check_csvw(part, {"url", "dialect", "null"})
    url = _csvw(part, "url")
    if url is None:
        part.fail("{file}, line {line}: the property “{name}” is missing", name="csvw:url")
    text = url.text if isinstance(url.node, Literal) else url.iri.removeprefix(PLACEHOLDER_BASE)
    source = LogicalSource("", _read_local_name(url, text).removeprefix("./"), "csv", root="either")
    nulls = frozenset(null.text for null in part.objects(CSVW + "null"))
    dialect = _csvw(part, "dialect")
    if dialect is None:
        return replace(source, reading=ValueFormat(nulls=nulls))
    _check_csvw(dialect, {*DIALECT, "delimiter", "encoding", "skipRows", "null"})
    for name, allowed in DIALECT.items():
        option = _csvw(dialect, name)
        if option and option.text.lower() not in allowed:
            option.fail(
                "{file}, line {line}: a dialect’s “{name}” can only be {known} here",
                name=name,
                known=", ".join(allowed),
            )
    skip_rows = _csvw(dialect, "skipRows")
    if skip_rows and not skip_rows.text.isdecimal():
        skip_rows.fail("{file}, line {line}: a whole number from 1 is expected here")
    delimiter, encoding = _csvw(dialect, "delimiter"), _csvw(dialect, "encoding")
    dialect_nulls = frozenset(null.text for null in dialect.objects(CSVW + "null"))
    return replace(
        source,
        delimiter=delimiter.text if delimiter else None,
        encoding=encoding.text if encoding else None,
        header=1 + int(skip_rows.text) if skip_rows else 1,
        reading=ValueFormat(nulls=dialect_nulls or nulls),
    )


def _csvw(part: RmlNode, name: str) -> RmlNode | None:
    """Return the value of a property of CSVW."""
    return next(iter(part.objects(CSVW + name)), None)


def _check_csvw(part: RmlNode, allowed: set[str]) -> None:
    """Fail for properties of CSVW that are not supported."""
    for name in sorted(part.properties(CSVW) - allowed):
        part.fail(
            "{file}, line {line}: unknown property “{name}”; known here: {known}",
            name=f"csvw:{name}",
            known=", ".join(sorted(allowed)),
        )


def is_a(part: RmlNode, kind: str) -> bool:
    """Return whether a node is an instance of a class of the vocabulary."""
    return (part.node, RDF.type, URIRef(RML + kind)) in part.document.graph
