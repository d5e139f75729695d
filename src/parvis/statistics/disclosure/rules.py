"""The rules of disclosure control on one figure alone (primary suppression)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from parvis.config import Disclosure
from parvis.statistics.rolling_up import Flags, Floats, Ints
from parvis.statistics.strata import PUBLIC, SHARED, owner


@dataclass(frozen=True)
class Knowledge:
    """What each contributor brings to each figure, and which of it each attacker knows.

    `values` are figures × contributors; `readable` is attackers × contributors: each member knows
    its own (rule 9) and what some member may read, the last attacker, who is not a member, what is
    public, as all others do too. `owners` is contributors × partners: whose figures they are.
    """

    values: Floats
    readable: Flags
    owners: Floats

    @classmethod
    def of(cls, values: Floats, contributors: Sequence[str]) -> "Knowledge":
        """Derive owners and readers from the names of contributors."""
        names = [owner(contributor) for contributor in contributors]
        partners = sorted(set(names))
        owners = np.array([[name == partner for partner in partners] for name in names], float)
        owners = owners.reshape(len(names), len(partners))
        members = owners.T > 0
        shared = np.array([name.endswith(SHARED) for name in contributors], bool)
        readers = np.vstack([members | shared, np.zeros((1, len(names)), bool)])
        readers[:, [name.endswith(PUBLIC) for name in contributors]] = True
        return cls(values, readers, owners)

    @cached_property
    def totals(self) -> Floats:
        """The value of each figure."""
        return np.asarray(self.values.sum(axis=1))

    @cached_property
    def least(self) -> Floats:
        """The lower bound of each figure that each attacker knows: figures × attackers."""
        return np.asarray(self.values @ self.readable.T.astype(float))

    def hidden(self, attacker: int) -> Floats:
        """Return what an attacker does not know: figures × partners."""
        return np.asarray(np.where(self.readable[attacker], 0, self.values) @ self.owners)

    def hidden_of(self, attacker: int, figure: int) -> Floats:
        """Return what an attacker does not know of one figure, by partner."""
        row = np.where(self.readable[attacker], 0, self.values[figure])
        return np.asarray(row @ self.owners)

    def required_distances(self, p: float, persons: int, figures: Ints) -> Floats:
        """Return how far each attacker must stay from figures (rule 5): figures × attackers."""
        values = self.values[figures]
        by_partner = (np.where(readable, 0, values) @ self.owners for readable in self.readable)
        largest = [hidden.max(axis=1, initial=0) for hidden in by_partner]
        return np.maximum(persons, np.stack(largest, axis=1) * p / 100)


def find_unsafe(knowledge: Knowledge, thresholds: Disclosure, p: float) -> dict[int, Flags]:
    """Return which figures break rule 1, 2 or 3 for some attacker, by the rule's number.

    Of what is public already only the number of contributors counts. Rule 3 is the p% rule: what
    remains of a figure without its two largest contributors must be p% of the largest at least.
    """
    size, outsider = len(knowledge.values), len(knowledge.readable) - 1
    broken = {rule: np.zeros(size, bool) for rule in (1, 2, 3)}
    for attacker in range(len(knowledge.readable)):
        hidden = knowledge.hidden(attacker)
        total = hidden.sum(axis=1)
        few = (hidden > 0).sum(axis=1) < thresholds.contributors
        # A member attacks only figures of which it knows a part.
        attacked = (total > 0) & ((knowledge.least[:, attacker] > 0) | (attacker == outsider))
        broken[1] |= attacked & few
        broken[3] |= attacked & _is_dominated(hidden, p)
    outside = knowledge.hidden(outsider).sum(axis=1)
    partners = (knowledge.values @ knowledge.owners > 0).sum(axis=1)
    broken[1] |= partners < thresholds.contributors
    broken[2] = (outside > 0) & (outside < thresholds.persons)
    return broken


def find_small_changes(knowledge: Knowledge, thresholds: Disclosure, p: float) -> Flags:
    """Return which changes break rule 1, 2 or 3 for each attacker (rule 9): changes × attackers.

    `knowledge` holds changes without their signs: whether a contributor gained or lost, as much
    is known of it.
    """
    small = np.zeros((len(knowledge.values), len(knowledge.readable)), bool)
    for attacker in range(len(knowledge.readable)):
        hidden = knowledge.hidden(attacker)
        total = hidden.sum(axis=1)
        few = (hidden > 0).sum(axis=1) < thresholds.contributors
        broken = few | (total < thresholds.persons) | _is_dominated(hidden, p)
        small[:, attacker] = (total > 0) & broken
    return small


def _is_dominated(hidden: Floats, p: float) -> Flags:
    """Return the figures that break the p% rule (rule 3); `hidden` is figures × partners."""
    largest = -np.sort(-hidden, axis=1)[:, :2]
    first = largest[:, 0] if hidden.shape[1] else np.zeros(len(hidden))
    return np.asarray(hidden.sum(axis=1) - largest.sum(axis=1) < p / 100 * first)
