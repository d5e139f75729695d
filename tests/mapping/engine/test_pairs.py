"""Joins find their parents, however many there are."""

import io
import string
from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.pairs import JoinIndex
from parvis.mapping.engine.program import Sinks
from parvis.mapping.language import load

WORDS = st.text(string.ascii_letters + "é\x1f", max_size=3)
PAIRS = st.lists(st.tuples(WORDS, WORDS))


@given(PAIRS, st.integers(1, 5))
def test_an_index_on_disk_finds_the_same_as_in_memory(
    pairs: list[tuple[str, str]], in_memory: int
) -> None:
    """The same subjects in the same order, for existing and absent keys."""
    memory_index = JoinIndex()
    memory_index.fill(pairs)
    with closing(JoinIndex(in_memory)) as disk_index:
        disk_index.fill(pairs)
        for key in {key for key, _ in pairs} | {"absent"}:
            assert (
                disk_index.find(key) == memory_index.find(key) == [s for k, s in pairs if k == key]
            )


MAPPING = """\
@prefix rml: <http://w3id.org/rml/> .
@base <https://pool.example/> .
<#events> a rml:TriplesMap ;
  rml:logicalSource [ rml:source "events.csv" ; rml:referenceFormulation rml:CSV ] ;
  rml:subjectMap [ rml:template "https://pool.example/id/event/{id}" ] ;
  rml:predicateObjectMap [ rml:predicate <http://schema.org/location> ; rml:objectMap [
    rml:parentTriplesMap <#venues> ; rml:joinCondition [ rml:child "hall" ; rml:parent "code" ] ]
  ] .
<#venues> a rml:TriplesMap ;
  rml:logicalSource [ rml:source "venues.csv" ; rml:referenceFormulation rml:CSV ] ;
  rml:subjectMap [ rml:template "https://pool.example/id/place/{id}" ] .
"""


def test_a_parent_without_subject_does_not_affect_the_others(tmp_path: Path) -> None:
    """Two halls share a code; a third has no key, so that nothing is made of its event's row."""
    (tmp_path / "mapping.ttl").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "events.csv").write_text("id,hall\n1,A\n2,B\n", encoding="utf-8")
    (tmp_path / "venues.csv").write_text("id,code,nom\nx,A,\ny,A,\n,B,\n", encoding="utf-8")
    out = io.BytesIO()
    document = load(tmp_path / "mapping.ttl")
    report = convert(document, tmp_path, Sinks(out), base="urn:x:", concepts=Concepts({}))
    assert [finding.rule for finding in report.findings] == ["unused-row"]
    assert report.unused_columns == {"venues.csv": ["nom"]}, "what a join reads is used"
    assert [line.split()[2] for line in out.getvalue().decode().splitlines()] == [
        "<https://pool.example/id/place/x>",
        "<https://pool.example/id/place/y>",
    ]
