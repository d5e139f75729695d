"""Releases the pooled publics: adds partners' figures up, controls them, publishes the rest.

All is computed from the record, the agreements, the thresholds and the secret parameters, and only
when one of them changed. The edition of all comes first, then those for some; each is controlled
against every release of every edition, as if everyone read them all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

import parvis
from parvis.catalog.codelists import read_areas
from parvis.config import clock
from parvis.config.json_data import to_json
from parvis.errors import UnknownThing, UsageError
from parvis.i18n import N_
from parvis.ledger import SHELL, Author, Parameters, parameters
from parvis.pooling.agreements import with_agreements
from parvis.pooling.pool import Pool
from parvis.pooling.publics.cube import (
    ReleaseFacts,
    build_anonymisation_record,
    build_cube,
    figure_iri,
)
from parvis.pooling.publics.editions import Edition, Input, list_editions, list_inputs, read_rows
from parvis.pooling.publics.history import (
    TABLES,
    Evidence,
    PortraitRelease,
    Releases,
    read_all_releases,
    repeat_evidence,
)
from parvis.pooling.publics.receipts.keys import draw_signer
from parvis.pooling.publics.storing import ReleaseOrigin, find_gone_partners, store_release
from parvis.pooling.publics.strata import (
    APART,
    compute_strata_digest,
    count_venues,
    read_strata,
)
from parvis.rdf.files import sorted_lines
from parvis.statistics.aggregation import PooledFigures, aggregate
from parvis.statistics.disclosure.release import ControlledRelease, DisclosureRules, control_release
from parvis.statistics.disclosure.release_snapshot import ReleaseSnapshot
from parvis.statistics.disclosure.witnesses import Witness
from parvis.statistics.figures import ReleaseFigure, build_figures, published_shares
from parvis.statistics.rolling_up import IncomparableFigures, Observations
from parvis.statistics.strata import FigureKey, Strata, VenueCounts
from parvis.store.files import writing
from parvis.vocab.iris import DatasetKey

OTHER_STRATA = N_(
    "the strata are no longer those of the earlier releases of {dataset}: figures cut in two ways"
    " could be held against one another; give “ages” its former value"
)
ADDING_UP = N_("adding up and controlling the figures of “{title}”")
NO_FIGURE = N_("{name} is no figure of the last release of {dataset}")


@dataclass(frozen=True)
class PortraitOutcome:
    """The outcome of one edition: `stored` if it entered the record, `unchanged` if it was there.

    `unfit` are the figures that cannot be compared, `unproved` how many suppressed figures could
    not be proved uncertain. `recipients` are the parties by whom it may be read, `EVERYONE` for
    all; the outcome of the edition of all has those for some as `classes`, of each of which
    `beyond` counts the figures that the edition of all does not publish, or with other
    contributions.
    """

    dataset: DatasetKey
    recipients: frozenset[str]
    number: int
    unchanged: bool
    stored: bool
    inputs: Mapping[str, str]
    parameters: str
    figures: Sequence[ReleaseFigure]
    unfit: Sequence[IncomparableFigures]
    proved: int
    unproved: int
    classes: tuple["PortraitOutcome", ...] = ()
    beyond: int = 0

    @property
    def editions(self) -> tuple["PortraitOutcome", ...]:
        return self, *self.classes

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data, without any figure or contributor of one."""
        published = sum(figure.value is not None for figure in self.figures)
        return {
            "dataset": str(self.dataset),
            "recipients": sorted(self.recipients),
            "release": self.number,
            "unchanged": self.unchanged,
            "kept": self.stored,
            "told": published,
            "repeated": sum(figure.repeated for figure in self.figures),
            "suppressed": len(self.figures) - published,
            "share": published_shares(self.figures),
            "beyond": self.beyond,
            "proved": self.proved,
            "unproved": self.unproved,
            "inputs": dict(self.inputs),
            "code": parvis.__version__,
            "parameters": self.parameters,
            "not_comparable": [unfit._asdict() for unfit in self.unfit],
            "classes": to_json(self.classes),
        }


