"""The shipped catalogue folders: real sources, checked with harvesters' shapes."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS
from rdflib.plugins.sparql import prepareQuery

from parvis.catalog.distributions import (
    DatasetFile,
    catalog_graph,
    entry_graph,
    file_distributions,
    public_record,
)
from parvis.catalog.folder import Catalog, broader_purposes
from parvis.catalog.provenance import Submission
from parvis.catalog.quality import MOST, assess
from parvis.catalog.queries import load_queries
from parvis.catalog.record import DatasetState
from parvis.catalog.records import Cube, DatasetRecord, Series, Term
from parvis.catalog.versions import DatasetVersion
from parvis.config import knowledge
from parvis.governance import ANONYMOUS, DISCOVER, READ, Reader, decide, filter_readable, good_until
from parvis.governance.parties import read_parties
from parvis.rdf.formats import DUMP_TYPES
from parvis.report import Severity
from parvis.validation import load_shapes, validate
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PARVIS

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
    return Catalog.load(knowledge("catalog"), BASE)


@cache
def invented() -> Catalog:
    return Catalog.load(knowledge("catalog") / "demo", BASE)


CATALOGUES = {"real": real, "invented": invented}


def submissions(catalog: Catalog) -> list[Submission]:
    """Make one submission of each dataset."""
    digest = "0a" * 32
    return [
        Submission(key, AT, AT, "a.csv", digest, digest, digest, 9, 1, 2).with_content(digest, 5)
        for key in catalog.datasets
    ]


@cache
def published(name: str) -> Graph:
    """Return a catalogue as published, each dataset with every possible field."""
    catalog = CATALOGUES[name]()
    graph = catalog_graph(catalog, [], [], AT)
    for key in catalog.datasets:
        record, state = complete_record(catalog, key)
        graph += entry_graph(catalog, record, state)
    return graph


def complete_record(catalog: Catalog, key: DatasetKey) -> tuple[DatasetRecord, DatasetState]:
    """Return the record of a dataset with files, versions, cube and series."""
    files = [
        DatasetFile(ending, f"{BASE}dumps/{key}.{ending}", 1_234, "0a" * 32)
        for ending in DUMP_TYPES
    ]
    counts = {"added": 3, "changed": 1, "gone": 0}
    state = DatasetState(
        submissions=[submission for submission in submissions(catalog) if submission.key == key],
        distributions=file_distributions(files, catalog.require(key), catalog.iris),
        versions=[
            DatasetVersion("2026-05-04", AT),
            DatasetVersion("2026-05-04.2", AT, counts),
        ],
        cube=Cube(
            dimensions=(Term(str(PARVIS.residenceArea), {"fr": "territoire", "en": "area"}),)
        ),
    )
    series = Series(f"{BASE}id/series/x", {"fr": "Série", "en": "Series"}, {"fr": "a", "en": "b"})
    return replace(public_record(catalog, key, state, AT), series=(series,)), state


def test_the_real_sources_are_complete() -> None:
    """Four real datasets of three partners, each with the page of its source."""
    assert list(real().datasets) == REAL
    for dataset in real().datasets.values():
        assert not dataset.invented
        assert dataset.metadata.value(URIRef(dataset.iri), DCTERMS.source)


def test_open_data_are_public_and_audience_figures_until_a_date() -> None:
    """Their licences set no end: the third party limits the retention of audience figures."""
    policies = real().policies
    for dataset in real().datasets.values():
        for action in (READ, DISCOVER):
            assert decide(policies, ANONYMOUS, action, dataset.iri, AT).allowed
    until = good_until(policies, AT)
    assert until == datetime(2031, 12, 31, 5, tzinfo=UTC)
    readable = filter_readable(
        policies, ANONYMOUS, [entry.iri for entry in real().datasets.values()], until
    )
    assert [iri.rpartition("/")[2] for iri in readable] == ["odcaf", "calendrier"]


@pytest.mark.parametrize(
    ("purpose", "allowed"),
    [
        ("ResearchAndDevelopment", True),
        ("AcademicResearch", True),
        ("ScientificResearch", True),
        ("Purpose", False),
        ("Marketing", False),
        ("PublicRelations", False),
    ],
)
def test_permission_for_research_includes_academic_research(
    purpose: str,
    allowed: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """The invented festival opens its survey for research, as DPV defines it."""
    catalog = Catalog.load(knowledge("catalog") / "demo", BASE)
    reader = Reader(f"{BASE}id/party/recherche-sorties")
    survey = catalog.iris.dataset(DatasetKey("festival-neiges", "sondage"))
    iri = f"https://w3id.org/dpv#{purpose}"
    assert decide(catalog.policies, reader, READ, survey, AT, purpose=iri).allowed is allowed


def test_the_purposes_of_dpv_form_a_hierarchy() -> None:
    """One top purpose that includes all others, except one that DPV puts under a legal basis."""
    direct, dpv = broader_purposes(), "https://w3id.org/dpv#"
    above = read_parties(Graph(), direct).broader
    assert len(direct) > 100
    assert {name for name, wider in above.items() if name in wider} == set()
    assert {name for name, wider in above.items() if f"{dpv}Purpose" not in wider} == {
        f"{dpv}RightsFulfillment"
    }


@pytest.mark.parametrize("catalogue", CATALOGUES)
@pytest.mark.parametrize("name", SHAPES)
def test_the_catalogue_conforms_to_dcat_ap(shared: Path, name: str, catalogue: str) -> None:
    """No violation of the base shapes or the ranges (DCAT-AP 3.0.1)."""
    shapes = load_shapes([shared / "shapes" / "dcat-ap-3.0.1" / name])
    report = validate(published(catalogue), shapes)
    violations = [finding for finding in report.findings if finding.severity is Severity.VIOLATION]
    assert violations == []


def test_downloadable_open_datasets_reach_all_points() -> None:
    """Those of the demonstration; restricted ones have no file and their own licence."""
    for key in invented().datasets:
        record, _ = complete_record(invented(), key)
        quality = assess(record)
        unmet = {criterion.metric for criterion in quality.unmet}
        if record.public:
            assert (unmet, quality.points) == (set(), MOST)
        else:
            assert {"downloadUrlAvailability", "knownLicence"} <= unmet


def test_every_example_query_is_valid_sparql() -> None:
    """They declare their own prefixes, so that they can be copied elsewhere."""
    queries = load_queries(knowledge("catalog"))
    assert len(queries) >= 4
    for query in queries.values():
        assert prepareQuery(query.text).algebra is not None
