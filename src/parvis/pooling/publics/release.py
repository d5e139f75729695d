"""Make a release of the pooled publics: add partners' figures up, control them, tell the rest.

All is computed from the record, the agreements, the thresholds and the secret parameters: the same
gives the same release, and nothing is done again. The edition of all comes first, then those for
some; each is held against every release of every edition, as if everyone read them all.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

import parvis
from parvis.catalog import Submission
from parvis.catalog.codelists import read_areas
from parvis.errors import UnknownThing, UsageError
from parvis.i18n import N_
from parvis.ledger import Act, Parameters, parameters
from parvis.pooling.agreements import SOURCES, in_force
from parvis.pooling.audit import recorded
from parvis.pooling.pool import Pool
from parvis.pooling.publics.cube import Facts, anonymisation, cube, name_of
from parvis.pooling.publics.editions import Edition, Input, editions, inputs, rows
from parvis.pooling.publics.history import Release, Releases, every
from parvis.pooling.publics.strata import digest_of, strata
from parvis.pooling.publics.venues import venues
from parvis.pooling.versions import numbered
from parvis.rdf.files import sorted_lines
from parvis.statistics.aggregation import Pooled, Unfit, aggregate
from parvis.statistics.figures import Figure, Venues, figures, shares
from parvis.statistics.kept import Kept
from parvis.statistics.observations import Observations
from parvis.statistics.release import Controlled, Rules, controlled
from parvis.statistics.strata import Key, owner
from parvis.store.files import workplace, writing
from parvis.store.record.content import pack
from parvis.vocab.iris import DatasetKey

OTHER_STRATA = N_(
    "the strata are no longer those of the earlier releases of {dataset}: figures cut in two ways"
    " could be held against one another; give “ages” its former value"
)
NO_FIGURE = N_("{name} is no figure of the last release of {dataset}")


@dataclass(frozen=True)
class Portrayed:
    """What came of it; `kept` says that it entered the record, `unchanged` that it was there.

    `unfit` are the figures that cannot be compared, `unproved` how many that are not told could
    not be proved uncertain. `recipients` are the parties by whom it may be read, `EVERYONE` for
    all; of the edition of all, `classes` are what came of those for some, of each of which
    `beyond` counts the figures that the edition of all does not tell, or tells of fewer.
    """

    dataset: DatasetKey
    recipients: frozenset[str]
    number: int
    unchanged: bool
    kept: bool
    inputs: Mapping[str, str]
    parameters: str
    figures: Sequence[Figure]
    unfit: Sequence[Unfit]
    proved: int
    unproved: int
    classes: tuple["Portrayed", ...] = ()
    beyond: int = 0

    @property
    def every(self) -> tuple["Portrayed", ...]:
        """Give what came of each edition."""
        return self, *self.classes

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data: no figure, no contributor of one."""
        told = sum(one.value is not None for one in self.figures)
        return {
            "dataset": str(self.dataset),
            "recipients": sorted(self.recipients),
            "release": self.number,
            "unchanged": self.unchanged,
            "kept": self.kept,
            "told": told,
            "repeated": sum(figure.repeated for figure in self.figures),
            "suppressed": len(self.figures) - told,
            "share": shares(self.figures),
            "beyond": self.beyond,
            "proved": self.proved,
            "unproved": self.unproved,
            "inputs": dict(self.inputs),
            "code": parvis.__version__,
            "parameters": self.parameters,
            "not_comparable": [one._asdict() for one in self.unfit],
            "classes": [one.to_json() for one in self.classes],
        }


def portray(pool: Pool, *, dry: bool = False) -> Portrayed:
    """Make the next release of each edition, unless nothing changed since its last.

    `dry` computes it all and keeps nothing. Raises `UnknownThing` where the catalogue has no
    portrait, `PolicyError` for one without purpose, `UsageError` when strata have changed.
    """
    with writing(pool.settings.data):
        whole, *some = [_made(one, dry=dry) for one in _makings(pool)]
        told = {one.key: one.brought for one in whole.figures if one.value is not None}
        return replace(whole, classes=tuple(replace(c, beyond=_beyond(c, told)) for c in some))


def _beyond(made: Portrayed, told: Mapping[Key, Mapping[str, float]]) -> int:
    """Count the figures that are told and that are not so told elsewhere."""
    some = (one for one in made.figures if one.value is not None)
    return sum(told.get(one.key) != one.brought for one in some)