def portray(pool: Pool, *, dry: bool = False, author: Author = SHELL) -> PortraitOutcome:
    """Publish the next release of each edition, unless nothing changed since its last.

    `dry` computes it all and stores nothing. Raises `UnknownThing` where the catalogue has no
    portrait, `PolicyError` for one without purpose, `UsageError` when strata have changed.
    """
    with writing(pool.settings.data):
        if not dry:
            draw_signer(pool.settings.data)  # so that the site can sign receipts
        outcomes = []
        for editor in prepare_editions(pool):
            last = editor.last
            if last is not None and last.basis == editor.basis and editor.is_stored(last):
                outcomes.append(editor.report(last, stored=False))
                continue
            title = editor.dataset.title
            pool.report_step(ADDING_UP, title=title)
            release = editor.build_release()
            editor.earlier.append(release)
            if not dry:
                editor.store(release, author)
            outcomes.append(editor.report(release, stored=not dry))
        of_all, *for_some = outcomes
        published = {f.key: f.contributions for f in of_all.figures if f.value is not None}
        classes = []
        for outcome in for_some:
            figures = (figure for figure in outcome.figures if figure.value is not None)
            beyond = sum(published.get(figure.key) != figure.contributions for figure in figures)
            classes.append(replace(outcome, beyond=beyond))
        return replace(of_all, classes=tuple(classes))


def explain_figure(pool: Pool, name: str) -> dict[str, Any]:
    """Return why a figure of the last releases is published or not: for the third party only.

    `name` is the figure's IRI, or what follows the last hyphen of it: in the edition of all if it
    is there. Raises `UnknownThing`.
    """
    editors = list(prepare_editions(pool))
    for editor in editors:
        for figure in editor.figures(editor.last) if editor.last else ():
            iri = figure_iri(pool.iris, editor.dataset, figure)
            if name in {iri, iri.rpartition("-")[2]}:
                return editor.explain(figure, iri)
    raise UnknownThing(NO_FIGURE, name=name, dataset=editors[0].dataset.key)


def prepare_editions(pool: Pool) -> "Iterator[ReleaseEditor]":
    pool, at = with_agreements(pool), clock.now()
    # The list is shared: a release of one edition is added to it, and the next ones are controlled
    # against it.
    earlier = read_all_releases(pool.settings.data)
    strata = choose_strata(pool, earlier)
    # A release without figures by language cut nothing that the languages of today would cut.
    digests = {compute_strata_digest(strata), compute_strata_digest(strata, without=APART)}
    of_all: frozenset[str] | None = None
    for edition in list_editions(pool, strata, at):
        if any(release.strata not in digests for release in earlier):
            raise UsageError(OTHER_STRATA, dataset=edition.dataset.key)
        editor = ReleaseEditor(pool, edition, at, earlier, of_all or frozenset())
        of_all = frozenset(editor.inputs) if of_all is None else of_all
        yield editor


def choose_strata(pool: Pool, earlier: Sequence[PortraitRelease]) -> Strata:
    """Return the strata of a pool: languages are joined where a release has them so already."""
    ages, areas = pool.settings.disclosure.ages, read_areas(pool.settings.catalog)
    joined = read_strata(ages, areas, languages_joined=True)
    by_language = (
        release
        for release in earlier
        if any(key.layer == "language" for key in release.snapshot.keys)
    )
    digest = compute_strata_digest(joined)
    if any(release.strata == digest for release in by_language):
        return joined
    return read_strata(ages, areas)


