"""Proposals: what is found in a file, what is sure, and what is only said."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from rdflib import Graph

from parvis.errors import SourceError
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.converter import Conversion
from parvis.mapping.engine.program import Sinks
from parvis.mapping.load import load
from parvis.mapping.proposing import (
    RowClassChoice,
    Vocabulary,
    find_answerable,
    properties_of,
    read_sample,
)
from parvis.mapping.proposing.kinds import kind_of

Chosen = Callable[[str, str], RowClassChoice]
Drafted = Callable[[str, str], str]

PROGRAMME = """Titre;Date;Salle;Prix;Discipline;Zyx
Le phare;17/09/2026 20:00;Grande salle;38,50 $;Théâtre;q
La mer;18/09/2026 20:00;Petite salle;12,00 $;Danse;r
"""
FIGURES = """Statistiques inventées;;;
Bibliothèque;0-13 ans;65 ans et plus;Total
(A) Nord;1 200;300;1 500
Total;1 200;300;1 500
"""


def run(text: str, folder: Path, name: str, vocabulary: Vocabulary) -> tuple[Graph, Conversion]:
    """Run a drafted mapping over the file it was drafted for."""
    (folder / "mapping.yml").write_text(text, encoding="utf-8")
    document, out = load(folder / "mapping.yml"), io.StringIO()
    report = convert(
        document,
        folder / name,
        Sinks(out),
        base="https://pool.example/",
        concepts=vocabulary.concepts,
    )
    return Graph().parse(data=out.getvalue(), format="nt"), Conversion(report)


@pytest.mark.parametrize(
    ("values", "kind", "group", "point"),
    [
        (["27,027", "9,702"], "integer", ",", "."),
        (["76 620", "1 234,5"], "decimal", " ", ","),
        (["38,50 $", "Gratuit", "12,00 $"], "money", "", ","),
        (["1,5", "12,25"], "decimal", "", ","),
        (["2013", "2014", ".."], "year", "", "."),
        (["H2X 1Y4", "h2x1y4"], "postalCode", "", "."),
        (["oui", "non"], "boolean", "", "."),
        (["<p>Bonjour</p>", "<p>Salut&#160;!</p>"], "html", "", "."),
        (["n/d", ""], "empty", "", "."),
        (["32,00", "gratuit", "25,50"], "money", "", ","),
        (["17/09/2026 20:00", "31/02/2026 20:00", "18/09/2026 19:30"], "dateTime", "", "."),
        (["2026-09-17", "2026-02-31", "2026-09-18"], "date", "", "."),
        (["17 septembre 2026", "bientôt", "2 octobre 2026"], "date", "", "."),
        (["17/09/2026", "à venir", "bientôt"], "text", "", "."),
        (["514-555-0199", "418-555-0123"], "text", "", "."),
    ],
)
def test_values_are_known_by_how_they_are_written(
    values: list[str], kind: str, group: str, point: str
) -> None:
    """Kinds and separators; marks of absence do not count."""
    found = kind_of(values)
    assert (found.name, found.group, found.point) == (kind, group, point)


def test_a_date_that_reads_both_ways_is_said_to_be_ambiguous() -> None:
    """Day or month first is told by the values or not at all."""
    assert kind_of(["05/06/2026", "07/08/2026"]).ambiguous
    assert kind_of(["17/09/2026", "05/06/2026"]).forms == ("%d/%m/%Y",)


def test_a_wrong_date_among_others_leaves_them_dates() -> None:
    """Read as the most of them are: the report then names the one that is wrong."""
    found = kind_of([*(f"{day}/09/2026 20:00" for day in range(10, 19)), "31/02/2026 20:00"])
    assert found.forms == ("%d/%m/%Y %H:%M",)
    assert not found.ambiguous


def test_an_ambiguous_date_is_written_as_a_comment(drafted: Drafted) -> None:
    """Nothing is guessed silently."""
    text = drafted("p.csv", "Titre,Date\nLe phare,05/06/2026\nLa mer,07/08/2026\n")
    assert "# - [schema:startDate" in text
    assert "day or month first?" in text


def test_a_drafted_mapping_loads_and_converts(
    drafted: Drafted, tmp_path: Path, vocabulary: Vocabulary
) -> None:
    """The events, their places, their prices and their disciplines come out."""
    graph, found = run(drafted("p.csv", PROGRAMME), tmp_path, "p.csv", vocabulary)
    assert found.report.row_errors == 0
    turtle = graph.serialize(format="nt")
    for piece in ("2026-09-17T20:00:00-04:00", "place/partenaire/grande-salle", '"38.5"', "/dance"):
        assert piece in turtle


def test_what_is_unknown_is_named_in_a_comment(drafted: Drafted) -> None:
    """A column that resembles nothing is not left out silently."""
    assert "# “Zyx”: nothing like it in the shared model" in drafted("p.csv", PROGRAMME)


def test_columns_of_ages_become_observations(
    drafted: Drafted, tmp_path: Path, vocabulary: Vocabulary
) -> None:
    """Headings under a title, totals left out, figures read with their separators."""
    text = drafted("prets.csv", FIGURES)
    assert "header: 2" in text
    assert "skip-rows-matching" in text
    graph, found = run(text, tmp_path, "prets.csv", vocabulary)
    turtle = graph.serialize(format="nt")
    assert found.report.rows == 3
    assert "concept/age/0-13" in turtle
    assert '"1200"' in turtle


def test_a_measure_that_nothing_tells_is_left_to_the_partner(drafted: Drafted) -> None:
    """A table of figures whose name says nothing gets no measure."""
    text = drafted("tableau.csv", FIGURES.replace("Bibliothèque", "Succursale"))
    assert "# - [qb:measureType" in text
    assert "\n      - [qb:measureType" not in text


def test_sheets_named_by_years_are_one_table(tmp_path: Path) -> None:
    """The sheet's name becomes the year."""
    file = tmp_path / "visites.xlsx"
    with xlsxwriter.Workbook(str(file)) as book:
        for year in ("2024", "2025"):
            page = book.add_worksheet(year)
            page.write_row(0, 0, ["Lieu", "Visites"])
            page.write_row(1, 0, ["Nord", 3])
    found = read_sample(file)
    assert found.layout == {"sheet": "20*", "sheet-as": "year"}
    assert found.year_as == "year"


