"""Figures of one file held against one another: brackets that overlap, totals that do not add up.

Figures that agree in every dimension but one are compared along that one. A whole is never less
than disjoint parts of it, and equals brackets of ages or periods that cover it exactly.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from parvis.statistics.aggregation import ADDS
from parvis.statistics.nesting import Nesting
from parvis.statistics.strata import DIMENSIONS, Row

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
        for key, told in alike.items():
            if len(told) > 1:
                yield from _overlaps(lists[dimension], told)
                yield from _misfits(lists[dimension], told, adding=key[1] in adds)


def _overlaps(nesting: Nesting, told: _Told) -> Iterator[Overlap]:
    """Compare brackets of ages; a season and a calendar year may well be told side by side."""
    if nesting.name == "age":
        for codes in nesting.overlapping(list(told)):
            yield Overlap(codes, told[codes[1]][1])


def _misfits(nesting: Nesting, told: _Told, *, adding: bool) -> Iterator[Misfit]:
    """Compare each whole with its parts.

    Who speaks both languages is not the whole of those who speak one: there, only the total is one.
    """
    for whole, (value, name) in told.items():
        if nesting.name == "language" and whole != nesting.total:
            continue
        parts, exact = nesting.parts(whole, list(told))
        if not parts:
            continue
        values = [told[one][0] for one in parts]
        added = sum(values) if adding else max(values)
        if added > value + ADDS or (exact and adding and added < value - ADDS):
            yield Misfit(name, whole, value, parts, added)
