"""Submissions as PROV-O."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rdflib import Literal, URIRef
from rdflib.namespace import PROV, RDF, RDFS, VOID, XSD

from parvis.catalog.provenance import Submission, provenance
from parvis.config.json_data import to_json
from parvis.errors import UsageError
from parvis.vocab.iris import DatasetKey, Iris
from parvis.vocab.namespaces import PARVIS, SPDX

IRIS = Iris("https://pool.example/")
START = datetime(2026, 5, 4, 13, 30, tzinfo=UTC)
SUBMISSION = Submission(
    key=DatasetKey("theatre", "events"),
    began=START,
    ended=START + timedelta(seconds=2),
    file_name="programmation.csv",
    file_digest="a" * 64,
    mapping_digest="b" * 64,
    report_digest="c" * 64,
    rows=120,
    row_errors=3,
    findings=7,
)


def test_provenance_states_party_time_file_mapping_and_report() -> None:
    """The activity links to everything that it used and generated."""
    graph = provenance(SUBMISSION.with_content("d" * 64, 900), IRIS, public=True)
    activity = graph.value(None, RDF.type, PARVIS.Submission)
    assert activity == URIRef(SUBMISSION.iri(IRIS))
    assert (activity, RDF.type, PROV.Activity) in graph
    began = Literal("2026-05-04T13:30:00+00:00", datatype=XSD.dateTime)
    assert graph.value(activity, PROV.startedAtTime) == began
    agent = URIRef("https://pool.example/id/partner/theatre")
    assert graph.value(activity, PROV.wasAssociatedWith) == agent
    assert graph.value(activity, PARVIS.rowsRead) == Literal(120)
    assert graph.value(activity, PARVIS.rowErrors) == Literal(3)
    assert len(set(graph.objects(activity, PROV.used))) == 2
    assert len(set(graph.objects(activity, PROV.generated))) == 2


def test_provenance_of_restricted_data_states_only_party_and_time() -> None:
    """File names, counts and digests would reveal content."""
    graph = provenance(SUBMISSION.with_content("d" * 64, 900), IRIS, public=False)
    predicates = {PROV.startedAtTime, PROV.endedAtTime, PROV.wasAssociatedWith, RDF.type}
    assert set(graph.predicates()) == predicates
    assert set(graph.subjects()) == {URIRef(SUBMISSION.iri(IRIS))}
    assert set(graph.objects(None, RDF.type)) == {PROV.Activity}


def test_every_digest_is_published_as_a_checksum() -> None:
    """Source, mapping, report and content can be verified."""
    graph = provenance(SUBMISSION.with_content("d" * 64, 900), IRIS, public=True)
    initials = {str(value).lower()[:1] for value in graph.objects(None, SPDX.checksumValue)}
    assert initials == {"a", "b", "c", "d"}


def test_the_content_is_derived_from_the_file_and_belongs_to_the_graph() -> None:
    """A named graph has many contents over time."""
    graph = provenance(SUBMISSION.with_content("d" * 64, 900), IRIS, public=True)
    graph_iri = URIRef("https://pool.example/graph/theatre/events")
    content = graph.value(None, PROV.specializationOf, graph_iri)
    assert graph.value(content, VOID.triples) == Literal(900)
    sources = set(graph.objects(content, PROV.wasDerivedFrom))
    assert Literal("programmation.csv") in {graph.value(file, RDFS.label) for file in sources}


def test_a_submission_keeps_its_iri_when_its_content_is_added() -> None:
    """Another submission of the same file has another IRI."""
    assert SUBMISSION.with_content("d" * 64, 900).iri(IRIS) == SUBMISSION.iri(IRIS)
    repeated = replace(SUBMISSION, ended=SUBMISSION.ended + timedelta(days=1))
    assert repeated.iri(IRIS) != SUBMISSION.iri(IRIS)


def test_a_submission_of_rdf_used_no_mapping() -> None:
    graph = provenance(replace(SUBMISSION, mapping_digest=None), IRIS, public=True)
    assert len(set(graph.objects(None, PROV.used))) == 1


def test_a_submission_survives_json() -> None:
    """The record stores submissions as JSON."""
    for submission in (SUBMISSION, SUBMISSION.with_content("d" * 64, 900)):
        assert Submission.from_json(json.loads(json.dumps(to_json(submission)))) == submission


def test_instants_need_their_offset() -> None:
    """A time without offset is ambiguous."""
    with pytest.raises(UsageError, match="lacks its offset"):
        replace(SUBMISSION, ended=SUBMISSION.ended.replace(tzinfo=None))
