"""Read an RML document as RDF, with lines for errors; and the vocabulary, for reader and writer.

The terms of R2RML and of legacy RML have the same local names as those of RML-Core: they are
translated, so that the reader handles one vocabulary only (`RML`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TypeVar

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import RDF
from rdflib.term import Node as Term

from parvis.errors import MappingError, SourceError
from parvis.mapping.language.plan import Formulation, TermKind
from parvis.mapping.rml import RML
from parvis.rdf.files import to_graph

NAMESPACES = {"rml": RML, "csvw": "http://www.w3.org/ns/csvw#", "rdf": str(RDF)}
"""Vocabularies by their prefixes; a name without one is of RML."""
OLDER = re.compile(r"^http://(semweb\.mmlab\.be/ns/(rml|ql|fnml)|www\.w3\.org/ns/r2rml)#")
"""The namespaces of legacy RML and of R2RML."""
PLACEHOLDER_BASE = "https://mapping.invalid/"
"""Base of the relative IRIs of a document that declares none, while it is read."""
BASE = re.compile(r"^\s*@?base\s+<([^>]*)>", re.IGNORECASE | re.MULTILINE)

# Terms of the vocabulary, each with what the plan has for it; the first one is written.

FORMULATIONS: dict[str, Formulation] = {
    "CSV": "csv",
    "JSONPath": "jsonpath",
    "SQL2008Query": "sql",
    "XPath": "xpath",
    "XPathReferenceFormulation": "xpath",
}
ENCODINGS = {"UTF-8": "utf-8", "UTF-16": "utf-16"}
KINDS: dict[str, TermKind] = {
    "IRI": "iri",
    "URI": "uri",
    "UnsafeIRI": "unsafe-iri",
    "UnsafeURI": "unsafe-uri",
    "BlankNode": "blank",
    "Literal": "literal",
}

Value = TypeVar("Value")


class RmlNode:
    """A node of the document, with its probable line."""

    def __init__(self, document: "RmlDocument", node: Term, line: int) -> None:
        # A blank node has its parent's line, unless its values have one.
        self.document = document
        self.node = node
        self.line = document.line_of(node) or line

    @property
    def iri(self) -> str:
        """Return the node's IRI; fail for any other node."""
        if not isinstance(self.node, URIRef):
            self.fail("{file}, line {line}: an IRI is expected here")
        return str(self.node)

    @property
    def text(self) -> str:
        """Return the text of a literal; fail for any other node."""
        if not isinstance(self.node, Literal):
            self.fail("{file}, line {line}: a text is expected here")
        return str(self.node)

    @property
    def term(self) -> str:
        """Return the local name of a term of the vocabulary, or a full IRI."""
        return self.iri.removeprefix(RML)

    def is_a(self, kind: str) -> bool:
        """Return whether a node is an instance of a class."""
        return (self.node, RDF.type, expand(kind)) in self.document.graph

    def fail(self, template: str, **fields: object) -> NoReturn:
        """Raise a `MappingError` that names file and line."""
        file = self.document.path.name
        raise MappingError(template, file=file, line=self.line, **fields)

    def choose(self, table: Mapping[str, Value], template: str) -> Value:
        """Return the value of this term in a table; fail with a message if it has none."""
        if self.term not in table:
            self.fail(template, name=self.term, choices=", ".join(table))
        return table[self.term]

    def all(self, name: str) -> list["RmlNode"]:
        """Return the values of a property, in the order of the document."""
        nodes = self.document.graph.objects(self.node, expand(name))
        return [RmlNode(self.document, node, self.line) for node in nodes]

    def first(self, name: str) -> "RmlNode | None":
        """Return the first value of a property."""
        return next(iter(self.all(name)), None)

    def get(self, *names: str) -> "RmlNode | None":
        """Return the value of one of several properties; fail for more than one value."""
        parts = [part for name in names for part in self.all(name)]
        if len(parts) > 1:
            self.fail(
                "{file}, line {line}: “{name}” stands here several times", name="/".join(names)
            )
        return parts[0] if parts else None

    def require(self, *names: str) -> "RmlNode":
        """Return the value of one of several properties; fail if there is none."""
        part = self.get(*names)
        if part is None:
            self.fail("{file}, line {line}: the property “{name}” is missing", name="/".join(names))
        return part

    def allow_only(self, allowed: Iterable[str], prefix: str = "rml") -> None:
        """Fail for properties of a vocabulary that are not allowed."""
        names, namespace = set(allowed), NAMESPACES[prefix]
        predicates = map(str, self.document.graph.predicates(self.node))
        present = {
            name.removeprefix(namespace) for name in predicates if name.startswith(namespace)
        }
        for name in sorted(present - names):
            if prefix == "rml":
                self.line = self.document.find_line(name) or self.line
            if name == "logicalTarget":
                self.fail("{file}, line {line}: no target is written to: the command tells where")
            self.fail(
                "{file}, line {line}: unknown property “{name}”; known here: {choices}",
                name=name if prefix == "rml" else f"{prefix}:{name}",
                choices=", ".join(sorted(names)),
            )

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Read a node's definition; fail for a node defined by itself."""
        # The open nodes are those that contain this one: a second time would never end.
        if self.node in self.document.open_nodes:
            self.fail("{file}, line {line}: “{name}” is made of itself", name=self.node)
        self.document.open_nodes.append(self.node)
        yield
        self.document.open_nodes.pop()


