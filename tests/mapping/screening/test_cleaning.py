"""What identifies persons leaves a table, and figures are added up; clean tables stay."""

import csv
import re
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parvis.errors import SourceError
from parvis.mapping.screening.clean_columns import TRANSACTION, Action
from parvis.mapping.screening.cleaning import REPEATED, Cleaning, Table, clean_table
from parvis.mapping.screening.figures import read_figures
from parvis.mapping.screening.whole_tables import read_whole_table

CASES = Path(__file__).parents[2] / "cases" / "cleaning"
TODAY = date(2026, 11, 29)
NAMES = ("Marie Tremblay", "Luc Gagnon", "Josée Roy", "Sarah Smith", "Kevin Côté", "Simon Lavoie")
STAY = {
    "billetterie.csv": (
        "Date d’achat;Spectacle;Date de la représentation;Heure;Salle;Type de billet;Nb billets;"
        "Prix unitaire;Total;Mode de paiement;Code promo;Ville;CP;Âge"
    ),
    "eventbrite.csv": (
        "Order Date;Quantity;Ticket Type;Order Type;Currency;Total Paid;Fees Paid;Attendee Status;"
        "Gender;Age group;Home City;Home Zip;Event Name;Event ID;IP Location"
    ),
    "spektrix.csv": (
        "Transaction Date;Postcode;Event Name;Instance Date/Time;Venue;Ticket Type;Price Band;"
        "Number of Tickets;Face Value;Discount;Gross Sales;Sales Channel"
    ),
    "tessitura.csv": (
        "order_dt;perf_code;perf_name;perf_dt;price_type;num_seats;ticket_price;paid_amt;mos;"
        "postal_code;city"
    ),
}
"""The headings of invented exports, with the headings of real ones, once they are clean."""
SUMS = {
    "billetterie.csv": {"Nb billets": "18", "Total": "18726.00"},
    "eventbrite.csv": {"Quantity": "12", "Total Paid": "260.00", "Fees Paid": "30.00"},
    "spektrix.csv": {"Number of Tickets": "24", "Gross Sales": "25080.00"},
    "tessitura.csv": {"num_seats": "24", "paid_amt": "1080.0000"},
}


def clean(text: str, name: str = "ventes.csv", without: tuple[str, ...] = ()) -> Cleaning:
    headings, *rows = csv.reader(text.strip().splitlines(), delimiter=";")
    return clean_table(Table(tuple(headings), rows), name, TODAY, without)


def column(table: Table, heading: str) -> list[str]:
    return [row[table.headings.index(heading)] for row in table.rows]


@pytest.mark.parametrize("name", STAY)
def test_exports_of_ticketing_lose_what_identifies_persons(name: str) -> None:
    """Names, contacts, numbers, seats; codes and dates of birth are shortened, sums are right."""
    table, _ = read_whole_table(CASES / name)
    clean_export = clean_table(table, name, TODAY).table
    assert ";".join(clean_export.headings) == STAY[name]
    cells = {cell for row in clean_export.rows for cell in row}
    assert not cells & {*NAMES, "Julie Paquette", "G1R 2B5", "G1R2B5"}
    assert not any("@" in cell or "555" in cell for cell in cells)
    for heading, total in SUMS[name].items():
        assert sum(map(Decimal, column(clean_export, heading))) == Decimal(total)
    assert len(clean_export.rows) < len(table.rows)


def test_a_row_of_totals_is_not_added_to_the_rows_that_it_totals() -> None:
    cleaning = clean(
        "Client;Spectacle;Billets\n"
        "Marie Tremblay;Total Eclipse;2\nLuc Gagnon;Total Eclipse;1\nTotal;;3"
    )
    assert (cleaning.totals, cleaning.table.rows) == (1, [["Total Eclipse", "3"]])


def test_figures_without_persons_stay_with_their_totals() -> None:
    assert not clean(
        "Bibliothèque;Mois;Visites\nAhuntsic;mai;20\nLe Prévost;mai;3\nTotal;;23"
    ).changed


