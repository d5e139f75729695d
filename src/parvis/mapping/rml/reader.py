"""Read RML in Turtle (RML-Core and the legacy vocabulary) into the same plan as YARRRML.

Every error is a `MappingError` with file and line, raised before a row is read. RDF has no lines:
the line is the first that names what is wrong.

The guide lists what is not supported, and why. Besides, functions are never named by rows (as
RML-FNML allows), so that all is checked before a row is read; white space around values is
trimmed, and an empty value gives no term, in all sources; and unsafe IRIs with a space, which are
in no syntax of RDF, are reported with their row.

Relative IRIs are appended to a base (RML-Core, base IRI): the triples map's ``rml:baseIRI``, else
the document's ``@base``, else the site at which its triples maps are named, else the run's.
A join reads subjects only, which never come from another join: none can be circular.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal as OneOf
from urllib.parse import urlsplit

from rdflib import BNode, Literal, URIRef
from rdflib.namespace import RDF

from parvis.errors import MappingError
from parvis.i18n import N_, both
from parvis.mapping.language.plan import (
    EntityMap,
    Expression,
    Formulation,
    Join,
    LogicalSource,
    MappingDocument,
    ObjectMap,
    PredicateObject,
    Reference,
    Template,
    ValueFormat,
    references,
)
from parvis.mapping.rml.graph import (
    ENCODINGS,
    FORMULATIONS,
    PLACEHOLDER_BASE,
    RmlDocument,
    RmlNode,
)
from parvis.mapping.rml.terms import (
    IRIS,
    RESOURCES,
    RETURN_KEYS,
    TERMS,
    VALUE_KEYS,
    TermReader,
    fold_condition,
    read_constant,
)
from parvis.mapping.sources.packed import ONLY
from parvis.report import Finding, Place, Severity

ITERATORS: dict[Formulation, str] = {"jsonpath": "$", "xpath": "/*"}
ROOTS: dict[str, OneOf["given", "working"]] = {
    "MappingDirectory": "given",
    "CurrentWorkingDirectory": "working",
}
"""The folder of a run is the mapping's own, unless a partner submits another one."""
COMPRESSIONS = ("none", "gzip", "zip")
DIALECT = {
    "header": ("true", "1"),
    "headerRowCount": ("1",),
    "quoteChar": ('"',),
    "doubleQuote": ("true", "1"),
    "trim": ("true", "1"),
    "skipInitialSpace": ("false", "0"),
    "skipBlankRows": ("true", "1"),
}
"""Properties of a CSVW dialect with the only values supported: how tables are read here."""

NO_GRAPH = N_("{name} goes into a graph that has no name: nothing is made of it")
ONLY_FILES = N_("{file}, line {line}: only files are read (RelativePathSource, FilePath)")


def load(path: Path) -> MappingDocument:
    """Read and check a mapping document; raises `MappingError`."""
    document = RmlDocument(path)
    maps = document.maps()
    if not maps:
        raise MappingError("{file} holds no triples map", file=path.name)
    reader = _Reader(document)
    entities = [reader.read_entity(part) for part in maps]
    return MappingDocument(
        path=path,
        sources=reader.sources,
        entities=tuple(entity for entity in entities if entity),
        checks=(),
        tables={},
        notices=tuple(reader.notices),
    )


