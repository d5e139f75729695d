"""Look through the catalogue as harvesters will: texts, lists, shapes, links that answer."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rdflib import Graph

from parvis.catalog import (
    DatasetRecord,
    Known,
    Submission,
    by_dataset,
    catalog_graph,
    known_record,
    proofread,
)
from parvis.catalog.ontology import record_shapes
from parvis.errors import CatalogError, ParvisError
from parvis.fetch.address import Address
from parvis.fetch.download import status
from parvis.i18n import LANGUAGES, N_, both, explain
from parvis.pooling.pool import Pool
from parvis.pooling.submissions import submission_of
from parvis.pooling.versions import versions_of
from parvis.report import Finding, Severity
from parvis.validation import load_shapes, validate

NO_ANSWER = N_("{address} answers {status}")
WHOLE = "catalog"
"""What a finding is about that concerns the catalogue as a whole."""

FAILURE = 400
_RESERVED = re.compile(r"(^|\.)(example|test|invalid|localhost)(\.(com|net|org))?$")
"""Hosts that exist for examples only (RFC 2606): invented partners have theirs there."""


@dataclass(frozen=True)
class Proof:
    """What was found, and how much was looked at."""

    findings: tuple[Finding, ...]
    datasets: int
    links: int

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "datasets": self.datasets,
            "links": self.links,
            "findings": [one.to_json() for one in self.findings],
        }


def check_catalogue(pool: Pool, shapes: Sequence[Path] = (), *, offline: bool = False) -> Proof:
    """Look through every record; links are followed unless `offline`.

    `shapes` are further ones that the published catalogue must conform to, DCAT-AP's own for
    instance. Raises `ShapesError` for shapes that cannot be used.
    """
    now = datetime.now(UTC)
    submissions = [submission_of(one) for one in versions_of(pool).values()]
    by_key = by_dataset(submissions)
    found: list[Finding] = []
    records = []
    for key, dataset in pool.catalog.datasets.items():
        given = Known(by_key.get(key, ()))
        try:
            record = known_record(pool.catalog, key, given, now)
        except CatalogError as error:
            found.append(_failed(str(key), "record", error))
            continue
        records.append(record)
        found += proofread(record, dataset)
        found += _judged(dataset.described, record_shapes(), str(key))
    if shapes:
        found += _conformance(pool, submissions, records, shapes, now)
    links = [] if offline else list(_links(records))
    found += [one for subject, url in links for one in _answer(pool, subject, url)]
    return Proof(tuple(found), len(pool.catalog.datasets), len(links))


def _conformance(
    pool: Pool,
    submissions: Sequence[Submission],
    records: Sequence[DatasetRecord],
    shapes: Sequence[Path],
    now: datetime,
) -> list[Finding]:
    """Judge the catalogue as it would be published, by violations only."""
    graph = catalog_graph(pool.catalog, submissions, [one.key for one in records], now)
    found = _judged(graph, load_shapes(list(shapes)), WHOLE)
    return [one for one in found if one.severity is Severity.VIOLATION]


def _judged(graph: Graph, shapes: Graph, subject: str) -> list[Finding]:
    """Judge a graph by shapes; each finding says whom it concerns."""
    found = validate(graph, shapes).findings
    return [_about(one, subject) for one in found if one.severity >= Severity.WARNING]


def _about(found: Finding, subject: str) -> Finding:
    """Say whom a shape's finding concerns; what no shape looked at is not a finding here."""
    return Finding(found.severity, found.rule, found.text, focus=found.focus or subject)


def _links(records: Sequence[DatasetRecord]) -> Iterator[tuple[str, str]]:
    """Give each address of elsewhere that records name, once, with the first that does."""
    seen = set()
    for record in records:
        urls = [*record.pages, record.publisher.url, record.contact.url]
        urls += [one.access_url for one in record.distributions]
        for url in filter(None, urls):
            if url not in seen and _elsewhere(url, record):
                seen.add(url)
                yield str(record.key), url


def _elsewhere(url: str, record: DatasetRecord) -> bool:
    """Say whether an address is neither the pool's own nor one of an example."""
    return not url.startswith(record.base) and not _RESERVED.search(urlsplit(url).hostname or "")


def _answer(pool: Pool, subject: str, url: str) -> list[Finding]:
    """Ask for an address of elsewhere."""
    try:
        answer = status(Address.parse(url), pool.settings.fetch)
    except ParvisError as error:
        return [_failed(subject, "link", error)]
    if answer < FAILURE:
        return []
    text = both(NO_ANSWER, address=url, status=answer)
    return [Finding(Severity.WARNING, "link", text, focus=subject)]


def _failed(subject: str, rule: str, error: ParvisError) -> Finding:
    """Tell an error as a finding."""
    text = {lang: explain(error, lang) for lang in LANGUAGES}
    return Finding(Severity.WARNING, rule, text, focus=subject)
