"""Turtle files of the catalogue folder: read against the pool's base, errors with their line."""

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from rdflib import Graph, Literal, URIRef
from rdflib.plugins.parsers.notation3 import BadSyntax
from rdflib.term import Node

from parvis.errors import CatalogError
from parvis.i18n import LANGUAGES, N_

MISSING = N_("{file} is missing")
UNREADABLE = N_("{file} is not UTF-8 text: {reason}")
NO_TURTLE = N_("{file}: this is not Turtle: it ends too soon, or holds what Turtle has not")
SYNTAX = N_("{file}, line {line}: this is not Turtle: {reason}")
BAD_IRI = N_("{file}: <{iri}> is no IRI")
LACKS = N_("{file}: {subject} has no {term}")

_FORBIDDEN = re.compile(r'[\x00-\x20<>"{}|\\^`]')

_STUMBLES = (LookupError, AttributeError, TypeError, ValueError, AssertionError, RecursionError)
"""What rdflib's parser stumbles over instead of saying what is wrong."""


def read_turtle(file: Path, base: str) -> Graph:
    """Read one file, its relative IRIs resolved against `base`.

    Raises `CatalogError` naming the file, and the line where there is one.
    """
    if not file.is_file():
        raise CatalogError(MISSING, file=file)
    graph = Graph()
    try:
        graph.parse(data=file.read_text(encoding="utf-8"), format="turtle", publicID=base)
    except UnicodeDecodeError as error:
        raise CatalogError(UNREADABLE, file=file, reason=error) from error
    except BadSyntax as error:
        why = error._why  # noqa: SLF001 - the only place that says what is wrong
        raise CatalogError(SYNTAX, file=file, line=error.lines + 1, reason=why) from error
    except _STUMBLES as error:
        raise CatalogError(NO_TURTLE, file=file) from error
    for term in (term for triple in graph for term in triple):
        if isinstance(term, URIRef) and _FORBIDDEN.search(term):
            raise CatalogError(BAD_IRI, file=file, iri=term)
    return graph


class Described:
    """One subject of a file, whose values are asked for by property.

    A value that must be there raises `CatalogError` naming file, subject and property.
    """

    def __init__(self, graph: Graph, subject: Node, file: Path) -> None:
        """Keep what is asked about, and where it was read."""
        self.graph, self.subject, self.file = graph, subject, file

    def texts(self, term: URIRef) -> dict[str, str]:
        """Give the text of a property in every language of the pool."""
        found = {
            value.language: str(value)
            for value in self.graph.objects(self.subject, term)
            if isinstance(value, Literal)
        }
        for lang in LANGUAGES:
            if not found.get(lang):
                raise self.lacks(term, f" @{lang}")
        return {lang: found[lang] for lang in LANGUAGES}

    def iri(self, term: URIRef) -> str:
        """Give the one IRI of a property."""
        found = [v for v in self.graph.objects(self.subject, term) if isinstance(v, URIRef)]
        if len(found) != 1:
            raise self.lacks(term)
        return str(found[0])

    def maybe(self, term: URIRef) -> object:
        """Give the value of a property as Python's, or None."""
        found = self.graph.value(self.subject, term)
        return found.toPython() if isinstance(found, Literal | URIRef) else None

    def lacks(self, term: URIRef, language: str = "") -> CatalogError:
        """Give the error that a value is missing, or its text in a language."""
        short = self.graph.namespace_manager.normalizeUri(term) + language
        return CatalogError(LACKS, file=self.file, subject=self.subject, term=short)


# Values added to one subject of a graph.


class Adding:
    """Adds values to one subject of a graph."""

    def __init__(self, graph: Graph, subject: Node) -> None:
        """Keep graph and subject."""
        self.graph, self.subject = graph, subject

    def __call__(self, step: URIRef, value: Node) -> None:
        """Add one value."""
        self.graph.add((self.subject, step, value))

    def iris(self, step: URIRef, *iris: str | None) -> None:
        """Add things by their IRIs; None is nothing."""
        for iri in filter(None, iris):
            self(step, URIRef(iri))

    def texts(self, step: URIRef, texts: Mapping[str, str]) -> None:
        """Add one text per language; under ``""`` stands one that has none."""
        for lang, text in texts.items():
            self(step, Literal(text, lang or None))


# Terms of other authorities that records use: licences, frequencies, languages, themes.

AUTHORITIES = Graph().parse(
    data=(files("parvis.catalog") / "lists" / "authorities.ttl").read_text(encoding="utf-8"),
    format="turtle",
)
"""Each with its class and its names, as a record must carry them inline; never changed."""


def describe(graph: Graph) -> None:
    """Add to a graph what the authorities say of the terms that it uses."""
    for term in set(graph.objects()):
        for triple in AUTHORITIES.triples((term, None, None)):
            graph.add(triple)
