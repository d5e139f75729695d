"""A choice in a question's form narrows its answer to what the partners' files say of it."""

import csv
import io
from collections.abc import Callable

import pandas as pd
import pytest
from lxml import html
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, SKOS

from parvis.catalog.queries import load_queries
from parvis.config import knowledge
from parvis.web.api.parameters import parameter_names
from tests.journeys.answers import expected_figures, expected_offerings, expected_records
from tests.journeys.answers.offerings import DEMO, labels, read_announcements
from tests.journeys.answers.pages import fetch_page
from tests.serving import Demo

QUERIES = load_queries(DEMO)
CHECKS = expected_figures.CHECKS | expected_offerings.CHECKS | expected_records.CHECKS
Rows = list[dict[str, str]]
Choice = dict[str, str]
SCHEMES = {"residence": "area"}
THEATRE, LIBRARIES, MUSEUM = "theatre-lanterne", "biblio-val-des-pins", "musee-marees"


def code_of(parameter: str, label: str) -> str:
    """Return the code of a concept by its French label."""
    scheme = SCHEMES.get(parameter, parameter)
    graph = Graph().parse(knowledge("ontology") / f"{scheme}.ttl", format="turtle")
    (concept,) = graph.subjects(SKOS.prefLabel, Literal(label, lang="fr"))
    return str(concept).rpartition("/")[2]


def fetch_rows(demo: Demo, slug: str, choice: Choice) -> Rows:
    query = "&".join(f"{name}={value}" for name, value in choice.items())
    return list(
        csv.DictReader(
            io.StringIO(fetch_page(demo, f"queries/{slug}.csv?lang=fr&{query}").decode())
        )
    )


# Choices that leave rows out of an answer, all of which another test computes from the files.

MONTREAL = "Montréal (région administrative)"
SUBSETS = {
    "besoins-des-membres": ("partner", THEATRE, "member"),
    "billets-par-mois": ("discipline", "Théâtre", "discipline"),
    "grandes-salles": ("area", "Capitale-Nationale", "town"),
    "jeux-de-donnees": ("partner", THEATRE, "partner"),
    "lieux-par-region": ("area", MONTREAL, "area"),
    "lieux-par-type": ("partner", LIBRARIES, "type"),
    "lieux-sur-la-carte": ("partner", MUSEUM, "name"),
    "occupation-par-discipline": ("discipline", "Théâtre", "discipline"),
    "occupation-par-saison": ("discipline", "Humour", "discipline"),
    "offres-sans-public-connu": ("discipline", "Chanson", "discipline"),
    "organismes-par-type": ("organization-type", "Artiste", "type"),
    "origine-des-publics": ("residence", "Bas-Saint-Laurent", "residence"),
    "prets-par-public": ("age", "65 ans et plus", "age"),
    "prix-moyen-par-taille": ("organization-size", "Organisme moyen", "size"),
    "prix-par-discipline": ("discipline", "Danse", "discipline"),
    "publics-par-age": ("discipline", "Danse", "discipline"),
    "publics-par-millier-d-habitants": ("residence", "Estrie", "residence"),
    "publics-par-region": ("residence", "Estrie", "residence"),
    "publics-sans-offre": ("residence", "Estrie", "residence"),
    "qui-a-dit-quoi": ("partner", THEATRE, "partner"),
    "relais-jeunes-parents": ("residence", "Montérégie", "residence"),
    "relais-par-canal": ("audience", "Familles", "audience"),
    "relais-pour-les-sorties": ("area", "Lanaudière", "area"),
    "salles-et-batiments": ("partner", MUSEUM, "building"),
    "tendance-membres-presents": ("discipline", "Humour", "discipline"),
}
"""What is chosen, and the column that shows it."""
SHOWN = {
    ("grandes-salles", "Capitale-Nationale"): "Québec",
    ("lieux-par-type", LIBRARIES): "Bibliothèque",
}
"""What a column shows instead of the label of the choice."""


@pytest.mark.parametrize("slug", SUBSETS)
def test_a_choice_leaves_its_rows(demo: Demo, slug: str) -> None:
    parameter, chosen, column = SUBSETS[slug]
    shown = SHOWN.get((slug, chosen), chosen)
    if parameter == "partner":
        partner = f"{expected_records.BASE}id/partner/{chosen}"
        name = expected_records.french(partner, URIRef(f"{expected_records.SCHEMA}name"))
        shown = SHOWN.get((slug, chosen), name)
    code = chosen if parameter == "partner" else code_of(parameter, chosen)
    rows = fetch_rows(demo, slug, {parameter: code})
    expected = [row for row in fetch_rows(demo, slug, {}) if row[column] == shown]
    assert rows
    assert rows == expected


# Choices of what is counted: the same computation, over the announcements that are chosen.

