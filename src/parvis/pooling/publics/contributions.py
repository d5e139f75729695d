"""Counts what a dataset's content contributes into the ledger when the content changes.

Each contribution is stored with what it lacks to count. All is derived from the record: a ledger
that missed a content (a killed process, an older pool) is corrected by the next submission or
publication.
"""

import gzip
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

from rdflib import Literal

from parvis.catalog.entries import Dataset
from parvis.config import Settings, clock
from parvis.governance import Minimum, Shortfall, StratumContribution, find_shortfalls
from parvis.ledger import Contribution, Contributions
from parvis.pooling.agreements import SOURCES
from parvis.pooling.pool import Pool
from parvis.pooling.publics.areas import file_with_areas
from parvis.pooling.publics.editions import required_stratum
from parvis.pooling.publics.reading import OBSERVATION
from parvis.pooling.publics.strata import read_periods
from parvis.pooling.texts.staging_view import stage_files
from parvis.pooling.versions import last_report, reception_instant
from parvis.rdf.terms import Node
from parvis.report import Score
from parvis.store.files import workplace
from parvis.store.record.graph_record import GraphVersion
from parvis.validation import DataView
from parvis.vocab.iris import DatasetKey

PARTS = ("discipline", "area")
"""The dimensions of which a release may publish a part (`parvis.statistics.strata`): figures of
many others do not make up for the lack of those."""


def count_contribution(pool: Pool, key: DatasetKey) -> None:
    """Count what a dataset contributes, once for each content."""
    dataset, version = pool.catalog.require(key), pool.record.versions().get(pool.iris.graph(key))
    if version is not None:
        ledger = Contributions(pool.settings.data)
        _count(pool, ledger, dataset, version, ledger.bases().get(dataset.iri))


def settle_contributions(pool: Pool) -> None:
    """Count what any dataset contributes uncounted; end what is no longer in the record."""
    ledger = Contributions(pool.settings.data)
    versions, bases = pool.record.versions(), ledger.bases()
    contents = {
        dataset.iri: (dataset, versions[dataset.graph])
        for dataset in pool.catalog.datasets.values()
        if dataset.graph in versions
    }
    ledger.end(sorted(bases.keys() - contents.keys()), clock.machine_time())
    for iri, (dataset, version) in contents.items():
        _count(pool, ledger, dataset, version, bases.get(iri))


def end_contributions(pool: Pool, keys: list[DatasetKey]) -> None:
    ledger = Contributions(pool.settings.data)
    counted = ledger.bases().keys() & {pool.iris.dataset(key) for key in keys}
    ledger.end(sorted(counted), clock.machine_time())


def contribution_minimum(settings: Settings) -> Minimum:
    """Return what a contribution must have to count, by the settings."""
    reciprocity = settings.reciprocity
    return Minimum(
        persons=reciprocity.persons,
        figures=reciprocity.figures,
        score=reciprocity.score,
        recent_days=reciprocity.recent_days,
        pause_days=reciprocity.pause_days,
    )


def _count(
    pool: Pool,
    ledger: Contributions,
    dataset: Dataset,
    version: GraphVersion,
    former_basis: str | None,
) -> None:
    """Count a content, unless all that the count depends on is as it was."""
    confirmed = str(dataset.key) in pool.settings.reciprocity.confirmed
    requirements = contribution_minimum(pool.settings), confirmed
    basis = " ".join((version.digest, *pool.settings.reciprocity.strata, repr(requirements)))
    if basis == former_basis:
        return
    contributions: list[Contribution] = []
    if not _has_observations(pool, version):
        pass  # it need not be loaded
    elif SOURCES in version.about:
        # An edition of the portrait for some is of the stratum it publishes, whatever its figures.
        contributions.append(_describe_edition(pool, dataset, version))
    else:
        with _stage_figures(pool, version) as view:
            sized = list(_read_contributions(pool, dataset, version, view))
            if sized:
                contributions = _weigh(pool, ledger, dataset, view, sized)
    ledger.count(dataset.iri, basis, contributions, clock.machine_time())


def _has_observations(pool: Pool, version: GraphVersion) -> bool:
    with gzip.open(pool.record.path(version)) as lines:
        return any(OBSERVATION in line for line in lines)


def _count_until(pool: Pool, version: GraphVersion) -> tuple[datetime, datetime]:
    """Return from when and until when a content counts."""
    instant = datetime.fromisoformat(version.about.get("issued", version.submitted.isoformat()))
    return instant, instant + timedelta(days=pool.settings.reciprocity.days)


def _describe_edition(pool: Pool, dataset: Dataset, version: GraphVersion) -> Contribution:
    stratum = required_stratum(dataset, pool.settings.reciprocity.strata)
    count_until = _count_until(pool, version)
    return Contribution(dataset.iri, "", stratum, "", 0, None, None, *count_until)


