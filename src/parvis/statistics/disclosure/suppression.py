"""Complementary suppression: what else must be suppressed so that nothing suppressed can be found.

For each suppressed figure and each attacker there must be two other tables that agree with the
real one in all that is published, and all that the attacker knows, in which that figure is
far enough above, and below (rule 5). Such a table is a *move*; moves are stored, since they are the
proof: `audit_proofs` checks each against the sums and bounds again, without the solver.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from parvis.statistics.disclosure.linear import EXACT, Moves, Relation
from parvis.statistics.rolling_up import Flags, Floats, Ints

CHEAP = 1e-3
"""The cost factor of moving a figure that is suppressed anyway."""
REPEATED = 0.3
"""The cost factor of moving a figure of which an earlier value is published instead."""
AGAIN = 60
"""How many figures may be proved again so that one is published."""
LARGE = 10_000
"""Figures of a block beyond which nothing is published again: it would take minutes."""
KEPT, RECENT = 400, 60
"""How many moves are stored, and how many of them are tried for one claim."""
NEAR = 1e-4
"""Tolerance of sums and bounds."""
UP, DOWN = 1, -1
Proofs = dict[int, list["Move"]]
"""The moves that prove, of each suppressed figure, that it is uncertain."""


@dataclass
class Block:
    """Figures that are joined by sums, and which of them are published.

    `values` are figures, `least` figures × attackers (the lower bound each knows of a figure),
    `room` the same (how far up it can go for all that each knows of it: of seats that are for sale,
    say), `needs` the same (how far each must stay from it). Of those that are `published`,
    `fixed` were published before and stay so; `watched` those that must be protected if suppressed.
    Those that `changed` are what was gained or lost between two figures: who brings all of it knows
    that nobody else does. Instead of those that are `repeatable` an earlier figure is published.
    `limits` are, for a figure, an attacker and a direction, how far it has to go where that is less
    than what it needs: what was published before may leave it no more, as of a figure that is known
    to be at least what it was before.
    """

    values: Floats
    least: Floats
    room: Floats
    needs: Floats
    relations: Sequence[Relation]
    published: Flags
    fixed: Flags
    watched: Flags
    changed: Flags
    repeatable: Flags
    limits: dict[tuple[int, int, int], float] = field(default_factory=dict)

    @property
    def hidden(self) -> Flags:
        """The figures that must be protected: suppressed, and watched."""
        return self.watched & ~self.published

    @property
    def publishes_nothing_new(self) -> bool:
        """Whether nothing is published that was not published before."""
        return not (self.published & ~self.fixed).any()

    @cached_property
    def exact(self) -> Flags:
        """What each attacker knows exactly: figures × attackers."""
        return self.changed[:, None] & (self.values[:, None] - self.least <= EXACT)

    @cached_property
    def terms(self) -> tuple[Ints, Ints, Floats]:
        """The terms of all sums: the sum, the figure and the coefficient of each."""
        terms = [
            (row, figure, coefficient)
            for row, (figures, coefficients) in enumerate(self.relations)
            for figure, coefficient in zip(figures, coefficients, strict=True)
        ]
        rows, figures, coefficients = zip(*terms, strict=True) if terms else ((), (), ())
        return (
            np.array(rows, np.int32),
            np.array(figures, np.int32),
            np.array(coefficients, float),
        )

    @cached_property
    def spare(self) -> Floats:
        """How far down each figure can go for all that each attacker knows."""
        return np.asarray(np.maximum(self.values[:, None] - self.least, 0))

    def required_distances(self, figure: int, sign: int) -> Floats:
        """Return how far above (`UP`) or below a figure each attacker must consider it possible."""
        unknown = self.values[figure] - self.least[figure]
        # Where the attacker knows all of it, it needs no protection from it.
        needs = np.where(unknown > EXACT, self.needs[figure], 0.0)
        for attacker in np.flatnonzero(needs).tolist() if self.limits else ():
            needs[attacker] = self.limits.get((figure, attacker, sign), needs[attacker])
        needs = np.minimum(needs, self.room[figure] if sign == UP else unknown)
        needs[needs <= EXACT] = 0
        return np.asarray(needs)


@dataclass(frozen=True)
class Move:
    """By how much each figure differs in another table; `target` is the figure that it protects."""

    target: int
    by: Floats

    def find_convinced(self, block: Block, sign: int) -> Flags:
        """Return for which attackers it proves the target uncertain, scaled down for each.

        Bounds are convex: what fits at a scale fits at any smaller one.
        """
        amounts = block.required_distances(self.target, sign)
        reach = sign * float(self.by[self.target])
        able = (amounts > 0) & (amounts <= reach + NEAR)
        if able.any():
            moved = np.flatnonzero(np.abs(self.by) > EXACT)
            scaled = self.by[moved, None] * (amounts[able] / reach)
            bounded = np.ix_(moved, np.flatnonzero(able))
            fits = (scaled >= -block.spare[bounded] - NEAR) & (scaled <= block.room[bounded] + NEAR)
            able[able] = (fits & ~block.exact[bounded]).all(axis=0)
        return np.asarray(able)


class Protection:
    """Protects the suppressed figures of one block, by suppressing more of them."""

    def __init__(self, block: Block) -> None:
        self.block, self.could = block, block.published.copy()
        self.proofs: Proofs = {}
        self._programme = Moves(len(block.values), block.relations)
        # Rather parts than totals, which tell more, of more; and rather what leaves no gap.
        self._costs = np.sqrt(1 + np.abs(block.values)) * np.where(block.repeatable, REPEATED, 1)
        self._moves = np.zeros((KEPT, len(block.values)))
        self._made = 0

    def protect(self) -> None:
        """Suppress figures until every suppressed one is protected."""
        # Where nothing new is published any more, nobody learns anything.
        while not self.block.publishes_nothing_new:
            # Those that must stay the farthest are first: they suppress the most.
            hidden = np.flatnonzero(self.block.hidden)
            needs = self.block.needs[hidden].max(axis=1)
            ordered = hidden[np.argsort(-needs, kind="stable")].tolist()
            figure = next((figure for figure in ordered if figure not in self.proofs), None)
            if figure is None:
                break
            self.proofs[figure] = [
                move for sign in (UP, DOWN) for move in self._protect_figure(figure, sign)
            ]
        if self.block.publishes_nothing_new or len(self.block.values) > LARGE:
            return
        # Publish again, the largest first, what no proof needs or proofs can do without.
        spare = np.flatnonzero(~self.block.published & self.could)
        for figure in spare[np.argsort(-self.block.values[spare], kind="stable")].tolist():
            without = self._prove_without(figure)
            if without is not None:
                self.block.published[figure] = True
                self.proofs |= without
                self.proofs.pop(figure, None)

    def _protect_figure(self, figure: int, sign: int) -> list[Move]:
        """Prove a figure uncertain to each attacker, and suppress what that takes."""
        moves: list[Move] = []
        doubtful = self.block.required_distances(figure, sign) > 0
        while doubtful.any():
            joint = self._find_move(figure, sign, doubtful, self.block.published)
            if joint is not None:
                return [*moves, joint]
            # All of them together know more than each: rather than to suppress for a coalition that
            # no rule requires, each is convinced alone, who knows the most first.
            attacker = self._find_best_informed(figure, doubtful)
            move = self._protect_from(figure, sign, attacker)
            doubtful[attacker] = False
            if move is not None:
                self.block.published &= move.by == 0
                doubtful &= ~move.find_convinced(self.block, sign)
                moves.append(move)
        return moves

    def _find_best_informed(self, figure: int, attackers: Flags) -> int:
        """Return which of some attackers knows the most of a figure."""
        return max(np.flatnonzero(attackers).tolist(), key=self.block.least[figure].__getitem__)

    def _protect_from(self, figure: int, sign: int, attacker: int) -> Move | None:
        """Prove a figure uncertain to one attacker at the least cost.

        Where what was published before leaves a figure no room, as much is proved as it leaves.
        """
        alone = np.arange(self.block.least.shape[1]) == attacker
        move = self._find_move(figure, sign, alone, self.block.fixed)
        if move is None:
            room = self._compute_room(alone, self.block.fixed)
            far = self._programme.find_farthest(*room, figure, sign)
            self.block.limits[figure, attacker, sign] = max(far - NEAR, 0.0)
            if self.block.required_distances(figure, sign)[attacker]:
                move = self._find_move(figure, sign, alone, self.block.fixed)
        return move

    def _find_move(self, figure: int, sign: int, attackers: Flags, still: Flags) -> Move | None:
        """Return a stored move, or the cheapest one in which some figures stand still.

        It convinces all the attackers at once.
        """
        amount = sign * float(self.block.required_distances(figure, sign)[attackers].max())
        lose, gain = self._compute_room(attackers, self.block.published)
        # A stored move, or its reverse, may fit at its scale, without solving.
        by = self._moves[:, figure]
        able = np.flatnonzero(np.abs(by) > EXACT)
        able = able[np.argsort((able - self._made) % KEPT)][-RECENT:]
        moves = self._moves[able] * (amount / by[able])[:, None]
        fits = (moves >= -lose - EXACT) & (moves <= gain + EXACT)
        fits[:, figure] = True
        fitting = np.flatnonzero(fits.all(axis=1))
        if len(fitting):
            # A copy (`np.array`): a view would keep all the scaled moves in memory, for each proof.
            return Move(figure, np.array(moves[fitting[-1]]))
        costs = np.where(self.block.published, self._costs, CHEAP * self._costs)
        if still is not self.block.published:
            lose, gain = self._compute_room(attackers, still)
        by_each = self._programme.find_cheapest(costs, lose, gain, figure, amount)
        if by_each is None:
            return None
        self._moves[self._made % KEPT] = by_each
        self._made += 1
        return Move(figure, by_each)

    def _compute_room(self, attackers: Flags, still: Flags) -> tuple[Floats, Floats]:
        """Return how far each figure may go down, and up, for all of some attackers."""
        block = self.block
        fixed = still | block.exact[:, attackers].any(axis=1)
        down, up = block.spare[:, attackers].min(axis=1), block.room[:, attackers].min(axis=1)
        return np.where(fixed, 0, down), np.where(fixed, 0, up)

    def _prove_without(self, figure: int) -> Proofs | None:
        """Prove again, with a figure published, what needs it; None if impossible or too much."""
        using = [
            user
            for user, moves in self.proofs.items()
            if user != figure and any(move.by[figure] for move in moves)
        ]
        if len(using) > AGAIN:
            return None
        self.block.published[figure] = True
        try:
            proofs: Proofs = {}
            for user in using:
                moves = [move for move in self.proofs[user] if not move.by[figure]]
                for sign in (UP, DOWN):
                    more = self._prove_rest(user, sign, moves)
                    if more is None:
                        return None
                    moves += more
                proofs[user] = moves
            return proofs
        finally:
            self.block.published[figure] = False

    def _prove_rest(self, figure: int, sign: int, moves: Sequence[Move]) -> list[Move] | None:
        """Prove a figure uncertain to whom some moves do not convince; None if impossible."""
        doubtful = self.block.required_distances(figure, sign) > 0
        for move in moves:
            doubtful &= ~move.find_convinced(self.block, sign)
        more: list[Move] = []
        while doubtful.any():
            joint = self._find_move(figure, sign, doubtful, self.block.published)
            if joint is not None:
                return [*more, joint]
            if doubtful.sum() == 1:
                return None
            attacker = self._find_best_informed(figure, doubtful)
            alone = np.arange(len(doubtful)) == attacker
            own = self._find_move(figure, sign, alone, self.block.published)
            if own is None:
                return None
            doubtful &= ~(alone | own.find_convinced(self.block, sign))
            more.append(own)
        return more


def audit_proofs(block: Block, proofs: Proofs) -> list[int]:
    """Return the suppressed figures for which the proof for some attacker is missing.

    Each proof is checked against what is published, the sums and the bounds; no solver is trusted.
    """
    return [
        figure
        for figure in np.flatnonzero(block.hidden).tolist()
        if not _is_protected(block, figure, proofs.get(figure, []))
    ]


def _is_protected(block: Block, figure: int, moves: Sequence[Move]) -> bool:
    rows, figures, coefficients = block.terms
    sound = []
    for move in moves:
        # A sound move leaves all that is published, and every sum, as they are.
        sums = np.bincount(rows, move.by[figures] * coefficients) if len(rows) else np.zeros(1)
        if not move.by[block.published].any() and (np.abs(sums) < NEAR).all():
            sound.append(move)
    for sign in (UP, DOWN):
        doubtful = block.required_distances(figure, sign) > 0
        for move in sound:
            doubtful &= ~move.find_convinced(block, sign)
        if doubtful.any():
            return False
    return True
