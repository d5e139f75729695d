"""Proposed mappings: what is recognised, what is certain, and what is only suggested."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from rdflib import Graph
from rdflib.namespace import RDF

from parvis.errors import SourceError
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.converter import Conversion
from parvis.mapping.engine.program import Sinks
from parvis.mapping.language import load
from parvis.mapping.proposing import Vocabulary
from parvis.mapping.proposing.dormant import find_answerable, properties_of
from parvis.mapping.proposing.kinds import kind_of
from parvis.mapping.proposing.proposals import likely_properties
from parvis.mapping.proposing.row_class import RowClassChoice
from parvis.mapping.proposing.sampling import read_samples
from parvis.vocab.namespaces import PARVIS, SCHEMA

Chosen = Callable[[str, str], RowClassChoice]
Drafted = Callable[[str, str], str]
Run = Callable[[str, str, str], tuple[Graph, Conversion]]

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
    """Convert a file with the mapping drafted for it."""
    (folder / "mapping.yml").write_text(text, encoding="utf-8")
    document, out = load(folder / "mapping.yml"), io.BytesIO()
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
def test_values_are_recognised_by_their_form(
    values: list[str], kind: str, group: str, point: str
) -> None:
    """Kinds and separators; null markers do not count."""
    recognised = kind_of(values)
    assert (recognised.name, recognised.group, recognised.point) == (kind, group, point)


def test_an_undecidable_date_is_ambiguous() -> None:
    """Only the values can show whether the day or the month is first."""
    assert kind_of(["05/06/2026", "07/08/2026"]).ambiguous
    assert kind_of(["17/09/2026", "05/06/2026"]).forms == ("%d/%m/%Y",)


def test_a_wrong_date_among_others_does_not_change_their_format() -> None:
    """The format of most values is used; the report then names the wrong one."""
    kind = kind_of([*(f"{day}/09/2026 20:00" for day in range(10, 19)), "31/02/2026 20:00"])
    assert kind.forms == ("%d/%m/%Y %H:%M",)
    assert not kind.ambiguous


def test_an_ambiguous_date_is_written_as_a_comment(drafted: Drafted) -> None:
    text = drafted("p.csv", "Titre,Date\nLe phare,05/06/2026\nLa mer,07/08/2026\n")
    assert "# - [schema:startDate" in text
    assert "day or month first?" in text


def test_a_drafted_mapping_loads_and_converts(
    drafted: Drafted, tmp_path: Path, vocabulary: Vocabulary
) -> None:
    """With events, places, prices and disciplines."""
    graph, conversion = run(drafted("p.csv", PROGRAMME), tmp_path, "p.csv", vocabulary)
    assert conversion.report.row_errors == 0
    turtle = graph.serialize(format="nt")
    for piece in ("2026-09-17T20:00:00-04:00", "place/partenaire/grande-salle", '"38.5"', "/dance"):
        assert piece in turtle


def test_an_unknown_column_is_named_in_a_comment(drafted: Drafted) -> None:
    assert "# “Zyx”: nothing like it in the shared model" in drafted("p.csv", PROGRAMME)


def test_columns_of_age_groups_become_observations(
    drafted: Drafted, tmp_path: Path, vocabulary: Vocabulary
) -> None:
    """Headings under a title, totals omitted, figures read with their separators."""
    text = drafted("prets.csv", FIGURES)
    assert "header: 2" in text
    assert "skip-rows-matching" in text
    graph, conversion = run(text, tmp_path, "prets.csv", vocabulary)
    turtle = graph.serialize(format="nt")
    assert conversion.report.rows == 3
    assert "concept/age/0-13" in turtle
    assert '"1200"' in turtle


def test_totals_of_groups_are_left_out(
    drafted: Drafted, tmp_path: Path, vocabulary: Vocabulary
) -> None:
    """Else their visits would be counted twice."""
    rows = ["Mer (nord),2025,1,30", "Mer (sud),2025,1,12", "Mer TOTAL,2025,1,42"]
    text = drafted("visites.csv", "\n".join(["musée,année,mois,visites", *rows]) + "\n")
    graph, conversion = run(text, tmp_path, "visites.csv", vocabulary)
    assert conversion.report.rows == 2
    assert "Mer (sud)" in graph.serialize(format="nt")


def test_none_is_no_value(drafted: Drafted, tmp_path: Path, vocabulary: Vocabulary) -> None:
    """As a program writes it: no place of that name, and the day of an hour that is not known."""
    rows = ["Ciel,2026-09-17,8:00PM,Grange", "Nuit,2026-09-18,None,None"]
    text = drafted("p.csv", "\n".join(["Title,Date,Time,Venue", *rows]) + "\n")
    graph, _ = run(text, tmp_path, "p.csv", vocabulary)
    turtle = graph.serialize(format="nt")
    assert "None" not in turtle
    assert '"2026-09-18"^^' in turtle
    assert "2026-09-17T20:00:00-04:00" in turtle


def test_places_of_one_name_are_told_apart_by_their_towns(
    drafted: Drafted, tmp_path: Path, vocabulary: Vocabulary
) -> None:
    """Else their figures would be added up, and one address would have both towns."""
    rows = ["Musée des arts,Amos,2025,30", "Musée des arts,Alma,2025,12", "Moulin,Amos,2025,7"]
    text = drafted("m.csv", "\n".join(["musée,ville,année,visites", *rows]) + "\n")
    graph, _ = run(text, tmp_path, "m.csv", vocabulary)
    assert sorted(str(visits) for visits in graph.objects(None, PARVIS.visits)) == ["12", "30", "7"]
    towns = [
        set(graph.objects(each, SCHEMA.addressLocality)) for each in graph.subjects(None, None)
    ]
    assert max(map(len, towns)) == 1


@pytest.mark.parametrize("until", ["–", " à ", " - "])
def test_a_span_of_times_has_an_end(
    until: str, drafted: Drafted, tmp_path: Path, vocabulary: Vocabulary
) -> None:
    """On the day after, for one that ends at midnight; a time alone has none."""
    rows = [f"Ciel,2026-09-17,19:30{until}21:00", f"Nuit,2026-09-18,20:00{until}00:00"]
    text = drafted("p.csv", "\n".join(["Titre,Date,Heure", *rows, "Mer,2026-09-19,9:30"]) + "\n")
    graph, conversion = run(text, tmp_path, "p.csv", vocabulary)
    assert conversion.report.row_errors == 0
    ends = sorted(str(end) for end in graph.objects(None, SCHEMA.endDate))
    assert ends == ["2026-09-17T21:00:00-04:00", "2026-09-19T00:00:00-04:00"]


def test_an_unknown_measure_is_left_to_the_partner(drafted: Drafted) -> None:
    """A table with an uninformative name gets no measure."""
    text = drafted("tableau.csv", FIGURES.replace("Bibliothèque", "Succursale"))
    assert "# - [qb:measureType" in text
    assert "\n      - [qb:measureType" not in text


def test_sheets_named_by_years_become_one_table(tmp_path: Path) -> None:
    """The name of the sheet becomes the year."""
    file = tmp_path / "visites.xlsx"
    with xlsxwriter.Workbook(str(file)) as book:
        for year in ("2024", "2025"):
            page = book.add_worksheet(year)
            page.write_row(0, 0, ["Lieu", "Visites"])
            page.write_row(1, 0, ["Nord", 3])
    sample = read_samples(file)[0]
    assert sample.layout == {"sheet": "20*", "sheet-as": "year"}
    assert sample.year_as == "year"


def test_years_as_keys_become_a_column(tmp_path: Path) -> None:
    file = tmp_path / "v.json"
    file.write_text('{"2024": [{"Lieu": "A"}], "2025": [{"Lieu": "B"}]}', encoding="utf-8")
    sample = read_samples(file)[0]
    assert sample.layout == {"iterator": "$.*[*]", "key-as": {"year": "$.*"}}
    assert sample.columns[0].values == ("A", "B")


def test_a_calendar_is_mapped_by_its_properties(chosen: Chosen) -> None:
    """SUMMARY, DTSTART and LOCATION have fixed meanings."""
    event = "BEGIN:VEVENT\nUID:1\nSUMMARY:Le phare\nDTSTART:20260917T200000Z\nLOCATION:Salle\n"
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\n{event}END:VEVENT\nEND:VCALENDAR\n"
    best = {
        proposal.column.name: proposal.best and proposal.best.term
        for proposal in chosen("a.ics", text).proposals
    }
    assert best["SUMMARY"] == "schema:name"
    assert best["DTSTART"] == "schema:startDate"
    assert best["LOCATION"] == "schema:location"


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.pdf", b"x"), ("a.csv", b""), ("a.json", b"3"), ("a.json", b"{"), ("a.xlsx", b"no")],
)
def test_an_unreadable_file_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    """A clear error, never a traceback."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError):
        read_samples(tmp_path / name)[0]


