"""An example query offers choices, and only concepts can be filled in."""

import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from parvis.catalog.codelists import scheme
from parvis.catalog.queries import load_queries
from parvis.config import Settings, knowledge
from parvis.errors import UsageError
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.web import create_app
from parvis.web.api.parameters import DAYS, LINE, PARTNER, SCHEMES, fill_parameters, parameter_names
from parvis.web.api.results import Preview, ResultTerm, bars_of

QUERIES = load_queries(knowledge("catalog") / "demo")
OFFERED = {
    slug: parameter_names(query.text)
    for slug, query in QUERIES.items()
    if parameter_names(query.text)
}
TEXT = "SELECT * {\n  VALUES ?kind { UNDEF } # choice: discipline\n}"


def test_the_demonstration_offers_choices_from_existing_lists() -> None:
    """Each list has concepts, but that of partners, and every marked line offers a choice."""
    assert OFFERED
    names = {name for names in OFFERED.values() for name in names}
    assert all(scheme(SCHEMES.get(name, name)).labels for name in names - {*DAYS, PARTNER})
    for query in QUERIES.values():
        assert query.text.count("# choice:") == len(LINE.findall(query.text))


@given(st.text())
def test_a_typed_choice_is_filled_in_only_as_a_concept(typed: str) -> None:
    concepts = scheme("discipline").labels
    try:
        text = fill_parameters(TEXT, {"discipline": typed})
    except UsageError:
        return
    assert text == TEXT or text in {
        f"SELECT * {{\n  VALUES ?kind {{ <{concept}> }}\n}}" for concept in concepts
    }


@pytest.mark.parametrize("typed", ["theatre", "Théâtre", f"{scheme('discipline').name}/theatre"])
def test_a_code_or_a_label_is_accepted_and_an_iri_refused(typed: str) -> None:
    """The message names the list."""
    if "/" in typed:
        with pytest.raises(UsageError, match="discipline"):
            fill_parameters(TEXT, {"discipline": typed})
    else:
        assert "concept/discipline/theatre>" in fill_parameters(TEXT, {"discipline": typed})


def test_without_a_choice_the_query_is_unchanged() -> None:
    assert fill_parameters(TEXT, {}) == fill_parameters(TEXT, {"discipline": ""}) == TEXT


QUERY = """# fr: Quelles disciplines ?
# en: Which disciplines?
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?label {
  VALUES ?kind { UNDEF } # choice: discipline
  ?kind skos:inScheme <https://w3id.org/parvis/concept/discipline> ; skos:prefLabel ?label .
  FILTER (LANG(?label) = "fr")
}
"""


@pytest.fixture(scope="module")
def app_with_choices(
    published_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """Publish an example query with a choice."""
    folder = tmp_path_factory.mktemp("choosing")
    shutil.copytree(published_folder / "catalog", folder / "catalog")
    (folder / "catalog" / "queries" / "par-discipline.rq").write_text(QUERY, encoding="utf-8")
    settings = Settings.load(data=folder / "data", catalog=folder / "catalog")
    publish(Pool.open(settings))
    app = create_app(settings)
    yield app
    app.extensions["parvis"].close()


def test_a_choice_has_a_permanent_address(app_with_choices: Flask) -> None:
    """The form shows the choice, and the file has only the matching rows."""
    client = app_with_choices.test_client()
    page = client.get("/fr/queries/par-discipline?discipline=theatre").get_data(as_text=True)
    assert '<option value="theatre" selected>' in page
    assert "par-discipline.csv?discipline=theatre" in page
    whole, chosen = (_rows(app_with_choices, mark) for mark in ("", "?discipline=theatre"))
    assert 0 < len(chosen) < len(whole)
    assert {row["label"] for row in chosen} == {"Théâtre"}
    refused = client.get(f"/queries/par-discipline.csv?discipline={quote('> } #')}")
    assert refused.status_code == 400


def _rows(app: Flask, mark: str) -> list[dict[str, str]]:
    answer = app.test_client().get(f"/queries/par-discipline.csv{mark}")
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))


WHOLE = "http://www.w3.org/2001/XMLSchema#integer"


def make_preview(*rows: tuple[str, str]) -> Preview:
    """Make results of labels and numbers."""
    rows_of_terms = [
        [ResultTerm(label), ResultTerm(number, datatype=WHOLE)] for label, number in rows
    ]
    return Preview("bindings", ("area", "people"), rows_of_terms)


def test_labels_and_whole_numbers_become_bars() -> None:
    """Only where labels are unique and there are not too many."""
    assert bars_of(make_preview(("a", "3"), ("b", "4"))) == [
        {"label": "a", "value": 3, "second": None},
        {"label": "b", "value": 4, "second": None},
    ]
    assert bars_of(make_preview(("a", "3"), ("a", "4"))) == []
    assert bars_of(make_preview(("a", "3"), ("b", "4.5"))) == []
    assert bars_of(make_preview(("a", "3"))) == []
    assert bars_of(make_preview(*((str(n), "1") for n in range(41)))) == []
    assert bars_of(Preview("boolean", truth=True)) == []
