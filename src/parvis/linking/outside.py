"""Entities of another authority (Wikidata, Artsdata…), streamed from a file; nothing is fetched.

The file is RDF with the statements of one subject together, or a table with the columns `iri`,
`name`, `type`, `identifiers` and, optionally, `url`, `postal_code` and `start` (when an event
begins); the values of a cell are separated by ``|``.

It is read in a process of its own: ``python -I -m parvis.linking.outside``. A request is ``{"file":
…, "kind": …}``. The parts of the answer are lists of entities, its end is ``{"read": …,
"kindless": …}``.
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from rdflib.namespace import FOAF, OWL, RDF, RDFS, SKOS

from parvis.errors import SourceError
from parvis.i18n import N_
from parvis.linking.entity import KINDS, Entity, Statements, identifier, kinds_of
from parvis.linking.sites import address
from parvis.rdf.files import read_quads
from parvis.rdf.streams import UNREADABLE, open_file
from parvis.sandbox.child import Channel
from parvis.sandbox.serving import send_part, serve
from parvis.vocab.namespaces import SCHEMA

TABLE = (".csv", ".csv.gz")
CELL_LIMIT = 131_072
"""Characters of a cell."""
NEEDED = ("iri", "name")
SEVERAL = "|"
BATCH_SIZE = 500
"""Entities of one frame of an answer."""
_DIRECT = "http://www.wikidata.org/prop/direct/"
"""Wikidata's statements, without their qualifiers."""
_BARE, _HTTPS = "http://schema.org/", "https://schema.org/"

NAMES = frozenset(
    map(
        str,
        (
            RDFS.label,
            SKOS.prefLabel,
            SKOS.altLabel,
            FOAF.name,
            SCHEMA.name,
            SCHEMA.alternateName,
            SCHEMA.legalName,
        ),
    )
)
SAME = frozenset(map(str, (OWL.sameAs, SKOS.exactMatch, SCHEMA.sameAs, SCHEMA.identifier)))
BARE_KEYS = {f"{_DIRECT}P213": "isni:", f"{_DIRECT}P214": "viaf:", f"{_DIRECT}P6782": "ror:"}
"""Properties whose values are identifiers without their authority's name."""
URLS = frozenset({str(SCHEMA.url), f"{_DIRECT}P856"})
POSTAL = frozenset({str(SCHEMA.postalCode), f"{_DIRECT}P281"})

NO_COLUMN = N_("{file} has no column “{column}”")
NO_IRI = N_("{file}, row {row}: “{value}” is no IRI")
NO_TABLE = N_("{file} cannot be read as CSV: {reason}")
BROKEN = N_("{file} cannot be read: {reason}")
NO_TEXT = N_("{file} is not in UTF-8")
_IRI = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
LONGEST = 60
"""Characters of a wrong value that are reported."""

Subject = tuple[str, Statements, Iterable[str]]
"""The IRI of an entity, its statements by property, and its types."""


def authority(iri: str) -> str:
    """Return the namespace of an IRI: all of it but its last step.

    >>> authority("http://www.wikidata.org/entity/Q1")
    'http://www.wikidata.org/entity/'
    """
    return iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]


