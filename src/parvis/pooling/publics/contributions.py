"""What a dataset's content contributes, counted into the ledger when the content changes.

Each contribution is weighed then: what it lacks to count is written with it.

All is derived from the record, so that it can be done again: a ledger that missed a content
(a process killed between the two, an older pool) is brought in line by the next submission or
publication.
"""

import gzip
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files

from rdflib import Literal, URIRef
from rdflib.namespace import QB

from parvis.catalog import Dataset
from parvis.catalog.codelists import read_ontology, scheme
from parvis.config import Settings
from parvis.governance import Gift, Lack, Minimum, weigh
from parvis.ledger import Contribution, Contributions
from parvis.pooling.agreements import SOURCES
from parvis.pooling.pool import Pool
from parvis.pooling.publics.editions import asked_of
from parvis.pooling.staging_view import staged
from parvis.pooling.submissions import Incoming
from parvis.pooling.versions import received
from parvis.rdf.terms import Node
from parvis.report import Score
from parvis.store.record.record import Version
from parvis.validation import View
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import SCHEMA

OBSERVATION = f"<{QB.Observation}>".encode()
QUERY = "strata.rq"
OWN = "own_values.rq"
PARTS = ("discipline", "area")
"""The dimensions of which a release may tell a part (`parvis.statistics.stratum`): figures of many
others do not make up for the lack of those."""


def contribute(pool: Pool, key: DatasetKey) -> None:
    """Count what a dataset contributes, unless that is done: once for each content."""
    dataset, version = pool.catalog.require(key), pool.record.versions().get(pool.iris.graph(key))
    if version is not None:
        ledger = Contributions(pool.settings.data)
        if ledger.bases().get(dataset.iri) != _basis(pool, dataset, version):
            _count(pool, ledger, dataset, version)


def settle_contributions(pool: Pool) -> None:
    """Count what any dataset contributes uncounted; what is no longer in the record ceases."""
    ledger = Contributions(pool.settings.data)
    versions, bases = pool.record.versions(), ledger.bases()
    held = {
        one.iri: (one, versions[one.graph])
        for one in pool.catalog.datasets.values()
        if one.graph in versions
    }
    ledger.end(sorted(bases.keys() - held.keys()), datetime.now(UTC))
    for iri, (dataset, version) in held.items():
        if bases.get(iri) != _basis(pool, dataset, version):
            _count(pool, ledger, dataset, version)


def cease(pool: Pool, keys: list[DatasetKey]) -> None:
    """Let what datasets contributed cease to count at once."""
    ledger = Contributions(pool.settings.data)
    counted = ledger.bases().keys() & {pool.iris.dataset(key) for key in keys}
    ledger.end(sorted(counted), datetime.now(UTC))


def minimum(settings: Settings) -> Minimum:
    """Return what a contribution must have to count, as the settings say."""
    asked = settings.reciprocity
    return Minimum(
        persons=asked.persons,
        figures=asked.figures,
        score=asked.score,
        recent_days=asked.recent_days,
        pause_days=asked.pause_days,
    )


def _basis(pool: Pool, dataset: Dataset, version: Version) -> str:
    """Tell what the count depends on: the content, what a stratum is, what must be given."""
    asked = minimum(pool.settings), _is_confirmed(pool, dataset)
    return " ".join((version.digest, *pool.settings.reciprocity.strata, repr(asked)))


def _is_confirmed(pool: Pool, dataset: Dataset) -> bool:
    """Say whether the steward has looked at a dataset's figures and found them plausible."""
    return str(dataset.key) in pool.settings.reciprocity.confirmed


def _count(pool: Pool, ledger: Contributions, dataset: Dataset, version: Version) -> None:
    found = list(_found(pool, dataset, version))
    given = [one for one, _ in found]
    if SOURCES not in version.about and found:
        given = _weighed(pool, ledger, dataset, version, found)
    ledger.count(dataset.iri, _basis(pool, dataset, version), given, datetime.now(UTC))


@dataclass
class _Values:
    """The figures above zero of a file that are its publisher's own: how often each number is.

    `of_concept` counts them by discipline and by area.
    """

    counts: Counter[int] = field(default_factory=Counter)
    of_concept: Counter[str] = field(default_factory=Counter)

    def near(self, concepts: Iterable[str]) -> int:
        """Count those that are of the same discipline or area, of which there are fewer."""
        return min((self.of_concept[one] for one in concepts), default=self.figures)

    def below(self, size: int) -> dict[int, int]:
        """Return those that are less than half of a figure."""
        return {value: count for value, count in self.counts.items() if 2 * value < size}

    @property
    def figures(self) -> int:
        """Count them."""
        return self.counts.total()

    @property
    def alike(self) -> float:
        """Return the share of them that the most frequent number makes up."""
        return max(self.counts.values(), default=0) / max(self.figures, 1)


