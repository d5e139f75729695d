"""Check the catalogue as harvesters will: texts, lists, shapes, links that answer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from rdflib import Graph

from parvis.catalog.distributions import catalog_graph, public_record
from parvis.catalog.ontology import record_shapes
from parvis.catalog.provenance import by_dataset
from parvis.catalog.quality import proofread
from parvis.catalog.record import DatasetState
from parvis.config import clock
from parvis.errors import CatalogError, ParvisError
from parvis.fetch.address import Address
from parvis.fetch.download import fetch_status
from parvis.i18n import LANGUAGES, N_, both, explain
from parvis.pooling.pool import Pool
from parvis.pooling.versions import submission_of, versions_of
from parvis.report import Finding, Severity
from parvis.validation import load_shapes, validate

NO_ANSWER = N_("{address} answers {status}")
WHOLE = "catalog"
"""The focus of a finding about the catalogue itself."""

FAILURE = 400
_RESERVED = re.compile(r"(^|\.)(example|test|invalid|localhost)(\.(com|net|org))?$")
"""Hosts that exist for examples only (RFC 2606): invented partners have theirs there."""


@dataclass(frozen=True)
class CatalogueCheck:
    datasets: int
    links: int
    findings: tuple[Finding, ...]


def check_catalogue(
    pool: Pool, shapes: Sequence[Path] = (), *, offline: bool = False
) -> CatalogueCheck:
    """Check every record; links are followed unless `offline`.

    `shapes` are more shapes that the published catalogue must conform to, such as those of DCAT-AP.
    Raises `ShapesError` for shapes that cannot be used.
    """
    now = clock.now()
    submissions = [submission_of(version) for version in versions_of(pool).values()]
    by_key = by_dataset(submissions)
    findings: list[Finding] = []
    records = []
    for key, dataset in pool.catalog.datasets.items():
        try:
            record = public_record(pool.catalog, key, DatasetState(by_key.get(key, ())), now)
        except CatalogError as error:
            findings.append(_to_finding(str(key), "record", error))
            continue
        records.append(record)
        findings += proofread(record, dataset)
        findings += _validate_graph(dataset.metadata, record_shapes(), str(key))
    if shapes:
        # Only violations count: the shapes are those of others.
        graph = catalog_graph(pool.catalog, submissions, [record.key for record in records], now)
        findings += _validate_graph(graph, load_shapes(list(shapes)), WHOLE, Severity.VIOLATION)
    links: dict[str, str] = {}
    for record in () if offline else records:
        for url in record.outside_links:
            # Addresses of examples are not requested.
            if not _RESERVED.search(urlsplit(url).hostname or ""):
                links.setdefault(url, str(record.key))
    for url, subject in links.items():
        try:
            status = fetch_status(Address.parse(url), pool.settings.fetch)
        except ParvisError as error:
            findings.append(_to_finding(subject, "link", error))
            continue
        if status >= FAILURE:
            text = both(NO_ANSWER, address=url, status=status)
            findings.append(Finding(Severity.WARNING, "link", text, focus=subject))
    return CatalogueCheck(len(pool.catalog.datasets), len(links), tuple(findings))


def _validate_graph(
    graph: Graph, shapes: Graph, subject: str, least: Severity = Severity.WARNING
) -> list[Finding]:
    findings = validate(graph, shapes).findings
    return [
        Finding(finding.severity, finding.rule, finding.text, focus=finding.focus or subject)
        for finding in findings
        if finding.severity >= least
    ]


def _to_finding(subject: str, rule: str, error: ParvisError) -> Finding:
    text = {lang: explain(error, lang) for lang in LANGUAGES}
    return Finding(Severity.WARNING, rule, text, focus=subject)
