"""A form changes its own statements of a Turtle text, and leaves what its author wrote."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Graph, Literal, URIRef
from rdflib.compare import isomorphic

from parvis.errors import UsageError
from parvis.pooling.texts.statements import Terms, replace_statements

BASE = "https://pool.example/"
NAME, URL = URIRef("http://schema.org/name"), URIRef("http://schema.org/url")
ME = URIRef(f"{BASE}id/partner/x")
TEXT = """# A partner; its name is "old".
@prefix schema: <http://schema.org/> .
PREFIX ex: <https://e.example/>

<id/partner/x> a schema:Organization , ex:Thing ;
    # The name: in two languages. Not schema:name "x" .
    schema:name "Vieux ; nom."@fr , \"\"\"Old
name\"\"\"@en ;
    ex:nested [ schema:name "inner" ; ex:list ( 1 2.5 "a" ) ] ;  # stays
    schema:url <https://old.example/#a> .

<id/partner/y> schema:name 'Another' ; ex:more true .
"""
COMMENTS = [line.strip() for line in TEXT.splitlines() if line.strip().startswith("#")]


def parse(text: str) -> Graph:
    return Graph().parse(data=text, format="turtle", publicID=BASE)


texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)


@given(
    st.lists(st.builds(Literal, texts, st.sampled_from(["fr", "en"])), min_size=1, max_size=3),
    st.sampled_from([None, URIRef("https://new.example/"), URIRef(f"{BASE}id/z"), ME]),
)
def test_only_the_statements_of_the_form_change(names: list[Literal], url: URIRef | None) -> None:
    """The graph is the one that was wanted, and every comment line is still there."""
    predicates: dict[URIRef, Terms] = {NAME: names, URL: [url] if url else []}
    changes = {ME: predicates}
    changed = replace_statements("x", TEXT, BASE, changes)
    wanted = parse(TEXT)
    for predicate, terms in changes[ME].items():
        wanted.remove((ME, predicate, None))
        for term in terms:
            wanted.add((ME, predicate, term))
    assert isomorphic(parse(changed), wanted)
    assert all(comment in changed for comment in COMMENTS)
    assert "'Another' ; ex:more true ." in changed
    assert replace_statements("x", changed, BASE, changes) == changed


def test_a_statement_that_was_not_there_is_added_and_one_without_objects_goes() -> None:
    added = replace_statements("x", TEXT, BASE, {ME: {URIRef("https://e.example/new"): [ME]}})
    assert "ex:new <id/partner/x>" in added
    assert "schema:url" not in replace_statements("x", TEXT, BASE, {ME: {URL: []}})


@pytest.mark.parametrize(
    "text", ["no turtle", f"{TEXT} <id/partner/x> schema:url <https://z.example/> ."[:-2]]
)
def test_a_text_that_cannot_be_changed_so_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="edit its text"):
        replace_statements("x", text, BASE, {ME: {NAME: [Literal("a", "fr")]}})


def test_every_record_that_parvis_brings_can_be_changed() -> None:
    """The texts of tests and of the demonstration, whatever their authors' way of writing."""
    records = sorted(Path(__file__).parents[2].glob("cases/*/*/partner.ttl"))
    assert len(records) > 10
    for file in records:
        text = file.read_text("utf-8")
        iri = URIRef(f"{BASE}id/partner/{file.parent.name}")
        changed = replace_statements(str(file), text, BASE, {iri: {NAME: [Literal("Z", "fr")]}})
        assert parse(changed).value(iri, NAME) == Literal("Z", "fr"), file
