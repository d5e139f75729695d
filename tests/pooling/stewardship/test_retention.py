"""What the pool promised to delete is deleted when it is due, and proved to be gone."""

import shutil
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from rdflib.namespace import PROV

from parvis.config import Settings
from parvis.errors import UsageError
from parvis.governance import READ, Reader, decide
from parvis.ledger import FILE, Audit, Backups, Database, Deletions, verify_chains
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


def promise(pool: Pool, name: str = "reserve", value: str = DUE) -> Pool:
    """Let the agreement oblige the host to delete a dataset; gives the pool that knows it."""
    operand, kind = ("elapsedTime", "duration") if value[0] == "P" else ("dateTime", "dateTime")
    text = OBLIGATION.format(name=name, operand=operand, value=value, kind=kind)
    with (pool.catalog.folder / "theatre-b" / "agreement.ttl").open("a", encoding="utf-8") as file:
        file.write(text)
    return Pool.open(pool.settings)


def places(pool: Pool) -> set[str]:
    """Give the places of the data folder, packed or in a store, where the canary is."""
    traces = Traces([f'<x:s> <x:p> "{CANARY}" .\n'.encode()])
    return set(search(pool.settings.data, (), traces, ()).remains)


@pytest.fixture
def held(made_once: Path, tmp_path: Path) -> Pool:
    """Give a copy of the pool as if nothing had been published yet: nothing is built then."""
    shutil.copytree(made_once / "catalog", tmp_path / "catalog")
    ignored = shutil.ignore_patterns("generations", "current")
    shutil.copytree(made_once / "data", tmp_path / "data", ignore=ignored)
    return Pool.open(Settings.load(data=tmp_path / "data", catalog=tmp_path / "catalog"))


def now() -> datetime:
    """Give the instant."""
    return datetime.now(UTC)


def test_a_canary_is_in_no_file_of_the_data_folder_after_expiry(published: Pool) -> None:
    """Before, it is in the file received, the record, stores, the text index, dumps."""
    data = published.settings.data
    sources = {place.split("/")[0] for place in places(published)}
    assert sources >= {"incoming", "graphs", "generations"}
    pool = promise(published)
    (link,) = expire(pool, now()).deleted
    assert places(pool) == set()
    assert all(
        CANARY.encode() not in b"".join(pieces_of(f)) for f in data.rglob("*") if f.is_file()
    )
    assert link.entry["search"]["remains"] == {}
    assert link.entry["search"]["texts"] >= 3
    assert store.numbers(data) == [2]
    assert expire(pool, now()).generation is None


def test_the_proof_says_what_went_by_which_agreement(held: Pool) -> None:
    """Triples, digest of the sorted N-Quads, when it was due, when done; both chains hold."""
    pool = promise(held)
    graph = pool.iris.graph(KEY)
    version = pool.record.versions()[graph]
    lines = [line.decode() for line in pool.record.read_lines(version)]
    quads = sorted(f"{line.rstrip()[:-1].rstrip()} <{graph}> .\n" for line in lines)
    digest = sha256("".join(quads).encode()).hexdigest()
    (link,) = expire(pool, now()).deleted
    told = link.entry
    assert (told["triples"], told["sha256"]) == (len(lines), digest)
    assert (told["agreement"], told["due"]) == ("http://pool.test/id/agreement/theatre-b", DUE)
    assert (told["graph"], told["dataset"], told["public"]) == (graph, str(KEY), False)
    assert datetime.fromisoformat(told["begun"]) <= datetime.fromisoformat(told["done"])
    heads = verify_chains(Database(pool.settings.data / FILE))
    assert heads["deletions"].hash == link.hash
    (event,) = Audit(pool.settings.data).latest([Act.DELETE], 9)
    assert event.entry["datasets"] == [
        {"dataset": pool.iris.dataset(KEY), "decided": told["agreement"]}
    ]


def test_to_expire_twice_is_to_expire_once(held: Pool) -> None:
    """Nothing more is done."""
    pool = promise(held)
    assert len(expire(pool, now()).deleted) == 1
    again = expire(pool, now())
    assert (again.due, again.deleted, again.generation) == ([], [], None)
    assert len(Deletions(pool.settings.data).all()) == 1