@contextmanager
def _stage_figures(pool: Pool, version: GraphVersion) -> Iterator[DataView]:
    """Stage a content; figures of earlier versions have both areas in it."""
    with (
        workplace(pool.settings.data) as folder,
        stage_files([file_with_areas(pool.record, version, folder)], folder) as view,
    ):
        yield view


def _count_own_values(view: DataView, publisher: str) -> tuple[Counter[int], Counter[str]]:
    """Count a publisher's own figures above zero: by number, and by discipline and by area."""
    by_value: Counter[int] = Counter()
    by_concept: Counter[str] = Counter()
    for row in view.select(_load_query("own_values.rq")):
        value, count = _read_number(row.get("value")) or 0, _read_number(row.get("count")) or 0
        if str(row["contributor"]) == publisher and value > 0:
            by_value[value] += count
            for name in PARTS:
                by_concept[str(row[name])] += count
    return by_value, by_concept


def _weigh(
    pool: Pool,
    ledger: Contributions,
    dataset: Dataset,
    view: DataView,
    sized: list[tuple[Contribution, int]],
) -> list[Contribution]:
    """Add to each contribution what it lacks to count; each comes with its greatest figure."""
    by_value, by_concept = _count_own_values(view, dataset.publisher)
    number = by_value.total()
    # Figures that equal those of another partner may be copied.
    own = {(c.stratum, c.period, c.persons) for c, _ in sized if c.giver and c.persons is not None}
    by_others = ledger.greatest(dataset.publisher).values()
    copied = max((len(own & greatest) for greatest in by_others), default=0)
    # A dataset that was withdrawn and came back has to wait before it counts again.
    since = reception_instant(pool, dataset.graph)
    withdrawn = since and ledger.last_withdrawal(dataset.iri, since)
    required, reciprocity = contribution_minimum(pool.settings), pool.settings.reciprocity
    # The steward may have confirmed that the figures are plausible.
    confirmed, dimensions = str(dataset.key) in reciprocity.confirmed, reciprocity.strata

    def list_lacks(contribution: Contribution, size: int) -> tuple[Shortfall, ...]:
        below = {value: count for value, count in by_value.items() if 2 * value < size}
        begins, ends = read_periods().get(contribution.period, (None, None))
        stratum = zip(dimensions, contribution.stratum, strict=True)
        # Of the same discipline or area, whichever has fewer.
        counts = (by_concept[concept] for name, concept in stratum if name in PARTS)
        gift = StratumContribution(
            persons=size,
            below=sum(below.values()) / max(number, 1),
            smaller=sum(value * count for value, count in below.items()),
            figures=min(counts, default=number),
            alike=max(by_value.values(), default=0) / max(number, 1),
            copied=copied / max(len(own), 1),
            score=contribution.score,
            begins=begins,
            ends=ends,
            submitted=contribution.given.date(),
            withdrawn=withdrawn.date() if withdrawn else None,
        )
        return find_shortfalls(gift, required, confirmed=confirmed)

    return [replace(c, lacks=list_lacks(c, size)) if c.giver else c for c, size in sized]


def _read_contributions(
    pool: Pool, dataset: Dataset, version: GraphVersion, view: DataView
) -> Iterator[tuple[Contribution, int]]:
    """Yield the contributions of a content, each with its greatest figure, of whatever measure."""
    dimensions, count_until = pool.settings.reciprocity.strata, _count_until(pool, version)
    report = last_report(pool, dataset)
    score = None if report is None else Score.of(report).value
    joined: dict[tuple[str, ...], tuple[Contribution, int]] = {}
    for row in view.select(_load_query("strata.rq")):
        stratum = tuple(str(row[name]) for name in dimensions)
        own, period = str(row["contributor"]) == dataset.publisher, str(row["period"])
        giver = dataset.publisher if own else ""
        contribution = Contribution(
            *(dataset.iri, giver, stratum, period),
            *(_read_number(row.get("rows")) or 0, _read_number(row.get("persons")), score),
            *count_until,
        )
        size = _read_number(row.get("largest")) or 0
        # Strata that are distinct in the file may be the same among those of the pool.
        key = giver, period, *stratum
        if key in joined:
            # Rows are added, of persons the greater figure stays.
            former, largest = joined[key]
            size, rows = max(size, largest), former.rows + contribution.rows
            both = [former.persons, contribution.persons]
            persons = max((number for number in both if number is not None), default=None)
            contribution = replace(former, rows=rows, persons=persons)
        joined[key] = contribution, size
    yield from joined.values()


def _read_number(term: Node | None) -> int | None:
    """Return a figure; persons are whole."""
    value = term.toPython() if isinstance(term, Literal) else None
    return None if value is None else int(value)


@cache
def _load_query(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
