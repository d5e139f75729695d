"""A cache of complete answers: computed once, bounded in bytes, and expired by use."""

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from parvis.pooling.serving import cache as answers
from parvis.pooling.serving.cache import AnswerCache, CachedAnswer

THREADS = 16


@pytest.fixture
def generation() -> Any:  # noqa: ANN401 - only its identity counts
    """Return a stand-in for a generation."""
    return SimpleNamespace(number=1)


def test_a_document_requested_by_many_at_once_is_written_once(generation: Any) -> None:  # noqa: ANN401 - the same
    cache, count = AnswerCache(1_000_000), 0
    cache.follow(generation)
    barrier = threading.Barrier(THREADS)

    def write() -> bytes:
        nonlocal count
        count += 1
        threading.Event().wait(0.05)  # so that the other requests arrive meanwhile
        return b"document"

    def ask(_: int) -> bytes:
        barrier.wait(10)
        return cache.document(generation, ("void", "ttl"), write)

    with ThreadPoolExecutor(THREADS) as pool:
        assert set(pool.map(ask, range(THREADS))) == {b"document"}
    assert count == 1
    assert not cache._under_way  # noqa: SLF001 - nothing is left


def test_a_request_that_waited_for_a_failed_one_tries_by_itself(generation: Any) -> None:  # noqa: ANN401 - the same
    """The failure belongs to the first request only."""
    cache, begun = AnswerCache(1_000_000), threading.Event()
    cache.follow(generation)

    def fail() -> bytes:
        begun.set()
        threading.Event().wait(0.05)
        raise ValueError

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(cache.document, generation, ("a",), fail)
        assert begun.wait(10)
        assert cache.document(generation, ("a",), lambda: b"well") == b"well"
        with pytest.raises(ValueError, match=r"^$"):
            first.result()


def test_an_answer_requested_once_expires_first(
    generation: Any,  # noqa: ANN401 - the same
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Requests that are never repeated fill no memory."""
    now = 0.0
    monkeypatch.setattr("parvis.pooling.serving.cache.time.monotonic", lambda: now)
    cache = AnswerCache(10_000_000)
    cache.follow(generation)
    for number in range(1_000):
        cache.keep(generation, (f"q{number}",), CachedAnswer("bindings", "", b"x" * 100))
    assert cache.get(("q7",))
    now = answers.ASKED_ONCE + 1
    cache.tidy()
    assert [key for (key,) in cache._entries] == ["q7"]  # noqa: SLF001 - counts entries
    assert cache.get(("q7",))
    now += answers.ASKED_AGAIN + 1
    cache.tidy()
    assert not cache._entries  # noqa: SLF001 - the same
    assert cache._entries.currsize == 0  # noqa: SLF001 - the same
