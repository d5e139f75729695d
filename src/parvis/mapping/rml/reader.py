"""Read RML in Turtle (RML-Core and the legacy vocabulary) into the same plan as YARRRML.

Every error is a `MappingError` with file and line, raised before a row is read. RDF has no lines:
the line is the first that names what is wrong.

================================  ===============================================================
Not supported                     Why
================================  ===============================================================
databases but SQLite files        a mapping opens no connection; and what is read is a query
web sources, SPARQL services      nothing is fetched from a mapping
tar archives                      gzip and zip are what files come in
other dialects of CSVW            a table has one row of headings, and ``"`` around its cells
logical views, gathered terms     RML-LV and RML-CC are other modules than RML-Core
other functions than ours         the set is closed: a mapping can do nothing unexpected
functions that the row names      so all is checked before a row is read (RML-FNML allows them)
targets                           RML-IO's other half: the command sets the output
blank nodes as constants          a label would mean another node in each file (RDF 1.1 §3.4)
white space around values         trimmed, and an empty value gives no term, in all sources
unsafe IRIs with a space          they are in no syntax of RDF: the row is reported instead
================================  ===============================================================

Relative IRIs are appended to a base (RML-Core, base IRI): the triples map's ``rml:baseIRI``, else
the document's ``@base``, else the site at which its triples maps are named, else the run's.
A join reads subjects only, which never come from another join: none can be circular.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from rdflib import BNode, URIRef
from rdflib.namespace import RDF

from parvis.errors import MappingError
from parvis.i18n import N_, both
from parvis.mapping.language.plan import (
    EntityMap,
    Expression,
    Join,
    LogicalSource,
    MappingDocument,
    ObjectMap,
    PredicateObject,
    Reference,
    Template,
    references,
)
from parvis.mapping.rml.graph import PLACEHOLDER_BASE, RmlDocument, RmlNode
from parvis.mapping.rml.sources import read_logical_source
from parvis.mapping.rml.terms import (
    IRIS,
    RESOURCES,
    RETURN_KEYS,
    TERMS,
    VALUE_KEYS,
    ReferenceReader,
    fold_condition,
    read_constant,
    read_term_map,
    reference_reader,
)
from parvis.report import Finding, Place, Severity

TRIPLES_MAP = {"logicalSource", "subjectMap", "subject", "predicateObjectMap", "baseIRI"}
PAIR = {"predicate", "predicateMap", "object", "objectMap", "graph", "graphMap"}
JOIN = {"parentTriplesMap", "joinCondition"}

NO_GRAPH = N_("{name} goes into a graph that has no name: nothing is made of it")


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
        part.allow_only(TRIPLES_MAP)
        source = self._read_source(part)
        name = reference_reader(source.formulation)
        subject = self._read_subject(part, name)
        subject_map = part.get("subjectMap")
        graphs = _read_graphs(subject_map, name) if subject_map else ()
        if graphs is None:
            text = both(NO_GRAPH, name=_local_name(part))
            place = Place(self.document.path.name, row=part.line)
            self.notices.append(Finding(Severity.WARNING, "no-graph", text, place))
            return None
        classes = subject_map.all("class") if subject_map else ()
        pairs = [PredicateObject(str(RDF.type), read_constant(cls, IRIS)) for cls in classes]
        for pair in part.all("predicateObjectMap"):
            pairs.extend(self._read_pairs(pair, source))
        return EntityMap(
            name=_local_name(part),
            sources=(source.name,),
            subject=subject.value,
            predicate_objects=tuple(pairs),
            condition=subject.condition,
            standard=True,
            subject_kind=subject.kind,
            graphs=graphs,
            base=subject.base,
        )

    def _read_source(self, part: RmlNode) -> LogicalSource:
        source = read_logical_source(part.require("logicalSource"), legacy=self.document.legacy)
        # Equal logical sources become one, so that their file is read once.
        for earlier in self.sources.values():
            if replace(earlier, name=source.name) == source:
                return earlier
        if source.name in self.sources:
            source = replace(source, name=f"{source.name} ({len(self.sources) + 1})")
        self.sources[source.name] = source
        return source

    def _read_subject(self, part: RmlNode, name: ReferenceReader) -> ObjectMap:
        """Read the subject, with the base of its triples map."""
        subject = part.require("subjectMap", "subject")
        subject_map = (
            read_constant(subject, IRIS)
            if part.get("subject")
            else read_term_map(subject, name, RESOURCES, also={"class", "graph", "graphMap"})
        )
        own, base = part.get("baseIRI"), self.document.base
        if own:
            base = own.iri.removeprefix(PLACEHOLDER_BASE)
        elif not base and isinstance(part.node, URIRef):
            site = urlsplit(part.node)
            named = site.netloc and not part.node.startswith(PLACEHOLDER_BASE)
            base = f"{site.scheme}://{site.netloc}/" if named else ""  # empty for the run's
        return replace(subject_map, base=base)

    def _read_pairs(self, part: RmlNode, source: LogicalSource) -> Iterable[PredicateObject]:
        """Read a predicate-object map: every predicate with every object."""
        part.allow_only(PAIR)
        name = reference_reader(source.formulation)
        predicates = [
            *(read_constant(predicate, IRIS) for predicate in part.all("predicate")),
            *(
                fold_condition(read_term_map(predicate, name, IRIS))
                for predicate in part.all("predicateMap")
            ),
        ]
        objects = [
            *(read_constant(constant, TERMS) for constant in part.all("object")),
            *(self._read_object(object_map, source) for object_map in part.all("objectMap")),
        ]
        if not predicates:
            part.require("predicate")
        if not objects:
            part.require("object")
        graphs = _read_graphs(part, name)
        if graphs is None:
            part.fail("{file}, line {line}: a constant is an IRI or a literal")
        for predicate in predicates:
            # The plan writes a constant predicate as its IRI.
            parts = predicate.value.parts if isinstance(predicate.value, Template) else ()
            constant = parts[0] if len(parts) == 1 else None
            for object_map in objects:
                yield PredicateObject(
                    constant if isinstance(constant, str) else predicate, object_map, graphs
                )

    def _read_object(self, part: RmlNode, source: LogicalSource) -> ObjectMap:
        """Read an object map; it may refer to another triples map."""
        parent_map = part.get("parentTriplesMap")
        if parent_map is None:
            return read_term_map(part, reference_reader(source.formulation), TERMS)
        part.allow_only(JOIN)
        if (
            parent_map.get("logicalSource") is None
            or parent_map.get("subjectMap", "subject") is None
        ):
            parent_map.fail(
                "{file}, line {line}: there is no triples map “{name}”", name=parent_map.node
            )
        parent = self._read_source(parent_map)
        subject = self._read_subject(parent_map, reference_reader(parent.formulation))
        conditions = part.all("joinCondition")
        if not conditions:
            return subject  # of the child's own row (R2RML §8)
        if subject.value == Template(()):
            parent_map.fail("{file}, line {line}: a blank node without a name cannot be joined")
        subject = fold_condition(subject)
        on = []
        for condition in conditions:
            condition.allow_only({"child", "parent", "childMap", "parentMap"})
            child_side = _read_side(condition.require("child", "childMap"), source)
            on.append((child_side, _read_side(condition.require("parent", "parentMap"), parent)))
        compared = sorted({name for child, _ in on for name in references(child)})
        return ObjectMap(
            Template(tuple(map(Reference, compared))),
            subject.kind,
            join=Join(parent.name, subject, tuple(on)),
        )


def _read_side(part: RmlNode, source: LogicalSource) -> Expression:
    """Read a side of a join condition: a reference, or an expression map."""
    name = reference_reader(source.formulation)
    if not isinstance(part.node, BNode) and part.get(*VALUE_KEYS) is None:
        return Template((name(part, part.text),))
    part.allow_only({*VALUE_KEYS, *RETURN_KEYS})
    return fold_condition(read_term_map(part, name, TERMS)).value


def _read_graphs(part: RmlNode, name: ReferenceReader) -> tuple[ObjectMap, ...] | None:
    """Read graph maps; None if a constant graph is a blank node, which names nothing."""
    constants = part.all("graph")
    if any(isinstance(graph.node, BNode) for graph in constants):
        return None
    return (
        *(read_constant(graph, IRIS) for graph in constants),
        *(fold_condition(read_term_map(graph, name, RESOURCES)) for graph in part.all("graphMap")),
    )


def _local_name(part: RmlNode) -> str:
    """Return a triples map's name in reports."""
    return str(part.node).removeprefix(PLACEHOLDER_BASE).rstrip("/").rpartition("/")[2].lstrip("#")
