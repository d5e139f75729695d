"""Tables of figures on publics: where the figures stand, which measures they are, what to add up.

The usual forms of such tables are recognised by their headings.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from parvis.i18n import N_, say
from parvis.mapping.engine.values import InvalidValue, read_time
from parvis.mapping.language.document import REFERENCE
from parvis.mapping.language.plan import ValueFormat
from parvis.mapping.proposing import FigureFacts
from parvis.mapping.proposing.objects import (
    DATATYPES,
    quote_yaml,
    reference,
    write_call,
    write_list,
)
from parvis.mapping.proposing.proposals import EVENT, POSTAL, RESIDENCE, ColumnProposal

WHICH = N_("which measure is it? the file’s name and titles tell: {names}")
NOTHING_TELLS = N_("which measure is it? nothing in the file tells")
TOLD = N_("as you stated")
NO_FIGURE = N_("which column holds the figures? none is surely one")
WEAK = 0.6
"""A measure that neither the file's name nor its titles mention scores less."""
SHARE, BASE, SAMPLE = "parvis:firstTimeVisitors", "parvis:measureBase", "parvis:sampleSize"
FIGURE, STRATUM, COUNTED = "$(figure)", "stratum", "counted"
PERIOD = "parvis:refPeriod"
DIMENSIONS = {
    "parvis:refPeriod": "period",
    EVENT: "area",
    RESIDENCE: "area",
    "parvis:place": "place",
    "parvis:ageGroup": "age",
    "parvis:public": "public",
    "parvis:language": "language",
    "parvis:discipline": "discipline",
    "parvis:channel": "channel",
}

BY_AGE = N_("Its form: a table whose columns are ages or audiences.")
BY_MONTH = N_("Its form: a table whose columns are months or years.")
BY_POST = N_("Its form: tickets by postal code, of which the first three characters are kept.")
SURVEYED = N_("Its form: the counts of a survey.")
LONG = N_("Its form: a long table, one figure a row or one a measure.")


@dataclass(frozen=True)
class FigureLayout:
    """Where figures stand (`figure`, a reference) and which measures they are.

    `unpivot` are the columns that become rows, under the name `name`. `measures` are the possible
    measures; where rows differ, `by` refers to the field that names the measure, in the words of
    `words`. `sure` says that it may be written without asking, for the reason in `note` and
    `names`.
    """

    figure: str = ""
    unpivot: tuple[str, ...] = ()
    name: str = STRATUM
    measures: tuple[str, ...] = ()
    by: str = ""
    words: tuple[tuple[str, str], ...] = ()
    sure: bool = True
    note: str = ""
    datatype: str = DATATYPES["integer"]
    base: str = ""
    columns: frozenset[str] = field(default_factory=frozenset)

    @property
    def tables(self) -> Iterator[str]:
        """Write the table of measures by the words for them, a line each."""
        if self.by:
            pairs = ", ".join(f"{quote_yaml(word)}: {term}" for word, term in self.words)
            yield f"  measures: {{{pairs}}}"

    def lines(self, lang: str) -> Iterator[str]:
        """Write the measure and its figure, commented out where they are not sure."""
        if not self.figure:
            yield f"# - [qb:measureType, parvis:…~iri]  # {say(lang, NO_FIGURE)}"
        elif self.by:
            word = ("value", quote_yaml(self.by))
            measure = write_call("lookup", word, ("table", "measures"), type="iri")
            yield f"- {{p: qb:measureType, o: {measure}}}"
            for term in self.measures:
                yield self._write_conditional(term, term, self.figure)
                if term == SHARE and self.base:
                    yield self._write_conditional(BASE, term, self.base)
        else:
            mark = "-" if self.sure else "# -"
            note = say(lang, self.note, names=", ".join(self.measures)) if self.note else ""
            for term in self.measures:
                yield f"{mark} [qb:measureType, {term}~iri]"
                line = f"{mark} [{term}, {quote_yaml(self.figure)}, {self.datatype}]"
                yield f"{line}  # {note}" if note else line
            if self.base and self.measures == (SHARE,):
                yield f"{mark} [{BASE}, {quote_yaml(self.base)}, {self.datatype}]"

    def _write_conditional(self, predicate: str, measure: str, value: str) -> str:
        words = [("list", quote_yaml(word)) for word, term in self.words if term == measure]
        condition = write_call("inList", ("value", quote_yaml(self.by)), *words)
        literal = f"{{value: {quote_yaml(value)}, datatype: {self.datatype}}}"
        return f"- {{p: {predicate}, o: {literal}, condition: {condition}}}"


