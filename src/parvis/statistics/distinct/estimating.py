"""Add up the messages of a round, and estimate people from the bins that are occupied by anyone."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parvis.errors import UsageError
from parvis.i18n import N_
from parvis.statistics.distinct.rounds import ALL, Cell, Family, Round
from parvis.statistics.distinct.sampling import fewest_phantoms, variance_of_phantoms
from parvis.statistics.distinct.sketching import WIDTH, Message

LOAD_BITS = 11
"""A sum with fewer empty bins than one in 2^11 fits no list of people (of 7 per bin)."""
NUMBERS = 1 << 8 * WIDTH
UNFIT = 10
"""Standard deviations below nobody at which a sum fits no lists: noise has tails of Laplace, and a
round has some forty cells, so that five would refuse one right round in two hundred."""
DEVIATIONS = 2.33
"""Half the width of an interval, in standard deviations: 98 % of a normal distribution, so that at
least 95 intervals in 100 hold the truth, also in a run of 200."""

INCOMPLETE = N_(
    "the messages of {missing} are missing: wait for them, or open another round without them"
)
TWICE = N_("{partner} sent two messages: each partner’s first message counts alone")
OTHER_DRAW = N_(
    "the messages were made with kits that were not drawn together ({partners} against the others):"
    " have the key holder draw new kits, for a new round"
)
NO_FIT = N_(
    "the sum of “{cell}” fits no list of people: one of the messages was made with another kit, or"
    " is damaged; open another round"
)


@dataclass(frozen=True)
class Estimate:
    """An estimated number of people, which lies between `low` and `high` in 95 rounds of 100."""

    value: float
    low: float
    high: float

    @classmethod
    def around(cls, value: float, variance: float, tails: float = 0.0) -> "Estimate":
        """Return an estimate with its interval; `tails` is the excess kurtosis of its error."""
        # Cornish and Fisher: noise of Laplace has heavier tails than the normal distribution.
        deviations = DEVIATIONS + tails * (DEVIATIONS**3 - 3 * DEVIATIONS) / 24
        half = deviations * math.sqrt(variance)
        return cls(max(value, 0.0), max(value - half, 0.0), max(value + half, 0.0))


@dataclass(frozen=True)
class Overlap:
    """How many people are on a list of the `union`, and on several of them.

    `sizes` are the people of each partner, which only an overlap of two tells; `fewest` is how many
    each has at least: of three partners or more, those who are on no other list.
    """

    union: Estimate
    shared: Estimate
    sizes: Mapping[str, Estimate]
    fewest: Mapping[str, float]

    @property
    def share(self) -> Estimate:
        """The share of the union that is shared, from 0 to 1."""
        return _share(self.shared, self.union)

    @property
    def share_by_partner(self) -> dict[str, Estimate]:
        """The share of each partner's people that the other shares, in an overlap of two."""
        return {slug: _share(self.shared, size) for slug, size in self.sizes.items()}


def _share(part: Estimate, of: Estimate) -> Estimate:
    if not of.value:
        return Estimate(0.0, 0.0, 1.0)
    low, high = part.low / max(of.high, 1), part.high / max(of.low, 1)
    return Estimate(min(part.value / of.value, 1.0), min(low, 1.0), min(high, 1.0))


@dataclass(frozen=True)
class _Sum:
    """The people of a cell before rounding at 0, with the moments of the error."""

    value: float
    variance: float
    fourth: float
    """The fourth cumulant: of phantoms, 12 times a share of the variance squared."""

    def estimate(self) -> Estimate:
        return Estimate.around(self.value, self.variance, self.fourth / self.variance**2)


def merge(round_: Round, messages: Collection[Message]) -> dict[Cell, Estimate]:
    """Return the people of each cell from the messages of all partners.

    Raises `UsageError` where a partner is missing or came twice, or where the sum fits no lists.
    """
    return {cell: part.estimate() for cell, part in _add_up(round_, messages).items()}


