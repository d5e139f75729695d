"""Linking a pool: what the rule decides, what persons decide, and what stays when data change."""

from pathlib import Path

import pytest

from parvis.catalog import DuplicateCounts
from parvis.config import Settings
from parvis.errors import SourceError, UnknownThing, UsageError
from parvis.ledger import JudgementDecision, Judgements
from parvis.linking.judgements import clusters, standing_judgements
from parvis.pooling.linking import judgements as judged_file
from parvis.pooling.linking.candidates import link
from parvis.pooling.linking.judgements import (
    PairDecision,
    judge,
    list_candidates,
    new_decisions,
    to_review,
    undo,
)
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.backup import backup, restore
from tests.pooling.linked import GRAPH, QID, fill, iri, lines, put

A, B, C = map(iri, "abc")
POSITIVE, NEGATIVE, UNSURE = (
    JudgementDecision.POSITIVE,
    JudgementDecision.NEGATIVE,
    JudgementDecision.UNSURE,
)


@pytest.fixture
def halls(pool: Pool, tmp_path: Path) -> Pool:
    """Give the pool of three halls that are one."""
    fill(pool, tmp_path)
    return pool


def sets(pool: Pool) -> list[frozenset[str]]:
    """Tell what is one by what stands."""
    return clusters(standing_judgements(Judgements(pool.settings.data).all()).values()).sets


def test_the_rule_links_what_shares_an_identifier_and_nothing_else(halls: Pool) -> None:
    """The third hall, whose name and address are the same, waits for a person."""
    found = link(halls)
    assert found.linked == 1
    assert sets(halls) == [{A, C}]
    assert {one.candidate.pair for one in to_review(halls.settings.data).some} == {(A, B), (B, C)}
    (one,) = Judgements(halls.settings.data).all()
    assert (one.rule, one.grounds, one.author) == ("shared-identifier", "wikidata:Q1", "parvis")


def test_a_second_run_compares_nothing_and_changes_nothing(halls: Pool) -> None:
    """Only what has changed is compared anew."""
    first, again = link(halls), link(halls)
    assert (first.compared > 0, again.compared, again.linked) == (True, 0, 0)
    assert again.candidates == first.candidates
    assert len(Judgements(halls.settings.data).all()) == 1


def test_judgements_stay_when_data_are_refreshed(halls: Pool, tmp_path: Path) -> None:
    """A person's stays whatever happens; the rule's goes with its grounds."""
    link(halls)
    judge(halls.settings.data, [PairDecision(B, A, POSITIVE, "vu sur place")], "Camille")
    assert sets(halls) == [{A, B, C}]
    put(halls, "a", lines("a", hall="Théâtre de la Lanterne (rénové)"), tmp_path)
    again = link(halls)
    assert again.undone == 1
    assert 0 < again.compared < sum(again.things.values())
    assert sets(halls) == [{A, B}]


def test_a_person_overrules_the_rule_and_may_take_it_back(halls: Pool) -> None:
    """What stood before stands again."""
    data = halls.settings.data
    link(halls)
    (one,) = judge(data, [PairDecision(A, C, NEGATIVE)], "Camille")
    assert sets(halls) == []
    assert link(halls).linked == 0
    undo(data, one.number, "Camille")
    assert sets(halls) == [{A, C}]
    with pytest.raises(UnknownThing):
        undo(data, one.number, "Camille")


def test_precision_is_told_on_what_persons_judged(halls: Pool) -> None:
    """Of the rule, and of candidates by their score."""
    data = halls.settings.data
    link(halls)
    judge(
        data,
        [PairDecision(A, B, POSITIVE), PairDecision(B, C, NEGATIVE), PairDecision(A, C, POSITIVE)],
        "C",
    )
    told = {one.name: (one.judged, one.positive) for one in link(halls).precision}
    assert told["rule"] == (1, 1)
    assert told["0.8"] == (3, 2)


