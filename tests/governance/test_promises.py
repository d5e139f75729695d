"""Properties of all policies, tested on generated ones against a second evaluator."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import example, given
from hypothesis import strategies as st

from parvis.governance import (
    AGGREGATE,
    ANONYMOUS,
    DISCOVER,
    DISTRIBUTE,
    READ,
    USE,
    Agreement,
    Constraint,
    Parties,
    Party,
    Policies,
    Reader,
    Rule,
    RuleKind,
    decide,
    filter_readable,
    filter_readable_by_some,
    good_until,
)
from parvis.governance.parties import EVERYONE, HOST, KINDS, MEMBERS
from parvis.governance.policies import CONTRIBUTES, DATE_TIME, DELETE, PURPOSE, RECIPIENT

ODRL = "http://www.w3.org/ns/odrl/2/"
START = datetime(2026, 1, 1, tzinfo=UTC)
ACTIONS = [USE, READ, AGGREGATE, DISTRIBUTE, DISCOVER]
ORDER = ["lt", "lteq", "gt", "gteq"]
PRODUCER, COMPANY, MUSEUM = (f"{KINDS}{name}" for name in ("producer", "company", "museum"))
PARTIES = Parties(
    by_iri={
        "a": Party("a", frozenset({COMPANY})),
        "b": Party("b", frozenset({MUSEUM})),
        "c": Party("c"),
        "h": Party("h", frozenset({MUSEUM})),
        "o": Party("o", frozenset({COMPANY})),
    },
    collections={MEMBERS: frozenset({"a", "b"}), "list": frozenset({"b", "c"})},
    host="h",
    kinds=frozenset({PRODUCER, COMPANY, MUSEUM}),
    broader={COMPANY: frozenset({PRODUCER}), "narrow": frozenset({"wide"})},
)
INCLUDED: dict[str, dict[str | None, bool | None]] = {
    EVERYONE: {None: True, "a": True, "b": True, "c": True, "h": True, "o": True, "z": True},
    MEMBERS: {"a": True, "b": True},
    HOST: {"h": True},
    "list": {"b": True, "c": True},
    "a": {"a": True},
    "c": {"c": True},
    PRODUCER: {"a": True, "o": True, "c": None, "z": None},
    MUSEUM: {"b": True, "h": True, "c": None, "z": None},
}
"""Whether a reader is an assignee, written out by hand; absent pairs mean no."""

hours = st.integers(0, 6)
zones = st.sampled_from([UTC, timezone(timedelta(hours=-4)), timezone(timedelta(hours=9))])
instants = st.builds(lambda h, zone: (START + timedelta(hours=h)).astimezone(zone), hours, zones)
dates = st.builds(
    Constraint, st.just(DATE_TIME), st.sampled_from([ODRL + o for o in ORDER]), instants
)
purposes = st.builds(
    Constraint,
    st.just(PURPOSE),
    st.sampled_from([f"{ODRL}isA", f"{ODRL}eq"]),
    st.sampled_from(["wide", "narrow"]),
)
reciprocity_constraints = st.just(Constraint(CONTRIBUTES, f"{ODRL}eq", "same"))
recipient_constraints = st.just(Constraint(RECIPIENT, f"{ODRL}isA", MEMBERS))
constraints = st.lists(
    st.one_of(dates, purposes, reciprocity_constraints, recipient_constraints), max_size=2
).map(tuple)


def rules_of(kind: RuleKind, actions: list[str]) -> st.SearchStrategy[Rule]:
    """Generate rules of one kind."""
    return st.builds(
        Rule,
        kind=st.just(kind),
        target=st.sampled_from(["t", "u"]),
        assignee=st.sampled_from(list(INCLUDED)),
        action=st.sampled_from(actions),
        agreement=st.just("agreement"),
        constraints=constraints,
    )


permissions = rules_of(RuleKind.PERMISSION, ACTIONS)
prohibitions = rules_of(RuleKind.PROHIBITION, ACTIONS)
obligations = rules_of(RuleKind.OBLIGATION, [DELETE])
rule_sets = st.tuples(
    st.lists(permissions, max_size=4),
    st.lists(prohibitions, max_size=2),
    st.lists(obligations, max_size=1),
).map(lambda parts: tuple(rule for part in parts for rule in part))
readers = st.one_of(
    st.just(ANONYMOUS),
    st.builds(
        Reader,
        st.sampled_from(["a", "b", "c", "h", "z"]),
        st.sampled_from([frozenset(), frozenset({"narrow"}), frozenset({"wide", "other"})]),
    ),
)
requests = st.tuples(readers, st.sampled_from(ACTIONS), st.sampled_from(["t", "u"]), instants)
owner_requests = st.tuples(
    st.just(Reader("o")), st.sampled_from(ACTIONS), st.sampled_from(["t", "u"]), instants
)
"""Requests of the party that signed the agreement."""
Request = tuple[Reader, str, str, datetime]


def build_policies(*rules: Rule) -> Policies:
    return Policies((Agreement("agreement", "o", {"fr": "E", "en": "A"}, rules),), PARTIES)


def is_allowed(rules: tuple[Rule, ...], request: Request) -> bool:
    """Return the decision of the evaluator."""
    return decide(build_policies(*rules), *request).allowed


def list_constraint_results(constraint: Constraint, reader: Reader, at: datetime) -> set[bool]:
    """Return all results that a constraint may have, given what is known."""
    if isinstance(constraint.right, datetime):
        difference = at.timestamp() - constraint.right.timestamp()
        name = constraint.operator.removeprefix(ODRL)
        return {
            {
                "lt": difference < 0,
                "lteq": difference <= 0,
                "gt": difference > 0,
                "gteq": difference >= 0,
            }[name]
        }
    if constraint.left in {CONTRIBUTES, RECIPIENT} or not reader.purposes:
        return {True, False}
    if constraint.right in reader.purposes:
        return {True}
    if constraint.right == "wide" and "narrow" in reader.purposes:
        return {True} if constraint.operator == f"{ODRL}isA" else {True, False}
    return {True, False} if "wide" in reader.purposes else {False}


def list_rule_results(rule: Rule, reader: Reader, at: datetime) -> set[bool]:
    """Return all results that a rule may have, trying each combination."""
    included = INCLUDED[rule.assignee].get(reader.iri, False)
    results = {True, False} if included is None else {included}
    if rule.kind is RuleKind.OBLIGATION:
        results = {True}
    for constraint in rule.constraints:
        results = {
            former and result
            for former in results
            for result in list_constraint_results(constraint, reader, at)
        }
    return results


def decide_by_enumeration(rules: tuple[Rule, ...], request: Request) -> bool:
    """Decide by enumeration: certainly permitted and not possibly prohibited."""
    reader, action, target, at = request
    results_by_rule = [
        (rule, list_rule_results(rule, reader, at)) for rule in rules if rule.target == target
    ]
    parts = {USE: {READ, AGGREGATE, DISTRIBUTE}}
    if any(
        rule.kind is RuleKind.OBLIGATION and True in results for rule, results in results_by_rule
    ):
        return False

    def covers(wider: str, narrower: str) -> bool:
        return narrower == wider or narrower in parts.get(wider, set())

    def is_prohibited(wanted_action: str) -> bool:
        needs = {READ: {DISCOVER}, DISTRIBUTE: {READ, DISCOVER}, USE: set(ACTIONS)}.get(
            wanted_action, set()
        )
        return any(
            rule.kind is RuleKind.PROHIBITION
            and True in results
            and any(covers(rule.action, part) for part in {wanted_action, *needs})
            for rule, results in results_by_rule
        )

    def is_permitted(wanted_action: str) -> bool:
        certain_rules = (rule for rule, results in results_by_rule if results == {True})
        by_rule = any(
            rule.kind is RuleKind.PERMISSION and covers(rule.action, wanted_action)
            for rule in certain_rules
        )
        return by_rule or (reader.iri == "h" and wanted_action in {READ, DISCOVER})

    if reader.iri == "o" and results_by_rule and action in {READ, DISCOVER}:
        return True
    allowed = is_permitted(action) and not is_prohibited(action)
    if action == DISCOVER:
        return allowed or (is_permitted(READ) and not is_prohibited(READ))
    return allowed


@given(rule_sets, st.one_of(requests, owner_requests))
def test_decisions_equal_those_by_enumeration(rules: tuple[Rule, ...], request: Request) -> None:
    """Two evaluators that were written independently agree."""
    assert is_allowed(rules, request) == decide_by_enumeration(rules, request)


@given(rule_sets, prohibitions, requests)
def test_an_added_prohibition_never_permits_more(
    rules: tuple[Rule, ...], prohibition: Rule, request: Request
) -> None:
    assert is_allowed(rules, request) or not is_allowed((*rules, prohibition), request)


@given(rule_sets, permissions, requests)
def test_an_added_permission_never_permits_less(
    rules: tuple[Rule, ...], permission: Rule, request: Request
) -> None:
    assert is_allowed((*rules, permission), request) or not is_allowed(rules, request)


@given(rule_sets, st.sampled_from(["t", "u"]), instants, readers)
def test_readable_datasets_are_discoverable(
    rules: tuple[Rule, ...], target: str, at: datetime, reader: Reader
) -> None:
    if is_allowed(rules, (reader, READ, target, at)):
        assert is_allowed(rules, (reader, DISCOVER, target, at))


@given(rule_sets, requests, st.integers(0, 8 * 3600))
def test_no_decision_changes_before_good_until(
    rules: tuple[Rule, ...], request: Request, seconds: int
) -> None:
    reader, action, target, at = request
    end = good_until(build_policies(*rules), at)
    later = at + timedelta(seconds=seconds)
    if end is not None and later >= end:
        later = end - datetime.resolution
    assert is_allowed(rules, (reader, action, target, later)) == is_allowed(rules, request)


@given(rule_sets, instants)
def test_some_date_condition_changes_at_good_until(rules: tuple[Rule, ...], at: datetime) -> None:
    """The answer is no earlier than necessary."""
    end = good_until(build_policies(*rules), at)
    if end is None:
        return
    date_conditions = [
        condition for rule in rules for condition in rule.constraints if condition.left == DATE_TIME
    ]
    probe = Rule(RuleKind.PERMISSION, "t", EVERYONE, READ, "agreement")
    single_rules = [(replace(probe, constraints=(condition,)),) for condition in date_conditions]
    before = end - datetime.resolution
    assert any(
        is_allowed(rule, (ANONYMOUS, READ, "t", before))
        != is_allowed(rule, (ANONYMOUS, READ, "t", end))
        for rule in single_rules
    )


TARGETS = ("t", "u", "never spoken of")


@given(rule_sets, st.one_of(prohibitions, permissions), readers, instants)
def test_readable_datasets_grow_with_permissions_and_shrink_with_prohibitions(
    rules: tuple[Rule, ...], added: Rule, reader: Reader, at: datetime
) -> None:
    """Decisions on many datasets at once equal those on each dataset."""
    before, after = (
        set(filter_readable(build_policies(*rule_set), reader, TARGETS, at))
        for rule_set in (rules, (*rules, added))
    )
    assert before == {
        target for target in TARGETS if decide_by_enumeration(rules, (reader, READ, target, at))
    }
    assert before <= after if added.kind is RuleKind.PERMISSION else after <= before


FOR_ANOTHER_PURPOSE = (
    Rule(RuleKind.PERMISSION, "t", EVERYONE, USE, "agreement"),
    Rule(
        RuleKind.OBLIGATION,
        "t",
        EVERYONE,
        DELETE,
        "agreement",
        (Constraint(PURPOSE, f"{ODRL}eq", "wide"),),
    ),
)
"""Readable for readers who state another purpose, and for nobody without a purpose."""


@example(FOR_ANOTHER_PURPOSE, Reader("a", frozenset({"narrow"})), START)
@given(rule_sets, readers, instants)
def test_the_members_store_holds_all_that_parties_may_read(
    rules: tuple[Rule, ...], reader: Reader, at: datetime
) -> None:
    """Whatever the purpose, only the third party reads a dataset that is left out of it."""
    policies = build_policies(*rules)
    if reader.iri in {"a", "b", "c", None} and len(reader.purposes) < 2:
        readable = filter_readable(policies, reader, TARGETS, at)
        assert set(readable) <= set(filter_readable_by_some(policies, TARGETS, at))
