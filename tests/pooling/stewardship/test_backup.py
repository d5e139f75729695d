"""A backup restores the complete pool, and builds the same generation."""

import itertools
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.errors import StoreError, UsageError
from parvis.governance import ANONYMOUS
from parvis.ledger import FILE, Code, Database, Details, Grant, Passkey, People, Tokens
from parvis.ledger.schema import STEPS
from parvis.pooling import people
from parvis.pooling.intake.load import load
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.feed import CatalogChanges, Feed
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.pooling.stewardship.backup import backup, confirm_restored, restore
from parvis.pooling.stewardship.generations import verify
from parvis.pooling.stewardship.harvesting.replicas import pull_from
from parvis.pooling.stewardship.retention import expire, withdraw
from parvis.store.files import writing
from parvis.store.generation.generation import current
from parvis.vocab.iris import DatasetKey

EVERYTHING = QueryRequest("SELECT * { ?s ?p ?o }", results_format="csv")
GRAPH = "http://pool.test/graph/theatre-b/spectacles"

WIDER = {"spectacles": 2, "reserve": 1, "billets": 1}
"""Events that are served as of their wider class too."""


@pytest.fixture
def other_settings(published: Pool, tmp_path: Path) -> Settings:
    """Return the settings of another machine: the same catalogue, an empty data folder."""
    return replace(published.settings, data=tmp_path / "elsewhere")


@pytest.fixture
def saved(published: Pool, tmp_path: Path) -> Path:
    """Back up the published pool."""
    backup(published.settings, tmp_path / "saved")
    return tmp_path / "saved"


def test_a_restored_record_builds_the_same_generation(
    published: Pool, tmp_path: Path, other_settings: Settings
) -> None:
    """With the same digests and the next number; the received files are there."""
    (tmp_path / "a.nq").write_text("<x:s> <x:p> _:b <http://x/g> .\n")
    load(published, tmp_path / "a.nq")
    publish(published)
    backup(published.settings, tmp_path / "saved")
    restore(other_settings, tmp_path / "saved")
    confirm_restored(other_settings)
    with Pool.open(other_settings) as pool:
        assert pool.record.versions() == published.record.versions()
        assert publish(pool)["generation"] == 3
    before, after = current(published.settings.data).manifest, current(other_settings.data).manifest
    assert (before.open.digest, before.members.digest) == (after.open.digest, after.members.digest)
    verify(other_settings)
    received = [path.name for path in (other_settings.data / "incoming").rglob("*.csv")]
    assert received
    assert not list((other_settings.data / "staging").iterdir())


def test_the_feed_of_changes_is_restored(
    published: Pool, tmp_path: Path, other_settings: Settings
) -> None:
    """A deleted dataset stays deleted, and no change is reported twice."""
    withdraw(published, "theatre-b/spectacles", {"fr": "essai", "en": "trial"})
    before = current(published.settings.data)
    log = Feed.of(before.site).entries
    assert log[-1]["kind"] == "Delete"
    backup(published.settings, tmp_path / "saved")
    restore(other_settings, tmp_path / "saved")
    backup(other_settings, tmp_path / "again")
    restore(other_settings, tmp_path / "again", replacing=True)
    confirm_restored(other_settings)
    with Pool.open(other_settings) as pool:
        publish(pool)
    after = current(other_settings.data)
    assert Feed.of(after.site).entries == log
    assert CatalogChanges.read(after.site) == CatalogChanges.read(before.site)
    described = [activity.lines for activity in Feed.of(after.site).activities(described=True)]
    assert described == [
        activity.lines for activity in Feed.of(before.site).activities(described=True)
    ]


def test_a_pool_is_overwritten_only_on_request(published: Pool, saved: Path) -> None:
    """With `replacing`, all changes since the backup are undone."""
    before = published.record.versions()
    published.record.remove(GRAPH)
    later = published.settings.data / "incoming" / "later.csv"
    later.write_text("a")
    with pytest.raises(UsageError, match="--replace"):
        restore(published.settings, saved)
    restore(published.settings, saved, replacing=True)
    assert published.record.versions() == before
    assert published.record.verify() == len(before)
    assert not later.exists()
    assert current(published.settings.data).number == 1


