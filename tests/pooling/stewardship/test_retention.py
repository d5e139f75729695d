"""Due datasets are deleted, and the deletion is proved."""

import shutil
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from rdflib.namespace import PROV

from parvis.config import Settings
from parvis.errors import UnknownThing, UsageError
from parvis.governance import READ, Reader, decide
from parvis.ledger import FILE, Audit, Backups, Database, Deletions, ShortLinks, verify_chains
from parvis.ledger.audit import Act
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publication.records import FOLDER
from parvis.pooling.serving.snapshot import Snapshot
from parvis.pooling.stewardship.backup import backup, restore
from parvis.pooling.stewardship.retention import expire, withdraw
from parvis.rdf.files import graph_of
from parvis.rdf.lines import canonical_triples
from parvis.store.generation import generation as store
from parvis.store.generation.erasure import Traces, pieces_of, search
from parvis.store.generation.generation import current
from parvis.store.generation.manifest import Bundle
from parvis.vocab.iris import DatasetKey

KEY, OTHER = DatasetKey("theatre-b", "reserve"), DatasetKey("theatre-b", "spectacles")
CANARY = "Soirée cachée"
DUE = "2026-01-01T00:00:00-05:00"
OBLIGATION = """
<id/agreement/theatre-b> odrl:obligation
  [ odrl:target <id/dataset/theatre-b/{name}> ; odrl:assignee parvis:host ;
    odrl:action odrl:delete ; odrl:constraint [
      odrl:leftOperand odrl:{operand} ; odrl:operator odrl:gteq ;
      odrl:rightOperand "{value}"^^xsd:{kind} ] ] .
"""


def oblige_deletion(pool: Pool, name: str = "reserve", value: str = DUE) -> Pool:
    """Oblige the third party to delete a dataset, and open the pool again."""
    operand, kind = ("elapsedTime", "duration") if value[0] == "P" else ("dateTime", "dateTime")
    text = OBLIGATION.format(name=name, operand=operand, value=value, kind=kind)
    with (pool.catalog.folder / "theatre-b" / "agreement.ttl").open("a", encoding="utf-8") as file:
        file.write(text)
    return Pool.open(pool.settings)


def find_canary(pool: Pool) -> set[str]:
    """Return the data files that contain the canary, also compressed or in a store."""
    traces = Traces([f'<x:s> <x:p> "{CANARY}" .\n'.encode()])
    return set(search(pool.settings.data, (), traces, ()).remains)


@pytest.fixture
def unpublished(published_folder: Path, tmp_path: Path) -> Pool:
    """Open a copy of the pool without its generations, so that nothing is built."""
    shutil.copytree(published_folder / "catalog", tmp_path / "catalog")
    ignored = shutil.ignore_patterns("generations", "current")
    shutil.copytree(published_folder / "data", tmp_path / "data", ignore=ignored)
    return Pool.open(Settings.load(data=tmp_path / "data", catalog=tmp_path / "catalog"))


def current_instant() -> datetime:
    return datetime.now(UTC)


def test_a_deleted_dataset_is_in_no_file_of_the_data_folder(published: Pool) -> None:
    """Before, it is in received files, the record, stores, the text index and dumps."""
    data = published.settings.data
    sources = {place.split("/")[0] for place in find_canary(published)}
    assert sources >= {"incoming", "graphs", "generations"}
    pool = oblige_deletion(published)
    (link,) = expire(pool, current_instant()).deleted
    assert find_canary(pool) == set()
    assert all(
        CANARY.encode() not in b"".join(pieces_of(path))
        for path in data.rglob("*")
        if path.is_file()
    )
    assert link.entry["search"]["remains"] == {}
    assert link.entry["search"]["texts"] >= 3
    assert store.numbers(data) == [2]
    assert expire(pool, current_instant()).generation is None


