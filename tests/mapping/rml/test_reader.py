"""Mistakes in an RML document are reported with file and line before any row is read."""

import io
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.errors import MappingError, SourceError
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.converter import Conversion, Converter
from parvis.mapping.engine.program import Sinks
from parvis.mapping.language import load
from parvis.mapping.language.calls import GREL

VALID = """\
@prefix rml: <http://w3id.org/rml/> .
@prefix ex: <https://theatre.example/ns#> . @prefix fn: <https://w3id.org/parvis/fn#> .
<#Show> a rml:TriplesMap ;
  rml:logicalSource [
    rml:source [ a rml:FilePath ; rml:root rml:MappingDirectory ; rml:path "shows.csv" ] ;
    rml:referenceFormulation rml:CSV
  ] ;
  rml:subjectMap [ rml:template "id/event/x/{code}" ] ;
  rml:predicateObjectMap [
    rml:predicate ex:title ;
    rml:objectMap [ rml:reference "title" ; rml:language "fr" ]
  ] .
"""

CSVW = "http://www.w3.org/ns/csvw#"
SOURCE = '[ a rml:FilePath ; rml:root rml:MappingDirectory ; rml:path "shows.csv" ]'
TITLE = 'rml:reference "title" ; rml:language "fr"'


def execution(function: str, parameter: str, additional: str = "") -> str:
    """Write a function execution on a title."""
    input_map = (
        f'rml:input [ rml:parameter {parameter} ; rml:inputValueMap [ rml:reference "title" ] ]'
    )
    return f"\nrml:functionExecution [ rml:function {function} ; {input_map} ; {additional} ]"


MISTAKES = {
    "an unknown property": ("rml:reference ", "rml:refrence ", 11, "refrence"),
    "a property where it means nothing": ("rml:language", "rml:iterator", 11, "iterator"),
    "a source that is missing": ("rml:logicalSource [", "ex:logicalSource [", 3, "logicalSource"),
    "an unknown kind of source": ("rml:CSV", "rml:SQL2008Table", 6, "SQL2008Table"),
    "an unknown root": ("rml:MappingDirectory", "rml:Home", 5, "Home"),
    "a source that is no file": ("a rml:FilePath", "a ex:Table", 5, "FilePath"),
    "a subject that is missing": ("rml:subjectMap", "ex:subjectMap", 3, "subjectMap"),
    "a brace not closed": ("{code}", "{code", 8, "{code"),
    "a brace not opened": ("{code}", "code}", 8, "code}"),
    "an escape that is none": ("{code}", "{co\\\\\\\\de\\\\\\\\x{}", 8, "template"),
    "two values in one term map": ('rml:language "fr"', 'rml:constant "x"', 11, "constant"),
    "a literal as a subject": (
        "{code}",
        '{code}" ; rml:termType rml:Literal ; rml:class "x',
        8,
        "cannot stand here",
    ),
    "an unknown term type": ('rml:language "fr"', "rml:termType rml:Iri", 11, "Iri"),
    "a language tag that is none": ('"fr"', '"french"', 11, "french"),
    "a parent that is not there": (
        'rml:reference "title" ; rml:language "fr"',
        "rml:parentTriplesMap <#Hall>",
        11,
        "Hall",
    ),
    "a join that compares nothing": (
        'rml:reference "title" ; rml:language "fr"',
        'rml:parentTriplesMap <#Show> ; rml:joinCondition [ rml:child "code" ]',
        11,
        "parent",
    ),
    "a target": ('rml:language "fr"', "rml:logicalTarget <#Dump>", 11, "target"),
    "a compression that is not read": (
        '"shows.csv"',
        '"shows.csv" ; rml:compression rml:targz',
        5,
        "targz",
    ),
    "a gzip file of another name": (
        '"shows.csv"',
        '"shows.csv" ; rml:compression rml:gzip',
        5,
        "gzip",
    ),
    "a file of the web": ('"shows.csv"', '"https://theatre.example/shows.csv"', 5, "only files"),
    "a table without its file": ("a rml:FilePath", f"a <{CSVW}Table>", 5, "unknown property"),
    "a dialect that is not read": (
        SOURCE,
        f'[ a <{CSVW}Table> ; <{CSVW}url> "f" ; <{CSVW}dialect> [ <{CSVW}header> false ] ]',
        5,
        "header",
    ),
    "a query that is missing": ("rml:CSV", "rml:SQL2008Query", 6, "iterator/query"),
    "an unknown function": (TITLE, execution("ex:shout", "ex:x"), 12, "ns#shout"),
    "an unknown parameter": (
        TITLE,
        execution(
            "fn:upper", "fn:value", 'rml:input [ rml:parameter fn:text ; rml:inputValue "t" ]'
        ),
        12,
        "“text”",
    ),
    "a parameter that is missing": (TITLE, execution("fn:matches", "fn:value"), 12, "pattern"),
    "an unknown parameter of another name": (
        TITLE,
        execution(f"<{GREL}toUpperCase>", "fn:v"),
        12,
        "“v”",
    ),
    "an answer that is none": (
        TITLE,
        execution("fn:upper", "fn:value") + " ; rml:return fn:length",
        12,
        "length",
    ),
    "a table that is not there": (
        TITLE,
        execution(
            "fn:lookup", "fn:value", 'rml:input [ rml:parameter fn:table ; rml:inputValue "t" ]'
        ),
        12,
        "“t”",
    ),
    "a condition that is none": (
        TITLE,
        f"{TITLE} ; rml:condition [ {execution('fn:upper', 'fn:value')} ]",
        11,
        "not a condition",
    ),
    "broken Turtle": ("  ] .", "  ]", 13, "Turtle"),
}


