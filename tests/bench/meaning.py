"""The meaning of an N-Triples file, whatever its lexical forms."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pyoxigraph import Literal, RdfFormat, parse
from rdflib.namespace import XSD

INSTANT, DECIMAL = str(XSD.dateTime), str(XSD.decimal)


def meanings(file: Path) -> set[int]:
    """Return the hashes of the distinct triples; raises `SyntaxError` for malformed N-Triples."""
    return set(_hashes(file))


def _hashes(file: Path) -> Iterator[int]:
    with file.open("rb") as stream:
        for triple in parse(stream, RdfFormat.N_TRIPLES, lenient=True):
            term = triple.object
            value = _value(term) if isinstance(term, Literal) else str(term)
            yield hash((str(triple.subject), str(triple.predicate), value))


def _value(literal: Literal) -> str:
    """Write a literal so that equal values are equal texts; invalid forms are unchanged."""
    kind = literal.datatype.value
    try:
        if kind == DECIMAL:
            return f"{Decimal(literal.value).normalize()}^^{kind}"
        if kind == INSTANT:
            return f"{datetime.fromisoformat(literal.value).astimezone(UTC)}^^{kind}"
    except (InvalidOperation, ValueError):
        pass
    return str(literal)
