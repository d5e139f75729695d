"""The editions of the portrait: the one of all, and one for each reciprocity class.

An edition is a dataset of the host. Its agreement says who reads it, perhaps in return for the same
figures; its record says which part of the pool it tells. A partner's figures go into an edition if
its agreement lets them go to every one of its readers.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby

from rdflib import URIRef
from rdflib.namespace import DCTERMS, QB

from parvis.catalog import Dataset
from parvis.errors import PolicyError
from parvis.governance import ANONYMOUS, EVERYONE, READ, Policies, Reader, decide
from parvis.governance.policies import AGGREGATE, PURPOSE
from parvis.i18n import N_
from parvis.pooling.pool import Pool
from parvis.pooling.versions import versions_of
from parvis.rdf.joining import Values, values
from parvis.statistics.strata import BASE, PUBLIC, RESERVED, SHARED, Row, Strata
from parvis.statistics.stratum import Stratum
from parvis.store.record.record import Version
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT, DPV, PARVIS

SLUG = "portrait"
"""The dataset of the host that holds the edition of all."""
LACKING = N_(
    "the dataset {dataset} says neither why publics are pooled (dpv:hasPurpose) nor who answers for"
    " it (dpv:hasResponsibleEntity): nothing is released without"
)
NO_PART = N_(
    "the record of {dataset} names {term}, which is none of the disciplines or areas that the"
    " pool’s publics are told by, or names several"
)


@dataclass(frozen=True)
class Edition:
    """One edition: its dataset, the stratum that it tells, and who would have it.

    `recipients` are parties by their IRIs, or `EVERYONE` alone; one that nobody may read yet is
    made as one of all.
    """

    dataset: Dataset
    stratum: Stratum
    recipients: frozenset[str]

    @property
    def of_all(self) -> bool:
        """Say whether everyone may have it."""
        return EVERYONE in self.recipients

    @property
    def purposes(self) -> frozenset[str]:
        """Give what it is made for."""
        described = self.dataset.described.objects(URIRef(self.dataset.iri), DPV.hasPurpose)
        return frozenset(map(str, described))


def editions(pool: Pool, strata: Strata, now: datetime) -> list[Edition]:
    """Give all editions, that of all first; the agreements must be those in force.

    Raises `UnknownThing` where the catalogue has none, `PolicyError` for one without purpose or
    whose part is none of the pool's.
    """
    whole = pool.catalog.require(DatasetKey(pool.catalog.host.slug, SLUG))
    return [_edition(pool, one, strata, now) for one in (whole, *_others(pool, whole))]


def version_of(dataset: Dataset) -> str | None:
    """Give the dataset of which one is an edition, by its IRI."""
    found = dataset.described.value(URIRef(dataset.iri), DCTERMS.isVersionOf)
    return None if found is None else str(found)


def stratum_of(dataset: Dataset) -> Stratum:
    """Read which part of the pool an edition tells."""
    about = dataset.described
    found = (about.value(URIRef(dataset.iri), step) for step in (PARVIS.discipline, PARVIS.refArea))
    return Stratum(*(None if one is None else str(one) for one in found))


def asked_of(dataset: Dataset, dimensions: Sequence[str]) -> tuple[str, ...]:
    """Give the stratum that one gives figures of who gives in return for an edition."""
    told = vars(stratum_of(dataset))
    return tuple(told.get(name) or f"{CONCEPT}{name}/total" for name in dimensions)


def readers_of(policies: Policies, target: str, now: datetime) -> frozenset[str]:
    """Give who may read a dataset in whatever way, but the host; `EVERYONE` alone for all.

    A purpose that would open it counts as given, and so does a contribution.
    """
    policies = replace(policies, strata={target: frozenset({(target,)})}, made_of={})
    gifts: dict[tuple[str, ...], datetime] = {(target,): datetime.max.replace(tzinfo=UTC)}
    constraints = (one for rule in policies.rules_on(target) for one in rule.constraints)
    purposes = {str(one.right) for one in constraints if one.left == PURPOSE}

    def may(reader: Reader) -> bool:
        ways = (None, *sorted(purposes))
        asked = (decide(policies, reader, READ, target, now, purpose=one) for one in ways)
        return any(one.allowed for one in asked)

    if may(ANONYMOUS):
        return frozenset({EVERYONE})
    parties = sorted(set(policies.parties.known) - {policies.parties.host})
    return frozenset(one for one in parties if may(Reader(one, contributes=gifts)))


def _others(pool: Pool, whole: Dataset) -> Iterator[Dataset]:
    """Give the editions for some: the host's datasets that are said to be versions of the whole."""
    for _, one in sorted(pool.catalog.datasets.items()):
        if one.publisher == whole.publisher and version_of(one) == whole.iri:
            yield one


def _edition(pool: Pool, dataset: Dataset, strata: Strata, now: datetime) -> Edition:
    this = URIRef(dataset.iri)
    for step in (DPV.hasPurpose, DPV.hasResponsibleEntity):
        if (this, step, None) not in dataset.described:
            raise PolicyError(LACKING, dataset=dataset.key)
    for name, step in (("discipline", PARVIS.discipline), ("area", PARVIS.refArea)):
        named = [str(one) for one in dataset.described.objects(this, step)]
        if len(named) > 1 or not set(named) <= set(strata.codes(name)):
            raise PolicyError(NO_PART, dataset=dataset.key, term=", ".join(sorted(named)))
    recipients = readers_of(pool.catalog.policies, dataset.iri, now)
    return Edition(dataset, stratum_of(dataset), recipients or frozenset({EVERYONE}))


# The observations that the pool may add up: those of partners whose agreements allow it.

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
