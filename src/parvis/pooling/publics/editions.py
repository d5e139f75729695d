"""The editions of the portrait: the one of all, and one for each reciprocity class.

An edition is a dataset of the trusted third party. Its agreement sets who reads it, perhaps in
return for the same figures; its record sets which part of the pool it publishes. A partner's
figures go into an edition if its agreement lets them go to every one of its readers.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rdflib import URIRef
from rdflib.namespace import DCTERMS

from parvis.catalog.codelists import organization_size
from parvis.catalog.entries import Dataset
from parvis.errors import PolicyError
from parvis.governance import ANONYMOUS, EVERYONE, READ, Policies, Reader, decide
from parvis.governance.policies import AGGREGATE, PURPOSE
from parvis.i18n import N_
from parvis.pooling.pool import Pool
from parvis.pooling.publics.areas import read_with_areas
from parvis.pooling.publics.reading import OBSERVATION, read_figures
from parvis.pooling.versions import versions_of
from parvis.statistics.strata import PUBLIC, RESERVED, SHARED, FigureRow, Strata, Stratum
from parvis.store.record.graph_record import GraphVersion
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT, DPV, PARVIS

SLUG = "portrait"
"""The dataset of the trusted third party that holds the edition of all."""
PARTS = {
    "discipline": (PARVIS.discipline,),
    # The latter in records of earlier versions: unread, an edition would publish all areas.
    "area": (PARVIS.residenceArea, PARVIS.refArea),
}
"""How the record of an edition names the part of the pool that it publishes."""
LACKING = N_(
    "the dataset {dataset} says neither why audiences are pooled (dpv:hasPurpose) nor who answers"
    " for it (dpv:hasResponsibleEntity): nothing is released without"
)
NO_PART = N_(
    "the record of {dataset} names {term}, which is none of the disciplines or areas that the"
    " pool’s audiences are published by, or names several"
)


@dataclass(frozen=True)
class Edition:
    """One edition: its dataset, the stratum that it publishes, and its recipients.

    `recipients` are parties by their IRIs, or `EVERYONE` alone.
    """

    dataset: Dataset
    stratum: Stratum
    recipients: frozenset[str]

    @property
    def of_all(self) -> bool:
        return EVERYONE in self.recipients

    @property
    def purposes(self) -> frozenset[str]:
        described = self.dataset.metadata.objects(URIRef(self.dataset.iri), DPV.hasPurpose)
        return frozenset(map(str, described))


def list_editions(pool: Pool, strata: Strata, now: datetime) -> list[Edition]:
    """Return all editions, that of all first; the agreements must be those in force.

    Raises `UnknownThing` where the catalogue has none, `PolicyError` for one without purpose or
    whose part is none of the pool's.
    """
    portrait = pool.catalog.require(DatasetKey(pool.catalog.third_party.slug, SLUG))
    versions = [
        dataset
        for _, dataset in sorted(pool.catalog.datasets.items())
        if dataset.publisher == portrait.publisher and version_of(dataset) == portrait.iri
    ]
    all_editions = []
    for dataset in (portrait, *versions):
        subject = URIRef(dataset.iri)
        for predicate in (DPV.hasPurpose, DPV.hasResponsibleEntity):
            if (subject, predicate, None) not in dataset.metadata:
                raise PolicyError(LACKING, dataset=dataset.key)
        for name in PARTS:
            terms = _read_parts(dataset, name)
            if len(terms) > 1 or not set(terms) <= set(strata.codes(name)):
                raise PolicyError(NO_PART, dataset=dataset.key, term=", ".join(sorted(terms)))
        # An edition that nobody may read yet is computed as one of all: the strictest.
        recipients = readers_of(pool.catalog.policies, dataset.iri, now) or {EVERYONE}
        all_editions.append(Edition(dataset, stratum_of(dataset), frozenset(recipients)))
    return all_editions


def version_of(dataset: Dataset) -> str | None:
    """Return the IRI of the dataset of which one is an edition."""
    original = dataset.metadata.value(URIRef(dataset.iri), DCTERMS.isVersionOf)
    return None if original is None else str(original)


def stratum_of(dataset: Dataset) -> Stratum:
    """Return which part of the pool an edition publishes."""
    return Stratum(*(next(iter(_read_parts(dataset, name)), None) for name in PARTS))


def _read_parts(dataset: Dataset, name: str) -> list[str]:
    predicates = PARTS[name]
    return sorted(
        {str(o) for p in predicates for o in dataset.metadata.objects(URIRef(dataset.iri), p)}
    )


def required_stratum(dataset: Dataset, dimensions: Sequence[str]) -> tuple[str, ...]:
    """Return the stratum a party must contribute to receive this edition."""
    codes = vars(stratum_of(dataset))
    return tuple(codes.get(name) or f"{CONCEPT}{name}/total" for name in dimensions)


def readers_of(policies: Policies, target: str, now: datetime) -> frozenset[str]:
    """Return who may read a dataset in whatever way, except the trusted third party.

    `EVERYONE` alone stands for all. Every purpose that a rule names, and every contribution, is
    assumed.
    """
    policies = replace(policies, strata={target: frozenset({(target,)})}, made_of={})
    gifts: dict[tuple[str, ...], datetime] = {(target,): datetime.max.replace(tzinfo=UTC)}
    constraints = (
        constraint for rule in policies.rules_on(target) for constraint in rule.constraints
    )
    purposes = {str(constraint.right) for constraint in constraints if constraint.left == PURPOSE}
    parties = sorted(set(policies.parties.by_iri) - {policies.parties.host})
    readers = {EVERYONE: ANONYMOUS} | {iri: Reader(iri, contributes=gifts) for iri in parties}
    allowed = []
    for name, reader in readers.items():
        if any(
            decide(policies, reader, READ, target, now, purpose=purpose).allowed
            for purpose in (None, *sorted(purposes))
        ):
            allowed.append(name)
        if EVERYONE in allowed:
            break
    return frozenset(allowed)


@dataclass(frozen=True)
class Input:
    """A dataset whose figures may be added up.

    `readers` is `PUBLIC` if everyone may read them, `SHARED` if some other party may, else empty:
    figures that others may read do not hide any. A `reserved` one is not in the edition of all.
    """

    dataset: Dataset
    version: GraphVersion
    readers: str
    reserved: bool = False

    @property
    def contributor(self) -> str:
        """The contributor's name, with suffixes; each reserved dataset is one of its own."""
        apart = f"{RESERVED}{self.dataset.graph}" if self.reserved else ""
        return f"{self.dataset.publisher}{apart}{self.readers}"