def shared_audience(round_: Round, messages: Collection[Message]) -> Overlap:
    """Return how many people are on the lists of several partners of a round of overlap."""
    sums = _add_up(round_, messages)
    union, partners = sums[ALL], round_.partners
    without = {slug: sums[Cell(Family.WITHOUT, slug)] for slug in partners}
    shared = _combine([(1 - len(partners), union), *((1, others) for others in without.values())])
    sizes = {}
    if len(partners) == len(pair := partners[:2]):
        sizes = {pair[0]: without[pair[1]].estimate(), pair[1]: without[pair[0]].estimate()}
    # Who is on the list of one partner alone is missing from the union of the others.
    least = sizes or {
        slug: _combine([(1, union), (-1, others)]).estimate() for slug, others in without.items()
    }
    fewest = {slug: estimate.low for slug, estimate in least.items()}
    return Overlap(union.estimate(), shared.estimate(), sizes, fewest)


def _combine(parts: Collection[tuple[int, _Sum]]) -> _Sum:
    """Return a sum of independent estimates, each so many times."""
    return _Sum(
        sum(times * part.value for times, part in parts),
        sum(times**2 * part.variance for times, part in parts),
        sum(times**4 * part.fourth for times, part in parts),
    )


def refuse_other_draws(messages: Iterable[Message]) -> None:
    """Raise `UsageError` where the kits of messages were not drawn together: no mask cancels."""
    partners: dict[str, list[str]] = {}
    for message in messages:
        partners.setdefault(message.draw, []).append(message.partner)
    if len(partners) > 1:
        _, fewest = min((len(group), group) for group in partners.values())
        raise UsageError(OTHER_DRAW, partners=", ".join(fewest))


def _add_up(round_: Round, messages: Collection[Message]) -> dict[Cell, _Sum]:
    vectors = {
        cell: np.zeros(round_.bins(cell), np.uint16)
        for cell in round_.cells
        if len(round_.members(cell)) > 1
    }
    counts: dict[Cell, int] = {}
    senders: set[str] = set()
    for message in messages:
        if message.partner in senders:
            raise UsageError(TWICE, partner=message.partner)
        senders.add(message.partner)
        counts |= {Cell(Family.WITHOUT, code): n for code, n in message.counts.items()}
        start = 0
        for cell in round_.cells_of(message.partner):
            size = len(vectors[cell])
            vectors[cell] += np.frombuffer(message.payload, "<u2", size, start)
            start += WIDTH * size
    if missing := sorted({*round_.partners} - senders):
        raise UsageError(INCOMPLETE, missing=", ".join(missing))
    refuse_other_draws(messages)
    sums = {cell: _estimate_cell(round_, cell, vector) for cell, vector in vectors.items()}
    for cell, count in counts.items():
        noise = variance_of_phantoms(round_.epsilon_of(cell))
        sums[cell] = _Sum(count, noise, 3 * noise**2)
    return {cell: sums[cell] for cell in round_.cells}


def _estimate_cell(round_: Round, cell: Cell, vector: NDArray[np.uint16]) -> _Sum:
    """Estimate the people of a cell by linear counting (Whang, Vander-Zanden and Taylor 1990)."""
    bins = len(vector)
    # The random number of an occupied bin is 0 in one of 2^16.
    occupied = int(np.count_nonzero(vector)) * NUMBERS / (NUMBERS - 1)
    empty = bins - occupied
    if empty < max(1, bins >> LOAD_BITS):
        raise UsageError(NO_FIT, cell=cell)
    load = -math.log(empty / bins)
    members = len(round_.members(cell))
    epsilon = round_.epsilon_of(cell)
    phantoms = fewest_phantoms(epsilon, round_.delta_of_cell)
    noise = variance_of_phantoms(epsilon)
    people = bins * load - members * phantoms
    variance = bins * (math.exp(load) - load - 1) + members * noise
    total = _Sum(people, variance, 3 * members * noise**2)
    if people < 0 and people < -UNFIT * math.sqrt(variance):
        raise UsageError(NO_FIT, cell=cell)
    return total
