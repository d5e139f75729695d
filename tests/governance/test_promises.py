"""What holds of all policies: checked on generated ones, against a second evaluator."""

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
    known={
        "a": Party("a", frozenset({COMPANY})),
        "b": Party("b", frozenset({MUSEUM})),
        "c": Party("c"),
        "h": Party("h", frozenset({MUSEUM})),
    },
    collections={MEMBERS: frozenset({"a", "b"}), "list": frozenset({"b", "c"})},
    host="h",
    kinds=frozenset({PRODUCER, COMPANY, MUSEUM}),
    broader={COMPANY: frozenset({PRODUCER}), "narrow": frozenset({"wide"})},
)
INCLUDED: dict[str, dict[str | None, bool | None]] = {
    EVERYONE: {None: True, "a": True, "b": True, "c": True, "h": True, "z": True},
    MEMBERS: {"a": True, "b": True},
    HOST: {"h": True},
    "list": {"b": True, "c": True},
    "a": {"a": True},
    "c": {"c": True},
    PRODUCER: {"a": True, "c": None, "z": None},
    MUSEUM: {"b": True, "h": True, "c": None, "z": None},
}
"""Who is whom, written out by hand; what is absent is not."""

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
given_back = st.just(Constraint(CONTRIBUTES, f"{ODRL}eq", "same"))
received = st.just(Constraint(RECIPIENT, f"{ODRL}isA", MEMBERS))
constraints = st.lists(st.one_of(dates, purposes, given_back, received), max_size=2).map(tuple)


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
questions = st.tuples(readers, st.sampled_from(ACTIONS), st.sampled_from(["t", "u"]), instants)
Asked = tuple[Reader, str, str, datetime]


def policies_of(*rules: Rule) -> Policies:
    """Put rules into one agreement."""
    return Policies((Agreement("agreement", "a", {"fr": "E", "en": "A"}, rules),), PARTIES)


def allowed(rules: tuple[Rule, ...], asked: Asked) -> bool:
    """Ask the evaluator."""
    return decide(policies_of(*rules), *asked).allowed


def naive_holds(constraint: Constraint, reader: Reader, at: datetime) -> set[bool]:
    """Give all answers that a constraint may have, as far as is known."""
    if isinstance(constraint.right, datetime):
        apart = at.timestamp() - constraint.right.timestamp()
        name = constraint.operator.removeprefix(ODRL)
        return {{"lt": apart < 0, "lteq": apart <= 0, "gt": apart > 0, "gteq": apart >= 0}[name]}
    if constraint.left in {CONTRIBUTES, RECIPIENT} or not reader.purposes:
        return {True, False}
    if constraint.right in reader.purposes:
        return {True}
    if constraint.right == "wide" and "narrow" in reader.purposes:
        return {True} if constraint.operator == f"{ODRL}isA" else {True, False}
    return {True, False} if "wide" in reader.purposes else {False}


def naive_applies(rule: Rule, reader: Reader, at: datetime) -> set[bool]:
    """Give all answers that a rule's application may have, trying each combination."""
    included = INCLUDED[rule.assignee].get(reader.iri, False)
    found = {True, False} if included is None else {included}
    if rule.kind is RuleKind.OBLIGATION:
        found = {True}
    for constraint in rule.constraints:
        found = {x and y for x in found for y in naive_holds(constraint, reader, at)}
    return found


def naive(rules: tuple[Rule, ...], asked: Asked) -> bool:
    """Decide by enumerating: surely permitted, and not possibly forbidden."""
    reader, action, target, at = asked
    about = [(rule, naive_applies(rule, reader, at)) for rule in rules if rule.target == target]
    parts = {USE: {READ, AGGREGATE, DISTRIBUTE}}
    if any(rule.kind is RuleKind.OBLIGATION and True in found for rule, found in about):
        return False

    def covers(wide: str, narrow: str) -> bool:
        return narrow == wide or narrow in parts.get(wide, set())

    def stopped(what: str) -> bool:
        needs = {READ: {DISCOVER}, DISTRIBUTE: {READ, DISCOVER}, USE: set(ACTIONS)}.get(what, set())
        return any(
            rule.kind is RuleKind.PROHIBITION
            and True in found
            and any(covers(rule.action, one) for one in {what, *needs})
            for rule, found in about
        )

    def opened(what: str) -> bool:
        sure = (rule for rule, found in about if found == {True})
        by_rule = any(r.kind is RuleKind.PERMISSION and covers(r.action, what) for r in sure)
        return by_rule or (reader.iri == "h" and what in {READ, DISCOVER})

    answer = opened(action) and not stopped(action)
    if action == DISCOVER:
        return answer or (opened(READ) and not stopped(READ))
    return answer


