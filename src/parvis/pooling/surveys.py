"""Surveys: the shared questionnaire, its template, and the estimates made of a file of answers.

The answers of persons are counted as soon as a file of them is received, and what goes on from
there, and is stored, is a file of estimates: `catalog/recipes/survey.yml` reads it.
"""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from rdflib import URIRef
from rdflib.namespace import SKOS

from parvis.catalog.codelists import list_questions, scheme
from parvis.catalog.ontology import code_list, concepts, last_segment
from parvis.errors import SourceError
from parvis.i18n import LANGUAGES, N_, both, say
from parvis.mapping.concepts import fold_text
from parvis.mapping.engine.converter import Converter
from parvis.mapping.screening.answers import PERIOD, WEIGHT
from parvis.rdf.literals import read_texts
from parvis.vocab.namespaces import CONCEPT, PARVIS

if TYPE_CHECKING:
    from parvis.report.tables import Sheet

RESIDENCE = "residence"
QUESTIONNAIRE = "questionnaire"
PERIODS, WEIGHTS = N_("Period"), N_("Weight")
FIXED = {PERIOD: PERIODS, WEIGHT: WEIGHTS}
"""The headings of the columns that are no question, by the column."""
COLUMNS = (
    *("period", "question", "answer_list", "answer", "estimate"),
    *("respondents", "sample_size", "effective_sample_size", "margin_of_error"),
)
"""The headings of a file of estimates, by which its recipe recognises it."""

PLACE = N_("row {row}, column “{heading}”: {reason}")
SHEET_PLACE = N_("sheet “{sheet}”, row {row}, column “{heading}”: {reason}")
NO_WEIGHT = N_("a weight is a number above zero, in each row or in none")
NO_PERIOD = N_("a period is a year, a season or a month: 2026, 2025-2026, 2026-03")
NO_ANSWER = N_("the answer is none of those of the question; leave it empty if there is none")
WRONG = N_("{file}: no answer was taken. {problems} ({count} in all). Correct the file, try again")
NOBODY = N_("{file} holds the headings of the questionnaire, and no answer under them")

DATA, ANSWERS = N_("Answers"), N_("What to write")
QUESTION, WORDS, CHOICES = N_("Column"), N_("Question"), N_("Answers to choose from")
PERIOD_WORDS = N_("The year, season or month of the visit.")
WEIGHT_WORDS = N_(
    "How many persons of your audience each one stands for; empty in all rows without weights."
)
POSTAL = N_("The first three characters of a postal code, or:")
LISTED = 255
"""The longest list that a spreadsheet cell can propose, in characters (ECMA-376: formula1)."""


def answer_label(answer: str) -> dict[str, str]:
    """Return the labels of an answer, by language."""
    return scheme(answer.removeprefix(CONCEPT).partition("/")[0]).label(answer)


@cache
def describe_headings() -> dict[str, Any]:
    """Return the headings of the questionnaire, by which a file of answers is recognised."""
    columns = {
        fold_text(text): column
        for column, heading in FIXED.items()
        for text in (*both(heading).values(), column)
    }
    for question in list_questions():
        code = last_segment(question)
        headings = (code, *scheme(QUESTIONNAIRE).label(question).values())
        columns |= dict.fromkeys(map(fold_text, headings), code)
    return {"columns": columns, "choices": {}, "prefixes": {}, "residence": RESIDENCE}


@cache
def describe_questionnaire() -> dict[str, Any]:
    """Return the questionnaire as the process that counts reads it."""
    choices = {
        PERIOD: {
            text: last_segment(concept)
            for text, concept in concepts().schemes[PERIOD].items()
            if last_segment(concept) != "total"
        },
        WEIGHT: {},
    }
    for question, answers in list_questions().items():
        code = last_segment(question)
        choices[code] = {}
        for answer in answers:
            path = answer.removeprefix(CONCEPT)
            graph = code_list(path.partition("/")[0])
            labels = (graph.objects(URIRef(answer), p) for p in (SKOS.altLabel, SKOS.prefLabel))
            texts = [str(label) for kind in labels for label in kind]
            choices[code] |= {fold_text(text): path for text in (*texts, last_segment(answer))}
    options = list_questions()[f"{CONCEPT}{QUESTIONNAIRE}/{RESIDENCE}"]
    prefixes = {}
    for area, prefix in code_list("area").subject_objects(PARVIS.postalPrefix):
        # A prefix that several regions share is of none of them.
        known = str(area) if str(area) in options else f"{CONCEPT}area/unknown"
        prefixes[str(prefix)] = known.removeprefix(CONCEPT)
    return describe_headings() | {"choices": choices, "prefixes": prefixes}


