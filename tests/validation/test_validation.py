"""Validating: what was planted is found, nothing else, and said so that a partner can act."""

from pathlib import Path

import pytest
from rdflib import Graph
from rdflib.namespace import RDF, SH

from parvis.config import knowledge
from parvis.errors import ShapesError, UsageError
from parvis.report import Place, Severity
from parvis.validation import load_shapes, validate

SUBMISSION = knowledge("shapes")
PREFIXES = """
@base <https://pool.example/id/> .
@prefix parvis: <https://w3id.org/parvis/ns#> .
@prefix schema: <http://schema.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
PLANTED = """
<event/1> a schema:TheaterEvent ; schema:name "Le Cid"@fr , "The Cid"@en ;
  schema:startDate "2025-03-01T19:30:00"^^xsd:dateTime .
<event/2> a schema:MusicEvent ; schema:name "Concert"@fr ;
  schema:startDate "2025-03-01"^^xsd:date ; schema:location <place/1> , <place/2> .
<event/3> a schema:DanceEvent ; schema:name "Danse"@fr ; schema:startDate "2025-03-01"^^xsd:date .
<place/1> a schema:Place ; schema:name "Parc"@fr .
"""
OTHER_SHAPES = """
<shape/A> sh:targetClass schema:Place ; sh:property [ sh:path schema:name ; sh:maxLength 3 ] .
<shape/B> a sh:NodeShape ; sh:targetClass schema:Place ; sh:property <shape/B-name> .
<shape/B-name> sh:path [ sh:alternativePath ( schema:name schema:legalName ) ] ;
  sh:in ( "Grange" "Étable" ) ; sh:severity sh:Warning ; sh:message "Un parc ?"@fr .
"""


def read(text: str) -> Graph:
    """Read Turtle with the prefixes of these tests."""
    return Graph().parse(data=PREFIXES + text, format="turtle")


@pytest.fixture(scope="module")
def ours() -> Graph:
    """Give our submission shapes."""
    return load_shapes([SUBMISSION])


def test_what_was_planted_is_found_and_nothing_else(ours: Graph) -> None:
    """One event without zone, one with two places, one place that is nowhere."""
    found = validate(read(PLANTED), ours).findings
    assert [(f.severity, f.rule, f.focus) for f in found] == [
        (Severity.VIOLATION, "Event-location", "https://pool.example/id/event/2"),
        (Severity.VIOLATION, "Event-startDate-form", "https://pool.example/id/event/1"),
        (Severity.WARNING, "Place-where", "https://pool.example/id/place/1"),
    ]


def test_a_finding_names_the_entity_and_the_value_in_both_languages(ours: Graph) -> None:
    """The value is shown as the partner wrote it, the name in the reader's language."""
    finding = validate(read(PLANTED), ours).findings[1]
    assert "Le Cid" in finding.text["fr"]
    assert "«\u00a02025-03-01T19:30:00\u00a0»" in finding.text["fr"]
    assert "The Cid" in finding.text["en"]
    assert "“2025-03-01T19:30:00”" in finding.text["en"]
    assert finding.value == "2025-03-01T19:30:00"
    assert finding.path == "http://schema.org/startDate"


def test_a_finding_has_the_place_that_the_callback_knows(ours: Graph) -> None:
    """Row and column come from outside the data graph."""

    def place_of(subject: str, path: str | None) -> Place:
        row = int(subject.rpartition("/")[2])
        return Place("programmation.csv", row=row, column=path and path.rpartition("/")[2])

    places = [
        f.place for f in validate(read(PLANTED), ours, locate=lambda _subjects: place_of).findings
    ]
    assert places == [
        Place("programmation.csv", row=2, column="location"),
        Place("programmation.csv", row=1, column="startDate"),
        Place("programmation.csv", row=1),
    ]


def test_a_key_given_twice_is_placed_at_one_of_its_observations(ours: Graph) -> None:
    """A cube stands nowhere in a file: the observation that the rule names does."""
    case = Path(__file__).parents[1] / "cases/shapes/submission/DataSet/violates-DataSet-key.ttl"
    known = {"https://pool.example/id/observation/x/2": Place("prets.csv", row=3)}
    found = validate(
        Graph().parse(case),
        ours,
        locate=lambda _subjects: lambda subject, _path: known.get(subject),
    ).findings
    assert [f.place for f in found] == [Place("prets.csv", row=3)]


