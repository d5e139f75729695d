"""The subjects of a file of N-Triples with their values, as tables and downloads need them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyoxigraph as ox

from parvis.errors import SourceError
from parvis.rdf.ntriples import EngineTerm, write_term
from parvis.rdf.streams import UNREADABLE, open_file, read_blocks
from parvis.vocab import PREFIXES

STRING, LANG_STRING = f"{PREFIXES['xsd']}string", f"{PREFIXES['rdf']}langString"
_STATEMENT = re.compile(
    r"^<([^>\\\n]*)> <([^>\\\n]*)>"
    r' (?:<([^>\\\n]*)>|(")([^"\\\n]*)"(?:\^\^<([^>\\\n]*)>|@([a-z0-9]+(?:-[a-z0-9]+)*))?) \.$',
    re.MULTILINE,
)
"""A line without escapes, blank nodes and directions of text."""


class RdfValue(NamedTuple):
    """A value: its text, datatype and language; an IRI has neither datatype nor language."""

    text: str
    datatype: str = ""
    language: str = ""


Statement = tuple[str, str, RdfValue]
"""A subject, a predicate and a value."""

Entity = tuple[str, list[tuple[str, RdfValue]]]
"""A subject, with its predicates and values in the order of the file."""


def entities(path: Path) -> Iterator[Entity]:
    """Read each subject with its predicates and values; the file must be sorted."""
    subject = ""
    statements: list[tuple[str, RdfValue]] = []
    for rows in _read_blocks(path):
        for row_subject, step, value in rows:
            if row_subject != subject:
                if statements:
                    yield subject, statements
                subject, statements = row_subject, []
            statements.append((step, value))
    if statements:
        yield subject, statements


def _read_blocks(path: Path) -> Iterator[list[Statement]]:
    """Read the lines of a file, many at a time."""
    try:
        with open_file(path) as file:
            for block in read_blocks(file):
                # A pattern reads what has no escapes faster than the parser.
                rows = _STATEMENT.findall(block.decode())
                if len(rows) == block.count(b"\n"):
                    yield [
                        (
                            subject,
                            step,
                            _to_value(text, datatype, language) if quote else RdfValue(iri),
                        )
                        for subject, step, iri, quote, text, datatype, language in rows
                    ]
                else:
                    yield [*map(_read_statement, ox.parse(block, ox.RdfFormat.N_TRIPLES))]
    except (*UNREADABLE, SyntaxError, ValueError) as error:
        raise SourceError("{file} cannot be read: {reason}", file=path, reason=error) from error


def _to_value(text: str, datatype: str, language: str) -> RdfValue:
    return RdfValue(text, LANG_STRING if language else datatype or STRING, language)


def _read_statement(quad: ox.Quad) -> Statement:
    term = quad.object
    if isinstance(term, ox.Literal):
        value = RdfValue(term.value, term.datatype.value, term.language or "")
    else:
        value = RdfValue(_to_text(term))
    return _to_text(quad.subject), quad.predicate.value, value


def _to_text(term: EngineTerm) -> str:
    """Return the text of an IRI, or of another term as Turtle writes it."""
    return term.value if isinstance(term, ox.NamedNode) else write_term(term, str)
