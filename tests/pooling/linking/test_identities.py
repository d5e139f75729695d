"""Identities in other sources: found in a file, judged by a person, stored in the ledger."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from parvis.errors import SourceError, UsageError
from parvis.ledger import JudgementDecision, Judgements
from parvis.linking.judgements import standing_judgements
from parvis.pooling.linking import judgements as judged_file
from parvis.pooling.linking.candidates import link
from parvis.pooling.linking.identities import accept, identities, write
from parvis.pooling.linking.judgements import PairDecision
from parvis.pooling.pool import Pool
from tests.pooling.linked import QID, SAME, SCHEMA, TYPE, fill, iri, put_graph

TABLE = f"""\
iri,name,type,identifiers
{QID.format(1)},Lantern Theatre,place,
{QID.format(2)},Théâtre de la Lanterne,place,
{QID.format(3)},Théâtre de la Lanterne,,
"""


@pytest.fixture
def table(pool: Pool, tmp_path: Path) -> Path:
    """Let three graphs describe a hall, and write a table of entities."""
    fill(pool, tmp_path)
    file = tmp_path / "wikidata.csv"
    file.write_text(TABLE, encoding="utf-8")
    return file


def accepted_identities(data: Path, ours: Iterable[str]) -> list[tuple[str, str]]:
    """Return each entity of the pool with the entity elsewhere that it was accepted to be."""
    own = set(ours)
    stands = standing_judgements(Judgements(data).all()).values()
    positive = (entry.pair for entry in stands if entry.decision is JudgementDecision.POSITIVE)
    pairs = ((iri, other) for ends in positive for iri, other in (ends, ends[::-1]))
    return sorted((iri, other) for iri, other in pairs if iri in own and other not in own)


def test_a_shared_identifier_is_proposed_and_a_similar_name_is_a_candidate(
    pool: Pool, table: Path
) -> None:
    """An entity without a kind is skipped, and counted."""
    result = identities(pool, table)
    assert (result.read, result.kindless, result.proposed_count) == (3, 1, 2)
    proposed = {proposal.local.iri for proposal in result.proposals if proposal.proposed}
    assert proposed == {iri("a"), iri("c")}
    assert {proposal.entity.iri for proposal in result.proposals} == {QID.format(1), QID.format(2)}
    assert identities(pool, table, "place").kindless == 0


def test_accepted_rows_of_a_table_are_stored(pool: Pool, table: Path, tmp_path: Path) -> None:
    """As judgements of a person; accepting them again stores nothing."""
    file, data = tmp_path / "candidates.csv", pool.settings.data
    write(file, identities(pool, table).proposals, "fr")
    accepted = accept(pool, judged_file.read(file), "Camille")
    assert [(entry.decision, entry.author) for entry in accepted] == [
        (JudgementDecision.POSITIVE, "Camille")
    ] * 2
    entities = [iri(graph) for graph in "abc"]
    assert accepted_identities(data, entities) == [
        (iri("a"), QID.format(1)),
        (iri("c"), QID.format(1)),
    ]
    assert accept(pool, judged_file.read(file), "Camille") == []
    rejection = PairDecision(iri("a"), QID.format(1), JudgementDecision.NEGATIVE)
    accept(pool, [rejection], "Camille")
    assert accepted_identities(data, entities) == [(iri("c"), QID.format(1))]


def test_identities_do_not_change_the_pools_own_links(
    pool: Pool, table: Path, tmp_path: Path
) -> None:
    """They are entries of the same ledger, about entities outside of the pool."""
    before = link(pool)
    file = tmp_path / "candidates.csv"
    write(file, identities(pool, table).proposals, "en")
    accept(pool, judged_file.read(file), "Camille")
    after = link(pool)
    assert (after.sets, after.problems) == (before.sets, before.problems)


def test_an_event_is_matched_on_its_own_evening(pool: Pool, tmp_path: Path) -> None:
    """Name and instant make a candidate, an identifier a proposal; another day is another event."""
    evening, show = "2026-10-03T20:00:00-04:00", f"<{iri('a', 'event', 'soiree')}>"
    triples = [
        f"{show} {TYPE} <{SCHEMA}DanceEvent> .",
        f'{show} <{SCHEMA}name> "Soirée bleue"@fr .',
        f'{show} <{SCHEMA}startDate> "{evening}"^^<http://www.w3.org/2001/XMLSchema#dateTime> .',
    ]
    put_graph(pool, "a", triples, tmp_path)
    resource = "http://kg.artsdata.ca/resource/K1-{}"
    file = tmp_path / "artsdata.csv"
    file.write_text(
        "iri,name,type,start\n"
        f"{resource.format(1)},Soirée bleue,event,2026-10-04T00:00:00Z\n"
        f"{resource.format(2)},Soirée bleue,event,2026-10-10T20:00:00-04:00\n",
        encoding="utf-8",
    )
    (proposal,) = identities(pool, file).proposals
    assert (proposal.entity.iri, proposal.proposed) == (resource.format(1), False)
    put_graph(pool, "a", [*triples, f"{show} {SAME} <{resource.format(1)}> ."], tmp_path)
    (proposal,) = identities(pool, file).proposals
    assert proposal.proposed
    assert accept(
        pool,
        [PairDecision(proposal.local.iri, proposal.entity.iri, JudgementDecision.POSITIVE)],
        "Camille",
    )


def test_an_identity_of_a_foreign_entity_or_without_author_refuses_the_whole_list(
    pool: Pool, table: Path
) -> None:
    valid = PairDecision(iri("a"), QID.format(1), JudgementDecision.POSITIVE)
    foreign = PairDecision("urn:x:a", QID.format(1), JudgementDecision.POSITIVE)
    internal = PairDecision(iri("a"), iri("b"), JudgementDecision.POSITIVE)
    for decisions, author in (([valid, foreign], "C"), ([valid, internal], "C"), ([valid], " ")):
        with pytest.raises(UsageError):
            accept(pool, decisions, author)
    assert Judgements(pool.settings.data).all() == []
    assert table.is_file()


def test_an_unreadable_file_is_reported_by_name_and_line(pool: Pool, tmp_path: Path) -> None:
    file = tmp_path / "dump.nt"
    file.write_text("<http://x.test/a> <http://x.test/b> .\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"dump\.nt.*line 1"):
        identities(pool, file)
