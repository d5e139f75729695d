"""The filled questionnaire becomes estimates as it is received; no answer of a person is kept."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from rdflib import Graph, URIRef
from rdflib.namespace import QB, RDF

from parvis.config import Settings
from parvis.errors import SourceError
from parvis.i18n import LANGUAGES, explain
from parvis.ledger import Deposits
from parvis.pooling.intake.check import preview, try_file
from parvis.pooling.intake.deposits import give
from parvis.pooling.intake.new_mappings import init_mapping
from parvis.pooling.intake.submit import check, submit
from parvis.pooling.intake.templates import template
from parvis.pooling.pool import Pool
from parvis.report.tables import Sheet, write_workbook
from parvis.vocab.namespaces import CONCEPT, PARVIS
from tests.surveys import HEADINGS, draw_answers, key_of, write_answers, write_catalog

KEY = key_of("alpha")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return write_catalog(tmp_path / "catalog", ("alpha",))


@pytest.fixture
def pool(settings: Settings) -> Iterator[Pool]:
    with Pool.open(settings) as opened:
        yield opened


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    return write_answers(tmp_path / "reponses.csv", draw_answers(1))


def read_graph(pool: Pool) -> Graph:
    version = pool.record.versions()[pool.iris.graph(KEY)]
    return Graph().parse(data=b"".join(pool.record.read_lines(version)), format="nt")


def stored_texts(folder: Path) -> str:
    """Return all files of a folder as text."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return "\n".join(file.read_bytes().decode("utf-8", "replace") for file in files)


def test_a_filled_questionnaire_needs_no_mapping(pool: Pool, answers: Path) -> None:
    """The shares of each question are a hundred, as computed from the file."""
    assert check(pool, KEY, answers).accepted
    outcome = submit(pool, KEY, answers)
    assert outcome.stored
    assert outcome.recipe["fr"].startswith("estimations d’enquête")
    graph, rows = read_graph(pool), draw_answers(1)
    weights = [float(row[1].replace(",", ".")) for row in rows]
    young = [w for w, row in zip(weights, rows, strict=True) if row[2] == "18 à 24 ans"]
    answer = URIRef(f"{CONCEPT}age/18-24")
    (subject,) = graph.subjects(PARVIS.answer, answer)
    share = float(str(graph.value(subject, PARVIS.surveyEstimate)))
    assert share == pytest.approx(100 * sum(young) / sum(weights), abs=0.01)
    assert int(str(graph.value(subject, PARVIS.respondents))) == len(young)
    effective = sum(weights) ** 2 / sum(weight**2 for weight in weights)
    stored = float(str(graph.value(subject, PARVIS.effectiveSampleSize)))
    assert stored == pytest.approx(effective, abs=0.06)
    margin = 196 * (share / 100 * (1 - share / 100) / effective) ** 0.5
    assert float(str(graph.value(subject, PARVIS.marginOfError))) == pytest.approx(margin, abs=0.02)
    for question in set(graph.objects(None, PARVIS.question)):
        parts = graph.subjects(PARVIS.question, question)
        values = [float(str(graph.value(part, PARVIS.surveyEstimate))) for part in parts]
        assert sum(values) == pytest.approx(100, abs=0.05)


def test_no_answer_of_a_person_is_stored(pool: Pool, answers: Path, tmp_path: Path) -> None:
    """Neither in the record, nor as the file that was received, nor as one that waits."""
    rows = draw_answers(1)
    rows[3][1] = "1,414213"
    write_answers(answers, rows)
    _, deposit = give(pool, KEY, answers, f"{pool.settings.base}id/partner/alpha")
    assert deposit is not None
    submit(pool, KEY, answers)
    texts = stored_texts(tmp_path / "data")
    assert "-estimates.csv" in "".join(map(str, (tmp_path / "data").rglob("*")))
    assert "414213" not in texts
    assert "Groupe d’âge" not in texts
    assert [d.file for d in Deposits(pool.settings.data).open()] == ["reponses-estimates.csv"]


def test_the_same_answers_again_change_nothing(pool: Pool, answers: Path) -> None:
    submit(pool, KEY, answers)
    assert submit(pool, KEY, answers).unchanged