def test_rows_are_counted_where_no_column_counts() -> None:
    """In the language of the headings."""
    french = clean("Client;Spectacle\nMarie Tremblay;Rives\nLuc Gagnon;Rives\nJosée Roy;Rives")
    assert french.table == Table(("Spectacle", "Nombre de lignes"), [["Rives", "3"]])
    english = clean("Customer;Event\nMarie Tremblay;Rives\nLuc Gagnon;Rives\nJosée Roy;Rives")
    assert english.table.headings == ("Event", "Number of rows")


def test_the_total_of_an_order_on_each_of_its_rows_is_not_added_up() -> None:
    cleaning = clean(
        "Commande;Client;Spectacle;Billets;Total de la commande\n"
        "C1001;Marie Tremblay;Rives;1;90\nC1001;Marie Tremblay;Dunes;1;90\n"
        "C1002;Luc Gagnon;Rives;1;45"
    )
    reasons = {outcome.heading: outcome.reason for outcome in cleaning.columns}
    assert reasons["Commande"] == TRANSACTION
    assert reasons["Total de la commande"] == REPEATED
    assert cleaning.table.rows == [["Dunes", "1"], ["Rives", "2"]]


def test_a_programme_stays_as_it_is() -> None:
    """Also with artists, the contacts of a hall and the birth of an author."""
    text = (
        "Titre;Date;Auteur;Date de naissance de l’auteur;Salle;Code postal de la salle;Téléphone\n"
        "Rives;2026-10-01;Marie Tremblay;1950-01-02;Le Port;G1R 2B5;418 555-0100\n"
        "Dunes;2026-10-02;Luc Gagnon;1960-01-02;Le Port;G1R 2B5;418 555-0100\n"
    )
    cleaning = clean(text, "programme.csv")
    assert not cleaning.changed
    assert column(cleaning.table, "Code postal de la salle") == ["G1R 2B5"] * 2


def test_ages_and_dates_of_birth_become_bands() -> None:
    """A cell that is none is emptied, and counted."""
    cleaning = clean(
        "Client;Date de naissance;Âge\n"
        "Marie Tremblay;1991-11-30;34\nLuc Gagnon;31/12/2014;11 ans\nJosée Roy;en mai;75"
    )
    assert sorted(column(cleaning.table, "Groupe d’âge")) == ["", "0–11", "25–34"]
    assert sorted(column(cleaning.table, "Âge")) == ["0–11", "25–34", "75+"]
    assert [c.emptied for c in cleaning.columns if c.renamed] == [1]


def test_addresses_under_a_heading_of_postal_codes_are_emptied() -> None:
    cleaning = clean(
        "Client;Code postal\nMarie Tremblay;g1r2b5\nLuc Gagnon;05401\nJosée Roy;12, rue du Fort"
    )
    assert sorted(column(cleaning.table, "Code postal")) == ["", "054", "G1R"]


@pytest.mark.parametrize(
    "text",
    [
        "Marie Tremblay;Rives;2\nLuc Gagnon;Rives;1\nJosée Roy;Dunes;1",
        "Tremblay;Rives;2\nGagnon;Rives;1\nLavoie;Dunes;1\nBouchard;Dunes;1",
        "marie@exemple.ca;Rives;2\nluc@exemple.ca;Rives;1",
        "Spectacle;418 555-0100;Billets\nRives;x;2",
    ],
)
def test_a_table_without_headings_is_refused(text: str) -> None:
    """The first row would leave as headings."""
    with pytest.raises(SourceError, match="no headings"):
        clean(text)


def test_a_column_is_left_out_on_request() -> None:
    text = "Client;Date d’achat;Billets\nMarie Tremblay;2026-09-01;2\nLuc Gagnon;2026-09-02;1"
    assert clean(text, without=("Date d’achat",)).table == Table(("Billets",), [["3"]])


def test_a_table_of_nothing_but_names_leaves_their_number() -> None:
    rows = "\n".join(NAMES)
    assert clean(f"Client\n{rows}").table == Table(("Number of rows",), [["6"]])