class _Reader:
    """Reads triples maps, and collects their sources and notices."""

    def __init__(self, document: RmlDocument) -> None:
        self.document = document
        self.sources: dict[str, LogicalSource] = {}
        self.notices: list[Finding] = []

    def read_entity(self, part: RmlNode) -> EntityMap | None:
        """Read a triples map; None if its triples have no graph to go into."""
        part.allow_only({"logicalSource", "subjectMap", "subject", "predicateObjectMap", "baseIRI"})
        source = self._read_source(part)
        terms = TermReader(source.formulation)
        subject = self._read_subject(part, terms)
        subject_map = part.get("subjectMap")
        if subject_map and any(isinstance(graph.node, BNode) for graph in subject_map.all("graph")):
            text = both(NO_GRAPH, name=_local_name(part))
            place = Place(self.document.path.name, row=part.line)
            self.notices.append(Finding(Severity.WARNING, "no-graph", text, place))
            return None
        graphs = terms.read_all(subject_map, "graph", RESOURCES) if subject_map else ()
        classes = subject_map.all("class") if subject_map else ()
        pairs = [PredicateObject(str(RDF.type), read_constant(cls, IRIS)) for cls in classes]
        for pair in part.all("predicateObjectMap"):
            pairs.extend(self._read_pairs(pair, terms))
        return EntityMap(
            name=_local_name(part),
            sources=(source.name,),
            subject=subject.value,
            predicate_objects=tuple(pairs),
            condition=subject.condition,
            standard=True,
            subject_kind=subject.kind,
            graphs=tuple(graphs),
            base=subject.base,
        )

    def _read_source(self, part: RmlNode) -> LogicalSource:
        source = _read_logical_source(part.require("logicalSource"), legacy=self.document.legacy)
        # Equal logical sources become one, so that their file is read once.
        for earlier in self.sources.values():
            if replace(earlier, name=source.name) == source:
                return earlier
        if source.name in self.sources:
            source = replace(source, name=f"{source.name} ({len(self.sources) + 1})")
        self.sources[source.name] = source
        return source

    def _read_subject(self, part: RmlNode, terms: TermReader) -> ObjectMap:
        """Read the subject, with the base of its triples map."""
        subject = part.require("subjectMap", "subject")
        subject_map = (
            read_constant(subject, IRIS)
            if part.get("subject")
            else terms.read(subject, RESOURCES, also={"class", "graph", "graphMap"})
        )
        own, base = part.get("baseIRI"), self.document.base
        if own:
            base = own.iri.removeprefix(PLACEHOLDER_BASE)
        elif not base and isinstance(part.node, URIRef):
            site = urlsplit(part.node)
            named = site.netloc and not part.node.startswith(PLACEHOLDER_BASE)
            base = f"{site.scheme}://{site.netloc}/" if named else ""  # empty for the run's
        return replace(subject_map, base=base)

    def _read_pairs(self, part: RmlNode, terms: TermReader) -> Iterable[PredicateObject]:
        """Read a predicate-object map: every predicate with every object."""
        part.allow_only({"predicate", "predicateMap", "object", "objectMap", "graph", "graphMap"})
        predicates = terms.read_all(part, "predicate", IRIS)
        objects = [
            *(read_constant(constant, TERMS) for constant in part.all("object")),
            *(self._read_object(object_map, terms) for object_map in part.all("objectMap")),
        ]
        if not predicates:
            part.require("predicate")
        if not objects:
            part.require("object")
        graphs = tuple(terms.read_all(part, "graph", RESOURCES))
        for predicate in predicates:
            # The plan writes a constant predicate as its IRI.
            parts = predicate.value.parts if isinstance(predicate.value, Template) else ()
            constant = parts[0] if len(parts) == 1 else None
            for object_map in objects:
                yield PredicateObject(
                    constant if isinstance(constant, str) else predicate, object_map, graphs
                )

    def _read_object(self, part: RmlNode, terms: TermReader) -> ObjectMap:
        """Read an object map; it may refer to another triples map."""
        parent_map = part.get("parentTriplesMap")
        if parent_map is None:
            return terms.read(part)
        part.allow_only({"parentTriplesMap", "joinCondition"})
        if not (parent_map.get("logicalSource") and parent_map.get("subjectMap", "subject")):
            parent_map.fail(
                "{file}, line {line}: there is no triples map “{name}”", name=parent_map.node
            )
        parent = self._read_source(parent_map)
        parent_terms = TermReader(parent.formulation)
        subject = self._read_subject(parent_map, parent_terms)
        conditions = part.all("joinCondition")
        if not conditions:
            return subject  # of the child's own row (R2RML §8)
        if subject.value == Template(()):
            parent_map.fail("{file}, line {line}: a blank node without a name cannot be joined")
        subject = fold_condition(subject)
        on = []
        for condition in conditions:
            condition.allow_only({"child", "parent", "childMap", "parentMap"})
            child_side = _read_side(condition.require("child", "childMap"), terms)
            parent_side = _read_side(condition.require("parent", "parentMap"), parent_terms)
            on.append((child_side, parent_side))
        compared = sorted({name for child, _ in on for name in references(child)})
        return ObjectMap(
            Template(tuple(map(Reference, compared))),
            subject.kind,
            join=Join(parent.name, subject, tuple(on)),
        )


def _read_side(part: RmlNode, terms: TermReader) -> Expression:
    """Read a side of a join condition: a reference, or an expression map."""
    if not isinstance(part.node, BNode) and part.get(*VALUE_KEYS) is None:
        return Template((terms.read_reference(part, part.text),))
    part.allow_only({*VALUE_KEYS, *RETURN_KEYS})
    return terms.read_expression(part)


def _local_name(part: RmlNode) -> str:
    """Return a triples map's name in reports."""
    return str(part.node).removeprefix(PLACEHOLDER_BASE).rstrip("/").rpartition("/")[2].lstrip("#")


# Logical sources (RML-IO): files only. A mapping is a partner's: it must not make this site fetch
# an address or open a database.


