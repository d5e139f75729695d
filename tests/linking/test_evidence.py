"""Evidence is explained, and weighed so that a name alone never suffices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.linking.entity import entity_iri, identifier
from parvis.linking.evidence import (
    WEIGHTS,
    Evidence,
    Kind,
    of_identifiers,
    of_localities,
    of_names,
    score,
)

EVIDENCE = st.lists(
    st.builds(Evidence, st.sampled_from(Kind), st.floats(-1, 1), st.just("")), max_size=6
)


@pytest.mark.parametrize(
    ("text", "identifier_key"),
    [
        ("http://www.wikidata.org/entity/Q2142", "wikidata:Q2142"),
        ("0000 0001 2103 2683", None),
        ("ISNI 0000 0001 2103 2683", "isni:0000000121032683"),
        ("11 4123 4567", "neq:1141234567"),
        ("5141234567", None),
        ("http://kg.artsdata.ca/resource/K10-27", "artsdata:K10-27"),
        ("https://viaf.org/viaf/150644117", "viaf:150644117"),
        ("https://www.facebook.com/lanterne", None),
        ("", None),
    ],
)
def test_an_identifier_is_recognised_by_its_form(text: str, identifier_key: str | None) -> None:
    assert identifier(text) == identifier_key


def test_only_an_authority_with_iris_yields_an_iri() -> None:
    """Numbers of the enterprise register have no IRIs."""
    assert entity_iri("isni:0000000121032683") == "https://isni.org/isni/0000000121032683"
    assert entity_iri("neq:1141234567") is None


def test_evidence_is_explained_in_both_languages() -> None:
    evidence = of_names(["Théâtre de la Lanterne"], ["La Lanterne"])
    assert evidence is not None
    assert "La Lanterne" in evidence.sentences["fr"]
    assert evidence.sentences["fr"] != evidence.sentences["en"]


def test_two_numbers_of_one_authority_contradict_each_other() -> None:
    evidence = of_identifiers({"neq:1141234567", "isni:1"}, {"neq:1149999999"})
    assert evidence is not None
    assert "NEQ 1141234567" in evidence.sentences["fr"]
    assert evidence.score == -1


def test_empty_names_are_no_evidence() -> None:
    """Two empty names are not the same name."""
    assert of_names([""], [""]) is None
    assert of_names([], ["Théâtre"]) is None


@pytest.mark.parametrize(
    ("left", "right", "score"),
    [
        (["Saint-Jérôme"], ["Ville de ST-JEROME"], 1),
        (["Québec"], ["Québec City"], 1),
        (["L’Île-Perrot"], ["Île Perrot, QC"], 1),
        (["Montréal", "Laval"], ["Laval"], 1),
        (["Gaspé"], ["Percé"], -1),
        (["Saint-Paul"], ["Saint-Paul-de-Joliette"], None),
        (["Verdun (Montréal)"], ["Montréal"], None),
        (["Longueuil"], ["Longueil"], None),
        (["Gaspé"], [], None),
        (["…"], ["Gaspé"], None),
    ],
)
def test_municipalities_are_compared_by_their_names(
    left: list[str], right: list[str], score: float | None
) -> None:
    """Two names that may be of one are no evidence."""
    for pair in ((left, right), (right, left)):
        evidence = of_localities(*pair)
        assert (evidence and evidence.score) == score


@given(EVIDENCE, EVIDENCE)
def test_the_score_is_bounded_and_independent_of_order(
    former: list[Evidence], latter: list[Evidence]
) -> None:
    """The same evidence gives the same score; a name alone stays below its weight."""
    assert score([*former, *latter]) == pytest.approx(score([*latter, *former]))
    assert 0 <= score(former) <= 1
    names = [item for item in former if item.kind is Kind.NAME][:1]
    assert score(names) <= WEIGHTS[Kind.NAME]


@given(EVIDENCE, st.sampled_from(Kind), st.floats(0.01, 1))
def test_supporting_evidence_never_lowers_the_score(
    evidence: list[Evidence], kind: Kind, size: float
) -> None:
    before = score(evidence)
    assert score([*evidence, Evidence(kind, size, "")]) >= before - 1e-9
    assert score([*evidence, Evidence(kind, -size, "")]) <= before + 1e-9
