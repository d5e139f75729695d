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

from parvis.statistics.linear import EXACT, Moves, Relation
from parvis.statistics.rolling_up import Flags, Floats, Ints

CHEAP = 1e-3
"""The cost factor of moving a figure that is suppressed anyway."""
REPEATED = 0.3
"""The cost factor of moving a figure of which an earlier value is published instead."""
AGAIN = 20
"""How many proofs may be sought again so that one figure is published."""
LARGE = 1500
"""Figures of a block beyond which nothing is published again: it would take minutes."""
KEPT, RECENT = 400, 60
"""How many moves are stored, and how many of them are tried for one claim."""
NEAR = 1e-4
"""Tolerance of sums and bounds."""


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

    def required_distances(self, figure: int, attacker: int) -> tuple[float, float]:
        """Return how far above and below a figure an attacker must consider it possible."""
        unknown = float(self.values[figure] - self.least[figure, attacker])
        # Where the attacker knows all of it, it needs no protection from it.
        need = float(self.needs[figure, attacker]) if unknown > EXACT else 0.0
        above, below = (self.limits.get((figure, attacker, sign), need) for sign in (1, -1))
        room = float(self.room[figure, attacker])
        return min(above, room) if room > EXACT else 0.0, min(below, unknown)


@dataclass(frozen=True)
class Claim:
    """That a figure can be an amount away, for each of some attackers and for all at once."""

    figure: int
    amount: float
    attackers: tuple[int, ...]


def build_claims(block: Block, figure: int) -> list[Claim]:
    """Return what is to be proved: for the attacker that knows the most, and for all others."""
    attackers = [
        attacker
        for attacker in range(block.least.shape[1])
        if any(block.required_distances(figure, attacker))
    ]
    best = max(attackers, key=lambda attacker: block.least[figure, attacker], default=None)
    groups = [[attacker for attacker in attackers if attacker != best]]
    groups.append([] if best is None else [best])
    return [claim for group in groups for claim in _list_claims(block, figure, group)]


def _list_claims(block: Block, figure: int, attackers: Sequence[int]) -> list[Claim]:
    """Return what is to be proved for some attackers: up and down."""
    needs = [block.required_distances(figure, attacker) for attacker in attackers]
    return [
        Claim(figure, sign * max(amounts), tuple(attackers))
        for sign, amounts in zip((1, -1), zip(*needs, strict=True), strict=False)
        if max(amounts) > EXACT
    ]


