"""What a dataset's content contributes, counted into the ledger when the content changes.

All is derived from the record, so that it can be done again: a ledger that missed a content
(a process killed between the two, an older pool) is brought in line by the next submission or
publication.
"""

import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files

from rdflib import Literal
from rdflib.namespace import QB

from parvis.catalog import Dataset
from parvis.ledger import Contribution, Contributions
from parvis.pooling.editions import asked_of
from parvis.pooling.incoming import Incoming
from parvis.pooling.law import SOURCES
from parvis.pooling.pool import Pool
from parvis.pooling.staged import staged
from parvis.rdf.terms import Node
from parvis.report import Score
from parvis.store.record import Version
from parvis.vocab.iris import DatasetKey

OBSERVATION = f"<{QB.Observation}>".encode()
QUERY = "strata.rq"


def contribute(pool: Pool, key: DatasetKey) -> None:
    """Count what a dataset contributes, unless that is done: once for each content."""
    dataset, version = pool.catalog.require(key), pool.record.versions().get(pool.iris.graph(key))
    if version is not None:
        ledger = Contributions(pool.settings.data)
        if ledger.bases().get(dataset.iri) != _basis(pool, version):
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
        if bases.get(iri) != _basis(pool, version):
            _count(pool, ledger, dataset, version)


def cease(pool: Pool, keys: list[DatasetKey]) -> None:
    """Let what datasets contributed cease to count at once."""
    ledger = Contributions(pool.settings.data)
    counted = ledger.bases().keys() & {pool.iris.dataset(key) for key in keys}
    ledger.end(sorted(counted), datetime.now(UTC))


def _basis(pool: Pool, version: Version) -> str:
    """Tell what the count depends on: the content, and what a stratum is."""
    return " ".join((version.digest, *pool.settings.reciprocity.strata))


def _count(pool: Pool, ledger: Contributions, dataset: Dataset, version: Version) -> None:
    found = list(_found(pool, dataset, version))
    ledger.count(dataset.iri, _basis(pool, version), found, datetime.now(UTC))


def _found(pool: Pool, dataset: Dataset, version: Version) -> Iterator[Contribution]:
    """Give the contributions of a content; those that are one in the pool's strata are joined.

    An edition of the portrait for some is of the stratum that it tells, whatever its figures are.
    """
    if not _observes(pool, version):
        return
    issued = version.about.get("issued", version.submitted.isoformat())
    given, score = datetime.fromisoformat(issued), _score(pool, dataset)
    until = given + timedelta(days=pool.settings.reciprocity.days)
    if SOURCES in version.about:
        asked = asked_of(dataset, pool.settings.reciprocity.strata)
        yield Contribution(dataset.iri, "", asked, "", 0, None, None, given, until)
        return
    joined: dict[tuple[str, ...], Contribution] = {}
    with staged([pool.record.path(version)]) as view:
        for row in view.select(_query()):
            stratum = tuple(str(row[name]) for name in pool.settings.reciprocity.strata)
            own, period = str(row["contributor"]) == dataset.publisher, str(row["period"])
            giver = dataset.publisher if own else ""
            one = Contribution(
                *(dataset.iri, giver, stratum, period),
                *(_number(row.get("rows")) or 0, _number(row.get("persons")), score),
                *(given, until),
            )
            same = giver, period, *stratum
            joined[same] = _joined(joined[same], one) if same in joined else one
    yield from joined.values()


def _joined(one: Contribution, other: Contribution) -> Contribution:
    """Join two of one stratum: rows are added, of persons the greater figure stays."""
    persons = [found for found in (one.persons, other.persons) if found is not None]
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
def _query() -> str:
    return files("parvis.pooling").joinpath(QUERY).read_text(encoding="utf-8")
