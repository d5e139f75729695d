"""Guided search: plain dependent lists of what the data hold, and a table of results."""

import re

import pytest
from flask.testing import FlaskClient

from parvis.pooling.serving.site.guided import CLASSES, shape_classes

THEATRE = "https://w3id.org/parvis/concept/discipline/theatre"
FORM = "/en/search/guided?class=event"


def list_options(page: str, field: str) -> dict[str, str]:
    """Return the values of a list of the form with their texts."""
    (block,) = re.findall(rf'<select id="{field}".*?</select>', page, re.DOTALL)
    return dict(re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)</option>', block))


def test_every_class_has_a_shape_and_codes_of_its_own() -> None:
    for kind in CLASSES:
        assert kind.classes == shape_classes(kind.shape) != ()
        codes = [step.code for step in kind.properties]
        assert len(codes) == len(set(codes))


def test_the_first_list_has_the_classes_of_the_data_with_counts(client: FlaskClient) -> None:
    options = list_options(client.get("/en/search/guided").text, "class")
    assert options == {"": "Choose", "event": "Events (2)", "place": "Places (1)"} | {
        "organization": options["organization"]
    }


def test_a_class_offers_only_the_properties_that_its_data_have(client: FlaskClient) -> None:
    """And shows all of its results at once."""
    page = client.get(FORM).text
    assert list_options(page, "property-next") == {
        "": "Choose",
        "discipline": "Discipline",
        "month": "Month",
        "place": "Venue",
        "organizer": "Organiser",
        "words": "Words of the name",
    }
    assert "2 results" in page
    assert "Les &lt;b&gt;Sœurs&lt;/b&gt; du large" in page


def test_values_are_counted_among_the_results_of_the_conditions_before(
    client: FlaskClient,
) -> None:
    """Several conditions all hold."""
    page = client.get(f"{FORM}&property=month&value=2026-12&property=discipline&value=").text
    assert list_options(page, "value-1") == {
        "": "Any",
        "2026-11": "November 2026 (1)",
        "2026-12": "December 2026 (1)",
    }
    assert list_options(page, "value-2") == {"": "Any", THEATRE: "Theatre (1)"}
    assert "1 result<" in page
    assert "Sœurs" not in page


def test_words_of_the_name_are_typed(client: FlaskClient) -> None:
    page = client.get(f"{FORM}&property=words&value=soeur").text
    assert "1 result<" in page
    assert 'value="soeur"' in page


def test_a_table_has_downloads_and_opens_in_sparql(client: FlaskClient) -> None:
    """The same query answers at the endpoint."""
    page = client.get(f"{FORM}&property=discipline&value={THEATRE}").text
    (address,) = re.findall(r'href="/en(/sparql\?query=[^"]*)&amp;format=html"', page)
    rows = client.get(f"{address}&format=csv").text.splitlines()
    assert rows[0] == "result,start,place,organizer"
    assert len(rows) == 3
    assert "format=xlsx" in page


def test_a_condition_is_removed_by_a_link(client: FlaskClient) -> None:
    page = client.get(f"{FORM}&property=month&value=2026-12&property=words&value=hiver").text
    removal = re.findall(r'class="button second" href="([^"]*)"', page)[0].replace("&amp;", "&")
    assert removal.endswith("?class=event&property=words&value=hiver")


@pytest.mark.parametrize(
    "query",
    [
        "class=nothing",
        "class=event&property=nothing&value=x",
        "class=event&property=discipline&value=%3E%20%7D%20DROP",
        "class=event&property=month&value=%22%29%20%7D",
        "class=event&property=words&value=%22%20%7D%20%5C",
        "class=event&property=discipline",
        "class=event&value=x&value=y",
        "property=month&value=2026-12",
        "class=event" + "&property=words&value=a" * 30,
    ],
)
def test_what_makes_no_sense_is_ignored(client: FlaskClient, query: str) -> None:
    """No typed text can become a part of a query."""
    assert client.get(f"/fr/search/guided?{query}").status_code == 200


def test_a_value_that_a_new_property_lacks_is_not_searched(client: FlaskClient) -> None:
    """After another property was chosen in a row whose value stayed."""
    page = client.get(f"{FORM}&property=place&value={THEATRE}").text
    assert "2 results" in page


def test_results_that_nobody_may_read_are_not_counted(client: FlaskClient) -> None:
    """The tickets of the test pool are events of a closed dataset."""
    page = client.get(f"{FORM}&property=words&value=billet").text
    assert "0 results" in page
    assert "Nothing meets all of these conditions" in page