def test_focus_nodes_are_counted_by_shape_with_the_engine_that_judged(ours: Graph) -> None:
    """A reader sees how much was looked at, and by what."""
    validation = validate(read(PLANTED), ours)
    assert validation.checked["Event"] == 3
    assert validation.checked["Place"] == 1
    assert validation.checked["Offer"] == 0
    assert set(validation.engine.values()) == {"pyshacl"}
    assert validation.engine.keys() == validation.checked.keys()


def test_a_finding_names_the_targeted_shape_it_comes_from(ours: Graph) -> None:
    """That of the property shape, however deep it stands; a shape with a target is its own."""
    found = {f.rule: f.shape for f in validate(read(PLANTED), ours).findings}
    assert found == {
        "Event-location": "Event",
        "Event-startDate-form": "Event",
        "Place-where": "Place-where",
    }


def test_data_in_which_nothing_was_looked_at_get_a_warning(ours: Graph) -> None:
    """Conforming then means nothing."""
    validation = validate(read("<x> schema:knows <y> ."), ours)
    assert validation.conforms
    assert [(f.severity, f.rule) for f in validation.findings] == [
        (Severity.WARNING, "nothing-checked")
    ]


def test_conforms_has_its_standard_meaning(ours: Graph) -> None:
    """A notice alone makes data that do not conform, though they may be accepted."""
    address = '<a> a schema:PostalAddress ; schema:addressLocality "Laval" .'
    validation = validate(read(address), ours)
    assert [f.severity for f in validation.findings] == [Severity.INFO]
    assert not validation.conforms
    report = validation.graph.value(None, RDF.type, SH.ValidationReport)
    assert validation.graph.value(report, SH.conforms).toPython() is False  # type: ignore[union-attr]


def test_a_blank_node_is_told_by_the_way_to_it(ours: Graph) -> None:
    """No report shows the label of a blank node, which means nothing outside one run."""
    text = '<place/1> a schema:Place ; schema:name "Parc"@fr ; schema:address'
    address = '[ a schema:PostalAddress ; schema:addressLocality "Laval" ] .'
    (finding,) = validate(read(f"{text} {address}"), ours).findings
    assert finding.focus == "https://pool.example/id/place/1 schema:address"
    assert "schema:address" in finding.text["fr"]


def test_a_shape_without_message_gets_a_sentence_in_both_languages() -> None:
    """Other people's shapes are understood too, by the constraint that they use."""
    place = '<place/1> a schema:Place ; schema:name "Parc"@fr .'
    found = {f.rule: f for f in validate(read(place), read(OTHER_SHAPES)).findings}
    assert found["A"].text["en"] == (
        "“Parc”: schema:name must have at most this many characters: 3. Observed: “Parc”."
    )
    assert found["B-name"].text["fr"].startswith("«\u00a0Parc\u00a0»\u00a0: Un parc ?")
    assert "must be one of: Grange, Étable." in found["B-name"].text["en"]
    assert found["B-name"].path == "schema:name | schema:legalName"


@pytest.mark.parametrize("value", ['"x"^^xsd:date', '"2025-13-45"^^xsd:date', '"demain"'])
def test_an_ill_typed_value_is_a_finding_not_a_crash(ours: Graph, value: str) -> None:
    """A comparison that cannot be made is a result (SHACL §4.5.4)."""
    start = 'schema:startDate "2025-03-01"^^xsd:date'
    text = f'<e> a schema:Event ; schema:name "É"@fr ; {start} ; schema:endDate {value} .'
    rules = {f.rule for f in validate(read(text), ours).findings}
    assert "Event-endDate" in rules


def test_shapes_that_the_engine_refuses_are_named_as_the_culprit() -> None:
    """A SPARQL constraint with MINUS is outside the standard (SHACL §5.2.1)."""
    query = "SELECT $this WHERE { $this ?p ?o MINUS { $this ?p ?o } }"
    shapes = f'<s> a sh:NodeShape ; sh:targetNode <x> ; sh:sparql [ sh:select "{query}" ] .'
    with pytest.raises(ShapesError, match="MINUS"):
        validate(read("<x> schema:knows <y> ."), read(shapes))


def test_an_unknown_engine_is_refused(ours: Graph) -> None:
    """The message lists those that exist."""
    with pytest.raises(UsageError, match="pyshacl"):
        validate(Graph(), ours, engine="magic")