def test_nothing_is_deleted_before_it_is_due(held: Pool) -> None:
    """The instant counts to the microsecond; `trying` only tells."""
    pool = promise(held)
    due = datetime.fromisoformat(DUE)
    assert expire(pool, due - timedelta(microseconds=1)).due == []
    assert expire(pool, due, trying=True).due == [KEY]
    assert pool.iris.graph(KEY) in pool.record.versions()
    assert Deletions(pool.settings.data).all() == []
    assert len(expire(pool, due).deleted) == 1


def test_a_time_of_keeping_counts_from_the_first_submission(held: Pool) -> None:
    """A new content does not lengthen it; what is given again after a deletion begins anew."""
    pool = promise(held, value="P30D")
    table = pool.catalog.require(KEY).folder / "reserve.csv"
    table.write_text(table.read_text().replace("cachée", "dissimulée"))
    came = datetime.fromisoformat(pool.record.versions()[pool.iris.graph(KEY)].about["since"])
    with pool:
        assert submit(pool, KEY).stored
        over = came + timedelta(days=30)
        assert expire(pool, over - timedelta(seconds=1), trying=True).due == []
        assert expire(pool, over, trying=True).due == [KEY]
        expire(pool, over)
        assert submit(pool, KEY).stored
    assert expire(pool, over, trying=True).due == []


def test_an_expired_dataset_that_all_could_know_of_leaves_its_tombstone(held: Pool) -> None:
    """It tells why in both languages, though nobody may know of the dataset since it was due."""
    pool = promise(held, "spectacles")
    expire(pool, now())
    stone = pool.record.withdrawn()[pool.iris.graph(OTHER)]
    assert stone["public"]
    assert "spectacles.csv" not in (pool.settings.data / "state.json").read_text()
    assert "Entente inventée" in stone["reason"]["fr"]
    assert "Invented agreement" in stone["reason"]["en"]


def test_what_others_have_too_is_not_taken_for_a_remnant(held: Pool) -> None:
    """Another partner's dataset says the same: that one is theirs, and stays."""
    pool = promise(held, "spectacles")
    shared = pool.record.read_lines(pool.record.versions()[pool.iris.graph(OTHER)])
    copy = pool.settings.data.parent / "copy.nt"
    copy.write_bytes(b"".join(shared))
    pool.record.put("http://pool.test/other", copy, {"access": "open"})
    (link,) = expire(pool, now()).deleted
    assert link.entry["search"]["remains"] == {}
    assert "http://pool.test/other" in pool.record.versions()


def test_what_is_left_behind_is_told(held: Pool) -> None:
    """A file that nobody expects there is named, and the steward told."""
    pool = promise(held)
    (pool.settings.data / "note.txt").write_text(f"Ne pas oublier : {CANARY}.")
    found = expire(pool, now())
    assert found.deleted[0].entry["search"]["remains"] == {"note.txt": 1}
    assert not found.good


def test_withdrawing_proves_the_same(held: Pool) -> None:
    """By the same code; a withdrawal is due by no agreement."""
    gone = withdraw(held, "theatre-b", {"fr": "Fin."})
    assert {link.entry["cause"] for link in gone.proofs} == {"withdrawn"}
    assert len(gone.proofs) == len(gone.tombstones) == 3
    assert {link.entry["due"] for link in gone.proofs} == {None}
    assert places(held) == set()
    assert list((held.settings.data / "graphs").iterdir()) == []


def test_backups_that_hold_what_was_deleted_are_named(held: Pool, tmp_path: Path) -> None:
    """Until they are gone, and by when they must be."""
    pool = promise(held)
    backup(pool.settings, tmp_path / "saved")
    (one,) = expire(pool, now()).backups
    assert (one.folder, one.datasets) == (str(tmp_path / "saved"), (str(KEY),))
    assert timedelta(days=29) < one.until - now() <= timedelta(days=30)
    assert one.overdue(now() + timedelta(days=31))
    backup(pool.settings, tmp_path / "later")
    (tmp_path / "saved").rename(tmp_path / "elsewhere")
    assert expire(pool, now()).backups == []
    assert list(Backups(pool.settings.data).holding(pool.iris.graph(KEY)))


