"""An RML document as RDF: both vocabularies read as one, each part able to say where it stands.

R2RML's and the legacy RML's terms have the same local names as RML-Core's, so that the reader
knows one vocabulary only (`RML`).
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import RDF, RDFS
from rdflib.term import Node as Term

from parvis.errors import MappingError, SourceError
from parvis.rdf.files import to_graph

RML = "http://w3id.org/rml/"
LEGACY = (
    "http://semweb.mmlab.be/ns/rml#",
    "http://semweb.mmlab.be/ns/ql#",
    "http://www.w3.org/ns/r2rml#",
    "http://semweb.mmlab.be/ns/fnml#",
)
NOWHERE = "https://mapping.invalid/"
"""What relative IRIs of a document without a base are under while it is read."""

BASE = re.compile(r"^\s*@?base\s+<([^>]*)>", re.IGNORECASE | re.MULTILINE)
ANNOTATIONS = frozenset({RDF.type, RDFS.label, RDFS.comment, RDFS.seeAlso})


class Part:
    """A node of the document, and the line it seems to stand on."""

    def __init__(self, document: "RmlDocument", node: Term, line: int) -> None:
        """Keep the node; a blank one stands where its parent does unless its values tell."""
        self.document = document
        self.node = node
        self.line = document.line_of(node) or line

    @property
    def iri(self) -> str:
        """Give the node's IRI; anything else is refused."""
        if not isinstance(self.node, URIRef):
            self.fail("{file}, line {line}: an IRI is expected here")
        return str(self.node)

    @property
    def text(self) -> str:
        """Give the text of a literal; anything else is refused."""
        if not isinstance(self.node, Literal):
            self.fail("{file}, line {line}: a text is expected here")
        return str(self.node)

    @property
    def term(self) -> str:
        """Give the local name of a term of the vocabulary, or a whole IRI."""
        return self.iri.removeprefix(RML)

    def fail(self, template: str, **fields: object) -> NoReturn:
        """Raise a `MappingError` that names file and line."""
        file = self.document.path.name
        raise MappingError(template, file=file, line=self.line, **fields)

    def all(self, name: str) -> list["Part"]:
        """Give the values of a property, in the order of the document."""
        return self.objects(RML + name)

    def objects(self, name: str) -> list["Part"]:
        """Give the values of a property of any vocabulary, by its IRI."""
        found = self.document.graph.objects(self.node, URIRef(name))
        return [Part(self.document, node, self.line) for node in found]

    def properties(self, namespace: str) -> set[str]:
        """Name the properties that a node has of a vocabulary."""
        names = map(str, self.document.graph.predicates(self.node))
        return {name.removeprefix(namespace) for name in names if name.startswith(namespace)}

    def get(self, *names: str) -> "Part | None":
        """Give the value of one of several properties; more than one value is a mistake."""
        found = [part for name in names for part in self.all(name)]
        if len(found) > 1:
            self.fail(
                "{file}, line {line}: “{name}” stands here several times", name="/".join(names)
            )
        return found[0] if found else None

    def require(self, *names: str) -> "Part":
        """Give a value that must be there."""
        found = self.get(*names)
        if found is None:
            self.fail("{file}, line {line}: the property “{name}” is missing", name="/".join(names))
        return found

    def only(self, allowed: Iterable[str]) -> None:
        """Refuse properties that mean nothing here."""
        known = set(allowed)
        for name in sorted(self.properties(RML) - known):
            part = self.at(self.document.line_naming(name) or self.line)
            if name == "logicalTarget":
                part.fail("{file}, line {line}: no target is written to: the command tells where")
            part.fail(
                "{file}, line {line}: unknown property “{name}”; known here: {known}",
                name=name,
                known=", ".join(sorted(known)),
            )

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Read what a node is made of; one that is made of itself is refused."""
        if self.node in self.document.open:
            self.fail("{file}, line {line}: “{name}” is made of itself", name=self.node)
        self.document.open.append(self.node)
        yield
        self.document.open.pop()

    def at(self, line: int) -> "Part":
        """Give the same node, at another line."""
        self.line = line
        return self


class RmlDocument:
    """A mapping document in Turtle; `legacy` if it is written in the older vocabularies."""

    def __init__(self, path: Path) -> None:
        """Parse it; raises `MappingError` with the parser's line."""
        self.path = path
        self.open: list[Term] = []
        try:
            self._text = path.read_text(encoding="utf-8")
            found = to_graph(path, NOWHERE)
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
        for triple in found:
            self.graph.add(tuple(_modern(term) for term in triple))  # type: ignore[arg-type] # three of them
        self.legacy = any(
            str(term).startswith(LEGACY) for triple in found for term in triple
        ) and not any(str(term).startswith(RML) for triple in found for term in triple)

    @property
    def base(self) -> str:
        """Give the base that the document itself tells, or nothing."""
        told = BASE.search(self._text)
        return told[1] if told else ""

    def maps(self) -> list[Part]:
        """Give the triples maps, in the order of the document."""
        told = self.graph.subjects(RDF.type, URIRef(RML + "TriplesMap"))
        shown = self.graph.subjects(URIRef(RML + "logicalSource"))
        called = set(self.graph.objects(predicate=URIRef(RML + "functionValue")))
        maps = [node for node in dict.fromkeys([*told, *shown]) if node not in called]
        return [Part(self, node, 1) for node in maps]

    def line_of(self, node: Term) -> int | None:
        """Find the first line on which a node, or the values of a blank one, stand."""
        if isinstance(node, Literal):
            return self.line_naming('"{}"'.format(str(node).replace("\\", "\\\\")))
        if isinstance(node, URIRef):
            local = re.split(r"[/#:]", str(node))[-1]
            return self.line_naming(local) if local else None
        values = self.graph.objects(node)
        lines = [self.line_of(value) for value in values if not isinstance(value, BNode)]
        return min((line for line in lines if line), default=None)

    def line_naming(self, text: str) -> int | None:
        """Find the first line after the prefixes that holds a text."""
        for number, line in enumerate(self._text.splitlines(), 1):
            if text in line and not re.match(r"\s*@?(prefix|base)\b", line, re.IGNORECASE):
                return number
        return None


def _modern(term: Term) -> Term:
    """Give a term of the older vocabularies in the newer one."""
    if isinstance(term, URIRef):
        for namespace in LEGACY:
            if term.startswith(namespace):
                return URIRef(RML + term.removeprefix(namespace))
    return term