def test_anyone_may_check_answers_and_see_what_they_become(pool: Pool, answers: Path) -> None:
    account = try_file(pool, answers, None, "fr")
    assert account.data["accepted"]
    assert "effective_sample_size" in account.data["mapping"]
    turtle = "".join(text for _, text in preview(pool, KEY, answers, 2))
    assert "parvis:surveyEstimate" in turtle
    mapping = init_mapping(answers, "fr", pool.settings)
    assert "parvis:surveyEstimate" in mapping


@pytest.mark.parametrize(
    ("column", "text", "words"),
    [
        (1, "0", "un poids est un nombre plus grand que zéro"),
        (1, "-2", "un poids est un nombre plus grand que zéro"),
        (1, "beaucoup", "un poids est un nombre plus grand que zéro"),
        (2, "vieux comme Hérode", "n’est pas de celles de la question"),
        (0, "l’an dernier", "une année, une saison ou un mois"),
    ],
)
def test_what_is_wrong_is_told_by_row_and_column(
    pool: Pool, tmp_path: Path, column: int, text: str, words: str
) -> None:
    """In both languages, without the value; nothing is taken."""
    rows = draw_answers(1, 40)
    rows[6][column] = text
    file = write_answers(tmp_path / "reponses.csv", rows)
    with pytest.raises(SourceError) as caught:
        submit(pool, KEY, file)
    sentences = {lang: explain(caught.value, lang) for lang in LANGUAGES}
    assert f"ligne 8, colonne «\u00a0{HEADINGS[column]}\u00a0»" in sentences["fr"]
    assert words in sentences["fr"]
    assert f"row 8, column “{HEADINGS[column]}”" in sentences["en"]
    assert text not in sentences["fr"].replace("2026", "") or text in {"0", "-2"}
    assert pool.iris.graph(KEY) not in pool.record.versions()


def test_free_text_of_respondents_is_refused(pool: Pool, tmp_path: Path) -> None:
    """By the gate, before anything of it is read."""
    words = "Je m’appelle Marie Tremblay et ma voisine Mme Josée Roy a adoré ce spectacle, bravo"
    rows = [[*row, f"{words} {number}"] for number, row in enumerate(draw_answers(1, 40))]
    file = write_answers(tmp_path / "reponses.csv", rows, (*HEADINGS, "Commentaires"))
    outcome = check(pool, KEY, file)
    assert not outcome.accepted
    assert {finding.place.column for finding in outcome.report.findings if finding.place} == {
        "Commentaires"
    }
    assert "Tremblay" not in str(outcome.to_json())


def test_a_whole_postal_code_is_refused(pool: Pool, tmp_path: Path) -> None:
    rows = [[*row, f"H2X 1Y{number % 10}"] for number, row in enumerate(draw_answers(1, 40))]
    headings = (*HEADINGS, "Code postal (3 premiers caractères)")
    with pytest.raises(SourceError) as caught:
        check(pool, KEY, write_answers(tmp_path / "reponses.csv", rows, headings))
    sentence = explain(caught.value, "fr")
    assert "ligne 2, colonne «\u00a0Code postal (3 premiers caractères)\u00a0»" in sentence
    assert "H2X" not in sentence


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_template_is_read_once_filled(
    pool: Pool, tmp_path: Path, lang: str, ending: str
) -> None:
    """Each answer that a template lists is understood, in its language."""
    file = tmp_path / f"modele.{ending}"
    width = template("questionnaire", ending, lang, file)
    explained = list_explained(lang)
    headings = [row[0] for row in explained]
    assert len(headings) == width
    choices = [row[2].split(" · ") for row in explained]
    longest = max(map(len, choices))
    rows = [
        [options[number % len(options)].rpartition(": ")[2] for options in choices]
        for number in range(longest)
    ]
    for row in rows:
        row[1] = "1"
    if ending == "csv":
        with file.open("r", encoding="utf-8-sig") as stream:
            assert next(csv.reader(stream)) == headings
        write_answers(file, rows, tuple(headings))
    else:
        write_workbook(file, [Sheet("Réponses", [headings, *rows], {})])
    assert submit(pool, KEY, file).stored
    assert len(set(read_graph(pool).subjects(RDF.type, QB.Observation))) > longest


def list_explained(lang: str) -> list[list[str]]:
    """Return the explanations of the columns in the workbook."""
    from parvis.pooling.surveys import template_sheets  # noqa: PLC0415 - one test's

    return [list(row) for row in template_sheets(lang)[1].rows[1:]]