def explain(pool: Pool, name: str) -> dict[str, Any]:
    """Tell the host why a figure of the last releases is told or not: for nobody else's eyes.

    `name` is the figure's IRI, or what follows the last hyphen of it: in the edition of all if it
    is there. Raises `UnknownThing`.
    """
    makings = list(_makings(pool))
    for making in makings:
        for figure in making.figures(making.last) if making.last else ():
            iri = name_of(pool.iris, making.dataset, figure)
            if name in {iri, iri.rpartition("-")[2]}:
                return making.explained(figure, iri)
    raise UnknownThing(NO_FIGURE, name=name, dataset=makings[0].dataset.key)


def _makings(pool: Pool) -> "Iterator[_Making]":
    """Prepare each edition in turn; what one makes is known to those that follow."""
    pool, at = in_force(pool), datetime.now(UTC)
    areas = read_areas(pool.settings.catalog)
    told, hierarchy = every(pool.settings.data), strata(pool.settings.disclosure.ages, areas)
    whole: frozenset[str] | None = None
    for edition in editions(pool, hierarchy, at):
        if any(one.strata != digest_of(hierarchy) for one in told):
            raise UsageError(OTHER_STRATA, dataset=edition.dataset.key)
        making = _Making(pool, edition, at, told, whole or frozenset())
        whole = frozenset(making.inputs) if whole is None else whole
        yield making


def _made(making: "_Making", *, dry: bool) -> Portrayed:
    """Make the release of one edition, or tell that it stands."""
    last = making.last
    if last is not None and last.basis == making.basis and making.holds(last):
        return making.told(last, kept=False, unchanged=True)
    release = making.release()
    making.earlier.append(release)
    if not dry:
        making.keep(release)
    return making.told(release, kept=not dry, unchanged=False)


