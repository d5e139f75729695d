"""The page of the SPARQL endpoint: errors, parameters, filters, snippets that run."""

import shutil
import subprocess
import sys
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from parvis.config import Settings
from parvis.web.api.workbench import snippets
from tests.serving import Serving
from tests.web.api.test_sparql import BROWSER

SHOWS = "SELECT ?show ?title\nWHERE { ?show a schema:TheaterEvent ; schema:name ?title }"
CHOICE = (
    "SELECT ?show WHERE {\n  VALUES ?kind { UNDEF } # choice: discipline\n"
    "  ?show parvis:discipline ?kind\n}"
)


def get_page(client: FlaskClient, path: str = "/fr/sparql", **parameters: str) -> str:
    """Get the page of a query, as a browser does."""
    response = client.get(path, query_string=parameters, headers={"Accept": BROWSER})
    return unescape(response.get_data(as_text=True))


def test_an_error_shows_its_line_with_the_wrong_word(client: FlaskClient) -> None:
    page = get_page(client, query="SELECT *\r\nWHERE { ?s ?p ?o }\r\nLIMT 10")
    assert "vouliez-vous écrire «\u00a0LIMIT\u00a0»" in page
    assert "<span>ligne 3</span> <mark>LIMT</mark> 10" in page
    assert 'data-line="3" data-column="1"' in page


def test_an_error_without_a_place_has_no_line(client: FlaskClient) -> None:
    page = get_page(client, query="ASK {}", generation="9")
    assert 'role="alert"' in page
    assert "wrong-line" not in page


def test_service_is_refused_with_its_line_and_what_to_do(client: FlaskClient) -> None:
    page = get_page(client, query="SELECT * {\n SERVICE <http://x.example/> { ?s ?p ?o } }")
    assert "SERVICE est refusé" in page
    assert "réunissez les réponses dans votre programme" in page
    assert 'data-line="2"' in page


def test_a_declared_parameter_becomes_a_form(client: FlaskClient) -> None:
    """The choice is in the page's addresses; the query stays as it was written."""
    page = get_page(client, query=CHOICE, discipline="theatre")
    assert '<select id="discipline" name="discipline">' in page
    assert '<option value="theatre" selected>' in page
    assert "VALUES ?kind { UNDEF } # choice: discipline" in page
    assert "&discipline=theatre&format=csv" in page
    # What runs elsewhere has the concept itself.
    assert "concept/discipline/theatre>" in page


def test_a_program_chooses_a_parameter_by_the_address(client: FlaskClient) -> None:
    rows = {}
    query = CHOICE.replace("\n", "\r\n")  # as forms of browsers send it
    for discipline in ("theatre", "danse", ""):
        parameters = {"query": query, "discipline": discipline, "format": "csv"}
        answer = client.get("/sparql", query_string=parameters)
        rows[discipline] = set(answer.get_data(as_text=True).split()[1:])
    assert rows["theatre"]
    assert rows["theatre"] <= rows[""]
    assert not rows["danse"]
    wrong = client.get("/sparql", query_string={"query": CHOICE, "discipline": "nothing"})
    assert wrong.status_code == 400


def narrow(client: FlaskClient, query: str, **condition: str) -> str:
    """Follow a filter to the query that it makes."""
    response = client.get("/fr/sparql/filter", query_string={"query": query, **condition})
    assert response.status_code == 303
    url = urlsplit(response.location)
    assert url.path == "/fr/sparql"
    return parse_qs(url.query)["query"][0]


def test_a_filter_is_added_to_the_query(client: FlaskClient) -> None:
    page = get_page(client, query=SHOWS)
    iri = "http://pool.test/id/event/theatre-b/soeurs"
    assert f'data-iri="{iri}"' in page
    only = narrow(client, SHOWS, column="show", how="is", value="Les sœurs", iri=iri)
    assert f"FILTER (?show = <{iri}>)" in only
    assert "1 ligne" in get_page(client, query=only)
    others = narrow(client, SHOWS, column="title", how="contains", value="HIVER")
    assert "L’hiver en trois temps" in get_page(client, query=others)
    assert "1 ligne" in get_page(client, query=others)


@pytest.mark.parametrize(
    "condition",
    [
        {"column": "nothing", "how": "is", "value": "x"},
        {"column": "show", "how": "like", "value": "x"},
        {"column": "show", "how": "is", "iri": "no> iri"},
        {},
    ],
)
def test_a_wrong_filter_is_refused(client: FlaskClient, condition: dict[str, str]) -> None:
    response = client.get("/sparql/filter", query_string={"query": SHOWS, **condition})
    assert response.status_code == 400


def test_a_cell_names_its_term_on_hover(client: FlaskClient) -> None:
    page = get_page(client, query="SELECT DISTINCT ?type { ?s a ?type }")
    assert '<span title="pièce de théâtre">' in page or '<span title="' in page


def test_the_page_has_no_words_of_before(client: FlaskClient) -> None:
    page = get_page(client, query=SHOWS)
    for word in ("Exécuter", "Lien permanent", "Citer cette réponse", "Filtrer la réponse"):
        assert word in page
    assert "qui reste" not in page


def test_the_python_snippet_runs_as_it_is(settings: Settings, serving: Serving) -> None:
    """Against a server on loopback: it prints the answer."""
    pytest.importorskip("pandas")
    with serving(settings) as address:
        program = snippets(f"{address}sparql", f'{SHOWS}\n# "quoted"')["Python"]
        command = [sys.executable, "-c", program]
        completed = subprocess.run(  # noqa: S603 - the program is the page's own
            command, capture_output=True, text=True, timeout=120, check=False
        )
    assert completed.returncode == 0, completed.stderr
    assert "L’hiver en trois temps" in completed.stdout


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="there is no R here")
def test_the_r_snippet_runs_as_it_is(settings: Settings, serving: Serving) -> None:
    with serving(settings) as address:
        program = snippets(f"{address}sparql", f'{SHOWS}\n# "quoted"')["R"]
        command = ["Rscript", "-e", program]
        completed = subprocess.run(  # noqa: S603 - the program is the page's own
            command, capture_output=True, text=True, timeout=120, check=False
        )
    assert completed.returncode == 0, completed.stderr
    assert "hiver en trois temps" in completed.stdout
