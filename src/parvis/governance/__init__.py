"""Who may do what with which dataset, until when, and why: pure, the date is an argument."""

from parvis.governance.access_request import ANONYMOUS, AccessDecision, DecisionCode, Reader, Reason
from parvis.governance.dates import DueDeletion, find_due_deletion, good_until
from parvis.governance.evaluation import (
    all_contributions,
    decide,
    filter_discoverable,
    filter_readable,
    filter_readable_by_some,
    find_void_prohibitions,
    may_all_reach,
    may_reach,
)
from parvis.governance.parties import EVERYONE, Parties, Party
from parvis.governance.policies import (
    AGGREGATE,
    DISCOVER,
    DISTRIBUTE,
    READ,
    USE,
    Agreement,
    Constraint,
    Policies,
    Rule,
    RuleKind,
    Stratum,
)
from parvis.governance.profile import read_policies
from parvis.governance.reciprocity import (
    Minimum,
    ReciprocityStatus,
    Shortfall,
    StratumContribution,
    assess_reciprocity,
    find_shortfalls,
    requires_contribution,
)

__all__ = [
    "AGGREGATE",
    "ANONYMOUS",
    "DISCOVER",
    "DISTRIBUTE",
    "EVERYONE",
    "READ",
    "USE",
    "AccessDecision",
    "Agreement",
    "Constraint",
    "DecisionCode",
    "DueDeletion",
    "Minimum",
    "Parties",
    "Party",
    "Policies",
    "Reader",
    "Reason",
    "ReciprocityStatus",
    "Rule",
    "RuleKind",
    "Shortfall",
    "Stratum",
    "StratumContribution",
    "all_contributions",
    "assess_reciprocity",
    "decide",
    "filter_discoverable",
    "filter_readable",
    "filter_readable_by_some",
    "find_due_deletion",
    "find_shortfalls",
    "find_void_prohibitions",
    "good_until",
    "may_all_reach",
    "may_reach",
    "read_policies",
    "requires_contribution",
]
