"""Where the figures of a table stand, and what they count."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from parvis.i18n import N_, say
from parvis.mapping.proposing.facts import Facts
from parvis.mapping.proposing.objects import DATATYPES, quoted, reference
from parvis.mapping.proposing.proposals import Proposal

WHICH = N_("which measure is it? the file’s name and titles tell: {names}")
NOTHING_TELLS = N_("which measure is it? nothing in the file tells")
TOLD = N_("as you told")
NO_FIGURE = N_("which column holds the figures? none is surely one")
WEAK = 0.6
"""A measure that nothing speaks of scores less."""
SHARE, BASE, SAMPLE = "parvis:firstTimeVisitors", "parvis:measureBase", "parvis:sampleSize"
FIGURE, STRATUM, COUNTED = "$(figure)", "stratum", "counted"


@dataclass(frozen=True)
class Measured:
    """Where figures stand (`figure`, a reference) and what they count.

    `unpivot` are the columns that become rows, under the name `name`. `measures` are what may be
    counted; by `by`, a reference, each row tells which, in the words of `words`. `sure` says that
    it may be written without asking, for the reason that `note` and `names` tell.
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
            pairs = ", ".join(f"{quoted(word)}: {term}" for word, term in self.words)
            yield f"  measures: {{{pairs}}}"

    def lines(self, lang: str) -> Iterator[str]:
        """Write the measure and its figure, commented out where they are not sure."""
        if not self.figure:
            yield f"# - [qb:measureType, parvis:…~iri]  # {say(lang, NO_FIGURE)}"
        elif self.by:
            yield from self._by_row()
        else:
            mark = "-" if self.sure else "# -"
            note = say(lang, self.note, names=", ".join(self.measures)) if self.note else ""
            for term in self.measures:
                yield f"{mark} [qb:measureType, {term}~iri]"
                line = f"{mark} [{term}, {quoted(self.figure)}, {self.datatype}]"
                yield f"{line}  # {note}" if note else line
            if self.base and self.measures == (SHARE,):
                yield f"{mark} [{BASE}, {quoted(self.base)}, {self.datatype}]"

    def _by_row(self) -> Iterator[str]:
        """Write each measure under the condition that the row tells of it."""
        look = f"[[value, {quoted(self.by)}], [table, measures]]"
        yield f"- {{p: qb:measureType, o: {{function: fn:lookup, parameters: {look}, type: iri}}}}"
        for term in self.measures:
            yield self._if(term, term, self.figure)
            if term == SHARE and self.base:
                yield self._if(BASE, term, self.base)

    def _if(self, step: str, measure: str, value: str) -> str:
        """Write a value that rows of one measure have."""
        words = [word for word, term in self.words if term == measure]
        told = ", ".join(f"[list, {quoted(word)}]" for word in words)
        when = f"{{function: fn:inList, parameters: [[value, {quoted(self.by)}], {told}]}}"
        what = f"{{value: {quoted(value)}, datatype: {self.datatype}}}"
        return f"- {{p: {step}, o: {what}, condition: {when}}}"


def measured(proposed: Sequence[Proposal], facts: Facts) -> Measured:
    """Find where the figures stand: in columns of strata or measures, or in one column."""
    spread = [one for one in proposed if one.spread]
    named = [one for one in proposed if one.measures][:1]
    own = list({one.best.term: one for one in _counting(proposed) if one.best}.values())
    valued = [one for one in proposed if one.figure][:1]
    base = next((one for one in proposed if _is(one, BASE)), None)
    held = spread or (valued if named or not own else own)
    rows = tuple(one.column.name for one in held) if spread or len(held) > 1 else ()
    kinds = {one.kind.name for one in held}
    where = Measured(
        figure=FIGURE if rows else reference(held[0].column.name) if held else "",
        unpivot=rows,
        name=STRATUM if spread else COUNTED,
        datatype=DATATYPES["decimal" if "decimal" in kinds else "integer"],
        base=reference(base.column.name) if base else "",
        columns=frozenset(one.column.name for one in [*held, *named, *([base] if base else ())]),
    )
    return _counted(where, named, [] if spread or valued == held else own, spread, facts)


def _counted(
    where: Measured,
    named: Sequence[Proposal],
    own: Sequence[Proposal],
    spread: Sequence[Proposal],
    facts: Facts,
) -> Measured:
    """Say what they count: as a column, the headings, the partner or the file's name tell."""
    terms = [(one.column.name, one.best.term) for one in own if one.best]
    if named:
        return _by(where, reference(named[0].column.name), named[0].measures)
    if len(terms) > 1:
        return _by(where, f"$({COUNTED})", terms)
    if terms:
        return _of(where, (terms[0][1],), sure=True)
    if facts.measure:
        return _of(where, (f"parvis:{facts.measure}",), sure=True, note=TOLD)
    if not spread:
        return _of(where, ("parvis:attendance",), sure=False, note=NOTHING_TELLS)
    names = tuple(one.term for one in spread[0].candidates[:-1])
    told = spread[0].candidates[0].score > WEAK
    note = WHICH if told else NOTHING_TELLS
    return _of(where, names, sure=told and len(names) == 1, note=note)


def _by(where: Measured, by: str, words: Sequence[tuple[str, str]]) -> Measured:
    measures = tuple(dict.fromkeys(term for _, term in words))
    return replace(where, measures=measures, by=by, words=tuple(words))


def _of(where: Measured, measures: tuple[str, ...], *, sure: bool, note: str = "") -> Measured:
    return replace(where, measures=measures, sure=sure, note=note)


def _counting(proposed: Sequence[Proposal]) -> Iterator[Proposal]:
    """Give the columns that are surely figures of a measure, the likeliest of each last."""
    found = [one for one in proposed if one.counts and one.sure]
    return iter(sorted(found, key=lambda one: one.best.score if one.best else 0))


def _is(one: Proposal, term: str) -> bool:
    return bool(one.sure and one.best and one.best.term == term)
