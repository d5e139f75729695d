"""A season with a column of tickets sold stays a season: its figures are proposed beside it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rdflib import Literal, URIRef
from rdflib.namespace import QB, RDF, XSD

from parvis.mapping.proposing import Vocabulary
from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA
from tests.mapping.proposing.test_proposing import run

Drafted = Callable[[str, str], str]
SEASON = """Titre,Date,Heure,Salle,Ville,Discipline,Public,Prix,Billets vendus
Les sœurs du large,2026-10-02,20:00,Salle du Quai,Rimouski,Théâtre,Adultes,34.00,212
Les sœurs du large,2026-10-03,20:00,Salle du Quai,Rimouski,Théâtre,Adultes,34.00,187
Petites tempêtes,2026-10-10,10:30,Salle du Quai,Rimouski,Théâtre,4 à 7 ans,16.50,95
Sonates pour une marée basse,2026-11-05,19:30,Théâtre du Moulin,Québec,Musique,Adultes,36.00,301
"""
AMBIGUOUS = """Spectacle;Jour;Heure;Lieu;Genre;Tarif;Billets vendus
Les sœurs du large;02/10/2026;20 h;Salle du Quai;Théâtre;34,00 $;212
Petites tempêtes;10/10/2026;10 h 30;Salle du Quai;Théâtre;16,50 $;95
"""
BOX_OFFICE = """Événement;Date;Salle;Billets vendus;Revenus bruts
La Traversée;14/02/2026;Salle Alphonse;312;9 360,00 $
La Traversée;15/02/2026;Salle Alphonse;288;8 640,00 $
"""


def test_titles_hours_and_prices_of_a_season_with_sales_are_kept(
    drafted: Drafted, tmp_path: Path, vocabulary: Vocabulary
) -> None:
    """Each row is an event, none a figure."""
    graph, _ = run(drafted("saison.csv", SEASON), tmp_path, "saison.csv", vocabulary)
    events = set(graph.subjects(RDF.type, SCHEMA.Event))
    assert len(events) == 4
    assert not set(graph.subjects(RDF.type, QB.Observation))
    starts = sorted(str(start)[:16] for start in graph.objects(None, SCHEMA.startDate))
    assert starts[0] == "2026-10-02T20:00"
    assert starts[-1] == "2026-11-05T19:30"
    names = {str(name) for event in events for name in graph.objects(event, SCHEMA.name)}
    assert names == {row.partition(",")[0] for row in SEASON.splitlines()[1:]}
    assert {float(str(price)) for price in graph.objects(None, SCHEMA.price)} == {34.0, 16.5, 36.0}


def test_tickets_sold_are_proposed_as_figures_of_their_performance(
    drafted: Drafted, tmp_path: Path, vocabulary: Vocabulary
) -> None:
    """Uncommented, with the day filled in, they are box-office figures that conform."""
    text = drafted("saison.csv", SEASON)
    assert "« Billets vendus »" in text
    events, _, sales = text.partition("  # ticketsSold:")
    lines = f"  # ticketsSold:{sales}".splitlines()
    uncommented = "\n".join(re.sub(r"^  # ", "  ", line) for line in lines)
    mapping = events.replace("…", "").rstrip() + "\n" + uncommented.replace('"…"', '"2026-11-30"')
    graph, _ = run(mapping, tmp_path, "saison.csv", vocabulary)
    figures = set(graph.subjects(RDF.type, QB.Observation))
    assert len(figures) == 4
    sold = {int(str(n)) for n in graph.objects(None, PARVIS.ticketsSold)}
    assert sold == {212, 187, 95, 301}
    performances = set(graph.objects(None, PARVIS.performance))
    assert performances == set(graph.subjects(RDF.type, SCHEMA.Event))
    periods = {str(period) for period in graph.objects(None, PARVIS.refPeriod)}
    assert periods == {f"{CONCEPT}period/2026-10", f"{CONCEPT}period/2026-11"}
    for figure in figures:
        assert graph.value(figure, PARVIS.asOf) == Literal("2026-11-30", datatype=XSD.date)
        assert graph.value(figure, PARVIS.priceType) == URIRef(f"{CONCEPT}price-type/total")


def test_an_hour_beside_a_day_that_may_be_a_month_is_not_lost(drafted: Drafted) -> None:
    """The line of both is commented out until somebody says which comes first."""
    text = drafted("saison.csv", AMBIGUOUS)
    (start,) = (line for line in text.splitlines() if "schema:startDate" in line)
    assert start.lstrip().startswith('# - [schema:startDate, "$(date et heure)"')
    assert "nothing like it" not in text
    assert "$(Heure)" in text


@pytest.mark.parametrize("text", [BOX_OFFICE])
def test_a_table_of_sales_alone_is_one_of_figures(drafted: Drafted, text: str) -> None:
    """It has neither prices nor audiences: nothing of it announces anything."""
    assert "[a, qb:Observation]" in drafted("billets.csv", text)
    assert "[a, schema:Event]" not in drafted("billets.csv", text)