class RmlDocument:
    """A mapping document in Turtle; `legacy` if it has the older vocabularies only."""

    def __init__(self, path: Path) -> None:
        """Parse the file; raises `MappingError` with the parser's line."""
        self.path = path
        self.open_nodes: list[Term] = []
        try:
            self._text = path.read_text(encoding="utf-8")
            triples = to_graph(path, PLACEHOLDER_BASE)
        except (OSError, UnicodeDecodeError) as error:
            raise MappingError(
                "the mapping {file} cannot be read: {reason}", file=path, reason=error
            ) from error
        except SourceError as error:
            fields = {"line": "?"} | error.fields | {"file": path.name}
            raise MappingError(
                "{file}, line {line}: this is not valid Turtle ({reason})", **fields
            ) from error
        self.graph = Graph()
        for subject, predicate, value in triples:
            self.graph.add((_translate(subject), _translate(predicate), _translate(value)))
        # A document with terms of RML-Core is read by its rules, whatever else it has.
        terms = [str(term) for triple in triples for term in triple]
        self.legacy = any(map(OLDER.match, terms)) and not any(
            term.startswith(RML) for term in terms
        )

    @property
    def base(self) -> str:
        """Return the base that the document declares, or an empty text."""
        match = BASE.search(self._text)
        return match[1] if match else ""

    def maps(self) -> list[RmlNode]:
        """Return the triples maps, in the order of the document."""
        typed = self.graph.subjects(RDF.type, expand("TriplesMap"))
        untyped = self.graph.subjects(expand("logicalSource"))
        # The legacy vocabulary writes function calls as triples maps: they make no triples.
        functions = set(self.graph.objects(predicate=expand("functionValue")))
        maps = [node for node in dict.fromkeys([*typed, *untyped]) if node not in functions]
        return [RmlNode(self, node, 1) for node in maps]

    def line_of(self, node: Term) -> int | None:
        """Return the first line with a node, or with the values of a blank node."""
        if isinstance(node, Literal):
            # As Turtle writes a text.
            return self.find_line('"{}"'.format(str(node).replace("\\", "\\\\")))
        if isinstance(node, URIRef):
            local = re.split(r"[/#:]", str(node))[-1]
            return self.find_line(local) if local else None
        values = self.graph.objects(node)
        lines = [self.line_of(value) for value in values if not isinstance(value, BNode)]
        return min((line for line in lines if line), default=None)

    def find_line(self, text: str) -> int | None:
        """Return the first line with a text, except declarations of prefixes."""
        for number, line in enumerate(self._text.splitlines(), 1):
            if text in line and not re.match(r"\s*@?(prefix|base)\b", line, re.IGNORECASE):
                return number
        return None


def expand(name: str) -> URIRef:
    """Return the IRI of a term of the vocabularies."""
    prefix, _, local = name.rpartition(":")
    return URIRef(NAMESPACES[prefix or "rml"] + local)


def _translate(term: Term) -> Term:
    """Return the term of RML that replaces a term of an older vocabulary."""
    return URIRef(OLDER.sub(RML, term, count=1)) if isinstance(term, URIRef) else term