def list_inputs(pool: Pool, into: Edition, now: datetime, of_all: Collection[str]) -> list[Input]:
    """Return the datasets that the trusted third party may aggregate for an edition.

    `of_all` are the graphs that go into the edition of all, none for that edition itself.
    """
    policies, allowed = pool.catalog.policies, []
    third_party = Reader(pool.catalog.third_party.iri, purposes=into.purposes)
    for key, version in versions_of(pool).items():
        dataset = pool.catalog.require(key)
        publisher = dataset.publisher
        recipients = sorted(into.recipients - {publisher}) or [publisher]
        # A partner's figures go into an edition if they may go to each of its recipients.
        if publisher == third_party.iri or not all(
            decide(policies, third_party, AGGREGATE, dataset.iri, now, recipient=recipient).allowed
            for recipient in recipients
        ):
            continue
        # Without observations, the agreements need not be evaluated for every reader.
        if not any(OBSERVATION in line for line in pool.record.read_lines(version)):
            continue
        if decide(policies, ANONYMOUS, READ, dataset.iri, now).allowed:
            readers = PUBLIC
        else:
            shared = readers_of(policies, dataset.iri, now) - {publisher}
            readers = SHARED if shared else ""
        reserved = bool(of_all) and dataset.graph not in of_all
        allowed.append(Input(dataset, version, readers, reserved))
    return allowed


def read_rows(pool: Pool, source: Input) -> Iterator[FigureRow]:
    """Yield the figures of a dataset that may be added up."""
    publisher = source.dataset.publisher
    record = pool.catalog.require_partner(source.dataset.key.partner).metadata
    size = organization_size(record, publisher)
    lines = read_with_areas(pool.record, source.version)
    return read_figures(lines, publisher, source.contributor, size or "")
