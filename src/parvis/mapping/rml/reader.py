"""RML in Turtle, RML-Core and the legacy vocabulary, read into the plan that YARRRML gives.

Every error is a `MappingError` that names file and line, raised before a row is read. A line is
the first on which what is wrong is named, for RDF keeps none.

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
targets                           RML-IO's other half: the output is the command's to tell
blank nodes as constants          a label would mean another node in each file (RDF 1.1 §3.4)
white space around values         trimmed, and an empty value gives no term, in all sources
unsafe IRIs with a space          they are in no syntax of RDF: the row is reported instead
================================  ===============================================================

Relative IRIs are appended to a base (RML-Core, base IRI): the triples map's ``rml:baseIRI``, else
the document's ``@base``, else the site at which its triples maps are named, else the run's.
A join asks for subjects only, which never come from another join: none can be circular.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from rdflib import BNode
from rdflib.namespace import RDF

from parvis.errors import MappingError
from parvis.i18n import N_, both
from parvis.mapping.language.plan import (
    Document,
    EntityMap,
    Expression,
    Join,
    ObjectMap,
    PredicateObject,
    Reference,
    Source,
    Template,
    references,
)
from parvis.mapping.rml.graph import NOWHERE, Part, RmlDocument
from parvis.mapping.rml.sources import source_of
from parvis.mapping.rml.terms import (
    IRIS,
    RESOURCES,
    RETURNED,
    TERMS,
    VALUE,
    Name,
    constant_map,
    folded,
    naming,
    term_map,
)
from parvis.report import Finding, Place, Severity

TRIPLES_MAP = {"logicalSource", "subjectMap", "subject", "predicateObjectMap", "baseIRI"}
PAIR = {"predicate", "predicateMap", "object", "objectMap", "graph", "graphMap"}
REFERRING = {"parentTriplesMap", "joinCondition"}

NO_GRAPH = N_("{name} goes into a graph that has no name: nothing is made of it")


def load(path: Path) -> Document:
    """Read and check a mapping document; raises `MappingError`."""
    document = RmlDocument(path)
    maps = document.maps()
    if not maps:
        raise MappingError("{file} holds no triples map", file=path.name)
    reader = _Reader(document)
    entities = [reader.entity(part) for part in maps]
    return Document(
        path=path,
        sources=reader.sources,
        entities=tuple(entity for entity in entities if entity),
        checks=(),
        tables={},
        notices=tuple(reader.notices),
    )


class _Reader:
    """Reads triples maps; the sources and notices grow."""

    def __init__(self, document: RmlDocument) -> None:
        """Begin with nothing."""
        self.document = document
        self.sources: dict[str, Source] = {}
        self.notices: list[Finding] = []

    def entity(self, part: Part) -> EntityMap | None:
        """Read a triples map, or nothing if its triples can go nowhere."""
        part.only(TRIPLES_MAP)
        source = self._source(part)
        name = naming(source.formulation)
        subject = self._subject(part, name)
        about = part.get("subjectMap")
        graphs = _graphs(about, name) if about else ()
        if graphs is None:
            self._notice(part)
            return None
        pairs = [*_classes(about)] if about else []
        for pair in part.all("predicateObjectMap"):
            pairs.extend(self._pairs(pair, source))
        return EntityMap(
            name=_local(part),
            sources=(source.name,),
            subject=subject.value,
            predicate_objects=tuple(pairs),
            condition=subject.condition,
            standard=True,
            subject_kind=subject.kind,
            graphs=graphs,
            base=subject.base,
        )

    def _source(self, part: Part) -> Source:
        """Read the logical source; equal ones are one."""
        found = source_of(part.require("logicalSource"), legacy=self.document.legacy)
        for one in self.sources.values():
            if replace(one, name=found.name) == found:
                return one
        if found.name in self.sources:
            found = replace(found, name=f"{found.name} ({len(self.sources) + 1})")
        self.sources[found.name] = found
        return found

    def _subject(self, part: Part, name: Name) -> ObjectMap:
        """Read the subject, with the base of its triples map."""
        told = part.require("subjectMap", "subject")
        made = (
            constant_map(told, IRIS)
            if part.get("subject")
            else term_map(told, name, RESOURCES, also={"class", "graph", "graphMap"})
        )
        return replace(made, base=self._base(part))

    def _base(self, part: Part) -> str:
        """Give the base that relative IRIs of a triples map are appended to; empty: the run's."""
        own = part.get("baseIRI")
        if own or self.document.base:
            return own.iri.removeprefix(NOWHERE) if own else self.document.base
        site = urlsplit(str(part.node))
        if isinstance(part.node, BNode) or str(part.node).startswith(NOWHERE) or not site.netloc:
            return ""
        return f"{site.scheme}://{site.netloc}/"

    def _notice(self, part: Part) -> None:
        """Say that a triples map is left out."""
        text = both(NO_GRAPH, name=_local(part))
        place = Place(self.document.path.name, row=part.line)
        self.notices.append(Finding(Severity.WARNING, "no-graph", text, place))

    def _pairs(self, part: Part, source: Source) -> Iterable[PredicateObject]:
        """Read a predicate-object map: every predicate with every object."""
        part.only(PAIR)
        name = naming(source.formulation)
        predicates = [
            *(constant_map(one, IRIS) for one in part.all("predicate")),
            *(folded(term_map(one, name, IRIS)) for one in part.all("predicateMap")),
        ]
        objects = [
            *(constant_map(one, TERMS) for one in part.all("object")),
            *(self._object(one, source) for one in part.all("objectMap")),
        ]
        if not predicates:
            part.require("predicate")
        if not objects:
            part.require("object")
        graphs = _graphs(part, name)
        if graphs is None:
            part.fail("{file}, line {line}: a constant is an IRI or a literal")
        for predicate in predicates:
            for made in objects:
                yield PredicateObject(_plain(predicate), made, graphs)

    def _object(self, part: Part, source: Source) -> ObjectMap:
        """Read an object map, perhaps one that refers to another triples map."""
        told = part.get("parentTriplesMap")
        if told is None:
            return term_map(part, naming(source.formulation), TERMS)
        part.only(REFERRING)
        if told.get("logicalSource") is None or told.get("subjectMap", "subject") is None:
            told.fail("{file}, line {line}: there is no triples map “{name}”", name=told.node)
        parent = self._source(told)
        subject = self._subject(told, naming(parent.formulation))
        conditions = part.all("joinCondition")
        if not conditions:
            return subject  # of the child's own row (R2RML §8)
        if subject.value == Template(()):
            told.fail("{file}, line {line}: a blank node without a name cannot be joined")
        subject = folded(subject)
        on = tuple(_condition(one, source, parent) for one in conditions)
        compared = sorted({name for child, _ in on for name in references(child)})
        return ObjectMap(
            Template(tuple(map(Reference, compared))),
            subject.kind,
            join=Join(parent.name, subject, on),
        )


