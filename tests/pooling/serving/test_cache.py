"""Whole answers that are kept: computed once, in so many bytes, for as long as they are used."""

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
    """Give something that stands for a generation."""
    return SimpleNamespace(number=1)


def test_a_document_is_written_once_however_many_ask_for_it_at_a_time(generation: Any) -> None:  # noqa: ANN401 - the same
    """All get what the first one wrote."""
    kept, written = AnswerCache(1_000_000), 0
    kept.follow(generation)
    waiting = threading.Barrier(THREADS)

    def write() -> bytes:
        nonlocal written
        written += 1
        threading.Event().wait(0.05)  # so that the others come meanwhile
        return b"document"

    def ask(_: int) -> bytes:
        waiting.wait(10)
        return kept.document(generation, ("void", "ttl"), write)

    with ThreadPoolExecutor(THREADS) as pool:
        assert set(pool.map(ask, range(THREADS))) == {b"document"}
    assert written == 1
    assert not kept._under_way  # noqa: SLF001 - nothing stays


def test_who_waited_for_what_went_wrong_tries_itself(generation: Any) -> None:  # noqa: ANN401 - the same
    """A failure is the first one's own."""
    kept, begun = AnswerCache(1_000_000), threading.Event()
    kept.follow(generation)

    def fail() -> bytes:
        begun.set()
        threading.Event().wait(0.05)
        raise ValueError

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(kept.document, generation, ("a",), fail)
        assert begun.wait(10)
        assert kept.document(generation, ("a",), lambda: b"well") == b"well"
        with pytest.raises(ValueError, match=r"^$"):
            first.result()


def test_what_nobody_asks_for_again_is_forgotten_first(
    generation: Any,  # noqa: ANN401 - the same
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Requests that are all different leave nothing behind; what is used stays longer."""
    now = 0.0
    monkeypatch.setattr("parvis.pooling.serving.cache.time.monotonic", lambda: now)
    kept = AnswerCache(10_000_000)
    kept.follow(generation)
    for number in range(1_000):
        kept.keep(generation, (f"q{number}",), CachedAnswer("bindings", "", b"x" * 100))
    assert kept.get(("q7",))
    now = answers.ASKED_ONCE + 1
    kept.tidy()
    assert [key for (key,) in kept._kept] == ["q7"]  # noqa: SLF001 - counts entries
    assert kept.get(("q7",))
    now += answers.ASKED_AGAIN + 1
    kept.tidy()
    assert not kept._kept  # noqa: SLF001 - the same
    assert kept._kept.currsize == 0  # noqa: SLF001 - the same
