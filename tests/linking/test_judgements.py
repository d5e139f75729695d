"""The algebra of judgements, for any that people and rules may write."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from parvis.ledger import Judgement, JudgementDecision
from parvis.linking.judgements import (
    canonical_key,
    clusters,
    eldest,
    first_links,
    pair,
    standing_judgements,
)
from parvis.linking.links import undo_entry

NOW = datetime(2026, 11, 26, tzinfo=UTC)
THINGS = "abcdefg"
DECIDED = (JudgementDecision.POSITIVE, JudgementDecision.NEGATIVE, JudgementDecision.UNSURE)

pairs = st.sampled_from(list(combinations(THINGS, 2)))


def judgement(both: tuple[str, str], decision: JudgementDecision, *, ruled: bool) -> Judgement:
    """Write a judgement; each thing is of a graph of its own, save the last two."""
    graphs = {one: "gf" if one in "fg" else f"g{one}" for one in both}
    return Judgement(
        kind="place",
        here=both[0],
        there=both[1],
        here_graph=graphs[both[0]],
        there_graph=graphs[both[1]],
        decision=decision,
        author="x",
        at=NOW,
        rule="shared-identifier" if ruled else None,
    )


def numbered(entries: list[Judgement]) -> list[Judgement]:
    """Give entries the numbers that the ledger would."""
    return [replace(one, number=number) for number, one in enumerate(entries, 1)]


judged = st.lists(
    st.builds(lambda both, what, ruled: judgement(both, what, ruled=ruled), pairs,
              st.sampled_from(DECIDED), st.booleans()),
    max_size=16,
).map(numbered)  # fmt: skip


@given(judged)
def test_a_negative_judgement_is_never_crossed(entries: list[Judgement]) -> None:
    """Not by way of any other things either."""
    stands = standing_judgements(entries).values()
    sets = clusters(stands).sets
    apart = [one.pair for one in stands if one.decision is JudgementDecision.NEGATIVE]
    assert not [both for both in apart for some in sets if set(both) <= some]


@given(judged)
def test_sets_are_apart_and_made_of_positive_judgements_alone(entries: list[Judgement]) -> None:
    """Each thing is in one set; what is one with another is so by a chain of such judgements."""
    stands = standing_judgements(entries).values()
    sets = clusters(stands).sets
    assert sum(map(len, sets)) == len(set().union(*sets))
    for some in sets:
        reached, links = (
            {min(some)},
            [
                one.pair
                for one in stands
                if one.decision is JudgementDecision.POSITIVE and set(one.pair) <= some
            ],
        )
        for _ in some:
            reached |= {iri for both in links if reached & {*both} for iri in both}
        assert reached == some


@given(judged)
def test_whatever_is_judged_to_be_one_is_one_or_said_to_conflict(entries: list[Judgement]) -> None:
    """Nothing is dropped in silence."""
    stands = standing_judgements(entries).values()
    found = clusters(stands)
    of = found.of()
    told = {(one.fields["here"], one.fields["there"]) for one in found.conflicts}
    for one in stands:
        if one.decision is JudgementDecision.POSITIVE:
            assert one.there in of.get(one.here, ()) or one.pair in told


@given(judged, pairs, st.sampled_from(DECIDED), st.booleans())
def test_to_take_back_restores_exactly(
    entries: list[Judgement],
    both: tuple[str, str],
    what: JudgementDecision,
    ruled: bool,  # noqa: FBT001 - drawn
) -> None:
    """As if it had never been judged."""
    more = replace(judgement(both, what, ruled=ruled), number=100)
    back = replace(undo_entry(more, "x", NOW), number=101)
    before, after = standing_judgements(entries), standing_judgements([*entries, more, back])
    assert before == after
    assert clusters(before.values()) == clusters(after.values())


@given(judged)
def test_a_rule_never_joins_what_one_graph_tells_apart(entries: list[Judgement]) -> None:
    """Two things of one graph are one by a person's word only."""
    stands = [one for one in standing_judgements(entries).values() if one.rule is not None]
    assert not [some for some in clusters(stands).sets if {"f", "g"} <= some]


@given(judged)
def test_a_person_has_the_last_word(entries: list[Judgement]) -> None:
    """A rule's judgement on a pair never stands where a person judged."""
    persons = {one.pair for one in entries if one.rule is None}
    stands = standing_judgements(entries)
    assert all(stands[both].rule is None for both in persons)


@given(judged)
def test_things_that_are_gone_join_nothing(entries: list[Judgement]) -> None:
    """What a partner withdrew links no two others."""
    there = set(THINGS) - {"b"}
    sets = clusters(standing_judgements(entries).values(), there).sets
    assert all(some <= there for some in sets)


def test_a_set_keeps_its_name_while_others_join() -> None:
    """It is named after the first thing that was linked."""
    entries = numbered(
        [
            judgement(both, JudgementDecision.POSITIVE, ruled=False)
            for both in (("c", "d"), ("a", "c"))
        ]
    )
    first = first_links(entries)
    assert eldest("cd", first) == eldest("acd", first) == "c"
    assert canonical_key("c") != canonical_key("d")
    assert pair("b", "a") == ("a", "b")