def test_a_damaged_backup_is_not_restored(saved: Path, other_settings: Settings) -> None:
    """Every file is compared before anything is written."""
    graph_file = next((saved / "graphs").iterdir())
    graph_file.write_bytes(graph_file.read_bytes()[:-1])
    with pytest.raises(StoreError, match=graph_file.name):
        restore(other_settings, saved)
    assert not other_settings.data.exists()


def test_a_folder_without_a_backup_is_refused(tmp_path: Path, other_settings: Settings) -> None:
    """An empty folder, or a missing one."""
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(UsageError, match="is no backup"):
            restore(other_settings, folder)


def test_a_backup_goes_to_a_new_folder_outside_of_the_data_folder(
    published: Pool, saved: Path
) -> None:
    """Nothing is overwritten, and no backup contains another."""
    with pytest.raises(UsageError, match="is there already"):
        backup(published.settings, saved)
    with pytest.raises(UsageError, match="inside the data folder"):
        backup(published.settings, published.settings.data / "saved")


def test_a_damaged_record_is_not_backed_up(published: Pool, tmp_path: Path) -> None:
    """Damage is reported, not copied; `verify` detects it too."""
    path = published.record.path(published.record.versions()[GRAPH])
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(StoreError, match=path.name):
        backup(published.settings, tmp_path / "saved")
    with pytest.raises(StoreError, match=path.name):
        verify(published.settings)
    assert not list(tmp_path.glob("*saved*"))


def test_a_token_revoked_after_a_backup_stays_revoked(published: Pool, tmp_path: Path) -> None:
    """In the same pool, and on another machine with the newest ledger."""
    tokens, now = Tokens(published.settings.data), datetime.now(UTC)
    created = tokens.create(Grant("http://pool.test/x"), now, now + timedelta(days=1))[1]
    backup(published.settings, tmp_path / "saved")
    tokens.revoke(created.id, now)
    restore(published.settings, tmp_path / "saved", replacing=True)
    assert [token.state(now) for token in tokens.all()] == ["revoked"]
    assert verify(published.settings)["ledger"] == len(STEPS)
    other = replace(published.settings, data=tmp_path / "other")
    restored = restore(other, tmp_path / "saved", ledger=published.settings.data / FILE)
    assert restored["unconfirmed"] is None
    assert [token.state(now) for token in Tokens(other.data).all()] == ["revoked"]


def test_a_person_removed_after_a_backup_stays_removed(published: Pool, tmp_path: Path) -> None:
    """In the same pool, and on another machine with the newest ledger; nothing names them there."""
    settings, now = published.settings, datetime.now(UTC)
    link = people.invite(settings, "theatre-b", "editor").link
    code = Code.parse(link.rpartition("/")[2])
    assert code is not None
    People(settings.data).join(
        code,
        "pseudonym",
        Details("Zoé Canari"),
        Passkey("key", "pseudonym", b"", 0, "", now),
        now,
        challenge=b"once",
        until=now + timedelta(hours=1),
    )
    backup(settings, tmp_path / "saved")
    people.remove(settings, "pseudonym")
    restore(settings, tmp_path / "saved", replacing=True)
    other = replace(settings, data=tmp_path / "other")
    restore(other, tmp_path / "saved", ledger=settings.data / FILE)
    for data in (settings.data, other.data):
        assert People(data).all() == []
        assert People(data).passkeys("pseudonym") == []
        for file in data.glob(f"{FILE}*"):
            assert "Zoé Canari".encode() not in file.read_bytes()