def test_the_proof_records_what_was_deleted_under_which_agreement(unpublished: Pool) -> None:
    """Triples, digest of the sorted N-Quads, due date, date of deletion; both chains are valid."""
    pool = oblige_deletion(unpublished)
    graph = pool.iris.graph(KEY)
    version = pool.record.versions()[graph]
    lines = [line.decode() for line in pool.record.read_lines(version)]
    quads = sorted(f"{line.rstrip()[:-1].rstrip()} <{graph}> .\n" for line in lines)
    digest = sha256("".join(quads).encode()).hexdigest()
    (link,) = expire(pool, current_instant()).deleted
    entry = link.entry
    assert (entry["triples"], entry["sha256"]) == (len(lines), digest)
    assert (entry["agreement"], entry["due"]) == ("http://pool.test/id/agreement/theatre-b", DUE)
    assert (entry["graph"], entry["dataset"], entry["public"]) == (graph, str(KEY), False)
    assert datetime.fromisoformat(entry["begun"]) <= datetime.fromisoformat(entry["done"])
    heads = verify_chains(Database(pool.settings.data / FILE))
    assert heads["deletions"].hash == link.hash
    (event,) = Audit(pool.settings.data).latest([Act.DELETE], 9)
    assert event.entry["datasets"] == [
        {"dataset": pool.iris.dataset(KEY), "decided": entry["agreement"]}
    ]


def test_a_second_run_deletes_nothing_more(unpublished: Pool) -> None:
    pool = oblige_deletion(unpublished)
    assert len(expire(pool, current_instant()).deleted) == 1
    second = expire(pool, current_instant())
    assert (second.due, second.deleted, second.generation) == ([], [], None)
    assert len(Deletions(pool.settings.data).all()) == 1


def test_nothing_is_deleted_before_it_is_due(unpublished: Pool) -> None:
    """To the microsecond; `trying` only reports."""
    pool = oblige_deletion(unpublished)
    due = datetime.fromisoformat(DUE)
    assert expire(pool, due - timedelta(microseconds=1)).due == []
    assert expire(pool, due, trying=True).due == [KEY]
    assert pool.iris.graph(KEY) in pool.record.versions()
    assert Deletions(pool.settings.data).all() == []
    assert len(expire(pool, due).deleted) == 1


def test_a_retention_period_counts_from_the_first_submission(unpublished: Pool) -> None:
    """A new content does not extend it; a submission after the deletion starts a new one."""
    pool = oblige_deletion(unpublished, value="P30D")
    table = pool.catalog.require(KEY).folder / "reserve.csv"
    table.write_text(table.read_text().replace("cachée", "dissimulée"))
    reception = datetime.fromisoformat(pool.record.versions()[pool.iris.graph(KEY)].about["since"])
    with pool:
        assert submit(pool, KEY).stored
        end = reception + timedelta(days=30)
        assert expire(pool, end - timedelta(seconds=1), trying=True).due == []
        assert expire(pool, end, trying=True).due == [KEY]
        expire(pool, end)
        assert submit(pool, KEY).stored
    assert expire(pool, end, trying=True).due == []


def test_an_expired_dataset_that_was_discoverable_leaves_a_tombstone(unpublished: Pool) -> None:
    """With the reason in both languages, though nobody may discover it since it was due."""
    pool = oblige_deletion(unpublished, "spectacles")
    expire(pool, current_instant())
    tombstone = pool.record.tombstones()[pool.iris.graph(OTHER)]
    assert tombstone["public"]
    assert "spectacles.csv" not in (pool.settings.data / "state.json").read_text()
    assert "Entente inventée" in tombstone["reason"]["fr"]
    assert "Invented agreement" in tombstone["reason"]["en"]


