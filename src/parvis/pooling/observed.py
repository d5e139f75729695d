"""The observations that the pool may add up: those of partners whose agreements allow it."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from rdflib import URIRef
from rdflib.namespace import QB

from parvis.catalog import Dataset
from parvis.governance import ANONYMOUS, READ, Policies, Reader, decide
from parvis.governance.policies import AGGREGATE
from parvis.pooling.editions import Edition, readers_of
from parvis.pooling.pool import Pool
from parvis.pooling.records import versions_of
from parvis.rdf.joining import Values, values
from parvis.statistics.strata import BASE, PUBLIC, RESERVED, SHARED, Row
from parvis.store.record import Version
from parvis.vocab.namespaces import PARVIS

_OBSERVATION = f"<{QB.Observation}>".encode()
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
    """A dataset whose figures may be added up.

    `readers` is `PUBLIC` if everyone may read them, `SHARED` if some other party may, else empty:
    what others may read hides nobody's. `reserved` says that it does not go into the edition of
    all.
    """

    dataset: Dataset
    version: Version
    readers: str
    reserved: bool = False

    @property
    def contributor(self) -> str:
        """Name whose figures they are; reserved ones stand apart, each dataset for itself."""
        apart = f"{RESERVED}{self.dataset.graph}" if self.reserved else ""
        return f"{self.dataset.publisher}{apart}{self.readers}"


def inputs(pool: Pool, into: Edition, now: datetime, whole: Collection[str]) -> list[Input]:
    """Give the datasets that the host may aggregate for an edition, but its own.

    `whole` are the graphs that go into the edition of all, none for that edition itself. What is
    not among them stands apart, be it by its readers or by its purpose.
    """
    found = []
    for key, version in versions_of(pool).items():
        dataset = pool.catalog.require(key)
        if _may(pool, dataset, into, now) and _observes(pool, version):
            readers = _readers(pool.catalog.policies, dataset, now)
            reserved = bool(whole) and dataset.graph not in whole
            found.append(Input(dataset, version, readers, reserved))
    return found


def _may(pool: Pool, dataset: Dataset, into: Edition, now: datetime) -> bool:
    """Say whether a partner lets its figures be aggregated for all who would have an edition."""
    host, who = Reader(pool.catalog.host.iri, purposes=into.purposes), dataset.publisher
    others = sorted(into.recipients - {who})
    return who != host.iri and all(
        decide(pool.catalog.policies, host, AGGREGATE, dataset.iri, now, recipient=one).allowed
        for one in others or [who]
    )


def rows(pool: Pool, given: Input) -> Iterator[Row]:
    """Read the figures that a partner gives of its own publics; others' are not its to give.

    A base is a figure of its own. What lacks a part, or has no value, is no figure.
    """
    dataset = given.dataset
    who = given.contributor
    lines = pool.record.read_lines(given.version)
    for subject, some in groupby(lines, key=lambda line: line.partition(b" ")[0]):
        told = b"".join(some)
        if subject[:1] == b"<" and _OBSERVATION in told:
            said = values(told, subject[1:-1].decode())
            if _one(said, PARVIS.contributor) == dataset.publisher:
                yield from _figures(said, who)


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


def _readers(policies: Policies, dataset: Dataset, now: datetime) -> str:
    """Tell who may read a dataset besides its publisher and the host, in whatever way."""
    if decide(policies, ANONYMOUS, READ, dataset.iri, now).allowed:
        return PUBLIC
    return SHARED if readers_of(policies, dataset.iri, now) - {dataset.publisher} else ""


def _observes(pool: Pool, version: Version) -> bool:
    return any(_OBSERVATION in line for line in pool.record.read_lines(version))