def test_a_pool_restored_without_the_newest_ledger_is_not_served_until_confirmed(
    published: Pool, tmp_path: Path, other_settings: Settings
) -> None:
    """Its tokens and data may be back; the ledger, given later, says which are not."""
    tokens, now = Tokens(published.settings.data), datetime.now(UTC)
    created = tokens.create(Grant("http://pool.test/x"), now, now + timedelta(days=1))[1]
    backup(published.settings, tmp_path / "saved")
    tokens.revoke(created.id, now)
    withdraw(published, "theatre-b/spectacles", {"fr": "essai", "en": "trial"})
    assert restore(other_settings, tmp_path / "saved")["unconfirmed"]
    assert [token.state(now) for token in Tokens(other_settings.data).all()] == ["live"]
    with pytest.raises(UsageError, match="may be back"):
        PoolService(other_settings)
    with Pool.open(other_settings) as pool, pytest.raises(UsageError, match="may be back"):
        publish(pool)
    # The same backup, now with the ledger of the lost machine.
    ledger = tmp_path / "ledger"
    Database(published.settings.data / FILE).copy(ledger)
    restored = restore(other_settings, tmp_path / "saved", replacing=True, ledger=ledger)
    assert restored["unconfirmed"] is None
    assert len(restored["deleted_again"]) == 1
    assert [token.state(now) for token in Tokens(other_settings.data).all()] == ["revoked"]
    with Pool.open(other_settings) as pool:
        publish(pool)
    with pytest.raises(UsageError, match="has a ledger of its own"):
        restore(other_settings, tmp_path / "saved", replacing=True, ledger=ledger)
    with pytest.raises(UsageError, match="nothing waits"):
        confirm_restored(other_settings)


def test_a_damaged_ledger_is_reported_and_not_backed_up(published: Pool, tmp_path: Path) -> None:
    """By `verify` and by `backup`."""
    file = published.settings.data / FILE
    now = datetime.now(UTC)
    Tokens(published.settings.data).create(Grant("x"), now, now)
    backup(published.settings, tmp_path / "saved")
    file.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match=FILE):
        verify(published.settings)
    with pytest.raises(StoreError, match=FILE):
        backup(published.settings, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_backup_while_the_pool_is_read_and_written(
    published: Pool, tmp_path: Path, other_settings: Settings
) -> None:
    """No reader fails; restored, every graph has its count and digest, and the ledger is valid.

    Acknowledged submissions are there; of concurrent ones there is one complete version or the
    other.
    """
    file = published.settings.catalog / "theatre-b" / "spectacles" / "spectacles.csv"
    text, stop = file.read_text("utf-8"), threading.Event()
    digests = {graph: {item.digest} for graph, item in published.record.versions().items()}
    answers: list[int] = []

    def keep_submitting() -> None:
        for number in itertools.count():
            (tmp_path / "new.csv").write_text(text.replace("trois", f"{number}"), "utf-8")
            with suppress(StoreError):  # the lock is taken
                submit(published, DatasetKey("theatre-b", "spectacles"), tmp_path / "new.csv")
                digests[GRAPH].add(published.record.versions()[GRAPH].digest)
            if stop.is_set():
                return

    def keep_reading() -> None:
        with closing(PoolService(published.settings)) as service:
            while not stop.is_set():
                answers.append(len(b"".join(service.ask(ANONYMOUS, EVERYTHING).chunks)))

    with published, ThreadPoolExecutor(2) as threads:
        futures = [threads.submit(keep_submitting), threads.submit(keep_reading)]
        while len(digests[GRAPH]) < 2 or not answers:
            time.sleep(0.01)
        retry_until_unlocked(lambda: backup(published.settings, tmp_path / "saved"))
        stop.set()
        assert [item.result() for item in futures] == [None, None]
    assert len(set(answers)) == 1
    restore(other_settings, tmp_path / "saved")
    confirm_restored(other_settings)
    with Pool.open(other_settings) as pool:
        publish(pool)
        versions = pool.record.versions()
    assert {
        graph for graph, item in versions.items() if item.digest in digests[graph]
    } == digests.keys()
    graphs = current(other_settings.data).manifest.members.graphs
    assert {graph: graphs[graph] for graph in versions} == {
        graph: item.triples + WIDER[graph.rpartition("/")[2]] for graph, item in versions.items()
    }
    assert verify(other_settings)["chains"]["audit"]["entries"] >= 3


def retry_until_unlocked(operation: Callable[[], object]) -> None:
    """Run something that needs the lock, as soon as it is free."""
    end = time.monotonic() + 20
    while True:
        try:
            operation()
        except StoreError:
            assert time.monotonic() < end
            time.sleep(0.005)
        else:
            return


def test_a_killed_backup_is_cleared_later(published: Pool, tmp_path: Path) -> None:
    """By the next backup or the daily deletion; files of other programs stay."""
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / ".parvis-backup-000000000000-x").mkdir()
    for clear_remains in (
        lambda: backup(published.settings, tmp_path / "saved" / "next"),
        lambda: expire(published, datetime.now(UTC)),
    ):
        kill_backup(published.settings, tmp_path / "saved" / "nightly")
        remains = {path.name for path in (tmp_path / "saved").glob(".*")}
        assert len(remains) == 2
        assert not (tmp_path / "saved" / "nightly").exists()
        clear_remains()
        assert {path.name for path in (tmp_path / "saved").glob(".*")} == {
            ".parvis-backup-000000000000-x"
        }
    restore(published.settings, tmp_path / "saved" / "next", replacing=True)


