"""The host follows what is published, whatever is deleted at that instant."""

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
from parvis.pooling.serving.current import PublicationFollower
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.pooling.serving.snapshot import Snapshot
from parvis.store.generation import generation as following
from parvis.store.generation.generation import Generation, current
from parvis.vocab.iris import Iris

THREADS = 8


@pytest.fixture
def only(published: Pool) -> Pool:
    """Give a published pool that keeps the generation that is served, and no other."""
    return replace(published, settings=replace(published.settings, keep_generations=1))


@pytest.fixture
def host(only: Pool) -> Iterator[PoolService]:
    """Serve it."""
    with closing(PoolService(only.settings)) as host:
        yield host


def test_the_small_files_are_read_once_by_all(
    host: PoolService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several threads ask first at the same time, and get the same object."""
    start, read, original = Barrier(THREADS), list[Generation](), Snapshot.read

    def counted(generation: Generation, iris: Iris) -> Snapshot:
        read.append(generation)
        return original(generation, iris)

    def ask(_: int) -> Snapshot:
        start.wait()
        return host.published()

    monkeypatch.setattr(Snapshot, "read", counted)
    with ThreadPoolExecutor(THREADS) as threads:
        found = list(threads.map(ask, range(THREADS)))
    assert len(read) == 1
    assert all(one is found[0] for one in found)


@pytest.mark.parametrize("known", [True, False])
def test_a_question_outlives_the_generation_it_was_for(
    host: PoolService, only: Pool, monkeypatch: pytest.MonkeyPatch, *, known: bool
) -> None:
    """A publication deletes it in between: the answer is that of the one that is served."""
    former = host.served()
    if known:
        host.published()
    publish(only)
    assert not former.folder.exists()
    late, now = [former], PublicationFollower.generation
    monkeypatch.setattr(
        PublicationFollower, "generation", lambda told: late.pop() if late else now(told)
    )
    answer = host.ask(ANONYMOUS, QueryRequest("ASK { ?s ?p ?o }"))
    assert answer.generation == former.number + 1
    assert b"true" in b"".join(answer.chunks)
    late += [former] * 2
    assert host.search(ANONYMOUS, "hiver").things
    assert not late
    late.append(former)
    assert host.describe(ANONYMOUS, host.iris.partner("theatre-b")).label


def test_what_the_pointer_named_may_be_gone_when_it_is_read(
    host: PoolService, only: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then another is served; when the pointer has not moved, it is damage."""

    def late(_: Path) -> Generation:
        monkeypatch.undo()
        publish(only)
        raise StoreError("generation 1 is gone")

    monkeypatch.setattr(following, "current", late)
    assert host.served().number == 2
    (current(only.settings.data).folder / "manifest.json").write_bytes(b"")
    pointer = only.settings.data / "current"
    pointer.write_text(pointer.read_text())
    with pytest.raises(StoreError, match="damaged"):
        host.served()