@contextmanager
def as_estimates(converter: Converter, file: Path) -> Iterator[Path]:
    """Yield a file of estimates, as long as the block lasts, for one of answers; any other as is.

    Raises `SourceError` with the rows and columns that are wrong: then no answer is taken.
    """
    # Few files are of answers: the others need no more than the headings.
    counts = None
    if file.is_file() and converter.tally(file, describe_headings()) is not None:
        counts = converter.tally(file, describe_questionnaire())
    if counts is None:
        yield file
        return
    if counts["problems"]:
        raise SourceError(
            WRONG,
            file=file.name,
            problems=_describe_problems(counts),
            count=counts["problem_count"],
        )
    if not counts["sums"]:
        raise SourceError(NOBODY, file=file.name)
    from parvis.statistics.surveys import (  # noqa: PLC0415 - numpy, which only surveys need
        AnswerKey,
        AnswerSums,
        estimate_shares,
    )

    sums = {AnswerKey(*row[:3]): AnswerSums(*row[3:]) for row in counts["sums"]}
    with TemporaryDirectory(prefix="parvis-") as folder:
        estimates = Path(folder) / f"{file.name.partition('.')[0]}-estimates.csv"
        with estimates.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(COLUMNS)
            for key, value in estimate_shares(sums).items():
                numbers = (value.share, value.margin)
                share, margin = (f"{100 * number:.2f}" for number in numbers)
                sizes = (value.respondents, value.sample, f"{value.effective:.1f}", margin)
                path = key.answer.split("/")
                writer.writerow([key.period, key.question, *path, share, *sizes])
        yield estimates


def _describe_problems(counts: dict[str, Any]) -> dict[str, str]:
    """Return where a file is wrong, in each language."""
    reasons = {PERIOD: NO_PERIOD, WEIGHT: NO_WEIGHT}
    template = SHEET_PLACE if counts["sheet"] else PLACE
    return {
        lang: "; ".join(
            say(
                lang,
                template,
                sheet=counts["sheet"],
                row=problem["row"],
                heading=problem["heading"],
                reason=say(lang, reasons.get(problem["column"], NO_ANSWER)),
            )
            for problem in counts["problems"]
        )
        for lang in LANGUAGES
    }


def template_sheets(lang: str) -> "list[Sheet]":
    """Return the table to fill in, a row for each respondent, and what to write in each column."""
    # A conversion, which writes no workbook, starts faster without what writes them.
    from parvis.report.tables import Sheet  # noqa: PLC0415

    headings = [say(lang, heading) for heading in FIXED.values()]
    explained = [[say(lang, text) for text in (QUESTION, WORDS, CHOICES)]]
    explained.append([headings[0], say(lang, PERIOD_WORDS), "2026 · 2025-2026 · 2026-03"])
    explained.append([headings[1], say(lang, WEIGHT_WORDS), "1 · 0.85"])
    choices: dict[int, list[str]] = {}
    for position, (question, answers) in enumerate(list_questions().items(), len(headings)):
        heading = scheme(QUESTIONNAIRE).label(question)[lang]
        labels = [answer_label(answer)[lang] for answer in answers]
        words = read_texts(code_list(QUESTIONNAIRE), URIRef(question), SKOS.definition)[lang]
        listed = " · ".join(labels)
        if last_segment(question) == RESIDENCE:
            listed = f"{say(lang, POSTAL)} {listed}"
        elif len(",".join(labels)) <= LISTED:
            choices[position] = labels
        headings.append(heading)
        explained.append([heading, words, listed])
    return [
        Sheet(say(lang, DATA), [headings], dict(choices)),
        Sheet(say(lang, ANSWERS), explained, {}),
    ]
