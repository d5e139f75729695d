"""Figures of one file held against one another: brackets that overlap, totals that do not add up.

Figures that agree in every dimension but one are compared along that one. A whole is never less
than disjoint parts of it, and equals brackets of ages or periods that cover it exactly.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from parvis.statistics.nesting import Nesting
from parvis.statistics.strata import ADDS, DIMENSIONS, Row

Figure = tuple[str, Row]
"""An observation, by its IRI, and what it says."""
_Told = Mapping[str, tuple[float, str]]
"""The values along one dimension, by code, each with its observation."""


class Overlap(NamedTuple):
    """Two brackets of ages that share years, told of the same public by two observations."""

    codes: tuple[str, str]
    observation: str


class Misfit(NamedTuple):
    """A whole and the parts that do not fit it; `added` is their sum, or the greatest of them."""

    observation: str
    code: str
    value: float
    parts: tuple[str, ...]
    added: float


def incoherent(
    figures: Sequence[Figure], lists: Mapping[str, Nesting], additive: Iterable[str]
) -> Iterator[Overlap | Misfit]:
    """Find the overlaps and misfits of one file; measures that are not `additive` are not summed.

    Of figures with one key only the first is looked at.
    """
    adds = frozenset(additive)
    for dimension in DIMENSIONS:
        at = Row._fields.index(dimension)
        alike: defaultdict[tuple[object, ...], dict[str, tuple[float, str]]] = defaultdict(dict)
        for name, row in figures:
            along = alike[row[:at] + row[at + 1 : -1]]
            along.setdefault(str(row[at]), (row.value, name))
        plans: dict[tuple[str, ...], _Plan] = {}
        for key, told in alike.items():
            codes = tuple(told)
            if len(codes) > 1:
                if codes not in plans:
                    plans[codes] = _plan(lists[dimension], codes)
                yield from _compared(plans[codes], told, adding=key[1] in adds)


@dataclass(frozen=True)
class _Plan:
    """What is compared of figures that have some codes along one dimension."""

    overlapping: Sequence[tuple[str, str]]
    wholes: Sequence[tuple[str, tuple[str, ...], bool]]


def _plan(nesting: Nesting, codes: Sequence[str]) -> _Plan:
    """Find the brackets that overlap, and the wholes with their parts.

    Brackets of ages only: a season and a calendar year may well be told side by side. Who speaks
    both languages is not the whole of those who speak one: there, only the total is a whole.
    """
    wider = {nesting.total} if nesting.name == "language" else nesting.wholes
    found = ((whole, *nesting.parts(whole, codes)) for whole in codes if whole in wider)
    overlapping = nesting.overlapping(codes) if nesting.name == "age" else []
    return _Plan(overlapping, [one for one in found if one[1]])


def _compared(plan: _Plan, told: _Told, *, adding: bool) -> Iterator[Overlap | Misfit]:
    """Compare figures as planned."""
    for codes in plan.overlapping:
        yield Overlap(codes, told[codes[1]][1])
    for whole, parts, exact in plan.wholes:
        value, name = told[whole]
        values = [told[one][0] for one in parts]
        added = sum(values) if adding else max(values)
        if added > value + ADDS or (exact and adding and added < value - ADDS):
            yield Misfit(name, whole, value, parts, added)
