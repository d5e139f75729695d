"""What a file of N-Triples says, whichever lexical forms it chose."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pyoxigraph import Literal, RdfFormat, parse
from rdflib.namespace import XSD

INSTANT, DECIMAL = str(XSD.dateTime), str(XSD.decimal)


def meanings(file: Path) -> set[int]:
    """Give the distinct triples, as hashes; raises `SyntaxError` for what is no N-Triples."""
    return set(_hashes(file))


def _hashes(file: Path) -> Iterator[int]:
    """Give a hash for each triple."""
    with file.open("rb") as stream:
        for triple in parse(stream, RdfFormat.N_TRIPLES, lenient=True):
            told = triple.object
            value = _value(told) if isinstance(told, Literal) else str(told)
            yield hash((str(triple.subject), str(triple.predicate), value))


def _value(told: Literal) -> str:
    """Write a literal so that equal values are equal texts; a form that is invalid stays."""
    kind = told.datatype.value
    try:
        if kind == DECIMAL:
            return f"{Decimal(told.value).normalize()}^^{kind}"
        if kind == INSTANT:
            return f"{datetime.fromisoformat(told.value).astimezone(UTC)}^^{kind}"
    except (InvalidOperation, ValueError):
        pass
    return str(told)
