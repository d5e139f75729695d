"""Which figures may not be told for what they are: the rules on one figure alone.

The figures of contributors that everyone knows already are taken out before anything else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from parvis.config import Disclosure
from parvis.statistics.observations import Flags, Floats, Ints
from parvis.statistics.strata import PUBLIC, SHARED, owner


@dataclass(frozen=True)
class Knowledge:
    """What each contributor brings to each figure, and which of it each attacker knows.

    `values` are figures × contributors; `known` is attackers × contributors: each member knows its
    own (rule 9) and what some member may read, the last attacker, who is nobody's member, what is
    public, as all others do too. `owners` is contributors × partners: whose figures they are.
    """

    values: Floats
    known: Flags
    owners: Floats

    @classmethod
    def of(cls, values: Floats, contributors: Sequence[str]) -> "Knowledge":
        """Tell by their names who brings what, and who may read it."""
        names = [owner(one) for one in contributors]
        partners = sorted(set(names))
        owners = np.array([[one == other for other in partners] for one in names], float)
        owners = owners.reshape(len(names), len(partners))
        members = owners.T > 0
        members = members | np.array([one.endswith(SHARED) for one in contributors], bool)
        known = np.vstack([members, np.zeros((1, len(names)), bool)])
        known[:, [one.endswith(PUBLIC) for one in contributors]] = True
        return cls(values, known, owners)

    @cached_property
    def totals(self) -> Floats:
        """Give each figure."""
        return np.asarray(self.values.sum(axis=1))

    @cached_property
    def least(self) -> Floats:
        """Give what each attacker knows that a figure is at least: figures × attackers."""
        return np.asarray(self.values @ self.known.T.astype(float))

    def hidden(self, attacker: int) -> Floats:
        """Give what an attacker does not know, by partner."""
        return np.asarray(np.where(self.known[attacker], 0, self.values) @ self.owners)

    def largest(self, p: float, persons: int, figures: Ints) -> Floats:
        """Give how far each attacker must stay from figures (rule 5): figures × attackers."""
        values = self.values[figures]
        hidden = (np.where(some, 0, values) @ self.owners for some in self.known)
        found = [one.max(axis=1, initial=0) for one in hidden]
        return np.maximum(persons, np.stack(found, axis=1) * p / 100)


def unsafe(knowledge: Knowledge, thresholds: Disclosure, p: float) -> dict[int, Flags]:
    """Tell which figures break rule 1, 2 or 3 for some attacker, by the rule's number.

    Of what is public already only the number of contributors counts. Rule 3 is the p% rule: what
    is left of a figure without its two largest contributors must be p% of the largest at least.
    """
    size = len(knowledge.values)
    found = {rule: np.zeros(size, bool) for rule in (1, 2, 3)}
    for attacker in range(len(knowledge.known)):
        hidden = knowledge.hidden(attacker)
        some, total = hidden > 0, hidden.sum(axis=1)
        few = some.sum(axis=1) < thresholds.contributors
        concerned = (total > 0) & (
            (knowledge.least[:, attacker] > 0) | _outside(knowledge, attacker)
        )
        found[1] |= concerned & few
        largest = -np.sort(-hidden, axis=1)[:, :2]
        first = largest[:, 0] if hidden.shape[1] else np.zeros(size)
        rest = total - largest.sum(axis=1)
        found[3] |= concerned & (rest < p / 100 * first)
    outside = knowledge.hidden(len(knowledge.known) - 1).sum(axis=1)
    partners = (knowledge.values @ knowledge.owners > 0).sum(axis=1)
    found[1] |= partners < thresholds.contributors
    found[2] = (outside > 0) & (outside < thresholds.persons)
    return found


def small_for(knowledge: Knowledge, thresholds: Disclosure, p: float) -> Flags:
    """Tell what breaks rule 1, 2 or 3 for each attacker, what it knows taken out (rule 9).

    `knowledge` holds changes without their signs: whether somebody gained or lost, it is as much
    that is known of them. Return changes × attackers.
    """
    small = np.zeros((len(knowledge.values), len(knowledge.known)), bool)
    for attacker in range(len(knowledge.known)):
        hidden = knowledge.hidden(attacker)
        total = hidden.sum(axis=1)
        few = (hidden > 0).sum(axis=1) < thresholds.contributors
        largest = -np.sort(-hidden, axis=1)[:, :2]
        first = largest[:, 0] if hidden.shape[1] else np.zeros(len(hidden))
        dominated = total - largest.sum(axis=1) < p / 100 * first
        small[:, attacker] = (total > 0) & (few | (total < thresholds.persons) | dominated)
    return small


def _outside(knowledge: Knowledge, attacker: int) -> bool:
    return attacker == len(knowledge.known) - 1
