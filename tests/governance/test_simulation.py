"""A simulation says what evaluating the agreements before and after says, for any of them."""

from hypothesis import given
from hypothesis import strategies as st

from parvis.governance import ANONYMOUS, DISCOVER, READ, Policies, decide
from parvis.governance.parties import EVERYONE, HOST, MEMBERS
from parvis.governance.simulation import Level, group_readers, simulate
from tests.governance.test_promises import PARTIES, START, build_policies, rule_sets

TARGETS = ("t", "u")
policies_of_rules = rule_sets.map(lambda rules: build_policies(*rules))


@given(policies_of_rules, policies_of_rules, st.sampled_from([{}, {"p": {"a", "b"}}]))
def test_a_simulation_is_what_evaluating_before_and_after_says(
    before: Policies, after: Policies, projects: dict[str, set[str]]
) -> None:
    """What is not listed does not change; the counts are of what may be read."""
    groups = group_readers(before, after, "o", projects, {})
    simulation = simulate(before, after, groups, TARGETS, START)
    listed = {(c.group, c.reader, c.target): (c.before, c.after) for c in simulation.changes}
    for group, readers in groups.items():
        counts: tuple[set[str], set[str]] = (set(), set())
        for reader in readers:
            for target in TARGETS:
                levels = []
                for policies, names in zip((before, after), counts, strict=True):
                    reads = decide(policies, reader, READ, target, START).allowed
                    knows = decide(policies, reader, DISCOVER, target, START).allowed
                    names.update([target] if reads else [])
                    levels.append(Level.CONTENT if reads else Level(knows))
                expected = None if levels[0] == levels[1] else tuple(levels)
                assert listed.get((group, reader, target)) == expected
        (count,) = (count for count in simulation.counts if count.group == group)
        assert (count.before, count.after) == tuple(map(len, counts))
    assert {c.after < c.before for c in simulation.losses} <= {True}
    assert not simulate(before, before, groups, TARGETS, START).changes


def test_readers_of_every_kind_are_in_their_group() -> None:
    """The owner and the third party are groups of their own; members, and who only reads."""
    policies = Policies(parties=PARTIES)
    groups = group_readers(policies, policies, "o", {"p": ("a", "o")}, {})
    assert groups[EVERYONE] == [ANONYMOUS]
    assert [reader.iri for reader in groups["o"]] == ["o"]
    assert [reader.iri for reader in groups[HOST]] == ["h"]
    assert [reader.iri for reader in groups[MEMBERS]] == ["a", "b"]
    assert [reader.iri for reader in groups["p"]] == ["a"]
