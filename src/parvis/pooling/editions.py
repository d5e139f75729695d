"""The editions of the portrait: the one of all, and one for each reciprocity class.

An edition is a dataset of the host. Its agreement says who reads it, perhaps in return for the same
figures; its record says which part of the pool it tells. A partner's figures go into an edition if
its agreement lets them go to every one of its readers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rdflib import URIRef
from rdflib.namespace import DCTERMS

from parvis.catalog import Dataset
from parvis.errors import PolicyError
from parvis.governance import ANONYMOUS, EVERYONE, READ, Policies, Reader, decide
from parvis.governance.policies import PURPOSE
from parvis.i18n import N_
from parvis.pooling.pool import Pool
from parvis.statistics.strata import Strata
from parvis.statistics.stratum import Stratum
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