class ReleaseEditor:
    """Releases one edition; `earlier` are the releases of all editions.

    The record and the agreements are read once, at the start.
    """

    def __init__(
        self,
        pool: Pool,
        edition: Edition,
        at: datetime,
        earlier: list[PortraitRelease],
        of_all: frozenset[str],
    ) -> None:
        self.pool, self.edition, self.at, self.earlier = pool, edition, at, earlier
        self.strata = choose_strata(pool, earlier)
        self.dataset = edition.dataset
        self.releases = Releases(pool.settings.data, self.dataset.key)
        self.tables = DatasetKey(self.dataset.key.partner, TABLES)
        own = self.releases.all()
        self.last, self.number = own[-1] if own else None, len(own) + 1
        self.secret: Parameters = parameters(pool.settings.data)
        self.rules = pool.settings.disclosure
        self.areas = read_areas(pool.settings.catalog)
        self.sources: list[Input] = list_inputs(pool, edition, at, of_all)
        self.evidence: Evidence | None = None

    @property
    def inputs(self) -> dict[str, str]:
        """The digests of what is added up, by graph."""
        return {source.dataset.graph: source.version.digest for source in self.sources}

    @property
    def basis(self) -> str:
        sources = ((s.contributor, s.dataset.graph, s.version.digest) for s in self.sources)
        basis = (
            sorted(sources),
            self.edition.stratum,
            sorted(self.edition.recipients),
            parvis.__version__,
            repr((self.rules, self.areas)),
            self.secret.identifier,
        )
        return sha256(repr(basis).encode()).hexdigest()

    def is_stored(self, release: PortraitRelease) -> bool:
        """Return whether the record has a release, with its contributors' figures."""
        version = self.pool.record.versions().get(self.dataset.graph)
        has_figures = release.snapshot.pooled is not None
        return has_figures and version is not None and version.about.get("basis") == release.basis

    def build_release(self) -> PortraitRelease:
        """Add figures up, control them, and write the record of anonymisation."""
        release = self.control_figures(self.dataset.key, self.number)
        record = build_anonymisation_record(
            self.pool.iris, self.gather_facts(release), self.figures(release)
        )
        return replace(release, record=sorted_lines(record).decode())

    def control_figures(self, key: DatasetKey, number: int) -> PortraitRelease:
        """Add figures up and control them as a release of a dataset; gather its evidence."""
        latest = next((r for r in reversed(self.earlier) if r.dataset in self._family), None)
        # The releases that this one is controlled with, which have contributors' figures.
        controlled = [(r.dataset, r.number) for r in self.earlier if r.snapshot.pooled]
        release = str(key), number
        if latest is None or latest.basis != self.basis or latest.snapshot.pooled is None:
            latest, witness = self._compute_release()
            self.evidence = None if witness is None else Evidence([*controlled, release], witness)
        else:
            # The same figures are released alike, in a table that was asked for and in the next
            # release: to control them anew, against themselves, could publish others of them.
            data = self.pool.settings.data
            self.evidence = repeat_evidence(data, controlled, latest, release)
        return replace(
            latest,
            number=number,
            snapshot=replace(latest.snapshot, coverage=self._compute_coverage(latest.snapshot)),
            dataset=str(key),
            at=self.at.astimezone(UTC).isoformat(),
            record="",
        )

    def _compute_release(self) -> tuple[PortraitRelease, Witness | None]:
        observations = Observations.of(
            row for source in self.sources for row in read_rows(self.pool, source)
        )
        pooled = self.edition.stratum.of(aggregate(observations, self.strata))
        control = self._control(pooled)
        release = PortraitRelease(
            number=self.number,
            inputs=self.inputs,
            basis=self.basis,
            strata=compute_strata_digest(self.strata),
            record="",
            reasons={str(place): sorted(rules) for place, rules in control.reasons.items()},
            unfit=list(pooled.unfit),
            proved=control.proved,
            unproved=control.unproved,
            snapshot=ReleaseSnapshot.of(
                pooled, control.published, self.secret.key, control.repeats
            ),
        )
        return release, control.witness

    @property
    def _family(self) -> frozenset[str]:
        """The datasets whose releases this edition repeats: its own, and tables as those of all."""
        tables = {str(self.tables)} if self.edition.of_all else set()
        return frozenset({str(self.dataset.key), *tables})

    def _control(self, pooled: PooledFigures) -> ControlledRelease:
        """Decide what is published, given all earlier releases."""
        snapshots = [release.snapshot for release in self.earlier]
        public = {figure for snapshot in snapshots for figure in snapshot.published_marks}
        frozen = {key for s in snapshots for key in s.find_frozen(pooled, self.secret.key, public)}
        earlier = [
            release.snapshot.as_earlier(
                same_edition=release.dataset in self._family,
                gone=find_gone_partners(self.pool, release, self.inputs),
            )
            for release in self.earlier
        ]
        auditable = [release for release in earlier if release is not None]
        # Figures of areas with too few inhabitants are never published.
        small = self.areas.small_areas(self.strata.codes("area"), self.rules.inhabitants)
        return control_release(
            pooled, auditable, DisclosureRules(self.rules, self.secret.p, small), frozen
        )

    def _compute_coverage(self, snapshot: ReleaseSnapshot) -> dict[int, float | None]:
        """Return the share of venues that each published figure is published with."""
        published: dict[FigureKey, tuple[Mapping[str, float], float | None]] = {}
        for release in self.releases.all():
            for figure in self.figures(release) if release.snapshot.coverage else ():
                if figure.value is not None:
                    published[figure.key] = figure.contributions, figure.coverage
        coverage: dict[int, float | None] = {}
        places = {key: place for place, key in enumerate(snapshot.keys)}
        control = snapshot.restore_control({})
        for figure in build_figures(control, self.secret.key, self.rules.base) if control else ():
            if figure.value is not None:
                # A figure that stays keeps its share: as venues open and close, the shares of the
                # same contributors would reveal who they are.
                parts, share = published.get(figure.key, ({}, None))
                if parts != figure.contributions:
                    share = self.venues.coverage(
                        figure.key.area, figure.contributors, self.rules.contributors
                    )
                coverage[places[figure.key]] = share
        return coverage

    def figures(self, release: PortraitRelease) -> list[ReleaseFigure]:
        """Return the figures of a release; none of one whose figures were removed."""
        control = release.snapshot.restore_control(release.reasons)
        return [] if control is None else build_figures(control, self.secret.key, self.rules.base)

    @cached_property
    def venues(self) -> VenueCounts:
        return count_venues(self.pool, self.areas, self.strata, self._contributors, self.at)

    @property
    def _contributors(self) -> frozenset[str]:
        return frozenset(source.dataset.publisher for source in self.sources)

    def gather_facts(self, release: PortraitRelease) -> ReleaseFacts:
        return ReleaseFacts(
            dataset=self.dataset,
            release=release,
            releases=len(self.earlier) + 1,
            at=self.at,
            contributors=len(self._contributors),
            thresholds=self.rules,
        )

    def report(self, release: PortraitRelease, *, stored: bool) -> PortraitOutcome:
        return PortraitOutcome(
            dataset=self.dataset.key,
            recipients=self.edition.recipients,
            number=release.number,
            unchanged=release is self.last,
            stored=stored,
            inputs=release.inputs,
            parameters=self.secret.identifier,
            figures=self.figures(release),
            unfit=[IncomparableFigures(*fields) for fields in release.unfit],
            proved=release.proved,
            unproved=release.unproved,
        )

    def store(self, release: PortraitRelease, author: Author) -> None:
        """Store a release in the history, and in the record; before both, its evidence."""
        self.releases.put_evidence(release.number, self.evidence)
        figures = self.figures(release)
        data_cube = build_cube(self.pool.iris, self.gather_facts(release), figures)
        content = sorted_lines(data_cube) + release.record.encode()
        origin = ReleaseOrigin(self.edition, self.sources, self.at, author)
        store_release(self.pool, origin, release, content, len(figures))

    def explain(self, figure: ReleaseFigure, iri: str) -> dict[str, Any]:
        return {
            "figure": iri,
            "dataset": str(self.dataset.key),
            "recipients": sorted(self.edition.recipients),
            "release": self.last and self.last.number,
            "strata": figure.key._asdict(),
            "told": figure.value,
            "exact": sum(figure.current.values()),
            "rules": sorted(figure.reasons),
            "repeated": figure.repeated,
            "changed": figure.changes,
            "inhabitants": self.areas.inhabitants.get(figure.key.area),
            "brought": dict(sorted(figure.current.items(), key=lambda pair: -pair[1])),
        }
