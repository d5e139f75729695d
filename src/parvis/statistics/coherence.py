"""Checks the figures of one file against one another: overlapping brackets, wrong totals.

Figures that agree in every dimension but one are compared along that one. A whole is never less
than disjoint parts of it, and equals brackets of ages or periods that cover it exactly.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from parvis.statistics.nesting import Nesting
from parvis.statistics.strata import ADDS, DIMENSIONS, FigureRow

Figure = tuple[str, FigureRow]
"""An observation, by its IRI, and its row."""


class Overlap(NamedTuple):
    """Two brackets of ages that share years, used for the same public by two observations."""

    codes: tuple[str, str]
    observation: str


class Misfit(NamedTuple):
    """A whole and the parts that do not fit it; `added` is their sum, or the greatest of them."""

    observation: str
    code: str
    value: float
    parts: tuple[str, ...]
    added: float


def find_incoherences(
    figures: Sequence[Figure], lists: Mapping[str, Nesting], additive: Iterable[str]
) -> Iterator[Overlap | Misfit]:
    """Yield the overlaps and misfits of one file; measures that are not `additive` are not summed.

    Only the first of several figures with the same key is compared.
    """
    summed = frozenset(additive)
    for dimension in DIMENSIONS:
        axis = FigureRow._fields.index(dimension)
        others = itemgetter(
            *(n for n, name in enumerate(FigureRow._fields) if name not in {dimension, "value"})
        )
        groups: defaultdict[tuple[object, ...], dict[str, tuple[float, str]]] = defaultdict(dict)
        for observation, row in figures:
            values = groups[others(row)]
            values.setdefault(str(row[axis]), (row.value, observation))
        # Many groups have the same codes: what is to be compared is found once for all of them.
        plans: dict[tuple[str, ...], _Plan] = {}
        for key, values in groups.items():
            codes = tuple(values)
            if len(codes) > 1:
                if codes not in plans:
                    nesting = lists[dimension]
                    # Who speaks both languages is not the whole of those who speak one: only the
                    # total is a whole.
                    wider = {nesting.total} if nesting.name == "language" else nesting.wholes
                    parts_of = [
                        (code, *nesting.parts(code, codes)) for code in codes if code in wider
                    ]
                    # Only brackets of ages: a season and a calendar year may well be given side by
                    # side.
                    overlapping = nesting.find_overlaps(codes) if nesting.name == "age" else []
                    plans[codes] = _Plan(overlapping, [whole for whole in parts_of if whole[1]])
                yield from _compare(plans[codes], values, adding=key[1] in summed)


@dataclass(frozen=True)
class _Plan:
    """The comparisons among some codes of one dimension: overlaps, and wholes with their parts."""

    overlapping: Sequence[tuple[str, str]]
    wholes: Sequence[tuple[str, tuple[str, ...], bool]]


def _compare(
    plan: _Plan, values: Mapping[str, tuple[float, str]], *, adding: bool
) -> Iterator[Overlap | Misfit]:
    """Compare values by code, each with its observation."""
    for codes in plan.overlapping:
        yield Overlap(codes, values[codes[1]][1])
    for code, parts, exact in plan.wholes:
        value, observation = values[code]
        amounts = [values[part][0] for part in parts]
        added = sum(amounts) if adding else max(amounts)
        if added > value + ADDS or (exact and adding and added < value - ADDS):
            yield Misfit(observation, code, value, parts, added)
