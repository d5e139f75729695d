"""Make a release of the pooled publics: add partners' figures up, control them, tell the rest.

All is computed from the record, the agreements, the thresholds and the secret parameters: the same
gives the same release, and nothing is done again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from rdflib import URIRef

import parvis
from parvis.catalog import Dataset, Submission
from parvis.errors import PolicyError, UnknownThing, UsageError
from parvis.i18n import N_
from parvis.ledger import Act, Parameters, parameters
from parvis.pooling.areas import read_areas
from parvis.pooling.hierarchy import digest_of, strata
from parvis.pooling.observed import Input, inputs, rows
from parvis.pooling.pool import Pool
from parvis.pooling.released_cube import Facts, anonymisation, cube, name_of
from parvis.pooling.releases import Release, Releases
from parvis.pooling.trail import recorded
from parvis.pooling.venues import venues
from parvis.pooling.versions import numbered
from parvis.rdf.files import sorted_lines
from parvis.statistics.aggregation import Pooled, Unfit, aggregate
from parvis.statistics.figures import Figure, figures, shares
from parvis.statistics.kept import Kept
from parvis.statistics.observations import Observations
from parvis.statistics.release import Controlled, Rules, controlled
from parvis.store.lock import writing
from parvis.store.packing import pack
from parvis.store.workplace import workplace
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import DPV

SLUG = "portrait"
"""The dataset of the host that holds the releases."""
LACKING = N_(
    "the dataset {dataset} says neither why publics are pooled (dpv:hasPurpose) nor who answers for"
    " it (dpv:hasResponsibleEntity): nothing is released without"
)
OTHER_STRATA = N_(
    "the strata are no longer those of the earlier releases of {dataset}: figures cut in two ways"
    " could be held against one another; give “ages” its former value"
)
NO_FIGURE = N_("{name} is no figure of the last release of {dataset}")


@dataclass(frozen=True)
class Portrayed:
    """What came of it; `kept` says that it entered the record, `unchanged` that it was there.

    `unfit` are the figures that cannot be compared, `unproved` how many that are not told could
    not be proved uncertain.
    """

    dataset: DatasetKey
    number: int
    unchanged: bool
    kept: bool
    inputs: Mapping[str, str]
    parameters: str
    figures: Sequence[Figure]
    unfit: Sequence[Unfit]
    proved: int
    unproved: int

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data: no figure, no contributor of one."""
        told = sum(one.value is not None for one in self.figures)
        return {
            "dataset": str(self.dataset),
            "release": self.number,
            "unchanged": self.unchanged,
            "kept": self.kept,
            "told": told,
            "suppressed": len(self.figures) - told,
            "share": shares(self.figures),
            "proved": self.proved,
            "unproved": self.unproved,
            "inputs": dict(self.inputs),
            "code": parvis.__version__,
            "parameters": self.parameters,
            "not_comparable": [one._asdict() for one in self.unfit],
        }


def portray(pool: Pool, *, dry: bool = False) -> Portrayed:
    """Make the next release of the host's portrait, unless nothing changed since the last.

    `dry` computes it all and keeps nothing. Raises `UnknownThing` where the catalogue has no such
    dataset, `PolicyError` for one without purpose, `UsageError` when strata have changed.
    """
    with writing(pool.settings.data):
        making = _Making(pool, _dataset(pool), datetime.now(UTC))
        last = making.last
        if last is not None and last.basis == making.basis and making.holds(last):
            return making.told(last, kept=False, unchanged=True)
        release = making.release()
        if not dry:
            making.keep(release)
        return making.told(release, kept=not dry, unchanged=False)


def explain(pool: Pool, name: str) -> dict[str, Any]:
    """Tell the host why a figure of the last release is told or not: for nobody else's eyes.

    `name` is the figure's IRI, or what follows the last hyphen of it. Raises `UnknownThing`.
    """
    making = _Making(pool, _dataset(pool), datetime.now(UTC))
    for figure in making.figures(making.last) if making.last else ():
        iri = name_of(pool.iris, making.dataset, figure)
        if name in {iri, iri.rpartition("-")[2]}:
            return {
                "figure": iri,
                "release": making.last and making.last.number,
                "strata": figure.key._asdict(),
                "told": figure.value,
                "exact": figure.total,
                "rules": sorted(figure.reasons),
                "inhabitants": making.areas.inhabitants.get(figure.key.area),
                "brought": dict(sorted(figure.brought.items(), key=lambda one: -one[1])),
            }
    raise UnknownThing(NO_FIGURE, name=name, dataset=making.dataset.key)


def _dataset(pool: Pool) -> Dataset:
    """Give the host's dataset of releases; raises `PolicyError` where its purpose is not told."""
    dataset = pool.catalog.require(DatasetKey(pool.catalog.host.slug, SLUG))
    this = URIRef(dataset.iri)
    for step in (DPV.hasPurpose, DPV.hasResponsibleEntity):
        if (this, step, None) not in dataset.described:
            raise PolicyError(LACKING, dataset=dataset.key)
    return dataset


