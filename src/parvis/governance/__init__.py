"""Who may do what with which dataset, until when, and why: pure, the date is an argument."""

from parvis.governance.access import (
    all_gifts,
    decide,
    discoverable,
    may_all_reach,
    may_reach,
    readable,
    readable_by_some,
)
from parvis.governance.dates import good_until
from parvis.governance.parties import EVERYONE, Parties, Party
from parvis.governance.policies import (
    AGGREGATE,
    DISCOVER,
    DISTRIBUTE,
    READ,
    USE,
    Agreement,
    Constraint,
    Kind,
    Policies,
    Rule,
    Stratum,
)
from parvis.governance.profile import from_graph
from parvis.governance.question import ANONYMOUS, Code, Decision, Reader, Reason
from parvis.governance.reciprocity import Gift, Lack, Minimum, Standing, reciprocal, standing, weigh
from parvis.governance.retention import Due, due

__all__ = [
    "AGGREGATE",
    "ANONYMOUS",
    "DISCOVER",
    "DISTRIBUTE",
    "EVERYONE",
    "READ",
    "USE",
    "Agreement",
    "Code",
    "Constraint",
    "Decision",
    "Due",
    "Gift",
    "Kind",
    "Lack",
    "Minimum",
    "Parties",
    "Party",
    "Policies",
    "Reader",
    "Reason",
    "Rule",
    "Standing",
    "Stratum",
    "all_gifts",
    "decide",
    "discoverable",
    "due",
    "from_graph",
    "good_until",
    "may_all_reach",
    "may_reach",
    "readable",
    "readable_by_some",
    "reciprocal",
    "standing",
    "weigh",
]
