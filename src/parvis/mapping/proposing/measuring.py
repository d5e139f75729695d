"""Where the figures of a table stand, and which measures they are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from parvis.i18n import N_, say
from parvis.mapping.proposing.facts import FigureFacts
from parvis.mapping.proposing.objects import DATATYPES, quote_yaml, reference
from parvis.mapping.proposing.proposals import ColumnProposal

WHICH = N_("which measure is it? the file’s name and titles tell: {names}")
NOTHING_TELLS = N_("which measure is it? nothing in the file tells")
TOLD = N_("as you told")
NO_FIGURE = N_("which column holds the figures? none is surely one")
WEAK = 0.6
"""A measure that neither the file's name nor its titles mention scores less."""
SHARE, BASE, SAMPLE = "parvis:firstTimeVisitors", "parvis:measureBase", "parvis:sampleSize"
FIGURE, STRATUM, COUNTED = "$(figure)", "stratum", "counted"


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
            look = f"[[value, {quote_yaml(self.by)}], [table, measures]]"
            call = f"function: fn:lookup, parameters: {look}"
            yield f"- {{p: qb:measureType, o: {{{call}, type: iri}}}}"
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
        words = [word for word, term in self.words if term == measure]
        lists = ", ".join(f"[list, {quote_yaml(word)}]" for word in words)
        condition = (
            f"{{function: fn:inList, parameters: [[value, {quote_yaml(self.by)}], {lists}]}}"
        )
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
    return _guess_measure(where, spread, facts)


def _set_measures_by_row(
    where: FigureLayout, by: str, words: Sequence[tuple[str, str]]
) -> FigureLayout:
    measures = tuple(dict.fromkeys(term for _, term in words))
    return replace(where, measures=measures, by=by, words=tuple(words))


def _guess_measure(
    where: FigureLayout, spread: Sequence[ColumnProposal], facts: FigureFacts
) -> FigureLayout:
    if facts.measure:
        return replace(where, measures=(f"parvis:{facts.measure}",), note=TOLD)
    if not spread:
        return replace(where, measures=("parvis:attendance",), sure=False, note=NOTHING_TELLS)
    # The last candidate of a spread column is the dimension, the others are measures.
    names = tuple(candidate.term for candidate in spread[0].candidates[:-1])
    named_in_file = spread[0].candidates[0].score > WEAK
    note = WHICH if named_in_file else NOTHING_TELLS
    return replace(where, measures=names, sure=named_in_file and len(names) == 1, note=note)
