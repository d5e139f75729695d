"""Shapes read from files; errors name the file."""

from pathlib import Path

import pytest
from rdflib import URIRef
from rdflib.namespace import SH

from parvis.config import knowledge
from parvis.errors import ShapesError
from parvis.validation import load_shapes

PREFIXES = """@prefix ex: <https://shapes.example/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
"""


def write_shapes(folder: Path, text: str) -> Path:
    """Write a file of shapes."""
    file = folder / "Broken.ttl"
    file.write_text(PREFIXES + text, encoding="utf-8")
    return file


def test_a_folder_is_read_without_its_subfolders() -> None:
    """Shapes for submissions and for our own records are two sets."""
    submission = load_shapes([knowledge("shapes")])
    records = load_shapes([knowledge("shapes") / "records"])
    agreement = URIRef("https://w3id.org/parvis/shapes#Agreement")
    assert (agreement, None, None) not in submission
    assert (agreement, None, None) in records


def test_a_shape_may_refer_to_a_shape_of_another_file(tmp_path: Path) -> None:
    """References are resolved over the whole set."""
    first = tmp_path / "One.ttl"
    first.write_text(f"{PREFIXES} ex:One a sh:NodeShape ; sh:property ex:Two .")
    second = tmp_path / "Two.ttl"
    second.write_text(f"{PREFIXES} ex:Two sh:path ex:p .")
    assert (None, SH.path, None) in load_shapes([tmp_path])


@pytest.mark.parametrize(
    "reference",
    [
        "sh:node ex:Nowhere",
        "sh:property ex:Nowhere",
        "sh:not ex:Nowhere",
        "sh:or ( [ sh:path ex:p ] ex:Nowhere )",
        "sh:property [ sh:path ex:p ; sh:node ex:Nowhere ]",
    ],
)
def test_a_reference_to_a_missing_shape_is_refused(tmp_path: Path, reference: str) -> None:
    """The engine would treat a missing shape as one that allows everything."""
    file = write_shapes(tmp_path, f"ex:A a sh:NodeShape ; {reference} .")
    with pytest.raises(ShapesError, match=r"Broken\.ttl.*Nowhere"):
        load_shapes([file])


@pytest.mark.parametrize(
    "path",
    [
        "",
        "sh:path ex:p , ex:q",
        'sh:path "p"',
        "sh:path ( ex:p )",
        "sh:path [ sh:inversePath [] ]",
        "sh:path [ sh:alternativePath ( ex:p 3 ) ]",
    ],
)
def test_an_invalid_path_is_refused(tmp_path: Path, path: str) -> None:
    """Exactly one path, which is an IRI or well-formed (SHACL §2.3.1)."""
    file = write_shapes(tmp_path, f"ex:A a sh:NodeShape ; sh:property [ sh:minCount 1 ; {path} ] .")
    with pytest.raises(ShapesError, match=r"Broken\.ttl"):
        load_shapes([file])


@pytest.mark.parametrize(
    "path",
    [
        "ex:p",
        "( ex:p [ sh:inversePath ex:q ] )",
        "[ sh:alternativePath ( ex:p ( ex:q ex:r ) ) ]",
        "[ sh:zeroOrMorePath ex:p ]",
    ],
)
def test_a_complex_path_is_accepted(tmp_path: Path, path: str) -> None:
    """All forms of SHACL property paths."""
    file = write_shapes(tmp_path, f"ex:A a sh:NodeShape ; sh:property [ sh:path {path} ] .")
    assert load_shapes([file])


def test_malformed_turtle_is_refused_with_its_line(tmp_path: Path) -> None:
    file = write_shapes(tmp_path, "\nex:A a sh:NodeShape ; ; ?!\n")
    with pytest.raises(ShapesError, match=r"Broken\.ttl, line 4"):
        load_shapes([file])


def test_a_folder_without_shapes_is_refused(tmp_path: Path) -> None:
    """Without shapes, everything would conform."""
    with pytest.raises(ShapesError, match="no shapes"):
        load_shapes([tmp_path])