def _weighed(
    pool: Pool,
    ledger: Contributions,
    dataset: Dataset,
    version: Version,
    sized: list[tuple[Contribution, int]],
) -> list[Contribution]:
    """Write to each contribution what it lacks to count; its greatest figure stands beside it."""
    with staged([pool.record.path(version)]) as view:
        values = _own_values(view, dataset.publisher)
    own = {
        (one.stratum, one.period, one.persons)
        for one, _ in sized
        if one.giver and one.persons is not None
    }
    others = ledger.greatest(dataset.publisher).values()
    copied = max((len(own & theirs) for theirs in others), default=0)
    since = received(pool, dataset.graph)
    withdrawn = since and ledger.withdrawn(dataset.iri, since)
    asked, confirmed = minimum(pool.settings), _is_confirmed(pool, dataset)

    def parts(one: Contribution) -> list[str]:
        named = zip(pool.settings.reciprocity.strata, one.stratum, strict=True)
        return [concept for name, concept in named if name in PARTS]

    def lacks(one: Contribution, size: int) -> tuple[Lack, ...]:
        below = values.below(size)
        begins, ends = _days().get(one.period, (None, None))
        gift = Gift(
            persons=size,
            below=sum(below.values()) / max(values.figures, 1),
            smaller=sum(value * count for value, count in below.items()),
            figures=values.near(parts(one)),
            alike=values.alike,
            copied=copied / max(len(own), 1),
            score=one.score,
            begins=begins,
            ends=ends,
            given=one.given.date(),
            withdrawn=withdrawn.date() if withdrawn else None,
        )
        return weigh(gift, asked, confirmed=confirmed)

    return [replace(one, lacks=lacks(one, size)) if one.giver else one for one, size in sized]


def _own_values(view: View, publisher: str) -> _Values:
    """Count the figures of a content that are its publisher's own, by their value."""
    values = _Values()
    for row in view.select(_query(OWN)):
        value, count = _number(row.get("value")) or 0, _number(row.get("count")) or 0
        if str(row["contributor"]) == publisher and value > 0:
            values.counts[value] += count
            for name in PARTS:
                values.of_concept[str(row[name])] += count
    return values


@cache
def _days() -> dict[str, tuple[date, date]]:
    """Return the first and last day of each period of the pool's list, by its IRI."""
    graph, days = read_ontology(), {}
    for period in scheme("period").labels:
        ends = [graph.value(URIRef(period), step) for step in (SCHEMA.startDate, SCHEMA.endDate)]
        if all(ends):
            first, last = (date.fromisoformat(str(day)) for day in ends)
            days[period] = first, last
    return days


def _found(pool: Pool, dataset: Dataset, version: Version) -> Iterator[tuple[Contribution, int]]:
    """Give the contributions of a content, each with its greatest figure, of whatever measure.

    Those that are one in the pool's strata are joined. An edition of the portrait for some is of
    the stratum that it tells, whatever its figures are.
    """
    if not _observes(pool, version):
        return
    issued = version.about.get("issued", version.submitted.isoformat())
    given, score = datetime.fromisoformat(issued), _score(pool, dataset)
    until = given + timedelta(days=pool.settings.reciprocity.days)
    if SOURCES in version.about:
        asked = asked_of(dataset, pool.settings.reciprocity.strata)
        yield Contribution(dataset.iri, "", asked, "", 0, None, None, given, until), 0
        return
    joined: dict[tuple[str, ...], tuple[Contribution, int]] = {}
    with staged([pool.record.path(version)]) as view:
        for row in view.select(_query(QUERY)):
            stratum = tuple(str(row[name]) for name in pool.settings.reciprocity.strata)
            own, period = str(row["contributor"]) == dataset.publisher, str(row["period"])
            giver = dataset.publisher if own else ""
            one = Contribution(
                *(dataset.iri, giver, stratum, period),
                *(_number(row.get("rows")) or 0, _number(row.get("persons")), score),
                *(given, until),
            )
            size = _number(row.get("largest")) or 0
            same = giver, period, *stratum
            if same in joined:
                other, largest = joined[same]
                one, size = _joined(other, one), max(size, largest)
            joined[same] = one, size
    yield from joined.values()


def _joined(one: Contribution, other: Contribution) -> Contribution:
    """Join two of one stratum: rows are added, of persons the greater figure stays."""
    persons = [number for number in (one.persons, other.persons) if number is not None]
    return replace(one, rows=one.rows + other.rows, persons=max(persons, default=None))


def _observes(pool: Pool, version: Version) -> bool:
    """Say whether a content holds observations, without loading it."""
    with gzip.open(pool.record.path(version)) as lines:
        return any(OBSERVATION in line for line in lines)


def _score(pool: Pool, dataset: Dataset) -> float | None:
    """Give the score of the report on what was submitted, if it is kept."""
    last = Incoming.last(pool, dataset)
    report = None if last is None else last.report()
    return None if report is None else Score.of(report).value


def _number(term: Node | None) -> int | None:
    """Read a figure; persons are whole."""
    value = term.toPython() if isinstance(term, Literal) else None
    return None if value is None else int(value)


@cache
def _query(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
