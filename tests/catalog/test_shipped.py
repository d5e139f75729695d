"""The catalogue folders that parvis brings: real sources, and harvesters' own rules for them."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS
from rdflib.plugins.sparql import prepareQuery

from parvis.catalog import (
    Catalog,
    DatasetVersion,
    Download,
    Holdings,
    Submission,
    catalog_graph,
    load_queries,
)
from parvis.config import knowledge
from parvis.governance import ANONYMOUS, DISCOVER, READ, decide, good_until
from parvis.report import Severity
from parvis.validation import load_shapes, validate
from parvis.vocab import media
from parvis.vocab.iris import DatasetKey

BASE = "http://localhost:8000/"
AT = datetime(2026, 5, 4, 13, 30, tzinfo=UTC)
SHAPES = (
    "html_shacl_shapes.ttl",
    "html_shacl_range.ttl",
    "shacl_ranges.pyshacl.ttl",
    "shacl_dcat-ap-SHACL.pyshacl.ttl",
)
REAL = [
    DatasetKey("bibliotheques-montreal", "frequentation"),
    DatasetKey("bibliotheques-montreal", "prets"),
    DatasetKey("statcan", "odcaf"),
    DatasetKey("ville-de-laval", "calendrier"),
]


@cache
def real() -> Catalog:
    """Give the catalogue of real sources."""
    return Catalog.load(knowledge("catalog"), BASE)


def records() -> Graph:
    """Give its records, each submitted once."""
    digest = "0a" * 32
    given = [
        Submission(key, AT, AT, "a.csv", digest, digest, digest, 9, 1, 2).with_content(digest, 5)
        for key in real().datasets
    ]
    return catalog_graph(real(), given, real().datasets, AT, Holdings(downloads(), versions()))


def versions() -> dict[DatasetKey, list[DatasetVersion]]:
    """Give two versions to each dataset."""
    counts = {"added": 3, "changed": 1, "gone": 0}
    found = [DatasetVersion("2026-05-04", AT), DatasetVersion("2026-05-04.2", AT, counts)]
    return dict.fromkeys(real().datasets, found)


def downloads() -> dict[DatasetKey, list[Download]]:
    """Give every form of file to each dataset."""
    return {
        key: [
            Download(ending, f"{BASE}dumps/{key}.{ending}", 1_234, "0a" * 32)
            for ending in media.DUMPS
        ]
        for key in real().datasets
    }


def test_the_real_sources_are_there() -> None:
    """Four datasets of three partners, none of them invented, each with its source's page."""
    assert list(real().datasets) == REAL
    for dataset in real().datasets.values():
        assert not dataset.invented
        assert dataset.described.value(URIRef(dataset.iri), DCTERMS.source)


def test_open_data_may_be_read_by_everyone_for_good() -> None:
    """Their licences set no end."""
    policies = real().policies
    for dataset in real().datasets.values():
        for action in (READ, DISCOVER):
            assert decide(policies, ANONYMOUS, action, dataset.iri, AT).allowed
    assert good_until(policies, AT) is None


@pytest.mark.parametrize("name", SHAPES)
def test_the_catalogue_conforms_to_dcat_ap(shared: Path, name: str) -> None:
    """No violation on the base shapes nor on the ranges (DCAT-AP 3.0.1)."""
    shapes = load_shapes([shared / "shapes" / "dcat-ap-3.0.1" / name])
    found = validate(records(), shapes)
    grave = [one for one in found.findings if one.severity is Severity.VIOLATION]
    assert grave == []


def test_every_example_query_is_sparql() -> None:
    """Each declares its own prefixes, so that it can be copied elsewhere."""
    queries = load_queries(knowledge("catalog"))
    assert len(queries) >= 4
    for query in queries.values():
        assert prepareQuery(query.text).algebra is not None
