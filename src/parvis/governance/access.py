"""Whether a reader may do something with a dataset at an instant, and by which rule.

The world is closed: what no agreement permits is denied, a prohibition wins over any
permission, and what cannot be told denies. There is no clock here: the instant is an argument.

* `odrl:use` stands for read, aggregate and distribute; `parvis:discover` (may one see that the
  dataset exists) stands apart, so a prohibition to use does not hide.
* Who may read may discover; who is forbidden to discover may not read either.
* Once an obligation to delete is due, nobody may do anything, whatever has been done yet.
* When a project is closed its agreements permit nothing but what they say survives; what they
  forbid and promise stands.
* The host may read and discover all that is neither due for deletion nor forbidden to it.
* What was made of partners' figures for some goes to nobody else: of each dataset that went into
  it, some permission to aggregate must reach the reader, and no prohibition.
* Anonymous readers are of no collection and of no kind; a party whose kind is unknown cannot
  show that it is not of a kind that is excluded.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

from parvis.governance.dates import require_offset
from parvis.governance.parties import EVERYONE
from parvis.governance.policies import (
    ACTIONS,
    AGGREGATE,
    CONTRIBUTES,
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
    Kind,
    Policies,
    Rule,
    Stratum,
)
from parvis.governance.question import ANONYMOUS, Code, Decision, Question, Reader, Reason

PERMITTED_BY = {
    USE: {USE},
    READ: {READ, USE},
    AGGREGATE: {AGGREGATE, USE},
    DISTRIBUTE: {DISTRIBUTE, USE},
    DISCOVER: {DISCOVER},
}
"""Which permissions permit an action; besides, who may read may discover."""

FORBIDDEN_BY = {
    USE: {USE, READ, AGGREGATE, DISTRIBUTE, DISCOVER},
    READ: {READ, USE, DISCOVER},
    AGGREGATE: {AGGREGATE, USE},
    DISTRIBUTE: {DISTRIBUTE, READ, USE, DISCOVER},
    DISCOVER: {DISCOVER},
}
"""Which prohibitions forbid an action."""

PASSING = frozenset({USE, READ, AGGREGATE, DISTRIBUTE})
"""The actions by which a content passes to who does them."""
OTHER_PURPOSE = "urn:parvis:another-purpose"
"""A purpose that no rule names: what depends on a named one does not hold then."""


def decide(  # noqa: PLR0913 - a question has seven parts
    policies: Policies,
    reader: Reader,
    action: str,
    target: str,
    at: datetime,
    *,
    purpose: str | None = None,
    recipient: str | None = None,
) -> Decision:
    """Decide whether a reader may do something with a dataset at an instant, and say why.

    `action` and `target` are IRIs. `purpose` is the one of this request; without it the
    reader's declared purposes count. `recipient` is the party that would have what comes of it, or
    `EVERYONE`. Raises `UsageError` for an instant without offset.
    """
    at = require_offset(at)
    if action not in ACTIONS:
        return Decision(allowed=False, reason=Reason(Code.UNKNOWN_ACTION))
    purposes = reader.purposes if purpose is None else frozenset({purpose})
    asked = Question(policies, reader, action, target, at, purposes, recipient)
    return _forbidden(asked) or _permitted(asked) or _denied(asked)


def readable(
    policies: Policies,
    reader: Reader,
    targets: Iterable[str],
    at: datetime,
    *,
    purpose: str | None = None,
) -> list[str]:
    """Give those of the datasets that a reader may read, in their order."""
    return [t for t in targets if decide(policies, reader, READ, t, at, purpose=purpose).allowed]


def discoverable(
    policies: Policies,
    reader: Reader,
    targets: Iterable[str],
    at: datetime,
    *,
    purpose: str | None = None,
) -> list[str]:
    """Give those of the datasets that a reader may know of, in their order."""
    return [
        t for t in targets if decide(policies, reader, DISCOVER, t, at, purpose=purpose).allowed
    ]


def readable_by_some(policies: Policies, targets: Iterable[str], at: datetime) -> list[str]:
    """Give those of the datasets that anyone, or any party but the host, may read in some way.

    That is what a store for all readers with an agreement must hold: a purpose that would open
    a dataset counts as given, be it one that no rule names, and so does a contribution.
    """
    parties = sorted(iri for iri in policies.parties.known if iri != policies.parties.host)
    readers = [ANONYMOUS, *map(Reader, parties)]
    if gifts := all_gifts(policies):
        readers += [Reader(iri, contributes=gifts) for iri in parties]
    ways = list(product(readers, [None, OTHER_PURPOSE, *sorted(_purposes(policies))]))
    return [
        target
        for target in targets
        if any(decide(policies, who, READ, target, at, purpose=why).allowed for who, why in ways)
    ]


def _purposes(policies: Policies) -> set[str]:
    """Give the purposes that rules name, and those that are narrower."""
    constraints = (one for rule in policies.rules for one in rule.constraints)
    named = {str(one.right) for one in constraints if one.left == PURPOSE}
    return named | {one for one, wider in policies.parties.broader.items() if wider & named}


def all_gifts(policies: Policies) -> dict[Stratum, datetime]:
    """Give a contribution of every stratum of any dataset that asks for one, for ever."""
    asking = {
        rule.target
        for rule in policies.rules
        if any(one.left == CONTRIBUTES for one in rule.constraints)
    }
    last = datetime.max.replace(tzinfo=UTC)
    return {one: last for target in asking for one in policies.strata.get(target, ())}


def _forbidden(asked: Question) -> Decision | None:
    """Look for what no permission can open."""
    for rule in asked.rules(Kind.OBLIGATION, {DELETE}):
        due = asked.all_hold(rule)
        if due is not False:
            return _answer(asked, Code.RETENTION_OVER if due else Code.RETENTION_UNKNOWN, rule)
    for rule in asked.rules(Kind.PROHIBITION, FORBIDDEN_BY[asked.action]):
        if asked.applies(rule) is not False:
            return _answer(asked, Code.PROHIBITED, rule)
    if asked.action in PASSING and not _reaches(asked):
        return _answer(asked, Code.OTHER_RECIPIENT)
    return None


def _reaches(asked: Question) -> bool:
    """Say whether all that went into a release may reach the reader."""
    sources = asked.policies.made_of.get(asked.target, ())
    return may_all_reach(asked.policies, sources, asked.reader)


def may_all_reach(policies: Policies, sources: Iterable[str], reader: Reader) -> bool:
    """Say whether what is made of some datasets may reach a reader; the host made it."""
    iri = reader.iri
    host = iri is not None and iri == policies.parties.host
    return host or all(may_reach(policies, source, iri or EVERYONE) for source in sources)


def may_reach(policies: Policies, source: str, recipient: str) -> bool:
    """Say whether agreements let what is aggregated from a dataset go to a party, or to everyone.

    Only conditions on the recipient count: what was told in time stays told. Who agreed to it has
    its own figures anyway.
    """
    agreed = (policies.agreement(rule.agreement) for rule in policies.rules_on(source))
    if any(one is not None and one.assigner == recipient for one in agreed):
        return True
    question = Question(
        policies,
        ANONYMOUS,
        AGGREGATE,
        source,
        datetime.min.replace(tzinfo=UTC),
        frozenset(),
        recipient,
    )

    def whom(rule: Rule) -> set[bool | None]:
        some = (one for one in rule.constraints if one.left == RECIPIENT)
        return {question.holds(one) for one in some}

    permitted = question.rules(Kind.PERMISSION, PERMITTED_BY[AGGREGATE])
    forbidden = question.rules(Kind.PROHIBITION, FORBIDDEN_BY[AGGREGATE])
    return any(whom(rule) <= {True} for rule in permitted) and not any(
        whom(rule) and False not in whom(rule) for rule in forbidden
    )


def _permitted(asked: Question) -> Decision | None:
    """Look for a permission whose every condition is known to hold."""
    host = asked.policies.parties.host
    if host is not None and asked.reader.iri == host and asked.action in {READ, DISCOVER}:
        return Decision(allowed=True, reason=Reason(Code.HOST))
    for rule in asked.rules(Kind.PERMISSION, PERMITTED_BY[asked.action]):
        if asked.outlasts(rule) and asked.applies(rule):
            given = _asks_for_gifts(rule)
            code = Code.RECIPROCATED if given else Code.PERMITTED
            return _answer(asked, code, rule, allowed=True)
    if asked.action != DISCOVER:
        return None
    reading = replace(asked, action=READ)
    return None if _forbidden(reading) else _permitted(reading)


def _denied(asked: Question) -> Decision:
    """Say what is missing: a condition of a permission to this reader, else the permission."""
    actions = PERMITTED_BY[asked.action]
    if asked.action == DISCOVER:
        actions = actions | PERMITTED_BY[READ]
    for rule in asked.rules(Kind.PERMISSION, actions):
        if not asked.outlasts(rule) and asked.concerns(rule) is not False:
            return _answer(asked, Code.PROJECT_CLOSED, rule)
        lacking = [one for one in rule.constraints if not asked.holds(one)]
        if lacking and asked.concerns(rule) is not False:
            return _answer(asked, _lack(asked, lacking[0]), rule)
    known = bool(asked.policies.rules_on(asked.target))
    return _answer(asked, Code.NO_PERMISSION if known else Code.NO_AGREEMENT)


def _lack(asked: Question, constraint: Constraint) -> Code:
    """Name the condition that does not hold."""
    if constraint.left == PURPOSE:
        return Code.OTHER_PURPOSE if asked.purposes else Code.NO_PURPOSE
    if constraint.left == CONTRIBUTES:
        over = asked.asked and all(map(asked.given_until, asked.asked))
        return Code.CONTRIBUTION_OVER if over else Code.NO_CONTRIBUTION
    if constraint.left == ELAPSED_TIME and asked.holds(constraint) is None:
        return Code.ELAPSED_UNKNOWN
    return Code.OUT_OF_DATES if constraint.left in {DATE_TIME, ELAPSED_TIME} else Code.NO_PERMISSION


def _answer(
    asked: Question, code: Code, rule: Rule | None = None, *, allowed: bool = False
) -> Decision:
    agreement = asked.policies.agreement(rule.agreement) if rule else None
    if rule is None or not _asks_for_gifts(rule):
        return Decision(allowed=allowed, reason=Reason(code, rule, agreement))
    ends = map(asked.given_until, asked.asked)
    until = min((one for one in ends if one is not None), default=None)
    reason = Reason(code, rule, agreement, asked.lacking(), until)
    return Decision(allowed=allowed, reason=reason)


def _asks_for_gifts(rule: Rule) -> bool:
    return any(one.left == CONTRIBUTES for one in rule.constraints)
