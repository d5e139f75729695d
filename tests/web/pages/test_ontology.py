"""The page of the rules shows every shape, from the shapes themselves."""

import re

import pytest
from flask.testing import FlaskClient
from rdflib import RDF, SH

from parvis.web.pages.ontology import SHAPES, group_rules, read_knowledge


def test_every_shape_is_shown_once() -> None:
    """A new shape appears without further work."""
    graph = read_knowledge("shapes")
    expected = {
        str(shape).removeprefix(SHAPES)
        for kind in (SH.NodeShape, SH.PropertyShape)
        for shape in graph.subjects(RDF.type, kind)
        if str(shape).startswith(SHAPES)
    }
    anchors = [rule.anchor for subject in group_rules(graph) for rule in subject.rules]
    assert len(anchors) == len(set(anchors))
    assert set(anchors) == expected


def test_rules_are_grouped_by_class() -> None:
    """Each class once; rules without label come last."""
    labels = [subject.label.get("fr") for subject in group_rules(read_knowledge("shapes"))]
    assert len(labels) == len(set(labels))
    assert {"offre", "éventail de prix", "événement"} <= set(labels)
    assert labels.index(None) == len(labels) - 1


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_rule_has_its_anchor_and_its_message(client: FlaskClient, lang: str) -> None:
    """In the page's language, each anchor once."""
    page = client.get(f"/{lang}/shapes.html").text
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert {"Event", "Place-where", "Dataset-acceptedByRule"} <= set(ids)
    messages = {"fr": "Rien ne dit où est ce lieu", "en": "Nothing says where this place is"}
    assert messages[lang] in page


def test_without_preference_the_shapes_are_sent_as_turtle(client: FlaskClient) -> None:
    assert client.get("/shapes", headers={"Accept": "*/*"}).mimetype == "text/turtle"


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_no_message_on_the_page_shows_its_fields(client: FlaskClient, lang: str) -> None:
    """They are filled in a report; a reader of the rules would take them for a fault."""
    page = client.get(f"/{lang}/shapes", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert not re.findall(r"\{\w+\}", page)
