"""Submissions as PROV-O."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rdflib import Literal, URIRef
from rdflib.namespace import PROV, RDF, RDFS, VOID, XSD

from parvis.catalog import Submission, provenance
from parvis.errors import UsageError
from parvis.vocab.iris import DatasetKey, Iris
from parvis.vocab.namespaces import PARVIS, SPDX

IRIS = Iris("https://pool.example/")
BEGAN = datetime(2026, 5, 4, 13, 30, tzinfo=UTC)
GIVEN = Submission(
    key=DatasetKey("theatre", "events"),
    began=BEGAN,
    ended=BEGAN + timedelta(seconds=2),
    file_name="programmation.csv",
    file_digest="a" * 64,
    mapping_digest="b" * 64,
    report_digest="c" * 64,
    rows=120,
    row_errors=3,
    findings=7,
)


def test_who_when_which_file_mapping_and_report_are_told() -> None:
    """The activity links to all that it used and generated."""
    graph = provenance(GIVEN.with_content("d" * 64, 900), IRIS, public=True)
    activity = graph.value(None, RDF.type, PARVIS.Submission)
    assert activity == URIRef(GIVEN.iri(IRIS))
    assert (activity, RDF.type, PROV.Activity) in graph
    began = Literal("2026-05-04T13:30:00+00:00", datatype=XSD.dateTime)
    assert graph.value(activity, PROV.startedAtTime) == began
    agent = URIRef("https://pool.example/id/partner/theatre")
    assert graph.value(activity, PROV.wasAssociatedWith) == agent
    assert graph.value(activity, PARVIS.rowsRead) == Literal(120)
    assert graph.value(activity, PARVIS.rowErrors) == Literal(3)
    assert len(set(graph.objects(activity, PROV.used))) == 2
    assert len(set(graph.objects(activity, PROV.generated))) == 2


def test_of_what_not_everyone_may_read_no_more_is_told_than_who_and_when() -> None:
    """No name of a file, no count, no digest: they tell of the content."""
    graph = provenance(GIVEN.with_content("d" * 64, 900), IRIS, public=False)
    said = {PROV.startedAtTime, PROV.endedAtTime, PROV.wasAssociatedWith, RDF.type}
    assert set(graph.predicates()) == said
    assert set(graph.subjects()) == {URIRef(GIVEN.iri(IRIS))}
    assert set(graph.objects(None, RDF.type)) == {PROV.Activity}


def test_every_digest_is_a_checksum() -> None:
    """Source, mapping, report and content can be compared with what one holds."""
    graph = provenance(GIVEN.with_content("d" * 64, 900), IRIS, public=True)
    found = {str(value).lower()[:1] for value in graph.objects(None, SPDX.checksumValue)}
    assert found == {"a", "b", "c", "d"}


def test_the_content_is_derived_from_the_file_and_belongs_to_the_graph() -> None:
    """One named graph has many contents."""
    graph = provenance(GIVEN.with_content("d" * 64, 900), IRIS, public=True)
    named = URIRef("https://pool.example/graph/theatre/events")
    content = graph.value(None, PROV.specializationOf, named)
    assert graph.value(content, VOID.triples) == Literal(900)
    sources = set(graph.objects(content, PROV.wasDerivedFrom))
    assert Literal("programmation.csv") in {graph.value(one, RDFS.label) for one in sources}


def test_a_submission_keeps_its_name_when_its_content_becomes_known() -> None:
    """And another submission of the same file has another name."""
    assert GIVEN.with_content("d" * 64, 900).iri(IRIS) == GIVEN.iri(IRIS)
    again = replace(GIVEN, ended=GIVEN.ended + timedelta(days=1))
    assert again.iri(IRIS) != GIVEN.iri(IRIS)


def test_a_file_that_was_rdf_already_used_no_mapping() -> None:
    """Only the file is used."""
    graph = provenance(replace(GIVEN, mapping_digest=None), IRIS, public=True)
    assert len(set(graph.objects(None, PROV.used))) == 1


def test_a_submission_survives_json() -> None:
    """The record keeps submissions as JSON beside their content."""
    for given in (GIVEN, GIVEN.with_content("d" * 64, 900)):
        assert Submission.from_json(json.loads(json.dumps(given.to_json()))) == given


def test_instants_need_their_offset() -> None:
    """A time without offset is another instant in each zone."""
    with pytest.raises(UsageError, match="lacks its offset"):
        replace(GIVEN, ended=GIVEN.ended.replace(tzinfo=None))