TEXTS = st.sampled_from(["Rives", "Dunes", "La Traversée", "", "=1+1", "Salle A"])
AMOUNTS = st.decimals(-10_000, 10_000, places=2).map(str)
ORDERS = st.lists(
    st.tuples(
        st.integers(0, 5),
        TEXTS,
        st.integers(0, 20).map(str),
        AMOUNTS | st.just(""),
        st.sampled_from(["G1R 2B5", "h2x1y4", "G1R 3C6", "?", "", "90210"]),
        st.dates(date(1920, 1, 1), date(2026, 1, 1)).map(str) | st.just("?"),
        st.sampled_from(["2026-09-01 12:30", "2026-09-02T09:01:02", "2026-09-03"]),
    ),
    min_size=3,
    max_size=30,
)
HEADINGS = {
    "fr": "Client;No commande;Courriel;Téléphone;Spectacle;Quantité;Montant;Code postal;"
    "Date de naissance;Date de commande",
    "en": "Customer;Order ID;Email;Phone;Event;Tickets;Revenue;Postal code;"
    "Date of birth;Order date",
}


@given(ORDERS, st.sampled_from(["fr", "en"]))
@settings(max_examples=40, deadline=None)
def test_sums_stay_and_nothing_that_was_removed_is_left(
    orders: list[tuple[int, str, str, str, str, str, str]], lang: str
) -> None:
    """Of any orders; and the clean table is clean."""
    # As many buyers as a file of orders has; one alone may be the name of a show.
    people = [
        (NAMES[i], f"ORD-{9100 + i}", f"p{i}@exemple.ca", f"418 555-01{i:02}") for i in range(6)
    ]
    rows = [[*people[who], *cells] for who, *cells in orders]
    rows += [
        [*people[i], "Rives", "1", "1.00", "G1R 2B5", "1990-01-02", "2026-09-01"] for i in range(6)
    ]
    headings = HEADINGS[lang].split(";")
    table = Table(tuple(headings), rows)
    cleaning = clean_table(table, "orders.csv", TODAY)
    text = "\n".join(cell for row in cleaning.table.rows for cell in row)
    assert not any(value in text for person in people for value in person)
    assert not any(code in text for code in ("G1R 2B5", "h2x1y4", "G1R 3C6", "90210", "12:30"))
    assert not any(row[8] in text for row in rows if row[8] not in {"?", ""})
    for heading in headings[5:7]:
        before = read_figures(column(table, heading)) or []
        after = read_figures(column(cleaning.table, heading)) or []
        assert sum(filter(None, before)) == sum(filter(None, after))
    assert not clean_table(cleaning.table, "orders-clean.csv", TODAY).changed


CELLS = st.text(max_size=8) | st.sampled_from(
    re.split(
        ";",
        "Marie Tremblay;Tremblay;Rives;12;1,5;$3.00;C-1001;G1R 2B5;1991-02-03;2026-09-01 12:30;"
        "Total;;a@exemple.ca;info@theatre.ca;-x;Mme;A12;1,234;12,500;75+;?;12:30;"
        "Un très long commentaire de Mme Marie Tremblay sur sa soirée",
    )
)
ANY_HEADINGS = re.split(
    ";",
    "Client;Nom;Prénom;Spectacle;Titre;Artiste;Code;ID;Commande;Siège;Billets;Quantité;Montant;"
    "Total;Prix;Age;Date of birth;Postal code;Order date;Notes;Contact;Nombre de lignes;"
    "Number of rows;Ville;x;Heure",
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    headings = draw(st.lists(st.sampled_from(ANY_HEADINGS), min_size=1, max_size=6, unique=True))
    row = st.lists(CELLS, min_size=len(headings), max_size=len(headings))
    return Table(tuple(headings), draw(st.lists(row, max_size=12)))


@given(tables())
@example(Table(("Montant", "x"), [["12,500", "a"], ["1,25", "a"]]))
@example(Table(("Quantité", "Total"), [["1", "Total"], ["Total", "3"]]))
@settings(max_examples=100, deadline=None)
def test_cleaning_a_clean_table_changes_nothing(table: Table) -> None:
    """Of any table."""
    cleaning = clean_table(table, "ventes.csv", TODAY)
    again = clean_table(cleaning.table, "ventes.csv", TODAY)
    assert not again.changed
    assert again.table.headings == cleaning.table.headings
    assert Counter(map(tuple, again.table.rows)) == Counter(map(tuple, cleaning.table.rows))
    actions = [
        outcome.action for outcome in cleaning.columns if outcome.action is not Action.REMOVED
    ]
    assert len(actions) == len(cleaning.table.headings)
