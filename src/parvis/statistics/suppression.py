"""Complementary suppression: what else must be left out so that nothing left out can be found.

For each figure that is not told and each attacker there must be two other tables that have all
that is told, and all that the attacker knows, in common with the real one, in which that figure is
far enough above, and below (rule 5). Such a table is a *move*; moves are kept, since they are the
proof: `audit` holds each against the sums and bounds again, without the solver that found it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from parvis.statistics.linear import EXACT, FAR, Moves, Relation
from parvis.statistics.observations import Flags, Floats, Ints

CHEAP = 1e-3
"""What moving a figure costs that is not told anyway."""
REPEATED = 0.3
"""What it costs to move a figure of which an earlier one is told instead, beside others."""
AGAIN = 20
"""How many proofs may be sought again for one figure to be told."""
LARGE = 1500
"""Figures of a block beyond which nothing is told again: it would take minutes."""
KEPT, RECENT = 400, 60
"""How many moves are remembered, and how many of them tried for one claim."""
NEAR = 1e-4
"""Within this, sums and bounds hold."""


@dataclass
class Block:
    """Figures that hang together by sums, and what is told of them.

    `values` are figures, `least` figures × attackers (what each knows a figure to be at least),
    `needs` the same (how far each must stay from it). `told` are those that are told, of them
    `fixed` were told before and stay so; `watched` those that must be protected if not told.
    Those that `changed` are what was gained or lost between two figures: who brings all of it knows
    that nobody else does. Instead of those that are `repeatable` an earlier figure is told.
    `limits` say, of a figure, an attacker and a direction, how far it has to go where that is less
    than what it needs: what was told before may leave it no more, as of a figure that is known to
    be at least what it was told to be before.
    """

    values: Floats
    least: Floats
    needs: Floats
    relations: Sequence[Relation]
    told: Flags
    fixed: Flags
    watched: Flags
    changed: Flags
    repeatable: Flags
    limits: dict[tuple[int, int, int], float] = field(default_factory=dict)

    @property
    def hidden(self) -> Flags:
        """Say which figures must be protected: not told, and watched."""
        return self.watched & ~self.told

    @property
    def silent(self) -> bool:
        """Say whether nothing is told that was not told before."""
        return not (self.told & ~self.fixed).any()

    @cached_property
    def exact(self) -> Flags:
        """Say what an attacker knows exactly: figures × attackers."""
        return self.changed[:, None] & (self.values[:, None] - self.least <= EXACT)

    @cached_property
    def terms(self) -> tuple[Ints, Ints, Floats]:
        """Give the terms of all sums: which sum, which figure, by how much."""
        terms = [
            (row, figure, by)
            for row, (figures, some) in enumerate(self.relations)
            for figure, by in zip(figures, some, strict=True)
        ]
        rows, figures, by = zip(*terms, strict=True) if terms else ((), (), ())
        return np.array(rows, np.int32), np.array(figures, np.int32), np.array(by, float)

    def wanted(self, figure: int, attacker: int) -> tuple[float, float]:
        """Tell how far above and below a figure an attacker must see it possible.

        Nought where the attacker knows all of it: nobody attacks what it alone brings.
        """
        unknown = float(self.values[figure] - self.least[figure, attacker])
        need = float(self.needs[figure, attacker]) if unknown > EXACT else 0.0
        above, below = (self.limits.get((figure, attacker, sign), need) for sign in (1, -1))
        return above, min(below, unknown)


@dataclass(frozen=True)
class Claim:
    """That a figure can be an amount away, for each of some attackers and for all at once."""

    figure: int
    amount: float
    attackers: tuple[int, ...]


def claims(block: Block, figure: int) -> list[Claim]:
    """Tell what is to be proved of a figure: for who knows the most of it, and for all others."""
    everyone = [one for one in range(block.least.shape[1]) if any(block.wanted(figure, one))]
    best = max(everyone, key=lambda one: block.least[figure, one], default=None)
    groups = [[one for one in everyone if one != best], [] if best is None else [best]]
    return [claim for group in groups for claim in _of(block, figure, group)]


def _of(block: Block, figure: int, attackers: Sequence[int]) -> Iterator[Claim]:
    """Tell what is to be proved for some attackers: up and down."""
    wanted = [block.wanted(figure, one) for one in attackers]
    for sign, amounts in zip((1, -1), zip(*wanted, strict=True), strict=False):
        if max(amounts) > EXACT:
            yield Claim(figure, sign * max(amounts), tuple(attackers))


class Protection:
    """Protects the figures of one block, by telling fewer of them."""

    def __init__(self, block: Block) -> None:
        """Prepare the programme."""
        self.block, self.could = block, block.told.copy()
        self.proofs: dict[int, list[tuple[Claim, Floats]]] = {}
        self._moves = Moves(len(block.values), block.relations)
        # Parts rather than totals, which tell more, of more; and rather what leaves no gap.
        self._costs = np.sqrt(1 + np.abs(block.values)) * np.where(block.repeatable, REPEATED, 1)
        self._known = np.zeros((0, len(block.values)))

    def protect(self) -> None:
        """Leave out what must be, until every figure that is not told is protected.

        End as soon as nothing is told that was not told before: nobody learns anything.
        """
        while not self.block.silent and (
            waiting := [figure for figure in self._order() if figure not in self.proofs]
        ):
            self._protect(waiting[0])
        if not self.block.silent and len(self.block.values) <= LARGE:
            self._tell_again()

    def _order(self) -> list[int]:
        """Put first what must stay the farthest."""
        hidden = np.flatnonzero(self.block.hidden)
        needs = self.block.needs[hidden].max(axis=1)
        return [int(one) for one in hidden[np.argsort(-needs, kind="stable")]]

    def _protect(self, figure: int) -> None:
        """Find a move for each claim, leaving out what the move changes."""
        self.proofs[figure] = []
        for claim in claims(self.block, figure):
            for part in self._split(claim):
                proofs = self._proved(part) or self._apart(part)
                for _, move in proofs:
                    self.block.told &= move == 0
                self.proofs[figure] += proofs

    def _split(self, claim: Claim) -> list[Claim]:
        """Part a claim by who knows a change exactly, unless it holds for all with what is told.

        All together would know all that each knows exactly, and figures would be left out for a
        coalition that no rule asks for.
        """
        exact = np.asarray(self.block.exact.any(axis=0))
        knowing = [attacker for attacker in claim.attackers if exact[attacker]]
        if len(claim.attackers) == 1 or not knowing:
            return [claim]
        move = self._fitting(claim)
        if move is None:
            move = self._found(claim, self.block.told)
        if move is not None:
            self._keep(move)
            return [claim]
        others = [attacker for attacker in claim.attackers if not exact[attacker]]
        groups = [*([attacker] for attacker in knowing), others]
        parts = [part for group in groups if group for part in _of(self.block, claim.figure, group)]
        return [part for part in parts if part.amount * claim.amount > 0]

    def _proved(self, claim: Claim) -> list[tuple[Claim, Floats]] | None:
        """Take a move that is known, or find the cheapest."""
        move = self._fitting(claim)
        if move is None:
            move = self._found(claim, self.block.fixed)
            if move is not None:
                self._keep(move)
        return None if move is None else [(claim, move)]

    def _apart(self, claim: Claim) -> list[tuple[Claim, Floats]]:
        """Prove for each attacker alone what cannot be proved for all at once.

        Where what was told before leaves a figure no room, as much is proved as it leaves.
        """
        found: list[tuple[Claim, Floats]] = []
        sign = 1 if claim.amount > 0 else -1
        for attacker in claim.attackers:
            for one in self._alone(claim.figure, attacker, sign):
                proved = self._proved(one)
                if proved is None:
                    self._limit(one, sign)
                    proved = [
                        p
                        for o in self._alone(one.figure, attacker, sign)
                        for p in self._proved(o) or []
                    ]
                for _, move in proved:
                    self.block.told &= move == 0
                found += proved
        return found

    def _alone(self, figure: int, attacker: int, sign: int) -> list[Claim]:
        """Tell what is to be proved for one attacker in one direction."""
        return [one for one in _of(self.block, figure, [attacker]) if one.amount * sign > 0]

    def _limit(self, claim: Claim, sign: int) -> None:
        """Note how far what was told before leaves a figure to go, for one attacker."""
        far = self._moves.farthest(*self._room(claim, self.block.fixed), claim.figure, sign)
        self.block.limits[claim.figure, claim.attackers[0], sign] = max(far - NEAR, 0.0)

    def _found(self, claim: Claim, still: Flags) -> Floats | None:
        """Ask for the cheapest move in which some figures stand still."""
        block = self.block
        costs = np.where(block.told, self._costs, CHEAP * self._costs)
        return self._moves.cheapest(costs, *self._room(claim, still), claim.figure, claim.amount)

    def _room(self, claim: Claim, still: Flags) -> tuple[Floats, Floats]:
        """Give how far each figure may go down, and up, for all attackers of a claim."""
        spare = np.maximum(self.block.values - self._least(claim), 0)
        held = still | self._known_to(claim)
        return np.where(held, 0, spare), np.where(held, 0, FAR)

    def _known_to(self, claim: Claim) -> Flags:
        return np.asarray(self.block.exact[:, claim.attackers].any(axis=1))

    def _least(self, claim: Claim) -> Floats:
        return np.asarray(self.block.least[:, claim.attackers].max(axis=1))

    def _fitting(self, claim: Claim) -> Floats | None:
        """Look for a known move, or its reverse, that fits a claim at its scale: nothing is solved.

        Bounds are convex: what fits at a scale fits at any smaller one.
        """
        by = self._known[:, claim.figure]
        able = np.flatnonzero(np.abs(by) > EXACT)
        held = self.block.told | self._known_to(claim)
        able = able[~self._known[np.ix_(able, held)].any(axis=1)][-RECENT:]
        moves = self._known[able] * (claim.amount / by[able])[:, None]
        fits = self.block.values + moves >= self._least(claim) - EXACT
        fits[:, claim.figure] = True
        found = np.flatnonzero(fits.all(axis=1))
        return np.asarray(moves[found[-1]]) if len(found) else None

    def _keep(self, move: Floats) -> None:
        """Keep a move, for other figures that it moves too."""
        self._known = np.vstack([self._known[-KEPT:], move])

    def _tell_again(self) -> None:
        """Tell again what no proof needs, or only proofs that can do without, the largest first."""
        spare = np.flatnonzero(~self.block.told & self.could)
        for figure in spare[np.argsort(-self.block.values[spare], kind="stable")].tolist():
            others = self._without(figure)
            if others is not None:
                self.block.told[figure] = True
                self.proofs |= others
                self.proofs.pop(figure, None)

    def _without(self, figure: int) -> dict[int, list[tuple[Claim, Floats]]] | None:
        """Prove anew, with a figure told, what needs it; None if it cannot be, or is too much."""
        using = [
            one
            for one, proofs in self.proofs.items()
            if one != figure and any(move[figure] for _, move in proofs)
        ]
        if len(using) > AGAIN:
            return None
        self.block.told[figure] = True
        try:
            found = {
                one: [self._again(*proof, figure) for proof in self.proofs[one]] for one in using
            }
        finally:
            self.block.told[figure] = False
        sound = {
            one: [(claim, move) for claim, move in proofs if move is not None]
            for one, proofs in found.items()
        }
        return sound if all(len(sound[one]) == len(found[one]) for one in found) else None

    def _again(self, claim: Claim, move: Floats, figure: int) -> tuple[Claim, Floats | None]:
        """Prove a claim with a figure told."""
        if not move[figure]:
            return claim, move
        other = self._fitting(claim)
        if other is None:
            other = self._found(claim, self.block.told)
            if other is not None:
                self._keep(other)
        return claim, other


def audit(block: Block, proofs: dict[int, list[tuple[Claim, Floats]]]) -> list[int]:
    """Give the figures that are not told and of which some attacker has no proof to face.

    Each proof is held against what is told, the sums and the bounds; no solver is trusted.
    """
    return [
        figure
        for figure in np.flatnonzero(block.hidden).tolist()
        if not _protected(block, figure, proofs.get(figure, []))
    ]


def _protected(block: Block, figure: int, proofs: Sequence[tuple[Claim, Floats]]) -> bool:
    sound = [(claim, move) for claim, move in proofs if _holds(block, move)]
    for attacker in range(block.least.shape[1]):
        above, below = block.wanted(figure, attacker)
        for amount in (above, -below):
            if amount and not any(_shows(block, *one, attacker, amount) for one in sound):
                return False
    return True


def _holds(block: Block, move: Floats) -> bool:
    """Say whether a move leaves all that is told, and every sum, as they are."""
    rows, figures, by = block.terms
    sums = np.bincount(rows, move[figures] * by) if len(rows) else np.zeros(1)
    return not move[block.told].any() and bool((np.abs(sums) < NEAR).all())


def _shows(block: Block, claim: Claim, move: Floats, attacker: int, amount: float) -> bool:
    """Say whether a move, scaled down, shows an attacker a figure an amount away."""
    by = float(move[claim.figure])
    if by * amount <= 0 or abs(by) < abs(amount) - NEAR:
        return False
    if (np.abs(move[block.exact[:, attacker]]) > EXACT).any():
        return False
    scaled = block.values + move * (amount / by)
    return bool((scaled >= block.least[:, attacker] - NEAR).all())
