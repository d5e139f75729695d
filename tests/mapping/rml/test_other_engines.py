"""Mappings that were written for other engines give here what they give there."""

import io
from pathlib import Path

import pytest
from rdflib import Graph, URIRef

from parvis.errors import MappingError
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.program import Sinks
from parvis.mapping.language import load
from parvis.mapping.rml.writer import RML_PREFIXES, to_rml
from parvis.rdf.files import serialise

MAPPING = """\
@prefix rml: <http://w3id.org/rml/> .
@prefix grel: <http://users.ugent.be/~bjdmeest/function/grel.ttl#> .
@prefix idlab-fn: <https://w3id.org/imec/idlab/function#> .
<#Show> a rml:TriplesMap ;
  rml:logicalSource [ rml:source {source} ; rml:referenceFormulation rml:CSV ] ;
  rml:subjectMap [ rml:template "http://x.example/{{code}}" ] ;
  rml:predicateObjectMap [ rml:predicate <http://x.example/p> ; rml:objectMap [ {object} ] ] .
"""
FILE = '[ a rml:RelativePathSource ; rml:root rml:MappingDirectory ; rml:path "shows.csv" {null} ]'
SOURCE = FILE.format(null="")
REFERENCE = 'rml:reference "title"'
VALUE, STR = "grel:valueParam", "idlab-fn:str"


def run(folder: Path, text: str, concepts: Concepts, value: str) -> list[str]:
    """Return the objects that a mapping makes of a file of one row."""
    (folder / "mapping.ttl").write_text(text, encoding="utf-8")
    (folder / "shows.csv").write_text(f"code,title\n1,{value}\n", encoding="utf-8")
    out = io.BytesIO()
    document = load(folder / "mapping.ttl")
    convert(document, folder, Sinks(out), base="https://pool.example/", concepts=concepts)
    graph = Graph().parse(data=out.getvalue(), format="nt")
    return sorted(str(term) for term in graph.objects(URIRef("http://x.example/1")))


def execution(function: str, value_parameter: str, *inputs: tuple[str, str]) -> str:
    """Write a function execution on the title, with constants."""
    value = f"[ rml:parameter {value_parameter} ; rml:inputValueMap [ {REFERENCE} ] ]"
    constants = [f'[ rml:parameter {name} ; rml:inputValue "{text}" ]' for name, text in inputs]
    maps = " , ".join([value, *constants])
    return f"rml:functionExecution [ rml:function {function} ; rml:input {maps} ]"


# The names, parameters and results of the RML-FNML test cases 3, 4, 7, 11, 21, 31, 61 and 81, and
# of the descriptions of GREL and of IDLab.
FUNCTIONS = [
    (("idlab-fn:toUpperCaseURL", STR), "http://example.com/venus", ["HTTP://EXAMPLE.COM/VENUS"]),
    (("idlab-fn:toUpperCaseURL", "idlab-fn:_str"), "Venus", ["http://VENUS"]),
    (("grel:string_length", VALUE), "Vénus", ["5"]),
    (("grel:escape", VALUE, ("grel:modeParam", "html")), "A&B", ["A&amp;B"]),
    (("grel:escape", VALUE, ("grel:modeParameter", "html")), "<é>", ["&lt;&eacute;&gt;"]),
    (("grel:escape", VALUE, ("grel:modeParam", "xml")), "l'é<", ["l&apos;é&lt;"]),
    (("grel:escape", VALUE, ("grel:modeParam", "url")), "a b/é", ["a+b%2F%C3%A9"]),
    (("grel:escape", VALUE, ("grel:modeParam", "csv")), '"a;"', ["a;"]),
    (
        ("grel:string_substring", VALUE, ("grel:p_int_i_from", "0"), ("grel:p_int_i_opt_to", "2")),
        "english",
        ["en"],
    ),
    (("grel:string_substring", VALUE, ("grel:param_int_i_from", "-2")), "danse", ["se"]),
    (("grel:string_substring", VALUE, ("grel:p_int_i_from", "9")), "danse", []),
    (("grel:string_split", VALUE, ("grel:p_string_sep", ";")), "a; b;;c", [" b", "a", "c"]),
    (("idlab-fn:stringContainsOtherString", STR, ("idlab-fn:otherStr", "ns")), "danse", ["true"]),
    (("grel:string_startsWith", VALUE, ("grel:string_sub", "da")), "danse", ["true"]),
    (("grel:string_endsWith", VALUE, ("grel:param_string_sub", "da")), "danse", ["false"]),
]


@pytest.mark.parametrize(("call", "value", "expected"), FUNCTIONS)
def test_a_function_of_another_engine_gives_the_same(
    call: tuple[str, str, *tuple[tuple[str, str], ...]],
    value: str,
    expected: list[str],
    tmp_path: Path,
    concepts: Concepts,
) -> None:
    text = MAPPING.format(source=SOURCE, object=execution(*call))
    assert run(tmp_path, text, concepts, value) == expected


@pytest.mark.parametrize(
    "call",
    [
        ("grel:escape", VALUE, ("grel:modeParam", "javascript")),
        ("grel:string_substring", VALUE, ("grel:p_int_i_from", "first")),
        ("grel:string_substring", VALUE, ("grel:p_int_i_from", "9" * 5000)),
        ("grel:date_now", VALUE),
    ],
)
def test_what_is_not_known_is_refused_before_any_row(
    call: tuple[str, str, *tuple[tuple[str, str], ...]], tmp_path: Path
) -> None:
    """With the line, and what would be known."""
    text = MAPPING.format(source=SOURCE, object=execution(*call))
    (tmp_path / "mapping.ttl").write_text(text, encoding="utf-8")
    with pytest.raises(MappingError, match="line 7"):
        load(tmp_path / "mapping.ttl")


CSVW = """[ a <http://www.w3.org/ns/csvw#Table> ; <http://www.w3.org/ns/csvw#url> "shows.csv" ]"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (SOURCE, [""]),
        (FILE.format(null='; rml:null "n/d"'), [""]),
        (FILE.format(null='; rml:null "" , "n/d"'), []),
        ('"shows.csv"', []),
        (CSVW, []),
    ],
)
@pytest.mark.parametrize("term", [REFERENCE, 'rml:template "{title}" ; rml:termType rml:Literal'])
def test_an_empty_cell_is_an_empty_text_where_rml_io_says_so(
    source: str, term: str, expected: list[str], tmp_path: Path, concepts: Concepts
) -> None:
    """A file has no null of its own, a table of CSVW has: as in the RML-IO test cases 4a to 4c."""
    text = MAPPING.format(source=source, object=term)
    assert run(tmp_path, text, concepts, "") == expected
    assert run(tmp_path, text, concepts, "n/d") == ([] if "n/d" in source else ["n/d"])


def test_an_export_says_what_an_empty_cell_is(tmp_path: Path, concepts: Concepts) -> None:
    """A mapping.yml takes it as nothing, and other engines must too."""
    (tmp_path / "own.yml").write_text(
        "sources:\n  s: {access: shows.csv, referenceFormulation: csv}\n"
        "mappings:\n  e:\n    sources: s\n    s: http://x.example/$(code)\n"
        "    po: [[http://x.example/p, $(title)]]\n",
        encoding="utf-8",
    )
    exported = serialise(to_rml(load(tmp_path / "own.yml")).graph, "ttl", RML_PREFIXES).decode()
    assert 'rml:null ""' in exported
    assert run(tmp_path, exported, concepts, "") == []