class _Making:
    """One release in the making: what it is made of, and what was told before."""

    def __init__(self, pool: Pool, dataset: Dataset, at: datetime) -> None:
        """Look at the record, the agreements and the earlier releases once."""
        self.pool, self.dataset, self.at = pool, dataset, at
        self.releases = Releases(pool.settings.data, dataset.key)
        self.earlier = self.releases.all()
        self.secret: Parameters = parameters(pool.settings.data)
        self.rules = pool.settings.disclosure
        self.areas = read_areas(pool.settings.catalog)
        self.strata = strata(self.rules.ages, self.areas)
        purposes = map(str, dataset.described.objects(URIRef(dataset.iri), DPV.hasPurpose))
        self.given: list[Input] = inputs(pool, dataset, purposes, at)
        if self.earlier and self.earlier[-1].strata != digest_of(self.strata):
            raise UsageError(OTHER_STRATA, dataset=dataset.key)

    @property
    def last(self) -> Release | None:
        """Give the last release that was made."""
        return self.earlier[-1] if self.earlier else None

    @property
    def inputs(self) -> dict[str, str]:
        """Give the digests of what is added up, by graph."""
        return {one.dataset.graph: one.version.digest for one in self.given}

    @property
    def basis(self) -> str:
        """Name all that the release is computed from."""
        said = (
            sorted((one.dataset.graph, one.version.digest, one.readers) for one in self.given),
            parvis.__version__,
            repr((self.rules, self.areas)),
            self.secret.identifier,
        )
        return sha256(repr(said).encode()).hexdigest()

    def holds(self, release: Release) -> bool:
        """Say whether the record holds a release, and all of it is known."""
        version = self.pool.record.versions().get(self.dataset.graph)
        known = release.kept.pooled is not None
        return known and version is not None and version.about.get("basis") == release.basis

    def release(self) -> Release:
        """Add up, control, and write the record of it."""
        seen = Observations.of(row for one in self.given for row in rows(self.pool, one))
        pooled = aggregate(seen, self.strata)
        found = self._controlled(pooled)
        kept = Kept.of(pooled, found.told, self.secret.key)
        release = Release(
            number=len(self.earlier) + 1,
            inputs=self.inputs,
            basis=self.basis,
            strata=digest_of(self.strata),
            record="",
            reasons={str(place): sorted(some) for place, some in found.reasons.items()},
            unfit=list(pooled.unfit),
            proved=found.proved,
            unproved=found.unproved,
            kept=kept,
        )
        told = anonymisation(self.pool.iris, self.facts(release), self.figures(release))
        return replace(release, record=sorted_lines(told).decode())

    def _controlled(self, pooled: Pooled) -> Controlled:
        """Decide what is told, all earlier releases considered."""
        before = [one.kept for one in self.earlier]
        frozen = {key for one in before for key in one.frozen(pooled, self.secret.key)}
        earlier = [one.earlier for one in before if one.earlier is not None]
        return controlled(pooled, earlier, self.limits, frozen)

    @property
    def limits(self) -> Rules:
        """Give the rules, with the areas of which nothing may be told."""
        small = self.areas.small(self.strata.codes("area"), self.rules.inhabitants)
        return Rules(self.rules, self.secret.p, small)

    def figures(self, release: Release) -> list[Figure]:
        """Give the figures of a release; none of one whose figures were forgotten."""
        again = release.kept.controlled(release.reasons)
        return [] if again is None else figures(again, self.secret.key, self.rules.base)

    def facts(self, release: Release) -> Facts:
        """Say what there is to say of a release as a whole."""
        contributors = {one.dataset.publisher for one in self.given}
        return Facts(
            dataset=self.dataset,
            number=release.number,
            at=self.at,
            contributors=len(contributors),
            proved=release.proved,
            unproved=release.unproved,
            venues=venues(self.pool, self.areas, self.strata),
            thresholds=self.rules,
        )

    def told(self, release: Release, *, kept: bool, unchanged: bool) -> Portrayed:
        """Tell what came of it."""
        return Portrayed(
            dataset=self.dataset.key,
            number=release.number,
            unchanged=unchanged,
            kept=kept,
            inputs=release.inputs,
            parameters=self.secret.identifier,
            figures=self.figures(release),
            unfit=[Unfit(*one) for one in release.unfit],
            proved=release.proved,
            unproved=release.unproved,
        )

    def keep(self, release: Release) -> None:
        """Put a release into the record, as any content of a dataset, and beside all earlier ones.

        What it was made of is kept first: a release that is told is always held against the next.
        """
        pool, graph = self.pool, self.dataset.graph
        some = self.figures(release)
        written = cube(pool.iris, self.facts(release), some)
        self.releases.add(release)
        with workplace(pool.settings.data) as folder:
            (folder / "release.nt").write_bytes(sorted_lines(written) + release.record.encode())
            packed = pack(folder / "release.nt", folder)
            version = numbered(pool, graph, packed.digest, pool.record.changes(graph, packed))
            submission = json.dumps(self._submission(release, len(some)).to_json())
            about = {"submission": submission, "basis": release.basis} | version
            pool.record.put(graph, packed, about)
        facts: dict[str, str | int | float | None] = {"rows": len(some)}
        recorded(
            pool.settings.data, Act.SUBMIT, datetime.now(UTC), facts, [(self.dataset.iri, None)]
        )

    def _submission(self, release: Release, rows: int) -> Submission:
        """Say from what the release came: as of a partner's file."""
        digests = repr(sorted(release.inputs.items())).encode()
        return Submission(
            key=self.dataset.key,
            began=self.at,
            ended=datetime.now(UTC),
            file_name=f"release-{release.number}",
            file_digest=sha256(digests).hexdigest(),
            mapping_digest=release.basis,
            report_digest=sha256(release.record.encode()).hexdigest(),
            rows=rows,
            row_errors=0,
            findings=0,
            agent=self.dataset.publisher,
        )
