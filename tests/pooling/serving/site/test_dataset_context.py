"""Contacts, first queries and uses of a dataset."""

from dataclasses import replace
from pathlib import Path

from parvis.pooling.cards import ExampleQuery
from parvis.pooling.serving.samples import SampleColumn, SampleTable
from parvis.pooling.serving.site.dataset_context import (
    Contact,
    column_sources,
    list_questions,
    read_contact,
    sources_by_column,
    write_first_query,
)
from parvis.rdf.files import graph_of
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import SCHEMA

RECORD = """
<urn:d> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/dcat#Dataset> .
<urn:d> <http://www.w3.org/ns/dcat#contactPoint> <urn:c> .
<urn:c> <http://www.w3.org/2006/vcard/ns#fn> "Billetterie"@fr .
<urn:c> <http://www.w3.org/2006/vcard/ns#hasEmail> <mailto:a@b.example> .
<urn:c> <http://www.w3.org/2006/vcard/ns#hasURL> <javascript:alert(1)> .
"""


def make_table(kind: str, *names: str) -> SampleTable:
    columns = tuple(SampleColumn(n, {}, {}, "string", None, str(SCHEMA[n])) for n in names)
    return SampleTable({}, columns, (), kind, columns)


def test_a_contact_has_an_address_of_mail_or_a_page_of_the_web() -> None:
    assert read_contact(graph_of(RECORD.encode())) == Contact({"fr": "Billetterie"}, "a@b.example")
    without = "".join(line for line in RECORD.splitlines(keepends=True) if "hasEmail" not in line)
    assert read_contact(graph_of(without.encode())) is None


def test_a_first_query_has_the_class_and_the_first_properties() -> None:
    table = make_table(str(SCHEMA.DanceEvent), "startDate", "location")
    query = write_first_query([make_table(""), table])
    assert query is not None
    assert "?resource a <http://schema.org/DanceEvent>" in query
    assert "OPTIONAL { ?resource <http://schema.org/startDate> ?startDate }" in query
    assert write_first_query([make_table("no iri >")]) is None
    assert write_first_query([]) is None


def test_a_question_is_for_a_dataset_that_has_all_its_terms() -> None:
    table = make_table(str(SCHEMA.DanceEvent), "startDate", "location")
    questions = [
        ExampleQuery("dates", {}, "SELECT * { ?e a schema:DanceEvent ; schema:startDate ?d }"),
        ExampleQuery("prices", {}, "SELECT * { ?e schema:startDate ?d ; schema:price ?p }"),
        ExampleQuery("names", {}, "SELECT * { ?e schema:name ?n }"),
    ]
    assert [query.slug for query in list_questions(questions, [table])] == ["dates"]


def test_columns_are_those_that_a_property_is_made_of(tmp_path: Path) -> None:
    """Through computed fields too; a mapping that cannot be read says nothing."""
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    key = DatasetKey("a", "b")
    assert column_sources(tmp_path, key) == {}
    mapping = folder / "mapping.yml"
    mapping.write_text(MAPPING, encoding="utf-8")
    event = str(SCHEMA.DanceEvent)
    assert column_sources(tmp_path, key) == {
        (event, str(SCHEMA.name)): ("Titre",),
        (event, str(SCHEMA.location)): ("Lieu",),
    }
    mapping.write_text("nothing", encoding="utf-8")
    assert column_sources(tmp_path, key) == {}


def test_columns_of_a_narrower_class_are_those_of_its_table() -> None:
    """A mapping states one class; the file of a dataset has its wider ones."""
    event, dance, name = (str(SCHEMA[term]) for term in ("Event", "DanceEvent", "name"))
    table = replace(make_table(event, "name"), narrower=(dance,))
    sources = {(dance, name): ("Titre",), (event, name): ("Title",)}
    assert sources_by_column([table], sources) == {(event, name): ("Title", "Titre")}


MAPPING = """
sources:
  shows:
    access: a.csv
    referenceFormulation: csv
    fields:
      venue: {function: fn:slug, parameters: [[value, $(Lieu)]]}
mappings:
  event:
    sources: shows
    s: id/event/a/$(No)
    po:
      - [a, schema:DanceEvent]
      - [schema:name, $(Titre)]
      - [schema:location, id/place/a/$(venue)~iri]
"""