def test_a_restored_backup_does_not_bring_back_what_was_deleted(held: Pool, tmp_path: Path) -> None:
    """The ledger's deletions are replayed before anything is in its place."""
    backup(held.settings, tmp_path / "saved")
    pool = promise(held)
    expire(pool, now())
    found = restore(pool.settings, tmp_path / "saved", replacing=True)
    assert found["deleted_again"] == [str(KEY)]
    assert places(pool) == set()
    graph = pool.iris.graph(KEY)
    assert graph not in pool.record.versions()
    assert graph in pool.record.withdrawn()
    assert len(Deletions(pool.settings.data).all()) == 1


def test_what_was_given_again_after_its_deletion_is_restored(held: Pool, tmp_path: Path) -> None:
    """Only contents that are older than their deletion go."""
    withdraw(held, str(KEY), {})
    with held:
        assert submit(held, KEY).stored
    backup(held.settings, tmp_path / "saved")
    found = restore(held.settings, tmp_path / "saved", replacing=True)
    assert found["deleted_again"] == []
    assert held.iris.graph(KEY) in held.record.versions()


def test_nothing_is_submitted_where_a_deletion_was_cut_short(held: Pool) -> None:
    """Else the new content would be deleted for the old one."""
    graph = held.iris.graph(KEY)
    Deletions(held.settings.data).begin({graph: {"digests": []}})
    held.record.remove(graph)
    with held, pytest.raises(UsageError, match="cut short"):
        submit(held, KEY)


def test_what_is_derived_from_it_is_declared_stale(held: Pool) -> None:
    """In the record, until it is made anew."""
    folder = held.catalog.require(OTHER).folder
    with (folder / "dataset.ttl").open("a", encoding="utf-8") as file:
        file.write(
            "<id/dataset/theatre-b/spectacles> <http://www.w3.org/ns/prov#wasDerivedFrom>"
            " <id/dataset/theatre-b/reserve> .\n"
        )
    pool = promise(held)
    graph = pool.iris.graph(OTHER)
    with pool:
        assert expire(pool, now()).deleted[0].entry["stale"] == [str(OTHER)]
        assert "stale" in pool.record.versions()[graph].about
        published = publish(pool)
        assert published["left_out"] == []
        own = Bundle(current(pool.settings.data).site / FOLDER).get(str(OTHER), "nt")
        assert PROV.invalidatedAtTime in set(graph_of(own or b"").predicates())
        table = folder / "spectacles.csv"
        table.write_text(table.read_text() + "\n")
        submit(pool, OTHER)
    assert list(canonical_triples(pool.record.read_lines(pool.record.versions()[graph])))
    assert "stale" not in pool.record.versions()[graph].about


def test_the_trail_forgets_what_is_older_than_its_time(held: Pool) -> None:
    """As the setting has it; the chain still holds."""
    assert expire(held, now()).forgotten == 0
    object.__setattr__(held.settings, "audit_days", -1)
    assert expire(held, now()).forgotten > 0
    assert verify_chains(Database(held.settings.data / FILE))["audit"].entries == 2
    acts = [link.entry["act"] for link in Audit(held.settings.data).latest(list(Act), 9)]
    assert acts == ["expire", "forget"]


def test_until_its_time_of_keeping_is_over_a_dataset_is_served(held: Pool) -> None:
    """Elapsed time is known to whoever reads what is published, and its end beforehand."""
    with promise(held, value="P1Y") as pool:
        publish(pool)
        generation = current(pool.settings.data)
    published = Snapshot.read(generation, pool.iris)
    (since,) = [at for iri, at in published.policies.received.items() if iri.endswith("/reserve")]
    until = since.replace(year=since.year + 1)
    target, host = pool.iris.dataset(KEY), Reader(pool.catalog.host.iri)
    assert decide(published.policies, host, READ, target, until - datetime.resolution).allowed
    assert not decide(published.policies, host, READ, target, until).allowed
    assert generation.manifest.good_until == until