class _Making:
    """One release in the making: what it is made of, and what was told before."""

    def __init__(
        self,
        pool: Pool,
        edition: Edition,
        at: datetime,
        earlier: list[Release],
        whole: frozenset[str],
    ) -> None:
        """Look at the record and the agreements once; `earlier` are releases of all editions."""
        self.pool, self.edition, self.at, self.earlier = pool, edition, at, earlier
        self.dataset = edition.dataset
        self.releases = Releases(pool.settings.data, self.dataset.key)
        own = self.releases.all()
        self.last, self.number = own[-1] if own else None, len(own) + 1
        self.secret: Parameters = parameters(pool.settings.data)
        self.rules = pool.settings.disclosure
        self.areas = read_areas(pool.settings.catalog)
        self.strata = strata(self.rules.ages, self.areas)
        self.given: list[Input] = inputs(pool, edition, at, whole)

    @property
    def inputs(self) -> dict[str, str]:
        """Give the digests of what is added up, by graph."""
        return {one.dataset.graph: one.version.digest for one in self.given}

    @property
    def basis(self) -> str:
        """Name all that the release is computed from."""
        said = (
            sorted((one.contributor, one.dataset.graph, one.version.digest) for one in self.given),
            self.edition.stratum,
            sorted(self.edition.recipients),
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
        pooled = self.edition.stratum.of(aggregate(seen, self.strata))
        found = self._controlled(pooled)
        kept = Kept.of(pooled, found.told, self.secret.key, found.repeats)
        kept = replace(kept, coverage=self._coverage(kept))
        release = Release(
            number=self.number,
            inputs=self.inputs,
            basis=self.basis,
            strata=digest_of(self.strata),
            record="",
            reasons={str(place): sorted(some) for place, some in found.reasons.items()},
            unfit=list(pooled.unfit),
            proved=found.proved,
            unproved=found.unproved,
            kept=kept,
            dataset=str(self.dataset.key),
        )
        told = anonymisation(self.pool.iris, self.facts(release), self.figures(release))
        return replace(release, record=sorted_lines(told).decode())

    def _controlled(self, pooled: Pooled) -> Controlled:
        """Decide what is told, all earlier releases considered."""
        before = [one.kept for one in self.earlier]
        known = {one for other in before for one in other.known}
        frozen = {key for one in before for key in one.frozen(pooled, self.secret.key, known)}
        earlier = [
            release.kept.held_against(
                same_edition=release.dataset == str(self.dataset.key), gone=self._gone(release)
            )
            for release in self.earlier
        ]
        auditable = [release for release in earlier if release is not None]
        return controlled(pooled, auditable, self.limits, frozen)

    def _gone(self, release: Release) -> set[str]:
        """Return the partners of whom figures went into a release that may not go into this one.

        They withdrew a dataset, or their agreement lets it go elsewhere only: no figure that they
        brought something to is published again.
        """
        gone = release.inputs.keys() - self.inputs.keys()
        publishers = {one.graph: one.publisher for one in self.pool.catalog.datasets.values()}
        if not gone <= publishers.keys() and release.kept.pooled is not None:
            return set(map(owner, release.kept.pooled.contributors))
        return {publishers[graph] for graph in gone & publishers.keys()}

    def _coverage(self, kept: Kept) -> dict[int, float | None]:
        """Return the share of venues that each published figure stands with.

        A figure that stays keeps it: as venues come and go, the shares of the same contributors
        would tell who they are.
        """
        published: dict[Key, tuple[Mapping[str, float], float | None]] = {}
        for release in self.releases.all():
            for figure in self.figures(release) if release.kept.coverage else ():
                if figure.value is not None:
                    published[figure.key] = figure.brought, figure.coverage
        coverage: dict[int, float | None] = {}
        places = {key: place for place, key in enumerate(kept.keys)}
        again = kept.controlled({})
        for figure in figures(again, self.secret.key, self.rules.base) if again else ():
            if figure.value is not None:
                brought, share = published.get(figure.key, ({}, None))
                if brought != figure.brought:
                    share = self.venues.coverage(
                        figure.key.area, figure.contributors, self.rules.contributors
                    )
                coverage[places[figure.key]] = share
        return coverage

    @property
    def limits(self) -> Rules:
        """Give the rules, with the areas of which nothing may be told."""
        small = self.areas.small(self.strata.codes("area"), self.rules.inhabitants)
        return Rules(self.rules, self.secret.p, small)

    def figures(self, release: Release) -> list[Figure]:
        """Give the figures of a release; none of one whose figures were forgotten."""
        again = release.kept.controlled(release.reasons)
        return [] if again is None else figures(again, self.secret.key, self.rules.base)

    @cached_property
    def venues(self) -> Venues:
        """Count the known venues, once for all that is told of them."""
        return venues(self.pool, self.areas, self.strata, self._contributors, self.at)

    @property
    def _contributors(self) -> frozenset[str]:
        """Return the partners whose figures are added up."""
        return frozenset(one.dataset.publisher for one in self.given)

    def facts(self, release: Release) -> Facts:
        """Say what there is to say of a release as a whole."""
        return Facts(
            dataset=self.dataset,
            number=release.number,
            releases=len(self.earlier) + 1,
            at=self.at,
            contributors=len(self._contributors),
            proved=release.proved,
            unproved=release.unproved,
            thresholds=self.rules,
        )

    def told(self, release: Release, *, kept: bool, unchanged: bool) -> Portrayed:
        """Tell what came of it."""
        return Portrayed(
            dataset=self.dataset.key,
            recipients=self.edition.recipients,
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
            about = {"submission": submission, "basis": release.basis} | version | self._sources()
            pool.record.put(graph, packed, about)
        facts: dict[str, str | int | float | None] = {"rows": len(some)}
        recorded(
            pool.settings.data, Act.SUBMIT, datetime.now(UTC), facts, [(self.dataset.iri, None)]
        )

    def explained(self, figure: Figure, iri: str) -> dict[str, Any]:
        """Tell all of a figure of the last release."""
        return {
            "figure": iri,
            "dataset": str(self.dataset.key),
            "recipients": sorted(self.edition.recipients),
            "release": self.last and self.last.number,
            "strata": figure.key._asdict(),
            "told": figure.value,
            "exact": sum(figure.now.values()),
            "rules": sorted(figure.reasons),
            "repeated": figure.repeated,
            "changed": figure.changed,
            "inhabitants": self.areas.inhabitants.get(figure.key.area),
            "brought": dict(sorted(figure.now.items(), key=lambda pair: -pair[1])),
        }

    def _sources(self) -> dict[str, str]:
        """Note what a release for some was made of: it goes to nobody whom that may not reach."""
        if self.edition.of_all:
            return {}
        return {SOURCES: json.dumps(sorted(one.dataset.iri for one in self.given))}

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