@given(rule_sets, questions)
def test_decisions_equal_a_naive_enumeration(rules: tuple[Rule, ...], asked: Asked) -> None:
    """Two evaluators written apart give the same answers."""
    assert allowed(rules, asked) == naive(rules, asked)


@given(rule_sets, prohibitions, questions)
def test_a_prohibition_never_enlarges(rules: tuple[Rule, ...], more: Rule, asked: Asked) -> None:
    """What is allowed with one prohibition more was allowed without it."""
    assert allowed(rules, asked) or not allowed((*rules, more), asked)


@given(rule_sets, permissions, questions)
def test_a_permission_never_narrows(rules: tuple[Rule, ...], more: Rule, asked: Asked) -> None:
    """What was allowed stays allowed with one permission more."""
    assert allowed((*rules, more), asked) or not allowed(rules, asked)


@given(rule_sets, st.sampled_from(["t", "u"]), instants, readers)
def test_who_may_read_may_discover(
    rules: tuple[Rule, ...], target: str, at: datetime, reader: Reader
) -> None:
    """No reader reads what it may not know of."""
    if allowed(rules, (reader, READ, target, at)):
        assert allowed(rules, (reader, DISCOVER, target, at))


@given(rule_sets, questions, st.integers(0, 8 * 3600))
def test_no_decision_changes_before_good_until(
    rules: tuple[Rule, ...], asked: Asked, seconds: int
) -> None:
    """From the instant asked about until the instant answered, decisions stand."""
    reader, action, target, at = asked
    end = good_until(policies_of(*rules), at)
    later = at + timedelta(seconds=seconds)
    if end is not None and later >= end:
        later = end - datetime.resolution
    assert allowed(rules, (reader, action, target, later)) == allowed(rules, asked)


@given(rule_sets, instants)
def test_good_until_is_an_edge_of_some_date(rules: tuple[Rule, ...], at: datetime) -> None:
    """The answer is not earlier than it must be: some date answers otherwise from then on."""
    end = good_until(policies_of(*rules), at)
    if end is None:
        return
    dated = [one for rule in rules for one in rule.constraints if one.left == DATE_TIME]
    probe = Rule(RuleKind.PERMISSION, "t", EVERYONE, READ, "agreement")
    alone = [(replace(probe, constraints=(one,)),) for one in dated]
    before = end - datetime.resolution
    assert any(
        allowed(rule, (ANONYMOUS, READ, "t", before)) != allowed(rule, (ANONYMOUS, READ, "t", end))
        for rule in alone
    )


TARGETS = ("t", "u", "never spoken of")


@given(rule_sets, st.one_of(prohibitions, permissions), readers, instants)
def test_what_is_readable_grows_with_permissions_and_shrinks_with_prohibitions(
    rules: tuple[Rule, ...], more: Rule, reader: Reader, at: datetime
) -> None:
    """All datasets at once, as the site asks: each as an enumeration decides it by itself."""
    before, after = (
        set(filter_readable(policies_of(*some), reader, TARGETS, at))
        for some in (rules, (*rules, more))
    )
    assert before == {one for one in TARGETS if naive(rules, (reader, READ, one, at))}
    assert before <= after if more.kind is RuleKind.PERMISSION else after <= before


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
"""What whoever says another purpose may read, and nobody who says none."""


@example(FOR_ANOTHER_PURPOSE, Reader("a", frozenset({"narrow"})), START)
@given(rule_sets, readers, instants)
def test_the_members_store_holds_all_that_any_known_reader_may_read(
    rules: tuple[Rule, ...], reader: Reader, at: datetime
) -> None:
    """For a purpose or none: what is left out of it, no party but the host reads."""
    policies = policies_of(*rules)
    if reader.iri in {"a", "b", "c", None} and len(reader.purposes) < 2:
        found = filter_readable(policies, reader, TARGETS, at)
        assert set(found) <= set(filter_readable_by_some(policies, TARGETS, at))
