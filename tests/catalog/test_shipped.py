"""The catalogue folders that parvis brings: real sources, and harvesters' own rules for them."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS
from rdflib.plugins.sparql import prepareQuery

from parvis.catalog import (
    MOST,
    Catalog,
    Cube,
    DatasetFile,
    DatasetRecord,
    DatasetState,
    DatasetVersion,
    Submission,
    Term,
    assess,
    broader_purposes,
    catalog_graph,
    entry_graph,
    file_distributions,
    load_queries,
    public_record,
)
from parvis.catalog.records import Series
from parvis.config import knowledge
from parvis.governance import ANONYMOUS, DISCOVER, READ, Reader, decide, filter_readable, good_until
from parvis.governance.parties import read_parties
from parvis.report import Severity
from parvis.validation import load_shapes, validate
from parvis.vocab import media
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
    """Give the catalogue of real sources."""
    return Catalog.load(knowledge("catalog"), BASE)


@cache
def invented() -> Catalog:
    """Give the catalogue of the demonstration."""
    return Catalog.load(knowledge("catalog") / "demo", BASE)


CATALOGUES = {"real": real, "invented": invented}


def submissions(catalog: Catalog) -> list[Submission]:
    """Give one submission of each dataset."""
    digest = "0a" * 32
    return [
        Submission(key, AT, AT, "a.csv", digest, digest, digest, 9, 1, 2).with_content(digest, 5)
        for key in catalog.datasets
    ]


@cache
def published(name: str) -> Graph:
    """Give a catalogue as it is published, each dataset with all that a record may have."""
    catalog = CATALOGUES[name]()
    graph = catalog_graph(catalog, [], [], AT)
    for key in catalog.datasets:
        record, known = complete_record(catalog, key)
        graph += entry_graph(catalog, record, known)
    return graph


def complete_record(catalog: Catalog, key: DatasetKey) -> tuple[DatasetRecord, DatasetState]:
    """Give the record of a dataset with files and versions, that is a cube, and of a series."""
    files = [
        DatasetFile(ending, f"{BASE}dumps/{key}.{ending}", 1_234, "0a" * 32)
        for ending in media.DUMPS
    ]
    counts = {"added": 3, "changed": 1, "gone": 0}
    known = DatasetState(
        submissions=[one for one in submissions(catalog) if one.key == key],
        distributions=file_distributions(files, catalog.require(key), catalog.iris),
        versions=[
            DatasetVersion("2026-05-04", AT),
            DatasetVersion("2026-05-04.2", AT, counts),
        ],
        cube=Cube(dimensions=(Term(str(PARVIS.refArea), {"fr": "territoire", "en": "area"}),)),
    )
    series = Series(f"{BASE}id/series/x", {"fr": "Série", "en": "Series"}, {"fr": "a", "en": "b"})
    return replace(public_record(catalog, key, known, AT), series=(series,)), known


def test_the_real_sources_are_there() -> None:
    """Four datasets of three partners, none of them invented, each with its source's page."""
    assert list(real().datasets) == REAL
    for dataset in real().datasets.values():
        assert not dataset.invented
        assert dataset.described.value(URIRef(dataset.iri), DCTERMS.source)


def test_open_data_may_be_read_by_everyone_and_figures_on_publics_have_an_end() -> None:
    """Their licences set none: it is the third party that keeps figures on publics so long."""
    policies = real().policies
    for dataset in real().datasets.values():
        for action in (READ, DISCOVER):
            assert decide(policies, ANONYMOUS, action, dataset.iri, AT).allowed
    until = good_until(policies, AT)
    assert until == datetime(2031, 12, 31, 5, tzinfo=UTC)
    still = filter_readable(
        policies, ANONYMOUS, [one.iri for one in real().datasets.values()], until
    )
    assert [iri.rpartition("/")[2] for iri in still] == ["odcaf", "calendrier"]


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
def test_what_is_permitted_for_research_is_permitted_for_academic_research(
    purpose: str,
    allowed: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """The invented festival opens its survey for research: DPV says what is research."""
    catalog = Catalog.load(knowledge("catalog") / "demo", BASE)
    reader = Reader(f"{BASE}id/party/recherche-sorties")
    survey = catalog.iris.dataset(DatasetKey("festival-neiges", "sondage"))
    iri = f"https://w3id.org/dpv#{purpose}"
    assert decide(catalog.policies, reader, READ, survey, AT, purpose=iri).allowed is allowed


def test_the_purposes_of_dpv_all_lie_within_one_another_without_circle() -> None:
    """One top, of which all others are parts, but the one that DPV puts below a legal basis."""
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
    """No violation on the base shapes nor on the ranges (DCAT-AP 3.0.1)."""
    shapes = load_shapes([shared / "shapes" / "dcat-ap-3.0.1" / name])
    found = validate(published(catalogue), shapes)
    grave = [one for one in found.findings if one.severity is Severity.VIOLATION]
    assert grave == []


def test_open_datasets_that_can_be_downloaded_reach_all_points() -> None:
    """Those of the demonstration; of the others no file is told, and their licence is their own."""
    for key in invented().datasets:
        record, _ = complete_record(invented(), key)
        quality = assess(record)
        unmet = {one.metric for one in quality.unmet}
        if record.public:
            assert (unmet, quality.points) == (set(), MOST)
        else:
            assert {"downloadUrlAvailability", "knownLicence"} <= unmet


def test_every_example_query_is_sparql() -> None:
    """Each declares its own prefixes, so that it can be copied elsewhere."""
    queries = load_queries(knowledge("catalog"))
    assert len(queries) >= 4
    for query in queries.values():
        assert prepareQuery(query.text).algebra is not None
