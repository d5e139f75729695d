"""Tables of figures whose columns are ages, publics, months or years: one observation a cell."""

from collections.abc import Iterator
from dataclasses import dataclass

from parvis.i18n import N_, say
from parvis.mapping.proposing.objects import DATATYPES
from parvis.mapping.proposing.proposals import Proposal, label_of
from parvis.mapping.proposing.sampling import Sample
from parvis.mapping.proposing.text import quoted
from parvis.mapping.proposing.vocabulary import Vocabulary

PERIOD = "parvis:refPeriod"
DIMENSIONS = {
    "parvis:refPeriod": "period",
    "parvis:refArea": "area",
    "parvis:place": "place",
    "parvis:ageGroup": "age",
    "parvis:public": "public",
    "parvis:language": "language",
    "parvis:discipline": "discipline",
    "parvis:channel": "channel",
}
NOT_SPREAD = N_("not broken down: to be confirmed")
WHICH = N_("which measure is it? the file’s name and titles tell: {names}")
NOTHING_TELLS = N_("which measure is it? nothing in the file tells")
HOW = N_("how were these figures made?")
WHEN = N_("the period these figures are of")
CUBE = N_("the cube these figures belong to")
UNKNOWN = N_("this column has no concept of its own name: to be filled in")
ALONE = N_("its figures stand in columns of their own")


@dataclass(frozen=True)
class Strata:
    """What the unpivoted columns mean: fields computed for each row, and lines of tables."""

    fields: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()


def spread_columns(proposed: list[Proposal]) -> list[str]:
    """Name the columns that become rows: those that differ by the commonest dimension's kind."""
    return [one.column.name for one in proposed if one.spread]


def strata(proposed: list[Proposal], vocabulary: Vocabulary, lang: str) -> Strata:
    """Say what each spread column means, as far as the code lists know."""
    spread = [one for one in proposed if one.spread]
    if not spread:
        return Strata()
    if all(one.spread == PERIOD for one in spread):
        return _periods([one.column.name for one in spread])
    rows: list[str] = ["tables:", "  strata:"]
    known = False
    for one in spread:
        row, sure = _stratum(one.column.name, vocabulary)
        known |= sure
        rows.append(f"    {row}" if sure else f"    # {row}  # {say(lang, UNKNOWN)}")
    if not known:
        return Strata()
    return Strata((), tuple(rows), ("parvis:ageGroup", "parvis:public"))


def _stratum(name: str, vocabulary: Vocabulary) -> tuple[str, bool]:
    """Write a column's age and public; one that is neither for sure is left to be filled in."""
    label = label_of(name)
    age = vocabulary.concepts.find("age", label)
    public = vocabulary.concepts.find("public", label)
    found = {
        "age": f"concept:age/{_code(age)}" if age else "concept:age/total",
        "public": f"concept:public/{_code(public)}" if public else "concept:public/total",
    }
    if not age and not public:
        found["age"] = "concept:age/…"
    pairs = ", ".join(f"{key}: {quoted(value)}" for key, value in found.items())
    return f"{quoted(name)}: {{{pairs}}}", bool(age or public)


def _code(concept: str | None) -> str:
    """Give a concept's code."""
    return (concept or "").rsplit("/", 1)[-1]


def _periods(names: list[str]) -> Strata:
    """Say which month, or year, each column is."""
    if all(name.isdigit() for name in names):
        return Strata((), (), (PERIOD,))
    pairs = ", ".join(f'{quoted(name)}: "{month:02}"' for month, name in enumerate(names, 1))
    look = "month: {function: fn:lookup, parameters: [[value, $(stratum)], [table, months]]}"
    return Strata((look,), ("tables:", f"  months: {{{pairs}}}"), (PERIOD,))


def observation(
    proposed: list[Proposal], vocabulary: Vocabulary, found: Sample, lang: str
) -> Iterator[str]:
    """Write an observation's properties: the cube, the measure, every dimension, the method."""
    yield f"- [qb:dataSet, id/cube/partenaire/jeu~iri]  # {say(lang, CUBE)}"
    yield "- [parvis:contributor, id/partner/partenaire~iri]"
    yield from _measure(proposed, lang)
    told = strata(proposed, vocabulary, lang)
    sure = {one.best.term for one in proposed if one.best and one.sure and not one.spread}
    for name, scheme in DIMENSIONS.items():
        if name == PERIOD:
            yield from _period(proposed, told, found, lang, known=name in sure)
        elif name in told.dimensions:
            look = f"[[value, $(stratum)], [table, strata], [column, {scheme}]]"
            call = f"function: fn:lookup, parameters: {look}"
            yield f"- {{p: {name}, o: {{{call}, type: iri}}}}"
        elif name not in sure:
            yield f"- [{name}, concept:{scheme}/total~iri]  # {say(lang, NOT_SPREAD)}"
    yield f"# - [parvis:method, concept:method/…~iri]  # {say(lang, HOW)}"


def _measure(proposed: list[Proposal], lang: str) -> Iterator[str]:
    """Write the measure, commented out where several are likely."""
    spread = [one for one in proposed if one.spread]
    if not spread:
        yield f"# - [qb:measureType, parvis:…~iri]  # {say(lang, ALONE)}"
        return
    names = [one.term for one in spread[0].candidates[:-1]]
    kinds = {one.kind.name for one in spread}
    datatype = DATATYPES["decimal" if "decimal" in kinds else "integer"]
    told = spread[0].candidates[0].score > WEAK
    sure = told and len(names) == 1
    for name in names:
        mark = "-" if sure else "# -"
        note = say(lang, WHICH if told else NOTHING_TELLS, names=", ".join(names))
        yield f"{mark} [qb:measureType, {name}~iri]"
        yield f"{mark} [{name}, $(figure), {datatype}]  # {note}"


WEAK = 0.6
"""A measure that nothing speaks of scores less."""


def _period(
    proposed: list[Proposal], told: Strata, found: Sample, lang: str, *, known: bool
) -> Iterator[str]:
    """Write the period: from a sheet or key, from a column, or from the spread columns."""
    year = f"$({found.year_as})" if found.year_as else None
    column = next((o for o in proposed if o.best and o.best.term == PERIOD and o.sure), None)
    if PERIOD in told.dimensions and not told.tables:
        yield f"- [{PERIOD}, concept:period/$(stratum)~iri]"
    elif PERIOD in told.dimensions and year:
        yield f"- [{PERIOD}, concept:period/{year}-$(month)~iri]"
    elif year and not known:
        yield f"- [{PERIOD}, concept:period/{year}~iri]"
    elif column is None:
        yield f"# - [{PERIOD}, concept:period/…~iri]  # {say(lang, WHEN)}"