def test_keys_that_are_years_are_told_by_the_path(tmp_path: Path) -> None:
    """As the libraries of Montréal publish them."""
    file = tmp_path / "v.json"
    file.write_text('{"2024": [{"Lieu": "A"}], "2025": [{"Lieu": "B"}]}', encoding="utf-8")
    found = read_sample(file)
    assert found.layout == {"iterator": "$.*[*]", "key-as": {"year": "$.*"}}
    assert found.columns[0].values == ("A", "B")


def test_a_calendar_is_known_by_its_properties(chosen: Chosen) -> None:
    """SUMMARY, DTSTART and LOCATION are what they are."""
    event = "BEGIN:VEVENT\nUID:1\nSUMMARY:Le phare\nDTSTART:20260917T200000Z\nLOCATION:Salle\n"
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\n{event}END:VEVENT\nEND:VCALENDAR\n"
    best = {one.column.name: one.best and one.best.term for one in chosen("a.ics", text).proposals}
    assert best["SUMMARY"] == "schema:name"
    assert best["DTSTART"] == "schema:startDate"
    assert best["LOCATION"] == "schema:location"


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.pdf", b"x"), ("a.csv", b""), ("a.json", b"3"), ("a.json", b"{"), ("a.xlsx", b"no")],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    """One clear error, never a traceback."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError):
        read_sample(tmp_path / name)


def test_dormant_data_tell_what_one_more_column_would_unlock(chosen: Chosen) -> None:
    """With names and dates one knows what is on; prices would tell what it costs."""
    found = find_answerable(chosen("p.csv", "Titre,Date\nLe phare,2026-09-17\n").properties)
    assert "What is on, and when?" in {one.text["en"] for one in found.answerable}
    needs = {question.text["en"]: need for question, need in found.unlocked}
    assert "schema:price" in needs["Which outings are free, and what do the others cost?"]


AUDIENCE = "Saison,Région,Discipline,Fréquentation\n2024-2025,Montréal,Théâtre,1200\n"


def test_figures_tell_what_they_could_answer_of_publics(chosen: Chosen) -> None:
    """An age would tell how old the public is, of each region too."""
    found = find_answerable(chosen("f.csv", AUDIENCE).properties)
    answerable = {one.text["en"] for one in found.answerable}
    assert "Who comes, by discipline and by region?" in answerable
    unlocked = {need: [one.text["en"] for one in some] for need, some in found.columns}
    assert unlocked["parvis:ageGroup",] == [
        "Which ages make up the public?",
        "How old is the public of each region?",
    ]
    assert unlocked["parvis:channel",] == ["By which channel does the public buy or come?"]


def test_the_most_useful_column_is_told_first(chosen: Chosen) -> None:
    """By how many questions it would unlock."""
    counts = [
        len(some) for _, some in find_answerable(chosen("f.csv", AUDIENCE).properties).columns
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 1


def test_a_dimension_that_is_nowhere_broken_down_answers_nothing() -> None:
    """Every cube has every dimension: the total alone tells no age."""
    line = (
        "<x:o> <https://w3id.org/parvis/ns#ageGroup> <https://w3id.org/parvis/concept/age/{}> .\n"
    )
    assert properties_of([line.format("total").encode()]) == set()
    both = [line.format(code).encode() for code in ("total", "0-13")]
    assert properties_of(both) == {"parvis:ageGroup"}
    assert properties_of([b"<x:o> <x:p> <x:q> .\n"]) == set()


def test_a_drafted_mapping_names_the_column_that_would_unlock_more(drafted: Drafted) -> None:
    """In the words of each language, in a comment at its head; of figures as of events."""
    head = drafted("f.csv", AUDIENCE).partition("sources:")[0]
    assert "#   - Who comes, by discipline and by region?" in head
    assert "#   - with age group: Which ages make up the public?" in head
    assert "#   - avec groupe d’âge" in head
