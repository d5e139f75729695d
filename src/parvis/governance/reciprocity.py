"""Reciprocity: who gives figures of a stratum may receive those of the same stratum.

A stratum is a combination of concepts, such as a discipline, an area and an age bracket, in an
order that is the pool's own. A dataset holds those of its observations; a reader gives those of
the observations that it submitted itself, each until an instant. The same stratum is the very
same combination: who gives a total has not given its parts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from parvis.governance.access import decide
from parvis.governance.policies import CONTRIBUTES, READ, Kind, Policies
from parvis.governance.question import Reader
from parvis.governance.reasons import Code, Decision


@dataclass(frozen=True)
class Standing:
    """What a party receives at an instant, and what is withheld from it, each by its decision.

    Only datasets that ask for a contribution of the same strata are told; both by their IRIs.
    """

    at: datetime
    received: tuple[tuple[str, Decision], ...]
    withheld: tuple[tuple[str, Decision], ...]


def standing(policies: Policies, reader: Reader, targets: Iterable[str], at: datetime) -> Standing:
    """Tell what a reader receives for what it gives, of the datasets that ask for something.

    What it would not receive whatever it gave is left out, so also what holds no figure yet. Raises
    `UsageError` for an instant without offset.
    """
    asked = [target for target in targets if reciprocal(policies, target)]
    decisions = [(target, decide(policies, reader, READ, target, at)) for target in asked]
    lacking = {Code.NO_CONTRIBUTION, Code.CONTRIBUTION_OVER}
    return Standing(
        at,
        tuple(one for one in decisions if one[1].allowed),
        tuple(one for one in decisions if one[1].reason.code in lacking and one[1].reason.lacking),
    )


def reciprocal(policies: Policies, target: str) -> bool:
    """Say whether some permission to a dataset asks for a contribution."""
    return any(
        rule.kind is Kind.PERMISSION and any(one.left == CONTRIBUTES for one in rule.constraints)
        for rule in policies.rules_on(target)
    )
