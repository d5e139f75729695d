"""Properties of judgements that hold whatever people and rules enter."""

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


def judgement(key: tuple[str, str], decision: JudgementDecision, *, ruled: bool) -> Judgement:
    """Make a judgement; each entity has a graph of its own, except the last two."""
    graphs = {iri: "gf" if iri in "fg" else f"g{iri}" for iri in key}
    return Judgement(
        kind="place",
        here=key[0],
        there=key[1],
        here_graph=graphs[key[0]],
        there_graph=graphs[key[1]],
        decision=decision,
        author="x",
        at=NOW,
        rule="shared-identifier" if ruled else None,
    )


def number_entries(entries: list[Judgement]) -> list[Judgement]:
    """Give entries the numbers of the ledger."""
    return [replace(entry, number=number) for number, entry in enumerate(entries, 1)]


histories = st.lists(
    st.builds(lambda key, decision, ruled: judgement(key, decision, ruled=ruled), pairs,
              st.sampled_from(DECIDED), st.booleans()),
    max_size=16,
).map(number_entries)  # fmt: skip


@given(histories)
def test_a_negative_judgement_always_separates(entries: list[Judgement]) -> None:
    """Not even through other entities."""
    stands = standing_judgements(entries).values()
    sets = clusters(stands).sets
    negative = [
        judgement_.pair
        for judgement_ in stands
        if judgement_.decision is JudgementDecision.NEGATIVE
    ]
    assert not [key for key in negative for cluster in sets if set(key) <= cluster]


@given(histories)
def test_sets_are_disjoint_and_connected_by_positive_judgements(entries: list[Judgement]) -> None:
    """Each entity is in one set, connected by a chain of positive judgements."""
    stands = standing_judgements(entries).values()
    sets = clusters(stands).sets
    assert sum(map(len, sets)) == len(set().union(*sets))
    for cluster in sets:
        reached, links = (
            {min(cluster)},
            [
                link.pair
                for link in stands
                if link.decision is JudgementDecision.POSITIVE and set(link.pair) <= cluster
            ],
        )
        for _ in cluster:
            reached |= {iri for key in links if reached & {*key} for iri in key}
        assert reached == cluster


@given(histories)
def test_every_positive_judgement_joins_or_is_reported_as_a_conflict(
    entries: list[Judgement],
) -> None:
    stands = standing_judgements(entries).values()
    result = clusters(stands)
    of = result.set_by_iri()
    conflicts = {(link.fields["here"], link.fields["there"]) for link in result.conflicts}
    for link in stands:
        if link.decision is JudgementDecision.POSITIVE:
            assert link.there in of.get(link.here, ()) or link.pair in conflicts


@given(histories, pairs, st.sampled_from(DECIDED), st.booleans())
def test_undoing_a_judgement_restores_the_former_state(
    entries: list[Judgement],
    key: tuple[str, str],
    decision: JudgementDecision,
    ruled: bool,  # noqa: FBT001 - drawn
) -> None:
    entry = replace(judgement(key, decision, ruled=ruled), number=100)
    undo = replace(undo_entry(entry, "x", NOW), number=101)
    before, after = standing_judgements(entries), standing_judgements([*entries, entry, undo])
    assert before == after
    assert clusters(before.values()) == clusters(after.values())


@given(histories)
def test_a_rule_never_joins_entities_of_one_graph(entries: list[Judgement]) -> None:
    """Only a person may join two entities of one graph."""
    stands = [link for link in standing_judgements(entries).values() if link.rule is not None]
    assert not [cluster for cluster in clusters(stands).sets if {"f", "g"} <= cluster]


@given(histories)
def test_a_person_overrules_a_rule(entries: list[Judgement]) -> None:
    """A rule's judgement on a pair never stands where a person judged."""
    persons = {entry.pair for entry in entries if entry.rule is None}
    stands = standing_judgements(entries)
    assert all(stands[key].rule is None for key in persons)


@given(histories)
def test_withdrawn_entities_join_nothing(entries: list[Judgement]) -> None:
    """A withdrawn entity links no two others."""
    remaining = set(THINGS) - {"b"}
    sets = clusters(standing_judgements(entries).values(), remaining).sets
    assert all(cluster <= remaining for cluster in sets)


def test_a_set_keeps_its_key_when_others_join() -> None:
    """It is named after the entity that was linked first."""
    entries = number_entries(
        [
            judgement(key, JudgementDecision.POSITIVE, ruled=False)
            for key in (("c", "d"), ("a", "c"))
        ]
    )
    first = first_links(entries)
    assert eldest("cd", first) == eldest("acd", first) == "c"
    assert canonical_key("c") != canonical_key("d")
    assert pair("b", "a") == ("a", "b")
