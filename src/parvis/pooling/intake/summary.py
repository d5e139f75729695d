"""What came of a partner's file, told to people and to programs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from parvis.catalog.ontology import words
from parvis.i18n import LANGUAGES, N_, counted
from parvis.mapping.proposing import Dormant
from parvis.pooling.intake.submit import Outcome
from parvis.pooling.report_model import Account, Section
from parvis.report import Report
from parvis.report.report import ROWS
from parvis.vocab.namespaces import PREFIXES

CHANGES = N_("since the last submission: {added} entities added, {changed} changed, {gone} gone")
UNCHANGED = N_("unchanged: the same file and mapping as the last time; nothing was done")
KEPT = N_("accepted: {triples} facts are now the content of {dataset}; next: parvis publish")
WOULD = N_("would be accepted: {triples} facts; nothing was stored")
WAITS = N_(
    "waits for the steward’s approval, since it speaks of what is another’s to describe; nothing"
    " was stored: parvis submit --approve lets it in"
)
REFUSED = N_("refused: nothing was changed")
TOO_MANY = N_(
    "rows in error: {errors} of {rows}, and {most} at most may be (parvis:errorThreshold of the"
    " record)"
)
ANSWERS = N_("What this file could already answer:")
UNLOCKS = N_("What one more column would unlock:")
COLUMN = N_("“{column}”: {questions}")
UNUSED = N_("Columns that the mapping does not use; what they hold does not enter:")
NAMED = N_("{table}: {columns}")
AND_MORE = N_("{table}: {columns} and {count} more")
MOST = 20
"""Unused columns of a table that are named."""


def account_of(outcome: Outcome) -> Account:
    """Tell what came of a file: its report, what it changes, and the verdict."""
    report, changes = outcome.report, outcome.changes
    facts = [rows_of(report), *too_many(report, outcome.threshold)]
    if changes is not None:
        counts = {"added": changes.added, "changed": changes.changed, "gone": changes.gone}
        facts.append(_both(CHANGES, **counts))
    return Account(
        subject=str(outcome.key),
        report=report,
        good=outcome.accepted,
        verdict=_both(_verdict(outcome), triples=report.triples, dataset=outcome.key),
        facts=facts,
        since=outcome.since,
        sections=[*unused(report), *sections_of(outcome.dormant)],
        data=outcome.to_json(),
    )


def rows_of(report: Report) -> dict[str, str]:
    """Tell how much was read and written."""
    return _both(ROWS, rows=report.rows, triples=report.triples, errors=report.row_errors)


def too_many(report: Report, threshold: float) -> list[dict[str, str]]:
    """Tell that more rows are in error than may be, if that is so: the file is refused for it."""
    if not report.has_too_many_errors(threshold):
        return []
    most = int(threshold * report.rows)
    return [_both(TOO_MANY, errors=report.row_errors, rows=report.rows, most=most)]


def unused(report: Report) -> Iterator[Section]:
    """Tell which columns of a file stay where they are; sheets that are alike, together."""
    tables: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for table, columns in report.unused.items():
        tables[tuple(columns)].append(table)
    if tables and not report.is_hopeless:
        told = [_names(", ".join(alike), columns) for columns, alike in tables.items()]
        yield Section(_both(UNUSED), told)


def _names(table: str, columns: Sequence[str]) -> dict[str, str]:
    """Name the columns of a table, or the first of many."""
    template, more = (AND_MORE, len(columns) - MOST) if len(columns) > MOST else (NAMED, 0)
    return _both(template, table=table, columns=", ".join(columns[:MOST]), count=more)


def sections_of(found: Dormant | None) -> Iterator[Section]:
    """Tell which questions the data can answer, and which column would unlock others."""
    if found is None:
        return
    if found.answerable:
        yield Section(_both(ANSWERS), [question.text for question in found.answerable])
    if found.unlocked:
        yield Section(
            _both(UNLOCKS),
            [
                {
                    lang: counted(
                        lang,
                        COLUMN,
                        column=column_in(need, lang),
                        questions=" ".join(question.text[lang] for question in questions),
                    )
                    for lang in LANGUAGES
                }
                for need, questions in found.columns
            ],
        )


def column_in(need: Iterable[str], lang: str) -> str:
    """Name a column by what it would hold; any one of its properties does."""
    pairs = (name.partition(":") for name in need)
    labels = (words().of_term(f"{PREFIXES[prefix]}{rest}") for prefix, _, rest in pairs)
    return " / ".join(dict.fromkeys(one.get(lang) or one["en"] for one in labels))


def _verdict(outcome: Outcome) -> str:
    """Choose the sentence that says what came of a file."""
    if not outcome.accepted:
        return REFUSED
    if outcome.unchanged:
        return UNCHANGED
    if outcome.wants_approval and not outcome.stored:
        return WAITS
    return KEPT if outcome.stored else WOULD


def _both(template: str, **fields: object) -> dict[str, str]:
    """Say something with its counts in both languages."""
    return {lang: counted(lang, template, **fields) for lang in LANGUAGES}
