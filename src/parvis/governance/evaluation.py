"""Decide whether a reader may do something with a dataset at an instant, and by which rule.

Access is closed by default: what no agreement permits is denied, a prohibition has precedence over
any permission, and a condition that cannot be evaluated denies. The instant is an argument.

* `odrl:use` includes read, aggregate and distribute, but not `parvis:discover` (to see that the
  dataset exists): a prohibition to use does not hide a dataset.
* A permission to read permits to discover; a prohibition to discover forbids to read.
* Once an obligation to delete is due, nobody may do anything, even before it is done.
* Once a project is closed, its agreements permit only what they say survives; their prohibitions
  and obligations stay.
* The third party may read and discover all that is neither due for deletion nor forbidden to it;
  a partner may always read and discover its own data, as long as its deletion is not due.
* A release made of partners' figures for some recipients goes to nobody else: for each of its
  source datasets, a permission to aggregate must reach the reader, and no prohibition.
* Anonymous readers are in no collection and of no kind; a party whose kind is unknown cannot show
  that it is not of an excluded kind.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

from parvis.governance.access_request import (
    ANONYMOUS,
    AccessDecision,
    AccessRequest,
    DecisionCode,
    Reader,
    Reason,
)
from parvis.governance.dates import require_offset
from parvis.governance.parties import EVERYONE
from parvis.governance.policies import (
    ACTIONS,
    AGGREGATE,
    COMPARE_AUDIENCES,
    CONTRIBUTES,
    COUNT_PEOPLE,
    DATE_TIME,
    DELETE,
    DISCOVER,
    DISTRIBUTE,
    ELAPSED_TIME,
    PURPOSE,
    READ,
    RECIPIENT,
    USE,
    Constraint,
    Policies,
    Rule,
    RuleKind,
    Stratum,
)

PERMITTED_BY = {
    USE: {USE},
    READ: {READ, USE},
    AGGREGATE: {AGGREGATE, USE},
    DISTRIBUTE: {DISTRIBUTE, USE},
    DISCOVER: {DISCOVER},
    # Off by default: no wider permission, not even to use, permits them.
    COUNT_PEOPLE: {COUNT_PEOPLE},
    COMPARE_AUDIENCES: {COMPARE_AUDIENCES},
}
"""The permissions that permit an action; besides, a permission to read permits to discover."""

FORBIDDEN_BY = {
    USE: {USE, READ, AGGREGATE, DISTRIBUTE, DISCOVER},
    READ: {READ, USE, DISCOVER},
    AGGREGATE: {AGGREGATE, USE},
    DISTRIBUTE: {DISTRIBUTE, READ, USE, DISCOVER},
    DISCOVER: {DISCOVER},
    COUNT_PEOPLE: {COUNT_PEOPLE, USE},
    COMPARE_AUDIENCES: {COMPARE_AUDIENCES, USE},
}
"""The prohibitions that forbid an action."""

PASSING = frozenset({USE, READ, AGGREGATE, DISTRIBUTE})
"""The actions by which the reader receives content."""
OTHER_PURPOSE = "urn:parvis:another-purpose"
"""A purpose that no rule names: conditions on a named purpose do not hold with it."""


def decide(  # noqa: PLR0913 - a question has seven parts
    policies: Policies,
    reader: Reader,
    action: str,
    target: str,
    at: datetime,
    *,
    purpose: str | None = None,
    recipient: str | None = None,
) -> AccessDecision:
    """Decide whether a reader may do something with a dataset at an instant, with the reason.

    `action` and `target` are IRIs. `purpose` is that of this request; without it the reader's
    declared purposes count. `recipient` is the party that would receive the result, or `EVERYONE`.
    Raises `UsageError` for an instant without offset.
    """
    at = require_offset(at)
    if action not in ACTIONS:
        return AccessDecision(allowed=False, reason=Reason(DecisionCode.UNKNOWN_ACTION))
    purposes = reader.purposes if purpose is None else frozenset({purpose})
    question = AccessRequest(policies, reader, action, target, at, purposes, recipient)
    if decision := _check_prohibitions(question) or _check_permissions(question):
        return decision
    # What is missing is a condition of a permission, else the permission.
    actions = PERMITTED_BY[action]
    if action == DISCOVER:
        actions = actions | PERMITTED_BY[READ]
    for rule in question.rules(RuleKind.PERMISSION, actions):
        if not question.outlasts(rule) and question.concerns(rule) is not False:
            return _decide_by(question, DecisionCode.PROJECT_CLOSED, rule)
        unmet = [constraint for constraint in rule.constraints if not question.holds(constraint)]
        if unmet and question.concerns(rule) is not False:
            return _decide_by(question, _unmet_code(question, unmet[0]), rule)
    has_rules = bool(policies.rules_on(target))
    return _decide_by(
        question, DecisionCode.NO_PERMISSION if has_rules else DecisionCode.NO_AGREEMENT
    )


def filter_readable(
    policies: Policies, reader: Reader, targets: Iterable[str], at: datetime
) -> list[str]:
    """Return the datasets that a reader may read, in their order."""
    return [t for t in targets if decide(policies, reader, READ, t, at).allowed]


def filter_discoverable(
    policies: Policies, reader: Reader, targets: Iterable[str], at: datetime
) -> list[str]:
    """Return the datasets that a reader may discover, in their order."""
    return [t for t in targets if decide(policies, reader, DISCOVER, t, at).allowed]


def filter_readable_by_some(policies: Policies, targets: Iterable[str], at: datetime) -> list[str]:
    """Return the datasets that anyone, or any party but the third party, may read in some way.

    A store for all readers with an agreement must hold these: any purpose, even one that no rule
    names, and any contribution that would open a dataset counts.
    """
    parties = sorted(iri for iri in policies.parties.by_iri if iri != policies.parties.host)
    readers = [ANONYMOUS, *map(Reader, parties)]
    # Once without and once with all contributions that a party could make.
    if contributions := all_contributions(policies):
        readers += [Reader(iri, contributes=contributions) for iri in parties]
    constraints = (constraint for rule in policies.rules for constraint in rule.constraints)
    named = {str(constraint.right) for constraint in constraints if constraint.left == PURPOSE}
    broader = policies.parties.broader.items()
    purposes = named | {purpose for purpose, wider in broader if wider & named}
    ways = list(product(readers, [None, OTHER_PURPOSE, *sorted(purposes)]))
    return [
        target
        for target in targets
        if any(decide(policies, r, READ, target, at, purpose=p).allowed for r, p in ways)
    ]


def find_void_prohibitions(policies: Policies, agreement: str) -> list[Rule]:
    """Return the prohibitions of an agreement that exclude nobody, since everyone may read.

    Who is refused as a party, or as a kind of organisation, reads the same without signing in.
    """
    open_targets = {
        rule.target
        for rule in policies.rules
        if rule.kind is RuleKind.PERMISSION
        and rule.assignee == EVERYONE
        and rule.action in PERMITTED_BY[READ]
    }
    return [
        rule
        for rule in policies.rules
        if rule.agreement == agreement
        and rule.kind is RuleKind.PROHIBITION
        and rule.assignee != EVERYONE
        and rule.action in FORBIDDEN_BY[READ]
        and rule.target in open_targets
    ]


def all_contributions(policies: Policies) -> dict[Stratum, datetime]:
    """Return a contribution, without end, of every stratum of the datasets that require one."""
    targets = {rule.target for rule in policies.rules if _requires_contribution(rule)}
    # A contribution that never expires opens whatever a contribution can open.
    last = datetime.max.replace(tzinfo=UTC)
    return {stratum: last for target in targets for stratum in policies.strata.get(target, ())}


def _check_prohibitions(question: AccessRequest) -> AccessDecision | None:
    """Return the denial that no permission can override, if there is one."""
    for rule in question.rules(RuleKind.OBLIGATION, {DELETE}):
        due = question.all_hold(rule)
        # An obligation whose condition is unknown may be due: it denies too.
        if due is not False:
            return _decide_by(
                question,
                DecisionCode.RETENTION_OVER if due else DecisionCode.RETENTION_UNKNOWN,
                rule,
            )
    if question.action in {READ, DISCOVER} and question.is_of_owner:
        return None
    for rule in question.rules(RuleKind.PROHIBITION, FORBIDDEN_BY[question.action]):
        if question.applies(rule) is not False:
            return _decide_by(question, DecisionCode.PROHIBITED, rule)
    if question.action in PASSING:
        sources = question.policies.made_of.get(question.target, ())
        if not may_all_reach(question.policies, sources, question.reader):
            return _decide_by(question, DecisionCode.OTHER_RECIPIENT)
    return None


def may_all_reach(policies: Policies, sources: Iterable[str], reader: Reader) -> bool:
    """Return whether a release made of some datasets may reach a reader."""
    iri = reader.iri
    is_third_party = iri is not None and iri == policies.parties.host
    # The third party made the release.
    return is_third_party or all(may_reach(policies, source, iri or EVERYONE) for source in sources)


def may_reach(policies: Policies, source: str, recipient: str) -> bool:
    """Return whether a dataset's aggregated figures may go to a party, or to everyone.

    Only conditions on the recipient count: a release cannot be taken back later.
    """
    # A party may always receive its own figures.
    agreements = (policies.agreement(rule.agreement) for rule in policies.rules_on(source))
    if any(agreement and agreement.assigner == recipient for agreement in agreements):
        return True
    question = AccessRequest(
        policies,
        ANONYMOUS,
        AGGREGATE,
        source,
        datetime.min.replace(tzinfo=UTC),
        frozenset(),
        recipient,
    )

    def evaluate_recipient(rule: Rule) -> set[bool | None]:
        recipients = [c for c in rule.constraints if c.left == RECIPIENT]
        return {question.holds(constraint) for constraint in recipients}

    permissions = map(
        evaluate_recipient, question.rules(RuleKind.PERMISSION, PERMITTED_BY[AGGREGATE])
    )
    prohibitions = map(
        evaluate_recipient, question.rules(RuleKind.PROHIBITION, FORBIDDEN_BY[AGGREGATE])
    )
    return any(answers <= {True} for answers in permissions) and not any(
        answers and False not in answers for answers in prohibitions
    )


def _check_permissions(question: AccessRequest) -> AccessDecision | None:
    """Return the decision of a permission whose conditions all hold, if there is one."""
    third_party = question.policies.parties.host
    is_third_party = third_party is not None and question.reader.iri == third_party
    if is_third_party and question.action in {READ, DISCOVER}:
        return AccessDecision(allowed=True, reason=Reason(DecisionCode.HOST))
    for rule in question.rules(RuleKind.PERMISSION, PERMITTED_BY[question.action]):
        if question.outlasts(rule) and question.applies(rule):
            code = (
                DecisionCode.RECIPROCATED
                if _requires_contribution(rule)
                else DecisionCode.PERMITTED
            )
            return _decide_by(question, code, rule, allowed=True)
    if question.action in {READ, DISCOVER} and question.is_of_owner:
        return AccessDecision(allowed=True, reason=Reason(DecisionCode.OWNER))
    if question.action != DISCOVER:
        return None
    # A permission to read permits to discover.
    reading = replace(question, action=READ)
    return None if _check_prohibitions(reading) else _check_permissions(reading)


def _unmet_code(question: AccessRequest, constraint: Constraint) -> DecisionCode:
    """Return the code of a condition that does not hold."""
    if constraint.left == PURPOSE:
        return DecisionCode.OTHER_PURPOSE if question.purposes else DecisionCode.NO_PURPOSE
    if constraint.left == CONTRIBUTES:
        over = question.strata and all(map(question.contributed_until, question.strata))
        return DecisionCode.CONTRIBUTION_OVER if over else DecisionCode.NO_CONTRIBUTION
    if constraint.left == ELAPSED_TIME and question.holds(constraint) is None:
        return DecisionCode.ELAPSED_UNKNOWN
    return (
        DecisionCode.OUT_OF_DATES
        if constraint.left in {DATE_TIME, ELAPSED_TIME}
        else DecisionCode.NO_PERMISSION
    )


def _decide_by(
    question: AccessRequest, code: DecisionCode, rule: Rule | None = None, *, allowed: bool = False
) -> AccessDecision:
    agreement = question.policies.agreement(rule.agreement) if rule else None
    if rule is None or not _requires_contribution(rule):
        return AccessDecision(allowed=allowed, reason=Reason(code, rule, agreement))
    ends = map(question.contributed_until, question.strata)
    until = min((end for end in ends if end is not None), default=None)
    reason = Reason(code, rule, agreement, question.lacking(), until)
    return AccessDecision(allowed=allowed, reason=reason)


def _requires_contribution(rule: Rule) -> bool:
    return any(constraint.left == CONTRIBUTES for constraint in rule.constraints)
