"""Turtle files of the catalogue folder: read against the pool's base, errors with their line."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF, XSD
from rdflib.term import Node

from parvis.config import knowledge
from parvis.errors import CatalogError
from parvis.i18n import LANGUAGES, N_
from parvis.rdf.files import bind_prefixes, graph_of_turtle
from parvis.rdf.literals import read_texts
from parvis.vocab.namespaces import SPDX

MISSING = N_("{file} is missing")
UNREADABLE = N_("{file} is not UTF-8 text: {reason}")
NO_TURTLE = N_("{file}: this is not Turtle: it ends too soon, or holds what Turtle has not")
SYNTAX = N_("{file}, line {line}: this is not Turtle: {reason}")
BAD_IRI = N_("{file}: <{iri}> is no IRI")
LACKS = N_("{file}: {subject} has no {term}")

_FORBIDDEN = re.compile(r'[\x00-\x20<>"{}|\\^`]')

_STUMBLES = (LookupError, AttributeError, TypeError, ValueError, AssertionError, RecursionError)
"""Exceptions of rdflib's parser that do not say what is wrong."""


def read_turtle(file: Path, base: str) -> Graph:
    """Read a file, its relative IRIs resolved against `base`.

    Raises `CatalogError` naming the file, and the line where there is one.
    """
    if not file.is_file():
        raise CatalogError(MISSING, file=file)
    try:
        text = file.read_text(encoding="utf-8")
        with suppress(SyntaxError, ValueError):
            return graph_of_turtle(text, base)
    except UnicodeDecodeError as error:
        raise CatalogError(UNREADABLE, file=file, reason=error) from error
    # rdflib's parser is slower, and says better what is wrong.
    from rdflib.plugins.parsers.notation3 import BadSyntax  # noqa: PLC0415 - few texts are wrong

    try:
        graph = Graph().parse(data=text, format="turtle", publicID=base)
    except BadSyntax as error:
        why = error._why  # noqa: SLF001 - the only place that says what is wrong
        raise CatalogError(SYNTAX, file=file, line=error.lines + 1, reason=why) from error
    except _STUMBLES as error:
        raise CatalogError(NO_TURTLE, file=file) from error
    for term in (term for triple in graph for term in triple):
        if isinstance(term, URIRef) and _FORBIDDEN.search(term):
            raise CatalogError(BAD_IRI, file=file, iri=term)
    return graph


@cache
def read_code_list(name: str) -> Graph:
    """Read a code list of the shared ontology; the graph is shared and must not be changed."""
    return read_turtle(knowledge("ontology") / f"{name}.ttl", "")


class SubjectReader:
    """A subject of a file, whose values are read by property.

    A missing value raises `CatalogError` naming file, subject and property.
    """

    def __init__(self, graph: Graph, subject: Node, file: Path) -> None:
        self.graph, self.subject, self.file = graph, subject, file

    def texts(self, term: URIRef) -> dict[str, str]:
        """Return the text of a property in every language of the pool."""
        texts = read_texts(self.graph, self.subject, term)
        for lang in LANGUAGES:
            if not texts.get(lang):
                raise self.missing_error(term, f" @{lang}")
        return {lang: texts[lang] for lang in LANGUAGES}

    def iri(self, term: URIRef) -> str:
        """Return the single IRI of a property."""
        iris = [v for v in self.graph.objects(self.subject, term) if isinstance(v, URIRef)]
        if len(iris) != 1:
            raise self.missing_error(term)
        return str(iris[0])

    def value(self, term: URIRef) -> object:
        """Return the value of a property as a Python value, or None."""
        value = self.graph.value(self.subject, term)
        return value.toPython() if isinstance(value, Literal | URIRef) else None

    def text(self, term: URIRef, prefix: str = "") -> str | None:
        """Return the value of a property as a text without a prefix, or None."""
        value = self.value(term)
        return None if value is None else str(value).removeprefix(prefix)

    def nodes(self, term: URIRef) -> list[Node]:
        return sorted(self.graph.objects(self.subject, term), key=str)

    def about(self, node: Node) -> "SubjectReader":
        """Return the reader of another subject of the same file."""
        return SubjectReader(self.graph, node, self.file)

    def missing_error(self, term: URIRef, language: str = "") -> CatalogError:
        """Return the error of a missing value, or of its missing text in a language."""
        short = bind_prefixes(self.graph).namespace_manager.normalizeUri(term) + language
        return CatalogError(LACKS, file=self.file, subject=self.subject, term=short)


def instant(at: datetime) -> Literal:
    return Literal(at.isoformat(), datatype=XSD.dateTime)


class SubjectWriter:
    """Adds the values of a subject, which may have a class, to a graph."""

    def __init__(self, graph: Graph, subject: str, kind: URIRef | None = None) -> None:
        self.graph, self.subject = graph, URIRef(subject)
        self(RDF.type, kind)

    def __call__(self, step: URIRef, value: Node | datetime | str | float | None) -> None:
        """Add a value, unless it is None; a text, a number and an instant become literals."""
        if isinstance(value, datetime):
            value = instant(value)
        if value is not None:
            node = value if isinstance(value, Node) else Literal(value)
            self.graph.add((self.subject, step, node))

    def iris(self, step: URIRef, *iris: str | None) -> None:
        """Add resources by their IRIs, skipping None."""
        for iri in filter(None, iris):
            self(step, URIRef(iri))

    def texts(self, step: URIRef, texts: Mapping[str, str]) -> None:
        """Add one text per language; the text under ``""`` has none."""
        for lang, text in texts.items():
            self(step, Literal(text, lang or None))

    def checksum(self, iri: str, digest: str) -> None:
        """Add a SHA-256, in hexadecimal, as a resource of its own (SPDX 2.3)."""
        self.iris(SPDX.checksum, iri)
        about = SubjectWriter(self.graph, iri, SPDX.Checksum)
        about(SPDX.algorithm, SPDX.checksumAlgorithm_sha256)
        about(SPDX.checksumValue, Literal(digest, datatype=XSD.hexBinary))


# Terms of other authorities that records use: licences, frequencies, languages, themes.

AUTHORITIES = graph_of_turtle(
    (files("parvis.catalog") / "lists" / "authorities.ttl").read_text(encoding="utf-8"), ""
)
"""Terms with their class and names, which a record must include; never changed."""


def add_authority_terms(graph: Graph) -> None:
    """Add to a graph the description of the authorities' terms that it uses."""
    for term in set(graph.objects()) & _described_terms():
        graph += AUTHORITIES.triples((term, None, None))


@cache
def _described_terms() -> frozenset[Node]:
    return frozenset(AUTHORITIES.subjects())