def _read_logical_source(part: RmlNode, *, legacy: bool) -> LogicalSource:
    """Read a logical source; its name holds all that distinguishes it from another one."""
    part.allow_only({"source", "referenceFormulation", "iterator", "query", "sqlVersion"})
    origin = part.require("source")
    table = origin.is_a("csvw:Table")
    source = _read_table(origin) if table else _read_file(origin, legacy=legacy)
    formulation = _read_formulation(part, table=table)
    query = part.require("iterator", "query").text if formulation == "sql" else ""
    iterator = ""
    if path := None if query else part.get("iterator"):
        iterator = path.text
        TermReader(formulation).check(
            path,
            iterator,
            N_("{file}, line {line}: the iterator “{path}” cannot be followed ({reason})"),
        )
    elif not query:
        iterator = ITERATORS.get(formulation, "")
    nulls = frozenset(null.text for null in origin.all("null"))
    reading = ValueFormat(
        timezone="",  # RML leaves times as they are written
        numbers="text" if legacy else "double",
        nulls=nulls or source.reading.nulls,
        # A CSV file has no null of its own (RML-IO, source vocabulary); a table of CSVW has.
        keeps_empty=formulation == "csv" and origin.get("path") is not None,
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
    if part.get("referenceFormulation") is None and (table or part.get("query")):
        return "csv" if table else "sql"
    kind = part.require("referenceFormulation")
    of_class = [formulation for name, formulation in FORMULATIONS.items() if kind.is_a(name)]
    unknown = N_("{file}, line {line}: unknown kind of source “{name}”; known: {choices}")
    return of_class[0] if of_class else kind.choose(FORMULATIONS, unknown)


def _read_file(part: RmlNode, *, legacy: bool) -> LogicalSource:
    """Read a file: a name, or a path under a root."""
    if isinstance(part.node, Literal):
        return LogicalSource("", _read_file_name(part, part.text), "csv", root="either")
    if legacy or not (part.is_a("RelativePathSource") or part.is_a("FilePath")):
        part.fail(ONLY_FILES)
    part.allow_only({"root", "path", "encoding", "null", "compression"})
    encoding = part.get("encoding")
    unknown = N_("{file}, line {line}: unknown encoding “{name}”; known: {choices}")
    codec = encoding.choose(ENCODINGS, unknown) if encoding else None
    path = part.require("path")
    access = _read_file_name(path, path.text)
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
    source = LogicalSource(
        "", access, "csv", encoding=codec, member=ONLY if kind == "zip" else None, root="working"
    )
    # The folder that a path is relative to is the working one by default (RML-IO).
    root = part.get("root")
    if root is None:
        return source
    if isinstance(root.node, Literal):
        return replace(source, access=f"{root.text}/{access}")
    unknown = N_("{file}, line {line}: unknown root “{name}”; known: {choices}")
    return replace(source, root=root.choose(ROOTS, unknown))


def _read_file_name(part: RmlNode, text: str) -> str:
    """Return a file's name; fail for an address."""
    name = text.removeprefix("file://")
    if "://" in name or name.startswith("jdbc:"):
        part.fail(ONLY_FILES)
    return name


def _read_table(part: RmlNode) -> LogicalSource:
    """Read a table of CSVW with its dialect (Metadata Vocabulary for Tabular Data §5.9)."""
    part.allow_only({"null", "encoding"})
    part.allow_only({"url", "dialect", "null"}, "csvw")
    url = part.first("csvw:url") or part.require("csvw:url")
    text = url.text if isinstance(url.node, Literal) else url.iri.removeprefix(PLACEHOLDER_BASE)
    access = _read_file_name(url, text).removeprefix("./")
    nulls = frozenset(null.text for null in part.all("csvw:null"))
    source = LogicalSource("", access, "csv", root="either", reading=ValueFormat(nulls=nulls))
    dialect = part.first("csvw:dialect")
    if dialect is None:
        return source
    dialect.allow_only({*DIALECT, "delimiter", "encoding", "skipRows", "null"}, "csvw")
    for name, allowed in DIALECT.items():
        option = dialect.first(f"csvw:{name}")
        if option and option.text.lower() not in allowed:
            option.fail(
                "{file}, line {line}: a dialect’s “{name}” can only be {choices} here",
                name=name,
                choices=", ".join(allowed),
            )
    skip_rows = dialect.first("csvw:skipRows")
    if skip_rows and not skip_rows.text.isdecimal():
        skip_rows.fail("{file}, line {line}: a whole number from 1 is expected here")
    delimiter, encoding = dialect.first("csvw:delimiter"), dialect.first("csvw:encoding")
    dialect_nulls = frozenset(null.text for null in dialect.all("csvw:null"))
    return replace(
        source,
        delimiter=delimiter.text if delimiter else None,
        encoding=encoding.text if encoding else None,
        header=1 + int(skip_rows.text) if skip_rows else 1,
        reading=ValueFormat(nulls=dialect_nulls or nulls),
    )
