"""A ready question lets its reader choose, and nothing but a concept enters it."""

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

from parvis.catalog import load_queries
from parvis.catalog.codelists import scheme
from parvis.config import Settings, knowledge
from parvis.errors import UsageError
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.web import create_app
from parvis.web.api.results import Preview, ResultTerm, bars_of
from parvis.web.pages.home import LINE, fill_parameters, parameter_names

QUERIES = load_queries(knowledge("catalog") / "demo")
OFFERED = {
    slug: parameter_names(query.text)
    for slug, query in QUERIES.items()
    if parameter_names(query.text)
}
TEXT = "SELECT * {\n  VALUES ?kind { UNDEF } # choice: discipline\n}"


def test_the_demonstration_offers_choices_from_lists_that_there_are() -> None:
    """Each list has concepts, and no line of a query means to offer one in vain."""
    assert OFFERED
    assert all(scheme(name).labels for found in OFFERED.values() for name in found)
    for query in QUERIES.values():
        assert query.text.count("# choice:") == len(LINE.findall(query.text))


@given(st.text())
def test_what_is_typed_enters_as_a_concept_or_not_at_all(said: str) -> None:
    """Whatever it holds."""
    concepts = scheme("discipline").labels
    try:
        text = fill_parameters(TEXT, {"discipline": said})
    except UsageError:
        return
    assert text == TEXT or text in {
        f"SELECT * {{\n  VALUES ?kind {{ <{one}> }}\n}}" for one in concepts
    }


@pytest.mark.parametrize("said", ["theatre", "Théâtre", f"{scheme('discipline').name}/theatre"])
def test_a_code_or_a_label_is_understood_and_others_are_refused(said: str) -> None:
    """With a word of what there is."""
    if "/" in said:
        with pytest.raises(UsageError, match="discipline"):
            fill_parameters(TEXT, {"discipline": said})
    else:
        assert "concept/discipline/theatre>" in fill_parameters(TEXT, {"discipline": said})


def test_nothing_chosen_is_the_question_itself() -> None:
    """As it stands in its file."""
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
def choosing(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Publish a question that lets choose."""
    folder = tmp_path_factory.mktemp("choosing")
    shutil.copytree(published / "catalog", folder / "catalog")
    (folder / "catalog" / "queries" / "par-discipline.rq").write_text(QUERY, encoding="utf-8")
    settings = Settings.load(data=folder / "data", catalog=folder / "catalog")
    publish(Pool.open(settings))
    app = create_app(settings)
    yield app
    app.extensions["parvis"].close()


def test_a_choice_has_an_address_that_stays(choosing: Flask) -> None:
    """The page has the form with what was chosen, and the file has those rows alone."""
    client = choosing.test_client()
    page = client.get("/fr/queries/par-discipline?discipline=theatre").get_data(as_text=True)
    assert '<option value="theatre" selected>' in page
    assert "par-discipline.csv?discipline=theatre" in page
    whole, some = (_rows(choosing, mark) for mark in ("", "?discipline=theatre"))
    assert 0 < len(some) < len(whole)
    assert {row["label"] for row in some} == {"Théâtre"}
    refused = client.get(f"/queries/par-discipline.csv?discipline={quote('> } #')}")
    assert refused.status_code == 400


def _rows(app: Flask, mark: str) -> list[dict[str, str]]:
    answer = app.test_client().get(f"/queries/par-discipline.csv{mark}")
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))


WHOLE = "http://www.w3.org/2001/XMLSchema#integer"


def cells(*rows: tuple[str, str]) -> Preview:
    """Make an answer of labels and numbers."""
    made = [[ResultTerm(label), ResultTerm(number, datatype=WHOLE)] for label, number in rows]
    return Preview("bindings", ("area", "people"), made)


def test_labels_and_whole_numbers_are_drawn() -> None:
    """Only where each bar has a name of its own."""
    assert bars_of(cells(("a", "3"), ("b", "4"))) == [
        {"label": "a", "value": 3, "second": None},
        {"label": "b", "value": 4, "second": None},
    ]
    assert bars_of(cells(("a", "3"), ("a", "4"))) == []
    assert bars_of(cells(("a", "3"), ("b", "4.5"))) == []
    assert bars_of(cells(("a", "3"))) == []
    assert bars_of(cells(*((str(n), "1") for n in range(41)))) == []
    assert bars_of(Preview("boolean", truth=True)) == []
