"""Evidence is explained, and weighed so that a name alone never suffices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.linking.entity import entity_iri, identifier
from parvis.linking.evidence import WEIGHTS, Evidence, Kind, of_identifiers, of_names, score

SOME = st.lists(
    st.builds(Evidence, st.sampled_from(Kind), st.floats(-1, 1), st.just("")), max_size=6
)


@pytest.mark.parametrize(
    ("written", "read"),
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
def test_an_identifier_is_told_by_its_form(written: str, read: str | None) -> None:
    """A page, an account or a telephone number is no identifier of a thing."""
    assert identifier(written) == read


def test_only_an_authority_with_iris_gives_one() -> None:
    """A number of the enterprise register names no resource of the web."""
    assert entity_iri("isni:0000000121032683") == "https://isni.org/isni/0000000121032683"
    assert entity_iri("neq:1141234567") is None


def test_a_reason_is_said_in_both_languages() -> None:
    """Who decides reads why."""
    found = of_names(["Théâtre de la Lanterne"], ["La Lanterne"])
    assert found is not None
    assert "La Lanterne" in found.said["fr"]
    assert found.said["fr"] != found.said["en"]


def test_two_numbers_of_one_authority_speak_against() -> None:
    """What the register tells apart is not one thing."""
    found = of_identifiers({"neq:1141234567", "isni:1"}, {"neq:1149999999"})
    assert found is not None
    assert found.score == -1


def test_a_thing_without_a_name_has_no_evidence_of_one() -> None:
    """Two empty names are not the same name."""
    assert of_names([""], [""]) is None
    assert of_names([], ["Théâtre"]) is None


@given(SOME, SOME)
def test_evidence_has_no_order_and_stays_within_bounds(
    here: list[Evidence], more: list[Evidence]
) -> None:
    """The same reasons give the same score; a name alone stays below what its kind may give."""
    assert score([*here, *more]) == pytest.approx(score([*more, *here]))
    assert 0 <= score(here) <= 1
    names = [one for one in here if one.kind is Kind.NAME][:1]
    assert score(names) <= WEIGHTS[Kind.NAME]


@given(SOME, st.sampled_from(Kind), st.floats(0.01, 1))
def test_more_evidence_never_turns_round(found: list[Evidence], kind: Kind, size: float) -> None:
    """What speaks for never lowers a score, what speaks against never raises it."""
    before = score(found)
    assert score([*found, Evidence(kind, size, "")]) >= before - 1e-9
    assert score([*found, Evidence(kind, -size, "")]) <= before + 1e-9
