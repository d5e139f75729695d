"""Whose turn it is."""

import threading
import time

import pytest

from parvis.errors import LimitError, ShareError, StoreError
from parvis.store.query.turns import Turn, Turns


def waiting(turns: Turns, reader: str, order: list[str], parallel: int = 4) -> threading.Thread:
    """Let a reader wait for a turn, and note when it comes."""

    def wait() -> None:
        turn = turns.take(reader, parallel, 10)
        order.append(reader)
        turn.end()

    before = len(turns._waiting)  # noqa: SLF001
    thread = threading.Thread(target=wait)
    thread.start()
    while len(turns._waiting) == before:  # noqa: SLF001
        time.sleep(0.001)
    return thread


def test_who_has_the_fewest_turns_is_next() -> None:
    """One who asks much waits behind one who asks once, though the other came later."""
    turns = Turns(places=2, aside=0, queue=10)
    held = [turns.take("much", 4, 1), turns.take("much", 4, 1)]
    order: list[str] = []
    threads = [waiting(turns, "much", order), waiting(turns, "once", order)]
    held[0].end()
    for thread in threads:
        thread.join()
    assert order == ["once", "much"]


def test_nobody_has_more_turns_than_a_share_though_places_are_free() -> None:
    """The error is that reader's; another is served at once."""
    turns = Turns(places=9, aside=0, queue=10)
    first = turns.take("a", 1, 1)
    with pytest.raises(ShareError, match="1 are answered at a time") as caught:
        turns.take("a", 1, 0.05)
    assert caught.value.fields["retry"] == 2
    turns.take("b", 1, 0)
    first.end()
    turns.take("a", 1, 0)


def test_a_turn_lasts_until_its_answer_is_delivered_and_its_place_does_not() -> None:
    """A slow reader keeps others from nothing, and itself from more."""
    turns = Turns(places=1, aside=0, queue=10)
    slow = turns.take("slow", 1, 1)
    slow.leave()
    turns.take("other", 1, 0).leave()
    with pytest.raises(ShareError):
        turns.take("slow", 1, 0)
    slow.end()
    slow.end()
    turns.take("slow", 1, 0)


def test_long_queries_leave_their_places_as_long_as_there_is_room_aside() -> None:
    """Then they keep them."""
    turns = Turns(places=1, aside=1, queue=10)

    def long() -> Turn:
        turn = turns.take("x", 9, 0)
        turn.step_aside()
        return turn

    first, second = long(), long()
    assert (first.place, second.place) == ("aside", "busy")
    with pytest.raises(LimitError, match="as many as there may be"):
        long()
    first.end()
    second.step_aside()
    assert second.place == "aside"
    turns.take("x", 9, 0)


def test_one_reader_never_fills_the_queue() -> None:
    """Half of it is for others."""
    turns = Turns(places=1, aside=0, queue=4)
    held = turns.take("other", 4, 1)
    order: list[str] = []
    threads = [waiting(turns, "much", order), waiting(turns, "much", order)]
    with pytest.raises(ShareError):
        turns.take("much", 4, 1)
    threads += [waiting(turns, name, order) for name in ("a", "b")]
    with pytest.raises(LimitError, match="as many as there may be"):
        turns.take("c", 4, 1)
    held.end()
    for thread in threads:
        thread.join()
    assert sorted(order) == ["a", "b", "much", "much"]


def test_the_end_lets_everybody_go() -> None:
    """Who waits is told so."""
    turns = Turns(places=1, aside=0, queue=4)
    turns.take("a", 1, 1)
    threading.Timer(0.05, turns.close).start()
    with pytest.raises(StoreError, match="closed"):
        turns.take("b", 1, 10)


def test_after_the_end_every_call_is_refused_at_once() -> None:
    """However many: a refused reader takes no turn that nobody would end."""
    turns = Turns(places=1, aside=0, queue=1)
    turns.close()
    for _ in range(5):
        with pytest.raises(StoreError, match="closed"):
            turns.take("reader", 1, 60)
