"""The service follows publications, even if a generation is deleted during a request.

Its temporary files are in the data folder, and never stay.
"""

import subprocess
import sys
import tempfile
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from parvis.errors import StoreError
from parvis.governance import ANONYMOUS
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.query import PublicationFollower
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.pooling.serving.snapshot import Snapshot
from parvis.store.generation import generation as following
from parvis.store.generation.generation import Generation, current
from parvis.store.query.federation import Federation
from parvis.vocab.iris import Iris

THREADS = 8

PROGRAM = """
import os, sys, tempfile
from pathlib import Path
from parvis.pooling.serving.query import hold_temporary_files
from parvis.store.query.spool import MEMORY, Spool
hold_temporary_files(Path(sys.argv[1]))
spool = Spool()
spool.put(b"x" * (MEMORY + 1))
print(os.readlink(f"/proc/self/fd/{spool._file.fileno()}"), *os.listdir(tempfile.gettempdir()))
"""


@pytest.fixture
def single_generation_pool(published: Pool) -> Pool:
    """Return a published pool that stores the current generation only."""
    return replace(published, settings=replace(published.settings, keep_generations=1))


@pytest.fixture
def service(single_generation_pool: Pool) -> Iterator[PoolService]:
    with closing(PoolService(single_generation_pool.settings)) as service:
        yield service


def test_the_files_of_a_generation_are_read_once_by_concurrent_requests(
    service: PoolService, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, generations, original = Barrier(THREADS), list[Generation](), Snapshot.read

    def count_reading(generation: Generation, iris: Iris) -> Snapshot:
        generations.append(generation)
        return original(generation, iris)

    def ask(_: int) -> Snapshot:
        start.wait()
        return service.snapshot()

    monkeypatch.setattr(Snapshot, "read", count_reading)
    with ThreadPoolExecutor(THREADS) as threads:
        snapshots = list(threads.map(ask, range(THREADS)))
    assert len(generations) == 1
    assert all(snapshot is snapshots[0] for snapshot in snapshots)


def test_what_other_sites_answered_goes_with_the_generation(
    service: PoolService, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed = list[object]()
    monkeypatch.setattr(Federation, "follow", lambda _, generation: followed.append(generation))
    generation = service.generation()
    assert followed == [generation]


def test_of_a_former_generation_nothing_stays_in_memory(service: PoolService) -> None:
    """It is read again if it is asked for."""
    generation = service.generation()
    former = weakref.ref(service.snapshot())
    manifest = replace(generation.manifest, generation=generation.number + 1)
    newer = service.snapshot(replace(generation, manifest=manifest))
    assert former() is None
    assert service.stored_snapshot(generation.number).generation == generation
    assert service.snapshot(newer.generation) is newer


@pytest.mark.parametrize("followed", [True, False])
def test_a_request_survives_the_deletion_of_its_generation(
    service: PoolService,
    single_generation_pool: Pool,
    monkeypatch: pytest.MonkeyPatch,
    *,
    followed: bool,
) -> None:
    """The answer comes from the new generation."""
    former = service.generation()
    if followed:
        service.snapshot()
    publish(single_generation_pool)
    assert not former.folder.exists()
    stale, follow = [former], PublicationFollower.generation
    monkeypatch.setattr(
        PublicationFollower,
        "generation",
        lambda follower: stale.pop() if stale else follow(follower),
    )
    answer = service.ask(ANONYMOUS, QueryRequest("ASK { ?s ?p ?o }"))
    assert answer.generation == former.number + 1
    assert b"true" in b"".join(answer.chunks)
    stale += [former] * 2
    assert service.search(ANONYMOUS, "hiver").results
    assert not stale
    stale.append(former)
    assert service.describe(ANONYMOUS, service.iris.partner("theatre-b")).label


def test_a_generation_that_is_deleted_while_it_is_read_is_replaced_by_the_next(
    service: PoolService, single_generation_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the pointer has not moved, it is damage."""

    def fail_once(_: Path) -> Generation:
        monkeypatch.undo()
        publish(single_generation_pool)
        raise StoreError("generation 1 is gone")

    monkeypatch.setattr(following, "current", fail_once)
    assert service.generation().number == 2
    (current(single_generation_pool.settings.data).folder / "manifest.json").write_bytes(b"")
    pointer = single_generation_pool.settings.data / "current"
    pointer.write_text(pointer.read_text())
    with pytest.raises(StoreError, match="damaged"):
        service.generation()


def locate_temporary_files(data: Path) -> str:
    """Return where a process that serves a data folder stores a waiting answer."""
    command = [sys.executable, "-c", PROGRAM, str(data)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603


def test_a_waiting_answer_is_stored_in_the_data_folder(tmp_path: Path) -> None:
    """In a file without a name; when the process ends, nothing is left."""
    location = locate_temporary_files(tmp_path / "data")
    assert location.startswith(f"{tmp_path}/data/staging/")
    assert location.endswith(" (deleted)\n")
    assert list((tmp_path / "data" / "staging").iterdir()) == []


def test_without_write_access_a_waiting_answer_is_stored_in_the_systems_folder(
    tmp_path: Path,
) -> None:
    """A read-only data folder can be served too."""
    (tmp_path / "staging").write_text("in the way of the folder")
    assert locate_temporary_files(tmp_path).startswith(tempfile.gettempdir())
    assert (tmp_path / "staging").read_text()
