"""Entities of another authority (Wikidata, Artsdata…), read from a file as they stream by.

An RDF file, in which what is said of one entity stands together, or a table with the columns
`iri`, `name`, `type`, `identifiers`, and at will `url`, `postal_code` and `start` (when an event
begins); several values of a cell stand between ``|``. Nothing is ever fetched.
"""

import csv
import io
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from rdflib.namespace import FOAF, OWL, RDF, RDFS, SKOS

from parvis.errors import SourceError
from parvis.i18n import N_
from parvis.linking.entity import KINDS, Entity, address, identifier, kinds_of
from parvis.rdf.files import quads
from parvis.rdf.opening import opened
from parvis.vocab.namespaces import SCHEMA

TABLE = (".csv", ".csv.gz")
CELL_LIMIT = 131_072
"""Characters of a cell."""
NEEDED = ("iri", "name")
SEVERAL = "|"
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
WRITTEN = {f"{_DIRECT}P213": "isni:", f"{_DIRECT}P214": "viaf:", f"{_DIRECT}P6782": "ror:"}
"""Properties whose values are identifiers without their authority's name."""
URLS = frozenset({str(SCHEMA.url), f"{_DIRECT}P856"})
POSTAL = frozenset({str(SCHEMA.postalCode), f"{_DIRECT}P281"})

NO_COLUMN = N_("{file} has no column “{column}”")
NO_IRI = N_("{file}, row {row}: “{value}” is no IRI")
NO_TABLE = N_("{file} cannot be read as CSV: {reason}")
UNREADABLE = N_("{file} cannot be read: {reason}")
NO_TEXT = N_("{file} is not in UTF-8")
_IRI = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
LONGEST = 60
"""Characters of a wrong value that are told."""

Said = Mapping[str, list[str]]


def authority(iri: str) -> str:
    """Tell who gives an IRI: all of it but its last step.

    >>> authority("http://www.wikidata.org/entity/Q1")
    'http://www.wikidata.org/entity/'
    """
    return iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]


@dataclass
class Reading:
    """A file while it is read: how many entities there were, and how many of no kind told."""

    file: Path
    kind: str | None = None
    read: int = 0
    kindless: int = 0
    wanted: frozenset[str] = field(default=frozenset(KINDS))

    def entities(self) -> Iterator[Entity]:
        """Give the entities whose kind is known, or given for all that tell none.

        Raises `SourceError` with the place of what cannot be read.
        """
        rows = self._rows() if self.file.name.lower().endswith(TABLE) else self._subjects()
        for iri, said, types in rows:
            self.read += 1
            found = _kinds(types) or ({self.kind} if self.kind else set())
            kind = found.pop() if len(found) == 1 else None
            if kind is None:
                self.kindless += 1
            elif kind in self.wanted:
                yield _entity(iri, kind, said)

    def _subjects(self) -> Iterator[tuple[str, Said, Iterable[str]]]:
        """Read an RDF file; blank nodes name nothing."""
        for subject, some in groupby(quads(self.file), key=lambda quad: quad.subject):
            iri = getattr(subject, "value", "")
            if not _IRI.fullmatch(iri):
                continue
            said: defaultdict[str, list[str]] = defaultdict(list)
            for quad in some:
                step = quad.predicate.value.replace(_HTTPS, _BARE)
                said[step].append(getattr(quad.object, "value", ""))
            if said.keys() & (NAMES | SAME):
                yield iri, said, said.get(str(RDF.type), ())

    def _rows(self) -> Iterator[tuple[str, Said, Iterable[str]]]:
        """Read a table; the limit of a cell is the process's, whoever set it before."""
        csv.field_size_limit(CELL_LIMIT)
        with ExitStack() as stack:
            try:
                binary = stack.enter_context(opened(self.file))
                text = stack.enter_context(io.TextIOWrapper(binary, "utf-8-sig", newline=""))
                reader = csv.DictReader(text)
                self._check(reader.fieldnames or ())
                for number, row in enumerate(reader, 2):
                    yield self._row(number, {k: v for k, v in row.items() if isinstance(v, str)})
            except csv.Error as error:
                raise SourceError(NO_TABLE, file=self.file.name, reason=error) from error
            except UnicodeDecodeError as error:
                raise SourceError(NO_TEXT, file=self.file.name) from error
            except (OSError, EOFError, zlib.error) as error:
                raise SourceError(UNREADABLE, file=self.file.name, reason=error) from error

    def _check(self, heads: Iterable[str]) -> None:
        """Refuse a table without the columns that are needed."""
        known = set(heads)
        for one in NEEDED:
            if one not in known:
                raise SourceError(NO_COLUMN, file=self.file.name, column=one)

    def _row(self, number: int, row: Mapping[str, str]) -> tuple[str, Said, Iterable[str]]:
        """Read one row."""
        cells = {
            name: list(filter(None, map(str.strip, text.split(SEVERAL))))
            for name, text in row.items()
        }
        iri = row.get("iri", "").strip()
        if not _IRI.fullmatch(iri):
            raise SourceError(NO_IRI, file=self.file.name, row=number, value=iri[:LONGEST])
        said = {
            str(SCHEMA.name): cells["name"],
            str(SCHEMA.identifier): cells.get("identifiers", []),
            str(SCHEMA.url): cells.get("url", []),
            str(SCHEMA.postalCode): cells.get("postal_code", []),
            str(SCHEMA.startDate): cells.get("start", []),
        }
        return iri, said, cells.get("type", ())


def _kinds(types: Iterable[str]) -> set[str]:
    """Tell the kinds that types say, by IRI or by the name of the kind itself."""
    told = list(types)
    return kinds_of(told) | {one.lower() for one in told if one.lower() in KINDS}


def _entity(iri: str, kind: str, said: Said) -> Entity:
    """Keep what is compared; the IRI itself is an identifier where its authority is known."""
    known = [iri, *(one for step in SAME for one in said.get(step, ()))]
    known += [f"{sign}{one}" for step, sign in WRITTEN.items() for one in said.get(step, ())]
    names = (one.strip() for step in NAMES for one in said.get(step, ()))
    postal = (one for step in POSTAL for one in said.get(step, ()))
    urls = (address(one) for step in URLS for one in said.get(step, ()))
    return Entity(
        iri=iri,
        kind=kind,
        graph=authority(iri),
        names=tuple(sorted({one for one in names if one})),
        identifiers=tuple(sorted({read for one in known if (read := identifier(one))})),
        postal=re.sub(r"[\s-]", "", next(postal, "")).upper(),
        start=min(said.get(str(SCHEMA.startDate), ()), default=""),
        urls=tuple(sorted(filter(None, urls))),
    )