def test_a_proposal_lists_the_questions_that_another_column_would_answer(chosen: Chosen) -> None:
    """Names and dates say what is on; prices would add what it costs."""
    questions = find_answerable(
        likely_properties(chosen("p.csv", "Titre,Date\nLe phare,2026-09-17\n").proposals)
    )
    assert "What is on, and when?" in {question.text["en"] for question in questions.answerable}
    needs = {question.text["en"]: need for question, need in questions.unlocked}
    assert "schema:price" in needs["Which outings are free, and what do the others cost?"]


AUDIENCE = "Saison,Région,Discipline,Fréquentation\n2024-2025,Montréal,Théâtre,1200\n"


def test_figures_list_the_questions_on_audiences_that_they_answer(chosen: Chosen) -> None:
    """An age would also describe the audience of each region."""
    questions = find_answerable(likely_properties(chosen("f.csv", AUDIENCE).proposals))
    answerable = {question.text["en"] for question in questions.answerable}
    assert "Who comes, by discipline and by region?" in answerable
    unlocked = {
        need: [question.text["en"] for question in unlocked_questions]
        for need, unlocked_questions in questions.columns
    }
    assert unlocked["parvis:ageGroup",] == [
        "Which ages make up the public?",
        "How old is the public of each region?",
    ]
    assert unlocked["parvis:channel",] == ["By which channel does the public buy or come?"]


