"""Checks of a file's figures together, which shapes cannot do: nothing is refused, all is reported.

Codes that no list has, overlapping age groups, totals that do not add up: such figures cannot be
compared, or count for less than they claim.
"""

from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from typing import NamedTuple

from parvis.catalog.codelists import Areas, scheme
from parvis.catalog.ontology import last_segment
from parvis.i18n import N_, both
from parvis.pooling.publics.strata import EVERYWHERE, list_nestings
from parvis.report import Finding, Severity
from parvis.statistics.coherence import Misfit, Overlap, find_incoherences
from parvis.statistics.strata import FigureRow
from parvis.validation import DataView, Locate
from parvis.vocab.namespaces import CONCEPT, PARVIS

ADDITIVE = tuple(
    str(measure) for measure in (PARVIS.attendance, PARVIS.tickets, PARVIS.visits, PARVIS.loans)
)
"""The measures that may be summed: households, unlike them, have several members."""
SCHEMES = {
    str(PARVIS.refPeriod): "period",
    str(PARVIS.refArea): "area",
    str(PARVIS.ageGroup): "age",
    str(PARVIS.public): "public",
    str(PARVIS.language): "language",
    str(PARVIS.discipline): "discipline",
    str(PARVIS.channel): "channel",
}
"""The code list of each dimension; the shapes refuse what is of no code list at all."""
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
    """A remark on an observation, and on one of its properties."""

    rule: str
    observation: str
    step: str
    text: dict[str, str]
    severity: Severity = Severity.WARNING


def find_doubts(view: DataView, locate: Locate, areas: Areas = EVERYWHERE) -> list[Finding]:
    """Report what is inconsistent among the figures of a file, each with its row.

    `areas` are accepted besides those of the list.
    """
    doubts = []
    # A code of the pool's dimensions that no list has is reported once.
    for row in view.select(_query("unlisted.rq")):
        dimension, code = str(row["dimension"]), str(row["code"])
        name = SCHEMES[dimension]
        is_listed = code in scheme(name).labels or code in areas.within
        if code.startswith(f"{CONCEPT}{name}/") and not is_listed:
            text = both(UNLISTED, code=last_segment(code), scheme=name, count=row["count"])
            doubts.append(_Doubt("unlisted", str(row["first"]), dimension, text))
    doubts += _find_incoherent(view, areas)
    place_of = locate({doubt.observation for doubt in doubts})
    return [
        Finding(
            doubt.severity,
            doubt.rule,
            doubt.text,
            place=place_of(doubt.observation, doubt.step),
            focus=doubt.observation,
            path=doubt.step,
        )
        for doubt in doubts
    ]


def _find_incoherent(view: DataView, areas: Areas) -> Iterator[_Doubt]:
    """Yield each pair of overlapping age groups once, and each total that does not add up."""
    figures = []
    for solution in view.select(_query("figures_told.rq")):
        fields = {name: str(solution[name]) for name in FigureRow._fields[:-1]}
        row = FigureRow(**fields, value=float(str(solution["value"])))
        figures.append((str(solution["observation"]), row))
    inconsistencies = list(find_incoherences(figures, list_nestings(areas), ADDITIVE))
    overlaps = [overlap for overlap in inconsistencies if isinstance(overlap, Overlap)]
    times = Counter(overlap.codes for overlap in overlaps)
    first = {overlap.codes: overlap.observation for overlap in reversed(overlaps)}
    for codes, observation in first.items():
        ages = dict(zip(("one", "other"), map(last_segment, codes), strict=True))
        text = both(OVERLAP, count=times[codes], **ages)
        yield _Doubt("overlap", observation, str(PARVIS.ageGroup), text)
    measures = {name: row.measure for name, row in figures}
    for misfit in inconsistencies:
        if not isinstance(misfit, Misfit):
            continue
        exceeded = misfit.added > misfit.value
        parts = list(map(last_segment, misfit.parts[:SHOWN])) + ["…"] * (len(misfit.parts) > SHOWN)
        text = both(
            EXCEEDED if exceeded else SHORT,
            code=last_segment(misfit.code),
            value=f"{misfit.value:.15g}",
            added=f"{misfit.added:.15g}",
            parts=", ".join(parts),
        )
        # A total above its parts may count contributors who give none: that is information only.
        severity = Severity.WARNING if exceeded else Severity.INFO
        measure = measures[misfit.observation]
        yield _Doubt("total", misfit.observation, measure, text, severity)


def _query(name: str) -> str:
    return files(__package__).joinpath("queries", name).read_text(encoding="utf-8")
