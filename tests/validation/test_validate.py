"""Planted violations are found, nothing else, and reported so that a partner can act."""

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
    """Parse Turtle with the prefixes of these tests."""
    return Graph().parse(data=PREFIXES + text, format="turtle")


@pytest.fixture(scope="module")
def submission_shapes() -> Graph:
    """Load the shapes for submissions."""
    return load_shapes([SUBMISSION])


def test_planted_violations_are_found_and_nothing_else(submission_shapes: Graph) -> None:
    """An event without time zone, one with two places, a place without location."""
    findings = validate(read(PLANTED), submission_shapes).findings
    assert [(f.severity, f.rule, f.focus) for f in findings] == [
        (Severity.VIOLATION, "Event-location", "https://pool.example/id/event/2"),
        (Severity.VIOLATION, "Event-startDate-form", "https://pool.example/id/event/1"),
        (Severity.WARNING, "Place-where", "https://pool.example/id/place/1"),
    ]


def test_a_finding_names_the_entity_and_the_value_in_both_languages(
    submission_shapes: Graph,
) -> None:
    """The value as the partner wrote it, the name in the reader's language."""
    finding = validate(read(PLANTED), submission_shapes).findings[1]
    assert "Le Cid" in finding.text["fr"]
    assert "«\u00a02025-03-01T19:30:00\u00a0»" in finding.text["fr"]
    assert "The Cid" in finding.text["en"]
    assert "“2025-03-01T19:30:00”" in finding.text["en"]
    assert finding.value == "2025-03-01T19:30:00"
    assert finding.path == "http://schema.org/startDate"


def test_a_finding_has_the_place_of_the_callback(submission_shapes: Graph) -> None:
    """Row and column come from outside the data graph."""

    def place_of(subject: str, path: str | None) -> Place:
        row = int(subject.rpartition("/")[2])
        return Place("programmation.csv", row=row, column=path and path.rpartition("/")[2])

    places = [
        f.place
        for f in validate(
            read(PLANTED), submission_shapes, locate=lambda _subjects: place_of
        ).findings
    ]
    assert places == [
        Place("programmation.csv", row=2, column="location"),
        Place("programmation.csv", row=1, column="startDate"),
        Place("programmation.csv", row=1),
    ]


def test_a_duplicate_key_is_placed_at_one_of_its_observations(submission_shapes: Graph) -> None:
    """A cube has no place in a file: the observation of the result has."""
    case = Path(__file__).parents[1] / "cases/shapes/submission/DataSet/violates-DataSet-key.ttl"
    places = {"https://pool.example/id/observation/x/2": Place("prets.csv", row=3)}
    findings = validate(
        Graph().parse(case),
        submission_shapes,
        locate=lambda _subjects: lambda subject, _path: places.get(subject),
    ).findings
    assert [f.place for f in findings] == [Place("prets.csv", row=3)]


def test_focus_nodes_and_engine_are_reported_by_shape(submission_shapes: Graph) -> None:
    """A reader sees how much was validated, and by which engine."""
    validation = validate(read(PLANTED), submission_shapes)
    assert validation.checked["Event"] == 3
    assert validation.checked["Place"] == 1
    assert validation.checked["Offer"] == 0
    assert set(validation.engine.values()) == {"pyshacl"}
    assert validation.engine.keys() == validation.checked.keys()


def test_a_finding_names_its_targeted_shape(submission_shapes: Graph) -> None:
    """The shape of the property shape, at any depth; a shape with a target is its own."""
    shapes = {f.rule: f.shape for f in validate(read(PLANTED), submission_shapes).findings}
    assert shapes == {
        "Event-location": "Event",
        "Event-startDate-form": "Event",
        "Place-where": "Place-where",
    }


def test_data_without_focus_nodes_get_a_warning(submission_shapes: Graph) -> None:
    """Conformance would then mean nothing."""
    validation = validate(read("<x> schema:knows <y> ."), submission_shapes)
    assert validation.conforms
    assert [(f.severity, f.rule) for f in validation.findings] == [
        (Severity.WARNING, "nothing-checked")
    ]


def test_conforms_has_its_standard_meaning(submission_shapes: Graph) -> None:
    """Information results make data not conform, although they may be accepted."""
    address = '<a> a schema:PostalAddress ; schema:addressLocality "Laval" .'
    validation = validate(read(address), submission_shapes)
    assert [f.severity for f in validation.findings] == [Severity.INFO]
    assert not validation.conforms
    report = validation.graph.value(None, RDF.type, SH.ValidationReport)
    assert validation.graph.value(report, SH.conforms).toPython() is False  # type: ignore[union-attr]


def test_a_blank_node_is_identified_by_its_path(submission_shapes: Graph) -> None:
    """Labels of blank nodes are meaningless outside a run."""
    text = '<place/1> a schema:Place ; schema:name "Parc"@fr ; schema:address'
    address = '[ a schema:PostalAddress ; schema:addressLocality "Laval" ] .'
    (finding,) = validate(read(f"{text} {address}"), submission_shapes).findings
    assert finding.focus == "https://pool.example/id/place/1 schema:address"
    assert finding.text["fr"].startswith("Parc, adresse postale\u00a0: ")


def test_a_shape_without_message_gets_a_message_in_both_languages() -> None:
    """Foreign shapes are explained by their constraint."""
    place = '<place/1> a schema:Place ; schema:name "Parc"@fr .'
    findings = {f.rule: f for f in validate(read(place), read(OTHER_SHAPES)).findings}
    assert findings["A"].text["en"] == (
        "“Parc”: Name must have at most this many characters: 3. Observed: “Parc”."
    )
    assert findings["B-name"].text["fr"].startswith("«\u00a0Parc\u00a0»\u00a0: Un parc ?")
    assert "must be one of: Grange, Étable." in findings["B-name"].text["en"]
    assert findings["B-name"].path == "schema:name | schema:legalName"


@pytest.mark.parametrize("value", ['"x"^^xsd:date', '"2025-13-45"^^xsd:date', '"demain"'])
def test_an_ill_typed_value_is_a_finding_and_no_crash(submission_shapes: Graph, value: str) -> None:
    """An impossible comparison is a result (SHACL §4.5.4)."""
    start = 'schema:startDate "2025-03-01"^^xsd:date'
    text = f'<e> a schema:Event ; schema:name "É"@fr ; {start} ; schema:endDate {value} .'
    rules = {f.rule for f in validate(read(text), submission_shapes).findings}
    assert "Event-endDate" in rules


def test_shapes_that_the_engine_refuses_are_an_error() -> None:
    """A SPARQL constraint with MINUS is outside the standard (SHACL §5.2.1)."""
    query = "SELECT $this WHERE { $this ?p ?o MINUS { $this ?p ?o } }"
    shapes = f'<s> a sh:NodeShape ; sh:targetNode <x> ; sh:sparql [ sh:select "{query}" ] .'
    with pytest.raises(ShapesError, match="MINUS"):
        validate(read("<x> schema:knows <y> ."), read(shapes))


def test_an_unknown_engine_is_refused(submission_shapes: Graph) -> None:
    """The message lists the engines."""
    with pytest.raises(UsageError, match="pyshacl"):
        validate(Graph(), submission_shapes, engine="magic")