def test_the_same_content_in_another_dataset_is_not_a_remnant(unpublished: Pool) -> None:
    """It belongs to another partner, and stays."""
    pool = oblige_deletion(unpublished, "spectacles")
    lines = pool.record.read_lines(pool.record.versions()[pool.iris.graph(OTHER)])
    copy = pool.settings.data.parent / "copy.nt"
    copy.write_bytes(b"".join(lines))
    pool.record.put("http://pool.test/other", copy, {"access": "open"})
    (link,) = expire(pool, current_instant()).deleted
    assert link.entry["search"]["remains"] == {}
    assert "http://pool.test/other" in pool.record.versions()


def test_a_remnant_is_reported(unpublished: Pool) -> None:
    """An unexpected file that contains deleted text is named to the steward."""
    pool = oblige_deletion(unpublished)
    (pool.settings.data / "note.txt").write_text(f"Ne pas oublier : {CANARY}.")
    result = expire(pool, current_instant())
    assert result.deleted[0].entry["search"]["remains"] == {"note.txt": 1}
    assert not result.good


def test_a_stored_query_keeps_nothing_of_what_is_deleted(unpublished: Pool) -> None:
    """One that repeats a deleted text loses its short address; the others stay."""
    links = ShortLinks(unpublished.settings.data)
    stays = links.add({"query": ["ASK { ?s ?p 'another' }"]}, current_instant().date(), 9)
    goes = links.add({"query": [f"ASK {{ ?s ?p '{CANARY}' }}"]}, current_instant().date(), 9)
    result = expire(oblige_deletion(unpublished), current_instant())
    assert result.deleted[0].entry["search"]["remains"] == {}
    assert links.require(stays)
    with pytest.raises(UnknownThing):
        links.require(goes)


def test_short_addresses_of_queries_end_after_their_days(unpublished: Pool) -> None:
    """By the setting; without it they stay for good."""
    links, now = ShortLinks(unpublished.settings.data), current_instant()
    links.add({"query": ["ASK {}"]}, (now - timedelta(days=40)).date(), 9)
    links.add({"query": ["SELECT * {}"]}, (now - timedelta(days=10)).date(), 9)
    expire(unpublished, now)
    assert links.size()[0] == 2
    object.__setattr__(unpublished.settings.limits, "short_link_days", 30)
    expire(unpublished, now)
    assert links.size()[0] == 1


def test_a_withdrawal_is_proved_in_the_same_way(unpublished: Pool) -> None:
    """It is due under no agreement."""
    result = withdraw(unpublished, "theatre-b", {"fr": "Fin."})
    assert {link.entry["cause"] for link in result.proofs} == {"withdrawn"}
    assert len(result.proofs) == len(result.tombstones) == 3
    assert {link.entry["due"] for link in result.proofs} == {None}
    assert find_canary(unpublished) == set()
    assert list((unpublished.settings.data / "graphs").iterdir()) == []


def test_backups_that_hold_deleted_data_are_named(unpublished: Pool, tmp_path: Path) -> None:
    """Until they are deleted, with the date by which they must be."""
    pool = oblige_deletion(unpublished)
    backup(pool.settings, tmp_path / "saved")
    (remaining,) = expire(pool, current_instant()).backups
    assert (remaining.folder, remaining.datasets) == (str(tmp_path / "saved"), (str(KEY),))
    assert timedelta(days=29) < remaining.until - current_instant() <= timedelta(days=30)
    assert remaining.is_overdue(current_instant() + timedelta(days=31))
    backup(pool.settings, tmp_path / "later")
    (tmp_path / "saved").rename(tmp_path / "elsewhere")
    assert expire(pool, current_instant()).backups == []
    assert list(Backups(pool.settings.data).find_holding(pool.iris.graph(KEY)))


def test_restoring_a_backup_does_not_restore_deleted_data(
    unpublished: Pool, tmp_path: Path
) -> None:
    """Deletions of the ledger are repeated before the files are in place."""
    backup(unpublished.settings, tmp_path / "saved")
    pool = oblige_deletion(unpublished)
    expire(pool, current_instant())
    result = restore(pool.settings, tmp_path / "saved", replacing=True)
    assert result["deleted_again"] == [str(KEY)]
    assert find_canary(pool) == set()
    graph = pool.iris.graph(KEY)
    assert graph not in pool.record.versions()
    assert graph in pool.record.tombstones()
    assert len(Deletions(pool.settings.data).all()) == 1