def locate_figures(proposed: Sequence[ColumnProposal], facts: FigureFacts) -> FigureLayout:
    """Find where the figures stand: in columns of strata or measures, or in one column."""
    spread = [proposal for proposal in proposed if proposal.spread]
    measure_names = [proposal for proposal in proposed if proposal.measures][:1]
    sure = [proposal for proposal in proposed if proposal.sure and proposal.best]
    # The likeliest column of each measure comes last, so that it is the one kept.
    counting = sorted(
        (proposal for proposal in sure if proposal.counts),
        key=lambda proposal: proposal.best.score if proposal.best else 0,
    )
    by_measure = list({p.best.term: p for p in counting if p.best}.values())
    valued = [proposal for proposal in proposed if proposal.figure][:1]
    base = next((p for p in sure if p.best and p.best.term == BASE), None)
    columns = spread or (valued if measure_names or not by_measure else by_measure)
    rows = tuple(p.column.name for p in columns) if spread or len(columns) > 1 else ()
    kinds = {proposal.kind.name for proposal in columns}
    where = FigureLayout(
        figure=FIGURE if rows else reference(columns[0].column.name) if columns else "",
        unpivot=rows,
        name=STRATUM if spread else COUNTED,
        datatype=DATATYPES["decimal" if "decimal" in kinds else "integer"],
        base=reference(base.column.name) if base else "",
        columns=frozenset(
            p.column.name for p in [*columns, *measure_names, *([base] if base else ())]
        ),
    )
    if measure_names:
        name = measure_names[0]
        return _set_measures_by_row(where, reference(name.column.name), name.measures)
    own = [] if spread or valued == columns else by_measure
    terms = [(proposal.column.name, proposal.best.term) for proposal in own if proposal.best]
    if len(terms) > 1:
        return _set_measures_by_row(where, f"$({COUNTED})", terms)
    if terms:
        return replace(where, measures=(terms[0][1],))
    return _guess_measure(where, spread, valued, facts)


def _set_measures_by_row(
    where: FigureLayout, by: str, words: Sequence[tuple[str, str]]
) -> FigureLayout:
    measures = tuple(dict.fromkeys(term for _, term in words))
    return replace(where, measures=measures, by=by, words=tuple(words))


def _guess_measure(
    where: FigureLayout,
    spread: Sequence[ColumnProposal],
    valued: Sequence[ColumnProposal],
    facts: FigureFacts,
) -> FigureLayout:
    if facts.measure:
        return replace(where, measures=(f"parvis:{facts.measure}",), note=TOLD)
    if not spread:
        mentioned = [c.term for p in valued if p.counts for c in p.candidates if c.score <= WEAK]
        if len(mentioned) == 1:
            return replace(where, measures=tuple(mentioned), note=WHICH)
        return replace(where, measures=("parvis:attendance",), sure=False, note=NOTHING_TELLS)
    # The last candidate of a spread column is the dimension, the others are measures.
    names = tuple(candidate.term for candidate in spread[0].candidates[:-1])
    named_in_file = spread[0].candidates[0].score > WEAK
    note = WHICH if named_in_file else NOTHING_TELLS
    return replace(where, measures=names, sure=named_in_file and len(names) == 1, note=note)