NARROWED: dict[str, tuple[Choice, Callable[[pd.DataFrame], pd.Series]]] = {
    "activites-des-expositions": ({"partner": MUSEUM}, lambda e: e["partner"] == MUSEUM),
    "annonces-en-double": ({"from": "2027-01-01"}, lambda e: e["day"] >= "2027-01-01"),
    "calendrier-par-mois": (
        {"partner": THEATRE, "area": "13"},
        lambda e: (e["partner"] == THEATRE) & (e["region"] == "Laval"),
    ),
    "compagnies-accueillies": (
        {"partner": "festival-neiges"},
        lambda e: e["partner"] == "festival-neiges",
    ),
    "evenements-par-mots": (
        {"partner": LIBRARIES, "from": "2027-01-01", "until": "2027-02-28"},
        lambda e: (e["partner"] == LIBRARIES) & e["day"].between("2027-01-01", "2027-02-28"),
    ),
    "lieux-par-region": ({"partner": THEATRE}, lambda e: e["partner"] == THEATRE),
    "lieux-partages": ({"area": "01"}, lambda e: e["region"] == "Bas-Saint-Laurent"),
    "offres-et-publics": (
        {"partner": THEATRE, "until": "2026-12-31"},
        lambda e: (e["partner"] == THEATRE) & (e["day"] <= "2026-12-31"),
    ),
    "offres-par-public-vise": ({"partner": MUSEUM}, lambda e: e["partner"] == MUSEUM),
    "productions-en-tournee": ({"partner": THEATRE}, lambda e: e["partner"] == THEATRE),
    "sorties-annulees": ({"area": "01"}, lambda e: e["region"] == "Bas-Saint-Laurent"),
    "sorties-gratuites": (
        {"partner": "magazine-bottines", "until": "2027-03-31"},
        lambda e: (e["partner"] == "magazine-bottines") & (e["day"] <= "2027-03-31"),
    ),
    "sorties-jeunes-publics": (
        {"area": "06", "audience": "families", "until": "2027-01-31"},
        lambda e: (
            (e["region"] == "Montréal") & (e["audience"] == "Familles") & (e["day"] <= "2027-01-31")
        ),
    ),
}


def narrow(monkeypatch: pytest.MonkeyPatch, choose: Callable[[pd.DataFrame], pd.Series]) -> None:
    events = read_announcements()
    chosen = events[choose(events)]
    for module in (expected_figures, expected_offerings, expected_records):
        monkeypatch.setattr(module, "read_announcements", lambda: chosen)


@pytest.mark.parametrize("slug", NARROWED)
def test_a_choice_counts_what_is_chosen(
    demo: Demo, slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    choice, choose = NARROWED[slug]
    narrow(monkeypatch, choose)
    rows = fetch_rows(demo, slug, choice)
    assert rows
    CHECKS[slug](rows)


OWN = (
    "meilleurs-jours",
    "occupation-par-discipline",
    "prix-moyen-par-mois",
    "recettes-par-type-de-prix",
    "remplissage-des-spectacles",
)
"""The questions on the figures that a partner publishes itself."""


@pytest.mark.parametrize("slug", OWN)
def test_the_box_office_of_a_partner_is_its_own(demo: Demo, slug: str) -> None:
    """The one that publishes it; another has none, and the page says what to do."""
    CHECKS[slug](fetch_rows(demo, slug, {"partner": THEATRE}))
    assert fetch_rows(demo, slug, {"partner": "maison-des-voix"}) == []
    page: html.HtmlElement = html.document_fromstring(
        fetch_page(demo, f"fr/queries/{slug}?partner=maison-des-voix")
    )
    assert "Il n’y a pas de données pour ce choix" in page.xpath("string(//main)")
    assert not page.xpath("//p[contains(@class, 'sentence')]")
    codes = page.xpath("//select[@name='partner']/option/@value")
    assert codes == ["", "maison-des-voix", THEATRE]


@pytest.mark.parametrize("slug", ["lignes-en-erreur", "classes-des-jeux-de-donnees"])
def test_the_datasets_of_a_partner_are_its_own(demo: Demo, slug: str) -> None:
    rows = fetch_rows(demo, slug, {"partner": LIBRARIES})
    titles = {
        expected_records.french(dataset, DCTERMS.title)
        for dataset in expected_records.list_open_datasets()
        if f"/id/dataset/{LIBRARIES}/" in str(dataset)
    }
    assert {row["dataset"] for row in rows} == titles
    assert rows == [row for row in fetch_rows(demo, slug, {}) if row["dataset"] in titles]


def test_the_graphs_of_a_choice_are_narrower(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow(monkeypatch, lambda e: e["region"] == "Montréal")
    calendar = fetch_page(demo, "queries/agenda-des-enfants.nt?area=06")
    expected_records.agenda_des_enfants(Graph().parse(data=calendar, format="nt"))
    text = fetch_page(demo, f"queries/chaine-de-provenance.nt?partner={LIBRARIES}").decode()
    assert f"/graph/{LIBRARIES}/" in text
    assert f"/graph/{THEATRE}/" not in text


def test_every_form_is_checked_with_a_choice() -> None:
    checked = {*SUBSETS, *NARROWED, *OWN, "lignes-en-erreur", "classes-des-jeux-de-donnees"}
    checked |= {*expected_records.TRIPLES}
    assert checked == {slug for slug, query in QUERIES.items() if parameter_names(query.text)}


@pytest.mark.parametrize(
    "slug", [slug for slug, query in QUERIES.items() if parameter_names(query.text)]
)
def test_every_option_of_a_form_has_data(demo: Demo, slug: str) -> None:
    """Of each list, the last option is tried, beside what the query chooses itself."""
    page: html.HtmlElement = html.document_fromstring(fetch_page(demo, f"fr/queries/{slug}"))
    lists = page.xpath("//main//form[contains(@class, 'fields')]//select")
    is_graph = QUERIES[slug].form == "CONSTRUCT"
    for select in lists:
        codes = select.xpath("option/@value")
        assert codes[0] == ""
        assert len(codes) > 1
        if not is_graph:
            assert fetch_rows(demo, slug, {select.get("name"): codes[-1]})
    assert lists or slug == "annonces-en-double"


def test_a_label_of_the_files_is_that_of_the_list() -> None:
    assert code_of("discipline", labels("discipline")["theatre"]) == "theatre"