def kill_backup(settings: Settings, folder: Path) -> None:
    """Run the command, and kill it as soon as it has copied some files."""
    # The command waits after three files, so that there is time to kill it.
    command = [sys.executable, "-c", SLOW, str(folder)]
    env = os.environ | {
        "PARVIS_DATA": str(settings.data),
        "PARVIS_CATALOG": str(settings.catalog),
    }
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdout is not None
        assert process.stdout.readline() == b"copying\n"
        process.kill()
    assert process.returncode == -signal.SIGKILL


SLOW = """
import sys, time
from parvis.cli import main
from parvis.pooling.stewardship.backup import copies as backup

def copy(*paths, original=backup.copy_private, copied=[]):
    original(*paths)
    copied.append(paths)
    if len(copied) == 3:
        print("copying", flush=True)
        time.sleep(60)

backup.copy_private = copy
main(["backup", sys.argv[1]])
"""
"""The real command, which waits once it has copied three files."""


def test_no_file_of_a_pool_or_a_backup_is_readable_by_others(
    submitted_folder: Path, tmp_path: Path
) -> None:
    """With the most permissive umask: folders and received files are private."""
    old = os.umask(0)
    try:
        shutil.copytree(submitted_folder / "catalog", tmp_path / "catalog")
        settings = Settings.load(data=tmp_path / "data", catalog=tmp_path / "catalog")
        with Pool.open(settings) as pool:
            assert submit(pool, DatasetKey("theatre-b", "spectacles")).accepted
            publish(pool)
        backup(settings, tmp_path / "saved")
        restored = replace(settings, data=tmp_path / "other")
        restore(restored, tmp_path / "saved")
        pull_from(replace(settings, data=tmp_path / "copy"), str(settings.data), "")
    finally:
        os.umask(old)
    for name in ("data", "saved", "other", "copy"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o700
    files = [path for path in (settings.data / "incoming").rglob("*.csv") if path.is_file()]
    files += [path for path in (tmp_path / "saved").rglob("*") if path.is_file()]
    assert len(files) > 3
    assert not [path for path in files if path.stat().st_mode & 0o077]


@pytest.mark.parametrize(("before", "after"), [(0o755, 0o700), (0o777, 0o700), (0o750, 0o750)])
def test_a_data_folder_that_others_may_enter_is_closed(
    published: Pool, before: int, after: int
) -> None:
    """At the first write; access of a group is left as it is."""
    published.settings.data.chmod(before)
    with writing(published.settings.data):
        pass
    assert published.settings.data.stat().st_mode & 0o777 == after