def test_duplicates_are_counted_by_dataset(halls: Pool) -> None:
    """Those that others know too, and those that may be."""
    counted = link(halls).duplicates
    assert [counted[GRAPH.format(one)] for one in "abc"] == [
        DuplicateCounts(1, 1, 0), DuplicateCounts(1, 0, 1), DuplicateCounts(1, 1, 0)
    ]  # fmt: skip


def test_what_is_no_candidate_cannot_be_judged(halls: Pool) -> None:
    """Nor can anybody judge without a name; nothing is written then."""
    link(halls)
    with pytest.raises(UsageError, match="no candidates"):
        judge(
            halls.settings.data,
            [PairDecision(A, B, POSITIVE), PairDecision(A, "x:y", POSITIVE)],
            "Camille",
        )
    with pytest.raises(UsageError, match="author"):
        judge(halls.settings.data, [PairDecision(A, B, POSITIVE)], " ")
    assert len(Judgements(halls.settings.data).all()) == 1


def test_a_spreadsheet_goes_round(halls: Pool, tmp_path: Path) -> None:
    """What is written in the first column is decided; what is read again changes nothing else."""
    file, data = tmp_path / "paires.csv", halls.settings.data
    link(halls)
    assert judged_file.write(file, list_candidates(data), "fr") == 3
    assert [one.decision for one in judged_file.read(file)] == [POSITIVE]
    text = file.read_text(encoding="utf-8-sig").replace("\n,", "\nincertain,")
    file.write_text(text, encoding="cp1252", errors="replace")
    told = new_decisions(data, judged_file.read(file))
    assert {one.author for one in judge(data, told, "Camille")} == {"Camille"}
    stands = standing_judgements(Judgements(data).all())
    assert {both: one.decision for both, one in stands.items()} == {
        (A, C): POSITIVE, (A, B): UNSURE, (B, C): UNSURE
    }  # fmt: skip
    assert stands[A, C].rule is not None
    assert not new_decisions(data, judged_file.read(file))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Décision;IRI de l’un\r\noui;x\r\n", "IRI of the other"),
        ("Décision,IRI de l’un,IRI de l’autre\r\npeut-être,x,y\r\n", "row 2"),
        ("Décision,IRI de l’un,IRI de l’autre\r\n\r\noui,x,\r\n", "not named"),
        ("", "no column"),
        ("\0" * 9, "no column"),
    ],
)
def test_a_file_that_says_nothing_clear_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """With the row and the column."""
    file = tmp_path / "paires.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=said):
        judged_file.read(file)


def test_what_was_judged_is_in_a_backup(halls: Pool, tmp_path: Path) -> None:
    """With the candidates."""
    link(halls)
    backup(halls.settings, tmp_path / "copy")
    elsewhere = Settings.load(data=tmp_path / "elsewhere", catalog=halls.settings.catalog)
    restore(elsewhere, tmp_path / "copy")
    assert Judgements(elsewhere.data).all() == Judgements(halls.settings.data).all()
    assert to_review(elsewhere.data).count == 2


def test_what_is_withdrawn_leaves_no_judgement(halls: Pool) -> None:
    """Everything that speaks of its things goes, and what was suggested."""
    data = halls.settings.data
    link(halls)
    judge(data, [PairDecision(A, B, POSITIVE)], "Camille")
    assert Judgements(data).forget([GRAPH.format("c")]) == 1
    assert sets(halls) == [{A, B}]
    assert Judgements(data).forget([GRAPH.format("z")]) == 0


def test_one_identifier_for_two_halls_of_one_graph_links_none(halls: Pool, tmp_path: Path) -> None:
    """It is reported, and what the rule had linked by it is taken back."""
    link(halls)
    other = [
        line.replace("/lanterne>", "/autre>")
        for line in lines("a", hall="Autre", same=QID.format(1))
    ]
    put(halls, "a", [*lines("a", hall="La Lanterne", same=QID.format(1)), *other], tmp_path)
    found = link(halls)
    assert (found.linked, found.undone, sets(halls)) == (0, 1, [])
    assert any("wikidata:Q1" in one.said["en"] for one in found.problems)
