"""Catalogue graphs contain exactly what a reader may discover."""

from datetime import UTC, datetime

import pytest
from rdflib import URIRef
from rdflib.namespace import DCAT, DCTERMS, PROV, RDF

from parvis.catalog.distributions import catalog_graph, record_graph
from parvis.catalog.folder import Catalog
from parvis.catalog.provenance import Submission
from parvis.catalog.records import EU
from parvis.errors import UnknownThing
from parvis.vocab.iris import DatasetKey

EVENTS, PUBLICS = (DatasetKey("theatre", name) for name in ("events", "publics"))
PUBLIC, RESTRICTED = (URIRef(f"{EU}access-right/{code}") for code in ("PUBLIC", "RESTRICTED"))
AT = datetime(2026, 5, 4, 13, 30, tzinfo=UTC)
BASE = "https://pool.example/"


def submissions() -> list[Submission]:
    """Make one submission of each dataset."""
    digest = "0" * 64
    return [
        Submission(key, AT, AT, f"{key.dataset}.csv", digest, digest, digest, 10, 0, 0)
        for key in (EVENTS, PUBLICS)
    ]


def test_the_catalogue_lists_exactly_the_selected_datasets(catalog: Catalog) -> None:
    """With catalogue record, provenance and data service."""
    graph = catalog_graph(catalog, submissions(), [EVENTS], AT)
    listed = set(graph.objects(URIRef(f"{BASE}catalog"), DCAT.dataset))
    assert listed == {URIRef(f"{BASE}id/dataset/theatre/events")}
    assert set(graph.objects(None, DCAT.servesDataset)) == listed
    assert len(set(graph.subjects(RDF.type, PROV.Activity))) == 1
    assert len(set(graph.subjects(RDF.type, DCAT.CatalogRecord))) == 1


def test_a_hidden_dataset_leaves_no_trace(catalog: Catalog) -> None:
    """Neither its name nor its file's, in any term of the graph."""
    graph = catalog_graph(catalog, submissions(), [EVENTS], AT)
    assert not [term for triple in graph for term in triple if "theatre/publics" in str(term)]
    assert not [term for triple in graph for term in triple if "publics.csv" in str(term)]


def test_a_separate_record_can_be_joined_to_the_catalogue(catalog: Catalog) -> None:
    """Catalogue and record together equal the catalogue that lists both."""
    joined = catalog_graph(catalog, submissions(), [EVENTS], AT)
    joined += record_graph(catalog, submissions(), PUBLICS, AT)
    assert set(joined) == set(catalog_graph(catalog, submissions(), [PUBLICS, EVENTS], AT))


def test_records_state_the_access_rights(catalog: Catalog) -> None:
    """Public or restricted."""
    graph = catalog_graph(catalog, [], [EVENTS, PUBLICS], AT)
    rights = {
        key: graph.value(URIRef(catalog.require(key).iri), DCTERMS.accessRights)
        for key in (EVENTS, PUBLICS)
    }
    assert rights == {EVENTS: PUBLIC, PUBLICS: RESTRICTED}


def test_the_catalogue_lists_all_partners(catalog: Catalog) -> None:
    """Participation is not confidential."""
    graph = catalog_graph(catalog, [], [], AT)
    for partner in catalog.partners.values():
        assert (URIRef(partner.iri), None, None) in graph


def test_an_unknown_dataset_is_refused(catalog: Catalog) -> None:
    with pytest.raises(UnknownThing):
        catalog_graph(catalog, [], [DatasetKey("theatre", "nothing")], AT)
