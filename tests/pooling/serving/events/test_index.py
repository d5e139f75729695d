"""Lists of events do not wait for the first request after a publication."""

import threading
from contextlib import closing

import pytest

from parvis.governance import ANONYMOUS
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.events import index
from parvis.pooling.serving.service import PoolService
from tests.pooling.serving.events.invented import read_all


def wait_for_readers() -> int:
    """Wait for the threads that read ahead; return how many there were."""
    readers = [thread for thread in threading.enumerate() if thread.name == index.READER]
    for thread in readers:
        thread.join()
    return len(readers)


def test_the_events_of_everyone_are_read_again_if_anyone_asked_for_them(
    published: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pool whose lists nobody reads does not read them."""
    with closing(PoolService(published.settings)) as service:
        service.generation()
        publish(published)
        service.generation()
        assert wait_for_readers() == 0
        before = read_all(service.event_index(ANONYMOUS))
        publish(published)
        service.generation()
        assert wait_for_readers() <= 1
        with monkeypatch.context() as patch:
            patch.delattr(index, "ReaderEvents")
            assert read_all(service.event_index(ANONYMOUS)) == before
        publish(published)
        service.generation()  # it may end while it reads