@dataclass
class EntityFile:
    """A file while it is read: how many entities there were, and how many without a kind."""

    file: Path
    kind: str | None = None
    read: int = 0
    kindless: int = 0
    kinds: frozenset[str] = field(default=frozenset(KINDS))

    def entities(self) -> Iterator[Entity]:
        """Yield the entities of a known kind; `kind` is that of those without one.

        Raises `SourceError` with the place of what cannot be read.
        """
        is_table = self.file.name.lower().endswith(TABLE)
        for iri, statements, types in self._read_table() if is_table else self._read_rdf():
            self.read += 1
            names = list(types)
            # A table names kinds directly, RDF by the IRIs of types.
            kinds = kinds_of(names) | {name.lower() for name in names if name.lower() in KINDS}
            kinds = kinds or ({self.kind} if self.kind else set())
            kind = kinds.pop() if len(kinds) == 1 else None
            if kind is None:
                self.kindless += 1
            elif kind in self.kinds:
                yield _to_entity(iri, kind, statements)

    def _read_rdf(self) -> Iterator[Subject]:
        for subject, subject_quads in groupby(read_quads(self.file), key=lambda quad: quad.subject):
            iri = getattr(subject, "value", "")
            # Blank nodes name nothing that could be linked.
            if not _IRI.fullmatch(iri):
                continue
            statements: defaultdict[str, list[str]] = defaultdict(list)
            for quad in subject_quads:
                predicate = quad.predicate.value.replace(_HTTPS, _BARE)
                statements[predicate].append(getattr(quad.object, "value", ""))
            if statements.keys() & (NAMES | SAME):
                yield iri, statements, statements.get(str(RDF.type), ())

    def _read_table(self) -> Iterator[Subject]:
        # The limit of a cell is the process's: it is set anew, whoever set it before.
        csv.field_size_limit(CELL_LIMIT)
        with ExitStack() as stack:
            try:
                binary = stack.enter_context(open_file(self.file))
                text = stack.enter_context(io.TextIOWrapper(binary, "utf-8-sig", newline=""))
                reader = csv.DictReader(text)
                for column in NEEDED:
                    if column not in (reader.fieldnames or ()):
                        raise SourceError(NO_COLUMN, file=self.file.name, column=column)
                for number, row in enumerate(reader, 2):
                    texts = {k: v for k, v in row.items() if isinstance(v, str)}
                    iri = texts.get("iri", "").strip()
                    if not _IRI.fullmatch(iri):
                        value = iri[:LONGEST]
                        raise SourceError(NO_IRI, file=self.file.name, row=number, value=value)
                    cells = {
                        name: list(filter(None, map(str.strip, text.split(SEVERAL))))
                        for name, text in texts.items()
                    }
                    statements = {
                        str(SCHEMA.name): cells["name"],
                        str(SCHEMA.identifier): cells.get("identifiers", []),
                        str(SCHEMA.url): cells.get("url", []),
                        str(SCHEMA.postalCode): cells.get("postal_code", []),
                        str(SCHEMA.startDate): cells.get("start", []),
                    }
                    yield iri, statements, cells.get("type", ())
            except csv.Error as error:
                raise SourceError(NO_TABLE, file=self.file.name, reason=error) from error
            except UnicodeDecodeError as error:
                raise SourceError(NO_TEXT, file=self.file.name) from error
            except UNREADABLE as error:
                raise SourceError(BROKEN, file=self.file.name, reason=error) from error


def _to_entity(iri: str, kind: str, statements: Statements) -> Entity:
    def values(predicates: Iterable[str]) -> Iterator[str]:
        return (text for predicate in predicates for text in statements.get(predicate, ()))

    # The IRI itself is an identifier where its authority is known.
    keys = [iri, *values(SAME)]
    keys += [
        f"{prefix}{key}" for predicate, prefix in BARE_KEYS.items() for key in values([predicate])
    ]
    return Entity(
        iri=iri,
        kind=kind,
        graph=authority(iri),
        names=tuple(sorted(set(filter(None, map(str.strip, values(NAMES)))))),
        identifiers=tuple(sorted({key for text in keys if (key := identifier(text))})),
        postal=re.sub(r"[\s-]", "", next(values(POSTAL), "")).upper(),
        start=min(statements.get(str(SCHEMA.startDate), ()), default=""),
        urls=tuple(sorted(filter(None, map(address, values(URLS))))),
    )


def read_entities(request: dict[str, Any], channel: Channel) -> dict[str, Any]:
    reading = EntityFile(Path(request["file"]), request["kind"])
    entities = reading.entities()
    while batch := list(islice(entities, BATCH_SIZE)):
        send_part(channel, batch)
    return {"read": reading.read, "kindless": reading.kindless}


if __name__ == "__main__":
    parent = Channel()
    serve(partial(read_entities, channel=parent), parent, about="file")
