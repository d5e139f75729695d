"""The outcome for a partner's file, in words and as data."""

from collections import defaultdict
from collections.abc import Iterator

from parvis.catalog.ontology import load_words
from parvis.i18n import LANGUAGES, N_, both, choose_text, say_counts
from parvis.mapping.proposing.dormant import AnswerableQuestions
from parvis.pooling.intake.submit import Outcome
from parvis.pooling.report_model import ReportModel, Section
from parvis.report import Report
from parvis.vocab.namespaces import PREFIXES

READ = N_("rows read: {rows}; rows with errors: {errors}")
CHANGES = N_("things since the last submission: added {added}, changed {changed}, gone {gone}")
UNCHANGED = N_("unchanged: the same file and mapping as the last time; nothing was done")
KEPT = N_("accepted: this is now the content of {dataset}; next: parvis publish")
WOULD = N_("would be accepted; nothing was stored")
WAITS = N_(
    "waits for the steward’s approval, for a reason that the report gives; nothing was stored:"
    " parvis submit --approve lets it in"
)
REFUSED = N_("refused: nothing was changed")
TOO_MANY = N_(
    "refused because too many rows are in error: {errors} of {rows}, and {most} at most may be;"
    " mend what concerns the most rows first"
)
RECOGNISED = N_("recognised: {recipe}")
LEFT_OUT = N_(
    "left out for a broken rule, with what links to it: {count}; mend it, then send the file again"
)
NEEDS = N_("Before this file can be submitted:")
ANSWERS = N_("What this file could already answer:")
UNLOCKS = N_("What one more column would unlock:")
COLUMN = N_("“{column}”: {questions}")
UNUSED = N_("Columns that the mapping does not use; what they hold does not enter:")
NAMED = N_("{table}: {columns}")
AND_MORE = N_("{table}: {columns} and {count} more")
MOST = 20
"""How many unused columns of a table are named."""


def account_of(outcome: Outcome, subject: str = "") -> ReportModel:
    """Return a file's report with what it changes, and the verdict.

    The subject is by default the dataset.
    """
    report, changes = outcome.report, outcome.changes
    facts = [both(RECOGNISED, recipe=outcome.recipe)] if outcome.recipe else []
    facts.append(say_in_both(READ, rows=report.rows, errors=report.row_errors))
    if report.left_out:
        facts.append(say_in_both(LEFT_OUT, count=report.left_out))
    if report.has_too_many_errors(outcome.threshold):  # the cause of the refusal comes first
        most = int(outcome.threshold * report.rows)
        cause = say_in_both(TOO_MANY, errors=report.row_errors, rows=report.rows, most=most)
        facts.insert(0, cause)
    if changes is not None:
        counts = {"added": changes.added, "changed": changes.changed, "gone": changes.gone}
        facts.append(say_in_both(CHANGES, **counts))
    if not outcome.accepted:
        verdict = REFUSED
    elif outcome.unchanged:
        verdict = UNCHANGED
    elif outcome.wants_approval and not outcome.stored:
        verdict = WAITS
    else:
        verdict = KEPT if outcome.stored else WOULD
    return ReportModel(
        subject=subject or str(outcome.key),
        report=report,
        good=outcome.accepted,
        verdict=both(verdict, dataset=outcome.key),
        facts=facts,
        since=outcome.since,
        sections=[
            *([outcome.comparison.section()] if outcome.comparison else []),
            *needs_of(outcome),
            *unused_columns(report),
            *sections_of(outcome.answers),
        ],
        data=outcome.to_json(),
    )


def needs_of(outcome: Outcome) -> Iterator[Section]:
    """Yield what the dataset lacks besides a good file."""
    if outcome.needs:
        yield Section(say_in_both(NEEDS), [dict(need) for need in outcome.needs])


def unused_columns(report: Report) -> Iterator[Section]:
    """Yield the columns that the mapping does not use; sheets with the same ones, together."""
    tables: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for table, columns in report.unused_columns.items():
        tables[tuple(columns)].append(table)
    if tables and not report.is_hopeless:
        sentences = []
        for headings, names in tables.items():
            more = max(len(headings) - MOST, 0)
            fields = {"table": ", ".join(names), "columns": ", ".join(headings[:MOST])}
            sentences.append(say_in_both(AND_MORE if more else NAMED, **fields, count=more))
        yield Section(say_in_both(UNUSED), sentences)


def sections_of(answers: AnswerableQuestions | None) -> Iterator[Section]:
    """Yield the questions that the data can answer, and the columns that would unlock others."""
    if answers is None:
        return
    if answers.answerable:
        yield Section(say_in_both(ANSWERS), [question.text for question in answers.answerable])
    if answers.unlocked:
        sentences = []
        for need, questions in answers.columns:
            # A column is labelled by the properties that it may hold.
            pairs = (name.partition(":") for name in need)
            terms = [f"{PREFIXES[prefix]}{term}" for prefix, _, term in pairs]
            sentence = {}
            for lang in LANGUAGES:
                labels = dict.fromkeys(choose_text(lang, load_words().of_term(t)) for t in terms)
                texts = " ".join(question.text[lang] for question in questions)
                sentence[lang] = say_counts(
                    lang, COLUMN, column=" / ".join(labels), questions=texts
                )
            sentences.append(sentence)
        yield Section(say_in_both(UNLOCKS), sentences)


def say_in_both(template: str, **fields: object) -> dict[str, str]:
    # Not `both`: whole numbers are counts, written as the language does.
    return {lang: say_counts(lang, template, **fields) for lang in LANGUAGES}
