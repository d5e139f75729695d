"""Witness tables: other tables that agree with all that is published, kept as evidence.

In each, the suppressed figures differ from the real ones, every sum holds, and nothing is less than
an attacker knows. So whoever sees what is published cannot tell the tables apart, and no suppressed
figure is determined. `tests/bench/witness_checker.py` checks them by sums alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

import numpy as np

from parvis.statistics.disclosure.linear import EXACT, Moves
from parvis.statistics.disclosure.suppression import Block, Proofs
from parvis.statistics.rolling_up import Flags, Floats, Ints

DIFFERS = 0.05
"""By how much a figure differs from the real one at least: well above what sums tolerate."""
TOGETHER = 16
"""How many moves make one table: the mean of them keeps every sum and every bound."""
AMOUNTS = (10.0, 1.0, 0.1)
"""How far a figure is moved for which the audit left no move."""

Table = dict[int, float]
"""By how much each figure differs from the real one, by its number; others are as they are."""


@dataclass(frozen=True)
class Candidate:
    """A move as the figures that it moves, and by how much."""

    figures: Ints
    by: Floats

    @classmethod
    def of(cls, move: Floats) -> "Candidate":
        figures = np.flatnonzero(np.abs(move) > EXACT).astype(np.int32)
        return cls(figures, move[figures])

    def fit(self, lose: Floats, gain: Floats) -> Floats:
        """Return the move, or its reverse, at the largest scale that fits, which is 1 at most."""
        down, up, size = lose[self.figures], gain[self.figures], np.abs(self.by)
        forward = float(np.min(np.where(self.by > 0, up, down) / size, initial=1.0))
        backward = float(np.min(np.where(self.by > 0, down, up) / size, initial=1.0))
        return self.by * (forward if forward >= backward else -backward)


@dataclass(frozen=True)
class Witness:
    """The tables of one release, and the figures that none of them moves.

    `tables` have by how much figures of each release differ, by the release's place among those
    that were controlled together (the new one is last) and the figure's place in it. `settled` are
    the same figures by attacker, empty for who is no member: what was published before, or what it
    knows itself, left them no room.
    """

    tables: tuple[Mapping[int, Mapping[int, float]], ...] = ()
    settled: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)

    def repeat(self, former: int, latter: int) -> "Witness":
        """Return the witness of one release more, at `latter`, with the figures of a former one."""
        # Whoever cannot tell a table from the real one learns nothing from its repetition.
        return Witness(
            tuple(
                {**table, latter: table[former]} if former in table else table
                for table in self.tables
            ),
            {
                attacker: [*places, *((latter, at) for release, at in places if release == former)]
                for attacker, places in self.settled.items()
            },
        )


def choose_candidates(block: Block, proofs: Proofs) -> list[Candidate]:
    """Return few of the moves of an audit that move every figure that it protects."""
    candidates: list[Candidate] = []
    moved = np.zeros((2, len(block.values)), bool)
    for figure, moves in proofs.items():
        for move in moves:
            # One way and the other: where a figure cannot go down, it may go up.
            side = int(move.by[figure] > 0)
            if not moved[side, figure]:
                candidates.append(Candidate.of(move.by))
                moved[1, move.by > EXACT] = True
                moved[0, move.by < -EXACT] = True
    return candidates


class WitnessBlock:
    """Finds the tables of one block of figures; `targets` are those that must differ."""

    def __init__(self, block: Block, targets: Ints, candidates: Sequence[Candidate]) -> None:
        self.block, self.targets = block, targets
        self.candidates = list(candidates)
        self._programme: Moves | None = None
        self._costs = np.sqrt(1 + np.abs(block.values))

    def find_tables(self) -> tuple[list[Floats], list[tuple[int, int]]]:
        """Return tables by which no attacker knows a target, and those that it knows all the same.

        The first tables convince all attackers at once; more are found for who they leave out.
        """
        attackers = self.block.least.shape[1]
        unknown = self.block.values[self.targets, None] - self.block.least[self.targets] > EXACT
        everyone = np.ones(attackers, bool)
        tables = self._cover(everyone, np.ones(len(self.targets), bool), solve=False)[0]
        convinced = np.zeros_like(unknown)
        if tables:
            differences = np.abs(np.array(tables)[:, self.targets])
            convinced |= np.asarray((differences >= DIFFERS).any(axis=0))[:, None]
        settled = []
        # Who is no member knows the least: what convinces a member convinces it too.
        for attacker in range(attackers):
            doubtful = unknown[:, attacker] & ~convinced[:, attacker]
            if not doubtful.any():
                continue
            more, left = self._cover(np.arange(attackers) == attacker, doubtful, solve=True)
            settled += [(attacker, int(self.targets[place])) for place in left]
            tables += more
            for table in more:
                fits = self.find_fitting(table)
                convinced[:, fits] |= (np.abs(table[self.targets]) >= DIFFERS)[:, None]
        return tables, settled

    def find_fitting(self, table: Floats) -> Flags:
        """Return the attackers who cannot tell a table from the real one."""
        moved = np.flatnonzero(table)
        fits = (table[moved, None] >= -self.block.spare[moved] - EXACT) & (
            table[moved, None] <= self.block.room[moved] + EXACT
        )
        free = fits & ~self.block.exact[moved]
        return np.asarray(free.all(axis=0))

    def _cover(
        self, attackers: Flags, doubtful: Flags, *, solve: bool
    ) -> tuple[list[Floats], list[int]]:
        """Return tables in which doubtful targets differ, and the targets that none moves."""
        block, tables, left = self.block, list[Floats](), list[int]()
        still = block.published | block.exact[:, attackers].any(axis=1)
        lose = np.where(still, 0, block.spare[:, attackers].min(axis=1))
        gain = np.where(still, 0, block.room[:, attackers].min(axis=1))
        fitted = [(candidate.figures, candidate.fit(lose, gain)) for candidate in self.candidates]
        by_figure: defaultdict[int, list[int]] = defaultdict(list)
        for number, (figures, by) in enumerate(fitted):
            for figure in figures[np.abs(by) >= DIFFERS * TOGETHER].tolist():
                by_figure[figure].append(number)
        doubtful = doubtful.copy()
        while doubtful.any():
            table = self._mean(fitted, by_figure, doubtful)
            if table is None:
                break
            tables.append(table)
            doubtful &= np.abs(table[self.targets]) < DIFFERS
        for place in np.flatnonzero(doubtful).tolist() if solve else ():
            if doubtful[place]:
                move = self._solve(lose, gain, int(self.targets[place]))
                if move is None:
                    left.append(place)
                    continue
                self.candidates.append(Candidate.of(move))
                tables.append(move)
                doubtful &= np.abs(move[self.targets]) < DIFFERS
        return tables, left

    def _mean(
        self,
        fitted: Sequence[tuple[Ints, Floats]],
        by_figure: Mapping[int, Sequence[int]],
        doubtful: Flags,
    ) -> Floats | None:
        """Return the mean of moves that move doubtful targets; None if it moves none of them."""
        chosen: list[int] = []
        moved = np.zeros(len(self.block.values), bool)
        for target in self.targets[doubtful].tolist():
            number = next(iter(by_figure.get(target, ())), None)
            if not moved[target] and number is not None and number not in chosen:
                chosen.append(number)
                figures, by = fitted[number]
                moved[figures[np.abs(by) >= DIFFERS * TOGETHER]] = True
                if len(chosen) == TOGETHER:
                    break
        for size in (len(chosen), 1) if chosen else ():
            table = np.zeros(len(self.block.values))
            # Weights differ, so that moves of one figure do not cancel each other out.
            weights = np.arange(size, 2 * size) / sum(range(size, 2 * size))
            for number, weight in zip(chosen[:size], weights.tolist(), strict=True):
                figures, by = fitted[number]
                table[figures] += weight * by
            if (np.abs(table[self.targets[doubtful]]) >= DIFFERS).any():
                return table
        return None

    def _solve(self, lose: Floats, gain: Floats, target: int) -> Floats | None:
        """Return a move of a target that no move of the audit moves; None if nothing can."""
        if self._programme is None:
            self._programme = Moves(len(self.block.values), self.block.relations)
        for amount in AMOUNTS:
            for most, sign in ((gain[target], 1), (lose[target], -1)):
                if most >= DIFFERS:
                    far = sign * min(amount, float(most))
                    move = self._programme.find_cheapest(self._costs, lose, gain, target, far)
                    if move is not None:
                        return move
        return None


def find_witness(
    blocks: Iterable[tuple[Ints, Block, Sequence[Candidate]]],
    releases: Sequence[Sequence[int]],
    attackers: Sequence[str],
) -> Witness:
    """Find the tables of all blocks together.

    A block is watched where figures must differ; it comes with the numbers of its figures in the
    system, and the moves of its audit. `releases` have the number of each figure of a release, in
    the order of its places.
    """
    # Tables of blocks are joined where they convince the same attackers: others would not believe
    # the whole table because of a part of it.
    alike = defaultdict[bytes, list[tuple[Ints, list[Floats]]]](list)
    settled = defaultdict[str, list[int]](list)
    for figures, block, candidates in blocks:
        targets = np.flatnonzero(block.watched).astype(np.int32)
        witness = WitnessBlock(block, targets, candidates)
        tables, left = witness.find_tables()
        by_attackers = defaultdict[bytes, list[Floats]](list)
        for table in tables:
            by_attackers[witness.find_fitting(table).tobytes()].append(table)
        for convinced, some in by_attackers.items():
            alike[convinced].append((figures, some))
        for attacker, place in left:
            settled[attackers[attacker]].append(int(figures[place]))
    places = defaultdict[int, list[tuple[int, int]]](list)
    for release, numbers in enumerate(releases):
        for place, number in enumerate(numbers):
            places[number].append((release, place))
    return Witness(
        tuple(table for parts in alike.values() for table in _join_tables(parts, releases)),
        {
            attacker: sorted(place for number in numbers for place in places[number])
            for attacker, numbers in sorted(settled.items())
        },
    )


def _join_tables(
    blocks: Sequence[tuple[Ints, Sequence[Floats]]], releases: Sequence[Sequence[int]]
) -> Iterator[dict[int, dict[int, float]]]:
    """Yield tables of all blocks together, by release and place; `releases` number the figures."""
    for tables in zip_longest(*(tables for _, tables in blocks)):
        by_number: Table = {}
        for (figures, _), table in zip(blocks, tables, strict=True):
            if table is not None:
                moved = np.flatnonzero(np.abs(table) > EXACT)
                by_number.update(zip(figures[moved].tolist(), table[moved].tolist(), strict=True))
        yield {
            release: moves
            for release, numbers in enumerate(releases)
            if (
                moves := {
                    place: by_number[number]
                    for place, number in enumerate(numbers)
                    if number in by_number
                }
            )
        }
