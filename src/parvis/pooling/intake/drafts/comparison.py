"""What a new file changes in a dataset, in words: things, totals of figures, columns."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from parvis.catalog.entries import Dataset
from parvis.catalog.ontology import last_segment, load_words
from parvis.i18n import LANGUAGES, N_, both, date_in_words, say_counts
from parvis.pooling.intake.examination import Examination
from parvis.pooling.intake.file_rules import add_up_figures
from parvis.pooling.pool import Pool
from parvis.pooling.report_model import Section
from parvis.pooling.versions import last_report, last_submission
from parvis.report import Report
from parvis.store.record.content import lines_of
from parvis.vocab.namespaces import SCHEMA

FIRST = 5
"""Things of each kind of change that are named."""
MOST_TOTALS = 40
NAME = f"<{SCHEMA.name}> ".encode()

COMPARED = N_("What changed since {file}:")
TITLES = {
    "added": N_("new: {count}"),
    "changed": N_("changed: {count}"),
    "gone": N_("gone: {count}"),
}
NAMED = N_("{change} ({names})")
SAME = N_("the same: {count}")
TOTAL = N_("{measure}, {period}: {before} before, {after} now")
NEW_COLUMNS = N_("new columns: {names}")
MISSING_COLUMNS = N_("columns that are no longer there: {names}")
SAME_FILE = N_("nothing: it says the same things")


@dataclass(frozen=True)
class FigureTotal:
    """The total of a measure in a period, before and now; 0 where there was or is none."""

    measure: Mapping[str, str]
    period: str
    before: float
    after: float


@dataclass(frozen=True)
class Comparison:
    """A new file of a dataset, compared with its last submission, which was of the file `former`.

    `counts` are how many things are ``added``, ``changed``, ``gone`` and the ``same``, `examples`
    the names of the first of each.
    """

    former: str
    counts: Mapping[str, int]
    examples: Mapping[str, tuple[str, ...]]
    totals: tuple[FigureTotal, ...] = ()
    new_columns: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()

    def section(self) -> Section:
        """Return the comparison in words."""
        sentences = {lang: list(self._lines(lang)) for lang in LANGUAGES}
        items = [
            dict(zip(LANGUAGES, pair, strict=True))
            for pair in zip(*sentences.values(), strict=True)
        ]
        return Section(both(COMPARED, file=self.former), items)

    def _lines(self, lang: str) -> Iterator[str]:
        for kind, template in TITLES.items():
            if count := self.counts[kind]:
                change = say_counts(lang, template, count=count)
                names = ", ".join(self.examples.get(kind, ()))
                if count > len(self.examples.get(kind, ())):
                    names += "…"
                yield say_counts(lang, NAMED, change=change, names=names) if names else change
        if self.counts["same"] and any(self.counts[kind] for kind in TITLES):
            yield say_counts(lang, SAME, count=self.counts["same"])
        for total in self.totals:
            yield say_counts(
                lang,
                TOTAL,
                measure=total.measure.get(lang, ""),
                period=date_in_words(lang, total.period),
                before=int(total.before),
                after=int(total.after),
            )
        for template, columns in (
            (NEW_COLUMNS, self.new_columns),
            (MISSING_COLUMNS, self.missing_columns),
        ):
            if columns:
                yield say_counts(lang, template, names=", ".join(columns))
        if not any(self.counts[kind] for kind in TITLES):
            yield say_counts(lang, SAME_FILE)


def compare_with_last(pool: Pool, dataset: Dataset, examination: Examination) -> Comparison | None:
    """Compare a file with a dataset's last submission; None where there is none, or it is refused.

    Nothing is compared with a file in which persons could be identified.
    """
    changes, version = examination.changes, pool.record.versions().get(dataset.graph)
    last, report = last_submission(pool, dataset), last_report(pool, dataset)
    if changes is None or version is None or last is None or examination.identifying:
        return None
    old, new = pool.record.read_lines(version), lines_of(examination.packed.path)
    examples = {kind: changes.examples.get(kind, [])[:FIRST] for kind in TITLES}
    names = _read_names(old, examples["gone"]) | _read_names(
        new, [*examples["added"], *examples["changed"]]
    )
    before = _list_columns(report) if report else []
    after = _list_columns(examination.report)
    return Comparison(
        last.file_name,
        {kind: getattr(changes, kind) for kind in (*TITLES, "same")},
        {
            k: tuple(names.get(iri, last_segment(iri)) for iri in iris)
            for k, iris in examples.items()
        },
        tuple(islice(_compare_totals(pool, dataset, examination), MOST_TOTALS)),
        tuple(name for name in after if before and name not in before),
        tuple(name for name in before if after and name not in after),
    )


def _list_columns(report: Report) -> list[str]:
    names = (name for columns in report.headings.values() for name in columns)
    return list(dict.fromkeys(names))


def _read_names(lines: Iterable[bytes], iris: Iterable[str]) -> dict[str, str]:
    """Return the first name of each thing, from sorted lines of N-Triples."""
    subjects = {f"<{iri}>".encode(): iri for iri in iris}
    names: dict[str, str] = {}
    for line in lines if subjects else ():
        subject, _, statement = line.partition(b" ")
        if subject in subjects and statement.startswith(NAME):
            text = statement.removeprefix(NAME).partition(b'"')[2].rpartition(b'"')[0]
            names.setdefault(subjects[subject], text.decode().replace('\\"', '"'))
    return names


def _compare_totals(
    pool: Pool, dataset: Dataset, examination: Examination
) -> Iterator[FigureTotal]:
    """Yield the totals that differ, by measure and period."""
    version = pool.record.versions()[dataset.graph]
    former = add_up_figures(pool.record.read_lines(version))
    latter = add_up_figures(lines_of(examination.packed.path))
    words = load_words()
    for measure, period in sorted(former.keys() | latter.keys()):
        before, after = former.get((measure, period), 0.0), latter.get((measure, period), 0.0)
        if before != after:
            yield FigureTotal(words.of_term(measure), last_segment(period), before, after)
