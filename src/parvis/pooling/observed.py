"""The observations that the pool may add up: those of partners whose agreements allow it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from rdflib import URIRef
from rdflib.namespace import QB

from parvis.catalog import Dataset
from parvis.governance import ANONYMOUS, READ, Policies, Reader, decide
from parvis.governance.policies import AGGREGATE
from parvis.pooling.pool import Pool
from parvis.pooling.records import versions_of
from parvis.rdf.joining import Values, values
from parvis.statistics.figures import PUBLIC
from parvis.statistics.strata import BASE, Row
from parvis.store.record import Version
from parvis.vocab.namespaces import PARVIS

_OBSERVATION = f"<{QB.Observation}>".encode()
_PLACE = b"<http://schema.org/Place>"
_PARTS = (
    "refPeriod",
    "place",
    "discipline",
    "refArea",
    "ageGroup",
    "public",
    "language",
    "channel",
)
_POSTAL = re.compile(r"/area/[A-Za-z]\d[A-Za-z][^/A-Za-z0-9]*\d[A-Za-z]\d$")
"""A postal code finer than a forward sortation area (rule 4)."""


@dataclass(frozen=True)
class Input:
    """A dataset whose figures may be added up; `public` says that everyone may read them."""

    dataset: Dataset
    version: Version
    public: bool


def inputs(pool: Pool, into: Dataset, purposes: Iterable[str], now: datetime) -> list[Input]:
    """Give the datasets that the host may aggregate for some purposes, but its own."""
    policies, host = pool.catalog.policies, pool.catalog.host.iri
    reader = Reader(host, purposes=frozenset(purposes))
    found = []
    for key, version in versions_of(pool).items():
        dataset = pool.catalog.require(key)
        may = decide(policies, reader, AGGREGATE, dataset.iri, now).allowed
        if may and dataset.publisher != host and key != into.key and _observes(pool, version):
            found.append(Input(dataset, version, _public(policies, dataset, now)))
    return found


def rows(pool: Pool, given: Input) -> Iterator[Row]:
    """Read the figures that a partner gives of its own publics; others' are not its to give.

    A base is a figure of its own. What lacks a part, or has no value, is no figure.
    """
    dataset = given.dataset
    who = f"{dataset.publisher}{PUBLIC}" if given.public else dataset.publisher
    lines = pool.record.read_lines(given.version)
    for subject, some in groupby(lines, key=lambda line: line.partition(b" ")[0]):
        told = b"".join(some)
        if subject[:1] == b"<" and _OBSERVATION in told:
            said = values(told, subject[1:-1].decode())
            if _one(said, PARVIS.contributor) == dataset.publisher:
                yield from _figures(said, who)


def venues(pool: Pool) -> dict[str, int]:
    """Count the venues that each partner tells of; one that tells of none is one itself."""
    found: dict[str, int] = {}
    for key, version in versions_of(pool).items():
        publisher = pool.catalog.require(key).publisher
        if publisher != pool.catalog.host.iri:
            places = {
                line.partition(b" ")[0]
                for line in pool.record.read_lines(version)
                if _PLACE in line
            }
            found[publisher] = found.get(publisher, 0) + len(places)
    return {publisher: max(count, 1) for publisher, count in found.items()}


def _figures(said: Values, who: str) -> Iterator[Row]:
    """Give the figure of an observation, and its base."""
    measure = _one(said, QB.measureType)
    parts = [_one(said, PARVIS[name]) for name in _PARTS]
    period, place, discipline, area, *layers = (part or "" for part in parts)
    age, public, language, channel = layers
    if measure is None or not all(parts) or _POSTAL.search(area):
        return
    for name, step in ((measure, URIRef(measure)), (measure + BASE, PARVIS.measureBase)):
        value = _number(_one(said, step))
        if value is not None:
            where = (period, place, discipline, area)
            yield Row(who, name, *where, age, public, language, channel, value)


def _one(said: Values, step: URIRef) -> str | None:
    found = [text for text, _ in said.get(str(step), ())]
    return found[0] if len(found) == 1 else None


def _number(text: str | None) -> float | None:
    """Read a value; shapes let nothing else into the record than a number that is not negative."""
    try:
        found = float(text) if text is not None else -1.0
    except ValueError:
        return None
    return found if 0 <= found < float("inf") else None


def _public(policies: Policies, dataset: Dataset, now: datetime) -> bool:
    return decide(policies, ANONYMOUS, READ, dataset.iri, now).allowed


def _observes(pool: Pool, version: Version) -> bool:
    return any(_OBSERVATION in line for line in pool.record.read_lines(version))
