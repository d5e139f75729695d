"""Identities elsewhere: found in a file, judged by a person, kept in the ledger."""

from pathlib import Path

import pytest

from parvis.errors import SourceError, UsageError
from parvis.ledger import JudgementDecision, Judgements
from parvis.pooling.linking import judgements as judged_file
from parvis.pooling.linking.candidates import link
from parvis.pooling.linking.identities import accept, accepted_identities, identities, write
from parvis.pooling.linking.judgements import PairDecision
from parvis.pooling.pool import Pool
from tests.pooling.linked import QID, SAME, SCHEMA, TYPE, fill, iri, put

TABLE = f"""\
iri,name,type,identifiers
{QID.format(1)},Lantern Theatre,place,
{QID.format(2)},Théâtre de la Lanterne,place,
{QID.format(3)},Théâtre de la Lanterne,,
"""


@pytest.fixture
def table(pool: Pool, tmp_path: Path) -> Path:
    """Let three graphs speak of a hall, and give a table of entities."""
    fill(pool, tmp_path)
    file = tmp_path / "wikidata.csv"
    file.write_text(TABLE, encoding="utf-8")
    return file


def test_what_two_graphs_identify_is_proposed_and_names_are_candidates(
    pool: Pool, table: Path
) -> None:
    """An entity of no kind told is left out, and counted."""
    found = identities(pool, table)
    assert (found.read, found.kindless, found.proposed) == (3, 1, 2)
    sure = {one.thing.iri for one in found.proposals if one.proposed}
    assert sure == {iri("a"), iri("c")}
    assert {one.entity.iri for one in found.proposals} == {QID.format(1), QID.format(2)}
    assert identities(pool, table, "place").kindless == 0


def test_a_table_goes_round_and_what_is_accepted_is_kept(
    pool: Pool, table: Path, tmp_path: Path
) -> None:
    """As judgements of a person; given back twice, they are written once."""
    file, data = tmp_path / "candidates.csv", pool.settings.data
    write(file, identities(pool, table).proposals, "fr")
    done = accept(pool, judged_file.read(file), "Camille")
    assert [(one.decision, one.author) for one in done] == [
        (JudgementDecision.POSITIVE, "Camille")
    ] * 2
    ours = [iri(graph) for graph in "abc"]
    assert accepted_identities(data, ours) == [(iri("a"), QID.format(1)), (iri("c"), QID.format(1))]
    assert accept(pool, judged_file.read(file), "Camille") == []
    no = PairDecision(iri("a"), QID.format(1), JudgementDecision.NEGATIVE)
    accept(pool, [no], "Camille")
    assert accepted_identities(data, ours) == [(iri("c"), QID.format(1))]


def test_identities_leave_the_pools_own_links_as_they_are(
    pool: Pool, table: Path, tmp_path: Path
) -> None:
    """They are entries of the same ledger, and no things of the pool."""
    before = link(pool)
    file = tmp_path / "candidates.csv"
    write(file, identities(pool, table).proposals, "en")
    accept(pool, judged_file.read(file), "Camille")
    after = link(pool)
    assert (after.sets, after.problems) == (before.sets, before.problems)


def test_an_event_is_matched_on_its_own_evening(pool: Pool, tmp_path: Path) -> None:
    """A name and an instant make a candidate, an identifier a proposal; another day is another."""
    evening, show = "2026-10-03T20:00:00-04:00", f"<{iri('a', 'event', 'soiree')}>"
    said = [
        f"{show} {TYPE} <{SCHEMA}DanceEvent> .",
        f'{show} <{SCHEMA}name> "Soirée bleue"@fr .',
        f'{show} <{SCHEMA}startDate> "{evening}"^^<http://www.w3.org/2001/XMLSchema#dateTime> .',
    ]
    put(pool, "a", said, tmp_path)
    resource = "http://kg.artsdata.ca/resource/K1-{}"
    file = tmp_path / "artsdata.csv"
    file.write_text(
        "iri,name,type,start\n"
        f"{resource.format(1)},Soirée bleue,event,2026-10-04T00:00:00Z\n"
        f"{resource.format(2)},Soirée bleue,event,2026-10-10T20:00:00-04:00\n",
        encoding="utf-8",
    )
    (found,) = identities(pool, file).proposals
    assert (found.entity.iri, found.proposed) == (resource.format(1), False)
    put(pool, "a", [*said, f"{show} {SAME} <{resource.format(1)}> ."], tmp_path)
    (found,) = identities(pool, file).proposals
    assert found.proposed
    assert accept(
        pool,
        [PairDecision(found.thing.iri, found.entity.iri, JudgementDecision.POSITIVE)],
        "Camille",
    )


def test_what_is_not_ours_and_what_has_no_author_is_refused_as_a_whole(
    pool: Pool, table: Path
) -> None:
    """Nothing half done."""
    yes = PairDecision(iri("a"), QID.format(1), JudgementDecision.POSITIVE)
    none = PairDecision("urn:x:a", QID.format(1), JudgementDecision.POSITIVE)
    inside = PairDecision(iri("a"), iri("b"), JudgementDecision.POSITIVE)
    for wrong, author in (([yes, none], "C"), ([yes, inside], "C"), ([yes], " ")):
        with pytest.raises(UsageError):
            accept(pool, wrong, author)
    assert Judgements(pool.settings.data).all() == []
    assert table.is_file()


def test_a_file_that_cannot_be_read_is_an_error_that_names_it(pool: Pool, tmp_path: Path) -> None:
    """As the process that reads it says."""
    file = tmp_path / "dump.nt"
    file.write_text("<http://x.test/a> <http://x.test/b> .\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"dump\.nt.*line 1"):
        identities(pool, file)
