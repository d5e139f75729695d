"""The first rows of an answer, as a page shows them: read lazily, cut openly."""

import codecs
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice

from rdflib import BNode, Literal, URIRef
from rdflib.namespace import XSD
from rdflib.util import from_n3

from parvis.pooling.ask import Answer

NUMBERS = {str(XSD[name]) for name in ("integer", "decimal", "double", "float")}
ROWS = 1000
"""How many rows, or lines of Turtle, a page shows."""


@dataclass(frozen=True)
class Cell:
    """One value: its text, its IRI when it is one, its language and datatype when it has them."""

    text: str
    iri: str | None = None
    lang: str | None = None
    datatype: str | None = None

    @property
    def is_number(self) -> bool:
        """Say whether the value is to stand with its digits under those of other rows."""
        return self.datatype in NUMBERS


@dataclass(frozen=True)
class Preview:
    """What a page shows of an answer; `cut` tells that there is more than it shows.

    Of the three forms, `kind` names the one that is filled: ``bindings`` fills `columns` and
    `rows`, ``boolean`` fills `truth`, ``graph`` fills `turtle`.
    """

    kind: str
    columns: tuple[str, ...] = ()
    rows: list[list[Cell]] = field(default_factory=list)
    truth: bool | None = None
    turtle: str = ""
    cut: bool = False

    @property
    def endings(self) -> tuple[str, ...]:
        """List the endings in which the whole answer can be downloaded."""
        if self.kind == "graph":
            return ("ttl", "nt", "jsonld", "rdf")
        return ("csv", "tsv", "json", "xml")


def preview(answer: Answer) -> Preview:
    """Read the first rows of an answer given as TSV or Turtle, then let the rest go."""
    with closing(answer.chunks):
        if answer.kind == "boolean":  # TSV has none: it is JSON all the same
            return Preview("boolean", truth=json.loads(b"".join(answer.chunks))["boolean"])
        lines = _lines(answer.chunks)
        if answer.kind == "graph":
            # The published prefixes stand in every file; on the page they would hide the facts.
            facts = (line for line in lines if not line.startswith("@prefix "))
            shown = list(islice(facts, ROWS))
            return Preview("graph", turtle="\n".join(shown), cut=next(facts, None) is not None)
        columns = tuple(name.removeprefix("?") for name in next(lines).split("\t"))
        rows = [[_cell(text) for text in line.split("\t")] for line in islice(lines, ROWS)]
        return Preview("bindings", columns, rows, cut=next(lines, None) is not None)


def _lines(chunks: Iterator[bytes]) -> Iterator[str]:
    """Cut a stream of UTF-8 into lines; TSV escapes the tabs and line ends of values (§4.2)."""
    rest = ""
    for text in codecs.iterdecode(chunks, "utf-8"):
        *whole, rest = (rest + text).split("\n")
        yield from whole
    if rest:
        yield rest


def _cell(text: str) -> Cell:
    """Read one term of a TSV row (SPARQL 1.1 Query Results TSV §4)."""
    if text.startswith("<<"):  # a triple term, which rdflib does not read
        return Cell(text)
    match from_n3(text) if text else None:
        case URIRef() as iri:
            return Cell(str(iri), iri=str(iri))
        case Literal() as value:
            datatype = None if value.datatype is None else str(value.datatype)
            return Cell(str(value), lang=value.language, datatype=datatype)
        case BNode() as node:
            return Cell(f"_:{node}")
        case _:
            return Cell("")
