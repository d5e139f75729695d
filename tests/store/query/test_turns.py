"""Scheduling: which reader's query is next."""

import threading
import time

import pytest

from parvis.errors import LimitError, ShareError, StoreError
from parvis.store.query.turns import Turn, Turns


def start_waiting(
    turns: Turns, reader: str, order: list[str], parallel: int = 4
) -> threading.Thread:
    """Let a reader wait for a turn, and record when it comes."""

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


def test_the_reader_with_the_fewest_turns_is_next() -> None:
    """A reader of many queries waits behind a reader of one, though the other came later."""
    turns = Turns(places=2, aside=0, queue=10)
    current_turns = [turns.take("much", 4, 1), turns.take("much", 4, 1)]
    order: list[str] = []
    threads = [start_waiting(turns, "much", order), start_waiting(turns, "once", order)]
    current_turns[0].end()
    for thread in threads:
        thread.join()
    assert order == ["once", "much"]


def test_no_reader_exceeds_its_share_though_places_are_free() -> None:
    """Another reader is served at once."""
    turns = Turns(places=9, aside=0, queue=10)
    first = turns.take("a", 1, 1)
    with pytest.raises(ShareError, match="1 are answered at a time") as caught:
        turns.take("a", 1, 0.05)
    assert caught.value.fields["retry"] == 2
    turns.take("b", 1, 0)
    first.end()
    turns.take("a", 1, 0)


def test_a_turn_lasts_until_the_answer_is_delivered_but_its_place_does_not() -> None:
    """A slow reader delays only its own further queries."""
    turns = Turns(places=1, aside=0, queue=10)
    slow = turns.take("slow", 1, 1)
    slow.leave()
    turns.take("other", 1, 0).leave()
    with pytest.raises(ShareError):
        turns.take("slow", 1, 0)
    slow.end()
    slow.end()
    turns.take("slow", 1, 0)


def test_long_queries_leave_their_places_while_there_is_room_aside() -> None:
    """Then they keep them."""
    turns = Turns(places=1, aside=1, queue=10)

    def start_long_query() -> Turn:
        turn = turns.take("x", 9, 0)
        turn.step_aside()
        return turn

    first, second = start_long_query(), start_long_query()
    assert (first.place, second.place) == ("aside", "busy")
    with pytest.raises(LimitError, match="as many as there may be"):
        start_long_query()
    first.end()
    second.step_aside()
    assert second.place == "aside"
    turns.take("x", 9, 0)


def test_one_reader_never_fills_the_queue() -> None:
    """Half of it is reserved for others."""
    turns = Turns(places=1, aside=0, queue=4)
    current_turn = turns.take("other", 4, 1)
    order: list[str] = []
    threads = [start_waiting(turns, "much", order), start_waiting(turns, "much", order)]
    with pytest.raises(ShareError):
        turns.take("much", 4, 1)
    threads += [start_waiting(turns, name, order) for name in ("a", "b")]
    with pytest.raises(LimitError, match="as many as there may be"):
        turns.take("c", 4, 1)
    current_turn.end()
    for thread in threads:
        thread.join()
    assert sorted(order) == ["a", "b", "much", "much"]


def test_closing_refuses_all_waiting_readers() -> None:
    turns = Turns(places=1, aside=0, queue=4)
    turns.take("a", 1, 1)
    threading.Timer(0.05, turns.close).start()
    with pytest.raises(StoreError, match="closed"):
        turns.take("b", 1, 10)


def test_after_closing_every_call_is_refused_at_once() -> None:
    """A refused reader takes no turn that nobody would end."""
    turns = Turns(places=1, aside=0, queue=1)
    turns.close()
    for _ in range(5):
        with pytest.raises(StoreError, match="closed"):
            turns.take("reader", 1, 60)
