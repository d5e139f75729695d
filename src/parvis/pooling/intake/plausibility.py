"""A file of figures looked at as a whole, which shapes cannot: nothing here refuses, all is told.

Codes that no list knows, brackets of ages that overlap, totals that do not add up: such figures
are compared with nobody's, or counted as less than they say.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from importlib.resources import files
from typing import NamedTuple

from parvis.catalog.codelists import Areas, scheme
from parvis.catalog.ontology import short
from parvis.i18n import N_, both
from parvis.pooling.publics.strata import EVERYWHERE, lists
from parvis.rdf.terms import Node
from parvis.report import Finding, Severity
from parvis.statistics.coherence import Misfit, Overlap, incoherent
from parvis.statistics.strata import Row
from parvis.validation import Locate, View
from parvis.vocab.namespaces import CONCEPT, PARVIS

ADDITIVE = tuple(
    str(one) for one in (PARVIS.attendance, PARVIS.tickets, PARVIS.visits, PARVIS.loans)
)
"""What may be summed: one household has several members, and goes several times."""
SCHEMES = {
    str(PARVIS.refPeriod): "period",
    str(PARVIS.refArea): "area",
    str(PARVIS.ageGroup): "age",
    str(PARVIS.public): "public",
    str(PARVIS.language): "language",
    str(PARVIS.discipline): "discipline",
    str(PARVIS.channel): "channel",
}
"""The code list of each dimension; what is of no such list at all, the shapes refuse."""
SHOWN = 6
"""How many parts of a total are named."""

UNLISTED = N_(
    "“{code}” is not in the code list “{scheme}”: {count} figures that name it can be compared with"
    " nobody’s"
)
OVERLAP = N_(
    "the ages {one} and {other} overlap, {count} times for the same public: persons of the years"
    " that they share would be counted twice, so these figures are not comparable"
)
EXCEEDED = N_(
    "“{code}” is {value}, and its parts ({parts}) come to {added}, which is more: something is"
    " counted twice, or the total is not of all of them"
)
SHORT = N_(
    "“{code}” is {value}, and its parts ({parts}), which cover all of it, come to {added} only:"
    " the rest is not broken down, or was left out"
)


class _Doubt(NamedTuple):
    """What is told of an observation, and of one of its properties."""

    rule: str
    observation: str
    step: str
    text: dict[str, str]
    severity: Severity = Severity.WARNING


def doubts_about(view: View, locate: Locate, areas: Areas = EVERYWHERE) -> list[Finding]:
    """Find what does not hold together among the figures of a file, each with its row.

    A total above the sum of its parts is only told: a pool's may count who gives no parts. `areas`
    are known besides those of the list.
    """
    found = [*_unlisted(view, areas.within), *_incoherent(view, areas)]
    place_of = locate({one.observation for one in found})
    return [
        Finding(
            one.severity,
            one.rule,
            one.text,
            place=place_of(one.observation, one.step),
            focus=one.observation,
            path=one.step,
        )
        for one in found
    ]


def _unlisted(view: View, areas: Collection[str]) -> Iterator[_Doubt]:
    """Find the codes of the pool's dimensions that its lists do not hold, each told once."""
    for one in view.select(_query("unlisted.rq")):
        dimension, code = str(one["dimension"]), str(one["code"])
        name = SCHEMES[dimension]
        known = code in scheme(name).labels or code in areas
        if code.startswith(f"{CONCEPT}{name}/") and not known:
            text = both(UNLISTED, code=short(code), scheme=name, count=one["count"])
            yield _Doubt("unlisted", str(one["first"]), dimension, text)


def _incoherent(view: View, areas: Areas) -> Iterator[_Doubt]:
    """Find overlaps, each pair of brackets told once, and each total that does not add up."""
    figures = [_figure(one) for one in view.select(_query("figures_told.rq"))]
    found = list(incoherent(figures, lists(areas), ADDITIVE))
    overlaps = [one for one in found if isinstance(one, Overlap)]
    times = Counter(one.codes for one in overlaps)
    for codes, first in {one.codes: one.observation for one in reversed(overlaps)}.items():
        named = dict(zip(("one", "other"), map(short, codes), strict=True))
        text = both(OVERLAP, count=times[codes], **named)
        yield _Doubt("overlap", first, str(PARVIS.ageGroup), text)
    measures = {name: row.measure for name, row in figures}
    for misfit in found:
        if isinstance(misfit, Misfit):
            yield _misfit(misfit, measures[misfit.observation])


def _misfit(misfit: Misfit, measure: str) -> _Doubt:
    """Say how a total and its parts do not fit."""
    exceeded = misfit.added > misfit.value
    parts = [short(one) for one in misfit.parts[:SHOWN]] + ["…"] * (len(misfit.parts) > SHOWN)
    text = both(
        EXCEEDED if exceeded else SHORT,
        code=short(misfit.code),
        value=f"{misfit.value:.15g}",
        added=f"{misfit.added:.15g}",
        parts=", ".join(parts),
    )
    severity = Severity.WARNING if exceeded else Severity.INFO
    return _Doubt("total", misfit.observation, measure, text, severity)


def _figure(solution: Mapping[str, Node]) -> tuple[str, Row]:
    """Read one figure: its observation, and what it says."""
    said = {name: str(solution[name]) for name in Row._fields[:-1]}
    return str(solution["observation"]), Row(**said, value=float(str(solution["value"])))


def _query(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