def test_data_submitted_again_after_their_deletion_are_restored(
    unpublished: Pool, tmp_path: Path
) -> None:
    """Only contents that are older than their deletion are deleted."""
    withdraw(unpublished, str(KEY), {})
    with unpublished:
        assert submit(unpublished, KEY).stored
    backup(unpublished.settings, tmp_path / "saved")
    result = restore(unpublished.settings, tmp_path / "saved", replacing=True)
    assert result["deleted_again"] == []
    assert unpublished.iris.graph(KEY) in unpublished.record.versions()


def test_nothing_is_submitted_during_an_interrupted_deletion(unpublished: Pool) -> None:
    """The new content would be deleted instead of the old one."""
    graph = unpublished.iris.graph(KEY)
    Deletions(unpublished.settings.data).begin({graph: {"digests": []}})
    unpublished.record.remove(graph)
    with unpublished, pytest.raises(UsageError, match="cut short"):
        submit(unpublished, KEY)


def test_datasets_derived_from_deleted_data_are_marked_stale(unpublished: Pool) -> None:
    """In their record, until they are submitted again."""
    folder = unpublished.catalog.require(OTHER).folder
    with (folder / "dataset.ttl").open("a", encoding="utf-8") as file:
        file.write(
            "<id/dataset/theatre-b/spectacles> <http://www.w3.org/ns/prov#wasDerivedFrom>"
            " <id/dataset/theatre-b/reserve> .\n"
        )
    pool = oblige_deletion(unpublished)
    graph = pool.iris.graph(OTHER)
    with pool:
        assert expire(pool, current_instant()).deleted[0].entry["stale"] == [str(OTHER)]
        assert "stale" in pool.record.versions()[graph].about
        published = publish(pool)
        assert published["left_out"] == []
        record_lines = Bundle(current(pool.settings.data).site / FOLDER).get(str(OTHER), "nt")
        assert PROV.invalidatedAtTime in set(graph_of(record_lines or b"").predicates())
        table = folder / "spectacles.csv"
        table.write_text(table.read_text() + "\n")
        submit(pool, OTHER)
    assert list(canonical_triples(pool.record.read_lines(pool.record.versions()[graph])))
    assert "stale" not in pool.record.versions()[graph].about


def test_the_audit_trail_forgets_entries_older_than_its_retention_period(unpublished: Pool) -> None:
    """By the setting; the chain stays valid."""
    assert expire(unpublished, current_instant()).forgotten == 0
    object.__setattr__(unpublished.settings, "audit_days", -1)
    assert expire(unpublished, current_instant()).forgotten > 0
    assert verify_chains(Database(unpublished.settings.data / FILE))["audit"].entries == 2
    acts = [link.entry["act"] for link in Audit(unpublished.settings.data).latest(list(Act), 9)]
    assert acts == ["expire", "forget"]


def test_a_dataset_is_served_until_the_end_of_its_retention_period(unpublished: Pool) -> None:
    """The published state contains the date of reception, and its end is known beforehand."""
    with oblige_deletion(unpublished, value="P1Y") as pool:
        publish(pool)
        generation = current(pool.settings.data)
    published = Snapshot.read(generation, pool.iris)
    (since,) = [at for iri, at in published.policies.received.items() if iri.endswith("/reserve")]
    until = since.replace(year=since.year + 1)
    target, host = pool.iris.dataset(KEY), Reader(pool.catalog.third_party.iri)
    assert decide(published.policies, host, READ, target, until - datetime.resolution).allowed
    assert not decide(published.policies, host, READ, target, until).allowed
    assert generation.manifest.good_until == until
