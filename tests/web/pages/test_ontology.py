"""The page of the rules tells every shape there is, from the shapes themselves."""

import re

import pytest
from flask.testing import FlaskClient
from rdflib import RDF, SH

from parvis.web.pages.ontology import SHAPES, group_rules, read_knowledge


def test_every_shape_is_told_once() -> None:
    """A shape that is new is on the page without anyone writing it there."""
    graph = read_knowledge("shapes")
    wanted = {
        str(one).removeprefix(SHAPES)
        for kind in (SH.NodeShape, SH.PropertyShape)
        for one in graph.subjects(RDF.type, kind)
        if str(one).startswith(SHAPES)
    }
    anchors = [rule.anchor for subject in group_rules(graph) for rule in subject.rules]
    assert len(anchors) == len(set(anchors))
    assert set(anchors) == wanted


def test_rules_on_one_class_stand_together() -> None:
    """Under its name, once; what has no name stands last."""
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
    told_so = {"fr": "Rien ne dit où est ce lieu", "en": "Nothing says where this place is"}
    assert told_so[lang] in page


def test_a_program_that_prefers_nothing_gets_the_graph(client: FlaskClient) -> None:
    """As it always did."""
    assert client.get("/shapes", headers={"Accept": "*/*"}).mimetype == "text/turtle"
