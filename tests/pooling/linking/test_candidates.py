"""Link a pool: what the rule decides, what persons decide, and what remains when data change."""

from pathlib import Path

import pytest

from parvis.catalog.quality import DuplicateCounts
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
from tests.pooling.linked import GRAPH, QID, fill, iri, put_graph, write_hall

A, B, C = map(iri, "abc")
POSITIVE, NEGATIVE, UNSURE = (
    JudgementDecision.POSITIVE,
    JudgementDecision.NEGATIVE,
    JudgementDecision.UNSURE,
)


@pytest.fixture
def halls(pool: Pool, tmp_path: Path) -> Pool:
    """Open a pool with three descriptions of the same hall."""
    fill(pool, tmp_path)
    return pool


def list_clusters(pool: Pool) -> list[frozenset[str]]:
    """Return the clusters of the standing judgements."""
    return clusters(standing_judgements(Judgements(pool.settings.data).all()).values()).sets


def test_the_rule_links_entities_that_share_an_identifier_and_no_others(halls: Pool) -> None:
    """The third hall, with the same name and address, waits for a person."""
    run = link(halls)
    assert run.linked == 1
    assert list_clusters(halls) == [{A, C}]
    assert {item.candidate.pair for item in to_review(halls.settings.data).rows} == {(A, B), (B, C)}
    (item,) = Judgements(halls.settings.data).all()
    assert (item.rule, item.grounds, item.author) == ("shared-identifier", "Wikidata Q1", "parvis")


def test_a_second_run_compares_and_changes_nothing(halls: Pool) -> None:
    """Only changed entities are compared again."""
    first, second = link(halls), link(halls)
    assert (first.compared > 0, second.compared, second.linked) == (True, 0, 0)
    assert second.candidates == first.candidates
    assert len(Judgements(halls.settings.data).all()) == 1


def test_judgements_remain_when_data_are_refreshed(halls: Pool, tmp_path: Path) -> None:
    """A person's in any case, the rule's as long as its grounds do."""
    link(halls)
    judge(halls.settings.data, [PairDecision(B, A, POSITIVE, "vu sur place")], "Camille")
    assert list_clusters(halls) == [{A, B, C}]
    put_graph(halls, "a", write_hall("a", hall="Théâtre de la Lanterne (rénové)"), tmp_path)
    second = link(halls)
    assert second.undone == 1
    assert 0 < second.compared < sum(second.things.values())
    assert list_clusters(halls) == [{A, B}]


def test_a_person_may_overrule_the_rule_and_undo_it(halls: Pool) -> None:
    """The former judgement applies again."""
    data = halls.settings.data
    link(halls)
    (entry,) = judge(data, [PairDecision(A, C, NEGATIVE)], "Camille")
    assert list_clusters(halls) == []
    assert link(halls).linked == 0
    undo(data, entry.number, "Camille")
    assert list_clusters(halls) == [{A, C}]
    with pytest.raises(UnknownThing):
        undo(data, entry.number, "Camille")


def test_precision_is_measured_on_persons_judgements(halls: Pool) -> None:
    """Of the rule, and of candidates by score."""
    data = halls.settings.data
    link(halls)
    judge(
        data,
        [PairDecision(A, B, POSITIVE), PairDecision(B, C, NEGATIVE), PairDecision(A, C, POSITIVE)],
        "C",
    )
    precision = {band.name: (band.judged, band.positive) for band in link(halls).precision}
    assert precision["rule"] == (1, 1)
    assert precision["0.8"] == (3, 2)


def test_duplicates_are_counted_by_dataset(halls: Pool) -> None:
    """Linked and possible ones."""
    counts = link(halls).duplicates
    assert [counts[GRAPH.format(letter)] for letter in "abc"] == [
        DuplicateCounts(1, 1, 0), DuplicateCounts(1, 0, 1), DuplicateCounts(1, 1, 0)
    ]  # fmt: skip


def test_a_pair_that_is_no_candidate_cannot_be_judged(halls: Pool) -> None:
    """Nor is a judgement without an author accepted; nothing is written then."""
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


def test_judgements_can_be_made_in_a_spreadsheet(halls: Pool, tmp_path: Path) -> None:
    """Decisions in the first column are read; reading the file again changes nothing."""
    file, data = tmp_path / "paires.csv", halls.settings.data
    link(halls)
    assert judged_file.write(file, list_candidates(data), "fr") == 3
    assert [decision.decision for decision in judged_file.read(file)] == [POSITIVE]
    text = file.read_text(encoding="utf-8-sig").replace("\n,", "\nincertain,")
    file.write_text(text, encoding="cp1252", errors="replace")
    decisions = new_decisions(data, judged_file.read(file))
    assert {decision.author for decision in judge(data, decisions, "Camille")} == {"Camille"}
    standing = standing_judgements(Judgements(data).all())
    assert {pair: decision.decision for pair, decision in standing.items()} == {
        (A, C): POSITIVE, (A, B): UNSURE, (B, C): UNSURE
    }  # fmt: skip
    assert standing[A, C].rule is not None
    assert not new_decisions(data, judged_file.read(file))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Décision;IRI de l’un\r\noui;x\r\n", "IRI of the other"),
        ("Décision,IRI de l’un,IRI de l’autre\r\npeut-être,x,y\r\n", "row 2"),
        ("Décision,IRI de l’un,IRI de l’autre\r\n\r\noui,x,\r\n", "not named"),
        ("", "no column"),
        ("\0" * 9, "no column"),
    ],
)
def test_an_unclear_spreadsheet_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """With the row and the column."""
    file = tmp_path / "paires.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=message):
        judged_file.read(file)


def test_judgements_and_candidates_are_backed_up(halls: Pool, tmp_path: Path) -> None:
    link(halls)
    backup(halls.settings, tmp_path / "copy")
    elsewhere = Settings.load(data=tmp_path / "elsewhere", catalog=halls.settings.catalog)
    restore(elsewhere, tmp_path / "copy")
    assert Judgements(elsewhere.data).all() == Judgements(halls.settings.data).all()
    assert to_review(elsewhere.data).count == 2


def test_a_withdrawn_graph_leaves_no_judgement(halls: Pool) -> None:
    """Those about its entities are deleted, as are the suggestions."""
    data = halls.settings.data
    link(halls)
    judge(data, [PairDecision(A, B, POSITIVE)], "Camille")
    assert Judgements(data).forget([GRAPH.format("c")]) == 1
    assert list_clusters(halls) == [{A, B}]
    assert Judgements(data).forget([GRAPH.format("z")]) == 0


def test_an_identifier_shared_within_a_graph_links_nothing(halls: Pool, tmp_path: Path) -> None:
    """It is reported, and what the rule had linked by it is undone."""
    link(halls)
    second_hall = [
        line.replace("/lanterne>", "/autre>")
        for line in write_hall("a", hall="Autre", identifier=QID.format(1))
    ]
    put_graph(
        halls,
        "a",
        [*write_hall("a", hall="La Lanterne", identifier=QID.format(1)), *second_hall],
        tmp_path,
    )
    run = link(halls)
    assert (run.linked, run.undone, list_clusters(halls)) == (0, 1, [])
    assert any("wikidata:Q1" in problem.sentences["en"] for problem in run.problems)