def write_mapping(folder: Path, text: str) -> Path:
    """Write a mapping document."""
    file = folder / "mapping.ttl"
    file.write_text(text, encoding="utf-8")
    return file


def run(folder: Path, text: str, concepts: Concepts) -> tuple[str, Conversion]:
    """Convert the files of a folder with a document."""
    out = io.BytesIO()
    document = load(write_mapping(folder, text))
    report = convert(document, folder, Sinks(out), base="https://pool.example/", concepts=concepts)
    return out.getvalue().decode(), Conversion(report)


def test_a_valid_document_loads(tmp_path: Path) -> None:
    document = load(write_mapping(tmp_path, VALID))
    assert [entity.name for entity in document.entities] == ["Show"]
    assert [source.access for source in document.sources.values()] == ["shows.csv"]


@pytest.mark.parametrize(("old", "new", "line", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_reported_with_its_line(
    old: str, new: str, line: int, words: str, tmp_path: Path
) -> None:
    """The error names the file, the line and the mistake."""
    assert old in VALID
    with pytest.raises(MappingError) as caught:
        load(write_mapping(tmp_path, VALID.replace(old, new)))
    assert str(caught.value).startswith(f"mapping.ttl, line {line}: ")
    assert words in str(caught.value)


def test_a_recursive_function_execution_is_refused(tmp_path: Path) -> None:
    """An execution whose input is its own result would never end."""
    loop = "<#Loop> rml:function fn:upper ; rml:input [ rml:parameter fn:value ; rml:inputValueMap "
    text = VALID.replace(TITLE, "rml:functionExecution <#Loop>")
    with pytest.raises(MappingError, match="made of itself"):
        load(write_mapping(tmp_path, f"{text}{loop} [ rml:functionExecution <#Loop> ] ] ."))


def test_a_document_without_triples_maps_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="no triples map"):
        load(write_mapping(tmp_path, "<a> <b> <c> ."))


def test_a_mapping_with_an_unknown_extension_is_refused(tmp_path: Path) -> None:
    """The extension determines the language of a document."""
    file = tmp_path / "mapping.json"
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(MappingError, match=r"\.ttl"):
        load(file)


def test_a_malformed_value_is_a_finding_with_its_row(tmp_path: Path, concepts: Concepts) -> None:
    """Like YARRRML documents: row, column, value, rule."""
    (tmp_path / "shows.csv").write_text("code,title\n1,2022-13-45\n2,2022-01-05\n")
    dated = VALID.replace(
        'rml:language "fr"', "rml:datatype <http://www.w3.org/2001/XMLSchema#date>"
    )
    text, conversion = run(tmp_path, dated, concepts)
    [finding] = conversion.report.findings
    assert (finding.rule, finding.value) == ("bad-date", "2022-13-45")
    assert finding.place is not None
    assert (finding.place.row, finding.place.column) == (2, "title")
    assert text.count("\n") == 1


def test_times_without_zone_stay_unchanged(tmp_path: Path, concepts: Concepts) -> None:
    """RML adds no time zone."""
    (tmp_path / "shows.csv").write_text("code,title\n1,2022-01-05T19:30:00\n")
    timed = VALID.replace(
        'rml:language "fr"', "rml:datatype <http://www.w3.org/2001/XMLSchema#dateTime>"
    )
    assert '"2022-01-05T19:30:00"^^' in run(tmp_path, timed, concepts)[0]


def test_a_missing_column_is_an_error(tmp_path: Path, concepts: Concepts) -> None:
    """A mistake in the mapping, not an empty result."""
    (tmp_path / "shows.csv").write_text("code,titre\n1,a\n")
    with pytest.raises(SourceError, match="title"):
        run(tmp_path, VALID, concepts)


def test_a_document_type_declaration_is_refused(tmp_path: Path, concepts: Concepts) -> None:
    """Entities are never expanded (billion laughs, local files)."""
    (tmp_path / "shows.csv").write_text(
        '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/hostname">]><r><s><code>&a;</code></s></r>'
    )
    xml = VALID.replace("rml:CSV", 'rml:XPath ; rml:iterator "/r/s"')
    with pytest.raises(SourceError, match="document type declaration"):
        run(tmp_path, xml, concepts)


def test_a_mapping_with_named_graphs_needs_a_format_for_them(
    tmp_path: Path, concepts: Concepts
) -> None:
    """A contribution is one graph: such a mapping is refused before it runs."""
    (tmp_path / "shows.csv").write_text("code,title\n1,a\n")
    mapping = write_mapping(
        tmp_path, VALID.replace("{code}", '{code}" ; rml:graph ex:g ; rml:class "')
    )
    mapping.write_text(mapping.read_text().replace('rml:class ""', "rml:class ex:Show"))
    limits = Settings.load().limits
    with (
        Converter(concepts, limits, "https://pool.example/") as converter,
        pytest.raises(MappingError, match="named graphs"),
    ):
        converter.convert(mapping, tmp_path, tmp_path / "out.nt")