class Protection:
    """Protects the suppressed figures of one block, by suppressing more of them."""

    def __init__(self, block: Block) -> None:
        self.block, self.could = block, block.published.copy()
        self.proofs: dict[int, list[tuple[Claim, Floats]]] = {}
        self._programme = Moves(len(block.values), block.relations)
        # Rather parts than totals, which tell more, of more; and rather what leaves no gap.
        self._costs = np.sqrt(1 + np.abs(block.values)) * np.where(block.repeatable, REPEATED, 1)
        self._moves = np.zeros((0, len(block.values)))

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
            # What the moves of its proofs change is suppressed too.
            self.proofs[figure] = []
            for claim in build_claims(self.block, figure):
                for part in self._split_claim(claim):
                    proofs = self._prove(part) or self._prove_separately(part)
                    for _, move in proofs:
                        self.block.published &= move == 0
                    self.proofs[figure] += proofs
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

    def _split_claim(self, claim: Claim) -> list[Claim]:
        """Split a claim by who knows a change exactly, unless it holds for all of them at once."""
        # All together would know all that each knows exactly, and figures would be suppressed for a
        # coalition that no rule requires.
        exact = np.asarray(self.block.exact.any(axis=0))
        knowing = [attacker for attacker in claim.attackers if exact[attacker]]
        if len(claim.attackers) == 1 or not knowing:
            return [claim]
        if self._find_move(claim, self.block.published) is not None:
            return [claim]
        unknowing = [attacker for attacker in claim.attackers if not exact[attacker]]
        groups = [*([attacker] for attacker in knowing), unknowing]
        parts = [part for group in groups for part in _list_claims(self.block, claim.figure, group)]
        return [part for part in parts if part.amount * claim.amount > 0]

    def _prove(self, claim: Claim) -> list[tuple[Claim, Floats]] | None:
        move = self._find_move(claim, self.block.fixed)
        return None if move is None else [(claim, move)]

    def _prove_separately(self, claim: Claim) -> list[tuple[Claim, Floats]]:
        """Prove for each attacker alone what cannot be proved for all at once.

        Where what was published before leaves a figure no room, as much is proved as it leaves.
        """
        separate: list[tuple[Claim, Floats]] = []
        sign = 1 if claim.amount > 0 else -1
        for attacker in claim.attackers:
            for part in self._claims_of(claim.figure, attacker, sign):
                proofs = self._prove(part)
                if proofs is None:
                    room = self._compute_room(part, self.block.fixed)
                    far = self._programme.find_farthest(*room, part.figure, sign)
                    self.block.limits[part.figure, attacker, sign] = max(far - NEAR, 0.0)
                    proofs = [
                        proof
                        for limited in self._claims_of(part.figure, attacker, sign)
                        for proof in self._prove(limited) or []
                    ]
                for _, move in proofs:
                    self.block.published &= move == 0
                separate += proofs
        return separate

    def _claims_of(self, figure: int, attacker: int, sign: int) -> list[Claim]:
        """Return what is to be proved for one attacker in one direction."""
        both = _list_claims(self.block, figure, [attacker])
        return [claim for claim in both if claim.amount * sign > 0]

    def _find_move(self, claim: Claim, still: Flags) -> Floats | None:
        """Return a stored move, or the cheapest one in which some figures stand still."""
        # A stored move, or its reverse, may fit the claim at its scale, without solving.
        by = self._moves[:, claim.figure]
        able = np.flatnonzero(np.abs(by) > EXACT)
        fixed = self.block.published | self._get_exact(claim)
        able = able[~self._moves[np.ix_(able, fixed)].any(axis=1)][-RECENT:]
        # Bounds are convex: what fits at a scale fits at any smaller one.
        moves = self._moves[able] * (claim.amount / by[able])[:, None]
        fits = self.block.values + moves >= self._get_least(claim) - EXACT
        fits &= moves <= self._get_room(claim) + EXACT
        fits[:, claim.figure] = True
        fitting = np.flatnonzero(fits.all(axis=1))
        if len(fitting):
            # A copy (`np.array`): a view would keep all the scaled moves in memory, for each proof.
            return np.array(moves[fitting[-1]])
        costs = np.where(self.block.published, self._costs, CHEAP * self._costs)
        room = self._compute_room(claim, still)
        move = self._programme.find_cheapest(costs, *room, claim.figure, claim.amount)
        if move is not None:
            self._moves = np.vstack([self._moves[-KEPT:], move])
        return move

    def _compute_room(self, claim: Claim, still: Flags) -> tuple[Floats, Floats]:
        """Return how far each figure may go down, and up, for all attackers of a claim."""
        spare = np.maximum(self.block.values - self._get_least(claim), 0)
        fixed = still | self._get_exact(claim)
        return np.where(fixed, 0, spare), np.where(fixed, 0, self._get_room(claim))

    def _get_exact(self, claim: Claim) -> Flags:
        return np.asarray(self.block.exact[:, claim.attackers].any(axis=1))

    def _get_least(self, claim: Claim) -> Floats:
        return np.asarray(self.block.least[:, claim.attackers].max(axis=1))

    def _get_room(self, claim: Claim) -> Floats:
        return np.asarray(self.block.room[:, claim.attackers].min(axis=1))

    def _prove_without(self, figure: int) -> dict[int, list[tuple[Claim, Floats]]] | None:
        """Prove again, with a figure published, what needs it; None if impossible or too much."""
        using = [
            user
            for user, proofs in self.proofs.items()
            if user != figure and any(move[figure] for _, move in proofs)
        ]
        if len(using) > AGAIN:
            return None
        self.block.published[figure] = True
        try:
            attempts = {
                user: [
                    (claim, self._find_move(claim, self.block.published) if move[figure] else move)
                    for claim, move in self.proofs[user]
                ]
                for user in using
            }
        finally:
            self.block.published[figure] = False
        proofs = {
            user: [(claim, move) for claim, move in tries if move is not None]
            for user, tries in attempts.items()
        }
        complete = all(len(proofs[user]) == len(tries) for user, tries in attempts.items())
        return proofs if complete else None


def audit_proofs(block: Block, proofs: dict[int, list[tuple[Claim, Floats]]]) -> list[int]:
    """Return the suppressed figures for which the proof for some attacker is missing.

    Each proof is checked against what is published, the sums and the bounds; no solver is trusted.
    """
    return [
        figure
        for figure in np.flatnonzero(block.hidden).tolist()
        if not _is_protected(block, figure, proofs.get(figure, []))
    ]


def _is_protected(block: Block, figure: int, proofs: Sequence[tuple[Claim, Floats]]) -> bool:
    rows, figures, coefficients = block.terms
    sound = []
    for claim, move in proofs:
        # A sound move leaves all that is published, and every sum, as they are.
        sums = np.bincount(rows, move[figures] * coefficients) if len(rows) else np.zeros(1)
        if not move[block.published].any() and (np.abs(sums) < NEAR).all():
            sound.append((claim, move))
    for attacker in range(block.least.shape[1]):
        above, below = block.required_distances(figure, attacker)
        for amount in (above, -below):
            if amount and not any(
                _is_proof(block, claim, move, attacker, amount) for claim, move in sound
            ):
                return False
    return True


def _is_proof(block: Block, claim: Claim, move: Floats, attacker: int, amount: float) -> bool:
    """Return whether a move, scaled down, shows an attacker a figure an amount away."""
    by = float(move[claim.figure])
    if by * amount <= 0 or abs(by) < abs(amount) - NEAR:
        return False
    if (np.abs(move[block.exact[:, attacker]]) > EXACT).any():
        return False
    scaled = move * (amount / by)
    below = block.values + scaled < block.least[:, attacker] - NEAR
    return not (below | (scaled > block.room[:, attacker] + NEAR)).any()