def test_the_most_useful_column_comes_first(chosen: Chosen) -> None:
    """By the number of questions that it would answer."""
    counts = [
        len(questions)
        for _, questions in find_answerable(
            likely_properties(chosen("f.csv", AUDIENCE).proposals)
        ).columns
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 1


def test_a_dimension_with_totals_only_answers_nothing() -> None:
    """Every cube has every dimension: a total says nothing about age."""
    line = (
        "<x:o> <https://w3id.org/parvis/ns#ageGroup> <https://w3id.org/parvis/concept/age/{}> .\n"
    )
    assert properties_of([line.format("total").encode()]) == set()
    both = [line.format(code).encode() for code in ("total", "0-13")]
    assert properties_of(both) == {"parvis:ageGroup"}
    assert properties_of([b"<x:o> <x:p> <x:q> .\n"]) == set()


def test_a_drafted_mapping_names_the_columns_that_would_answer_more(drafted: Drafted) -> None:
    """In both languages, in a comment at the top; for figures as for events."""
    head = drafted("f.csv", AUDIENCE).partition("sources:")[0]
    assert "#   - Who comes, by discipline and by region?" in head
    assert "#   - with age group: Which ages make up the public?" in head
    assert "#   - avec groupe d’âge" in head


CLOCKS = {
    "19 h 30": "2026-12-04T19:30:00-05:00",
    "20h": "2026-12-04T20:00:00-05:00",
    "9:05": "2026-12-04T09:05:00-05:00",
    "7:30 PM": "2026-12-04T19:30:00-05:00",
    "13:00–14:30": "2026-12-04T13:00:00-05:00",
    "8 p.m.": "2026-12-04T20:00:00-05:00",
}


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_date_and_a_time_become_one_moment(drafted: Drafted, run: Run, clock: str) -> None:
    """However the time is written; without one, the day is left."""
    rows = [f"Boréale {n};2026-12-04;{clock}" for n in range(9)] + ["Nu;2026-12-05;"]
    text = "\n".join(["Titre;Date;Heure", *rows])
    graph, _ = run(drafted("p.csv", text), "p.csv", text)
    starts = {str(start) for start in graph.objects(None, SCHEMA.startDate)}
    assert starts == {CLOCKS[clock], "2026-12-05"}


def test_two_performances_of_a_day_have_keys_of_their_own(drafted: Drafted, run: Run) -> None:
    """The columns of a key are those that tell the rows of the sample apart."""
    text = "Titre;Date;Heure\nNu;2026-12-04;14:00\nNu;2026-12-04;20:00\n"
    graph, _ = run(drafted("p.csv", text), "p.csv", text)
    assert len(set(graph.subjects(RDF.type, SCHEMA.Event))) == 2


def test_a_year_and_a_month_become_one_period(drafted: Drafted, run: Run) -> None:
    """Each in a column of its own, the month without its zero."""
    rows = [f"{year},{month},{month + 3}" for year in (2024, 2025) for month in range(1, 13)]
    text = "\n".join(["year,month,visits", *rows])
    graph, _ = run(drafted("v.csv", text), "v.csv", text)
    periods = {str(period).rpartition("/")[2] for period in graph.objects(None, PARVIS.refPeriod)}
    assert len(periods) == 24
    assert {"2024-01", "2025-12"} <= periods


def test_a_table_without_numbers_is_a_directory(chosen: Chosen) -> None:
    """Of places, not of figures on them."""
    choice = chosen("m.csv", "Musée,Ville\nMusée du Fleuve,Rimouski\nMusée des Bois,Matane\n")
    assert choice.cls == "schema:Place"


def test_a_reference_is_no_name(chosen: Chosen) -> None:
    """« ref_musee » identifies the museum that another column names."""
    text = "ref_musee,nom_du_musee,annee,visites\n120,Musée du Fleuve,2024,9\n130,Bois,2024,7\n"
    best = {p.column.name: p.best and p.best.term for p in chosen("m.csv", text).proposals}
    assert best["nom_du_musee"] == "parvis:place"
    assert best["ref_musee"] != "parvis:place"


def test_rows_without_a_figure_are_left_out(drafted: Drafted) -> None:
    text = "Musée;Année;Total\nA;2023;120\nB;2023;\nC;2023;90\n"
    assert "keep-rows-matching: {\"Total\": '\\d'}" in drafted("visites-musees.csv", text)


def test_the_state_of_an_event_is_read_by_a_table_of_the_words_in_its_column(
    drafted: Drafted,
) -> None:
    """A word that says no state leaves it to a person."""
    text = "Titre;Date;Statut\nA;2026-01-02;Annulé\nB;2026-01-03;Complet\n"
    draft = drafted("a.csv", text)
    assert '"Annulé": schema:EventCancelled' in draft
    assert '"Complet": schema:EventScheduled' in draft
    assert "EventCancelled" not in drafted("b.csv", text.replace("Complet", "Brouillon"))


def test_two_columns_of_organisations_make_two_organisations(drafted: Drafted) -> None:
    text = "Titre;Date;Diffuseur;Compagnie\nA;2026-01-02;Ville B;Troupe C\n"
    draft = drafted("a.csv", text)
    assert 'schema:organizer, "id/organization/partenaire/$(organization)~iri"' in draft
    assert 'schema:performer, "id/organization/partenaire/$(performer)~iri"' in draft