def _condition(part: Part, child: Source, parent: Source) -> tuple[Expression, Expression]:
    """Read what must be equal in the child's row and the parent's."""
    part.only({"child", "parent", "childMap", "parentMap"})
    return (
        _side(part.require("child", "childMap"), child),
        _side(part.require("parent", "parentMap"), parent),
    )


def _side(part: Part, source: Source) -> Expression:
    """Read one side: a reference, or an expression map."""
    name = naming(source.formulation)
    if not isinstance(part.node, BNode) and part.get(*VALUE) is None:
        return Template((name(part, part.text),))
    part.only({*VALUE, *RETURNED})
    return folded(term_map(part, name, TERMS)).value


def _classes(part: Part) -> Iterable[PredicateObject]:
    """Read the classes of a subject map."""
    for told in part.all("class"):
        yield PredicateObject(str(RDF.type), constant_map(told, IRIS))


def _graphs(part: Part, name: Name) -> tuple[ObjectMap, ...] | None:
    """Read graph maps; nothing if a constant one is no name at all."""
    constants = part.all("graph")
    if any(isinstance(one.node, BNode) for one in constants):
        return None
    return (
        *(constant_map(one, IRIS) for one in constants),
        *(folded(term_map(one, name, RESOURCES)) for one in part.all("graphMap")),
    )


def _plain(predicate: ObjectMap) -> str | ObjectMap:
    """Give a constant predicate as its IRI."""
    parts = predicate.value.parts if isinstance(predicate.value, Template) else ()
    only = parts[0] if len(parts) == 1 else None
    return only if isinstance(only, str) else predicate


def _local(part: Part) -> str:
    """Name a triples map for reports."""
    return str(part.node).removeprefix(NOWHERE).rstrip("/").rpartition("/")[2].lstrip("#")