def dimension_of(proposal: ColumnProposal) -> str | None:
    """Return the dimension that a column surely is, if it is one."""
    best = proposal.best
    return best.term if proposal.sure and best and best.term in DIMENSIONS else None


def form_of(proposed: Sequence[ColumnProposal]) -> str:
    """Return the message that names the form of a table of figures."""
    spread = {proposal.spread for proposal in proposed if proposal.spread}
    area_kinds = {
        proposal.kind.name for proposal in proposed if dimension_of(proposal) == RESIDENCE
    }
    sure_terms = {proposal.best.term for proposal in proposed if proposal.best and proposal.sure}
    if spread:
        return BY_MONTH if spread == {PERIOD} else BY_AGE
    if area_kinds & {*POSTAL}:
        return BY_POST
    return SURVEYED if sure_terms & {SAMPLE, BASE} else LONG


# Files that list each order or each day: which rows are parts of one figure, to be added up.

PERIOD_FIELD = "period"
ADDITIVE = frozenset(
    f"parvis:{name}" for name in ("attendance", "tickets", "visits", "loans", "firstTimeVisitors")
)
"""Measures that may be added up; others would count a household several times."""
MONTH = len("2026-01")


def find_date_column(proposed: Sequence[ColumnProposal]) -> ColumnProposal | None:
    """Return the column of dates the figures are of: the likeliest start, none if two tie."""
    scored = [
        (proposal.best.score, proposal)
        for proposal in proposed
        if proposal.kind.name in {"date", "dateTime"}
        and proposal.best
        and not proposal.kind.ambiguous
    ]
    likeliest = sorted(scored, key=lambda pair: -pair[0])
    tied = len(likeliest) > 1 and likeliest[0][0] == likeliest[1][0]
    return likeliest[0][1] if likeliest and not tied else None


def month_field(dates: ColumnProposal) -> str:
    """Write the field that computes the month of a column of dates, as periods have it."""
    day = write_call("date", ("value", quote_yaml(reference(dates.column.name))))
    month = write_call("replace", ("value", day), ("pattern", r"'-\d\d$'"), ("by", '""'))
    return f"{PERIOD_FIELD}: {month}"


def write_sum(columns: Sequence[str], by: Iterable[str], mappings: Iterable[str]) -> str:
    """Write which columns are added up by which, for mappings that are written."""
    # Whatever else the mappings read tells lines apart, or is the same for them.
    lines = (line for line in mappings if not line.lstrip().startswith("#"))
    names = dict.fromkeys((*by, *REFERENCE.findall("\n".join(lines))))
    keys = [name for name in names if name not in columns]
    return f"{{columns: {write_list(columns)}, by: {write_list(keys)}}}"


def find_summed_columns(
    proposed: Sequence[ColumnProposal],
    measured: FigureLayout,
    by: Sequence[str],
    when: ColumnProposal | None,
) -> tuple[str, ...]:
    """Return the columns to add up, none where each row is a figure of its own.

    `by` are the columns that distinguish figures, `when` the column of dates.
    """
    if measured.unpivot or not measured.sure or not set(measured.measures) <= ADDITIVE:
        return ()
    key_columns = [p.column.values for p in proposed if p.column.name in by]
    if when:
        reading = ValueFormat(dateformats=when.kind.forms)

        def month(value: str) -> str:
            try:
                return read_time(value, reading).isoformat()[:MONTH]
            except InvalidValue:
                return value

        key_columns.append(tuple(map(month, when.column.values)))
    keys = list(zip(*key_columns, strict=False))
    if not key_columns or len(set(keys)) == len(keys):
        return ()
    descriptions = [p.column.values for p in proposed if p.column.name not in measured.columns]
    # Rows equal in all columns are not parts of one figure: such a file is left to be refused.
    if len(set(zip(*descriptions, strict=False))) < len(keys):
        return ()
    measure_names = {p.column.name for p in proposed if p.measures}
    return tuple(sorted(measured.columns - measure_names))
