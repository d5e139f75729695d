"""Files in hand: one for each reader, and strangers delay neither a partner nor the steward."""

import threading
from contextlib import ExitStack
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis.strategies import integers, lists

from parvis.config import KINDS, Kind, Limits
from parvis.errors import LimitError, ShareError
from parvis.pooling.intake import check_process as checking_turns
from parvis.pooling.intake.check_process import CheckQueue

LIMITS = replace(Limits(), upload_bytes=50, pending_bytes=400)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing that does not come at once."""
    monkeypatch.setattr(checking_turns, "PATIENCE", 0.001)


def test_a_reader_has_one_file_in_hand() -> None:
    """The next is refused before it is read, another reader's is not; then there is room again."""
    turns = CheckQueue(LIMITS)
    with turns.receive("anonymous", "a", 10):
        with pytest.raises(ShareError, match="still being checked"), turns.receive("party", "a", 1):
            pass
        with turns.receive("anonymous", "b", 10):
            pass
    with turns.receive("anonymous", "a", 10):
        pass


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_strangers_however_many_take_no_turn_of_others(kind: Kind) -> None:
    """All turns and all room of two kinds are taken: the third has its own."""
    turns = CheckQueue(LIMITS)
    with ExitStack() as taken:
        for other in KINDS - {kind}:
            taken.enter_context(turns.check(other))
            with pytest.raises(LimitError, match="being checked"), turns.check(other):
                pass
            for number in range(8):
                taken.enter_context(ExitStack()).callback(int)
                with pytest.raises(LimitError) if number == 7 else ExitStack():
                    taken.enter_context(turns.receive(other, f"{other}{number}", 50))
        with turns.receive(kind, "me", 50), turns.check(kind):
            pass


@given(lists(integers(0, 50), max_size=60))
def test_the_bytes_in_hand_stay_within_their_bound_and_small_files_find_room(
    sizes: list[int],
) -> None:
    """Whatever comes, in whatever order; and all room is free again at the end."""
    turns = CheckQueue(LIMITS)
    with ExitStack() as taken:
        held = 0
        for number, size in enumerate(sizes):
            try:
                taken.enter_context(turns.receive("anonymous", str(number), size))
            except LimitError:
                assert 2 * size > 400 - held
            else:
                held += size
            assert held <= 400
    with turns.receive("anonymous", "0", 200):
        pass


def test_who_waits_is_served_in_the_order_of_coming(monkeypatch: pytest.MonkeyPatch) -> None:
    """So a reader with one file at a time goes behind all who wait already."""
    monkeypatch.setattr(checking_turns, "PATIENCE", 30)
    turns, order, waiting = CheckQueue(LIMITS), [], []

    def wait(number: int) -> None:
        with turns.check("anonymous"):
            order.append(number)

    with turns.check("anonymous"):
        for number in range(4):
            waiting.append(threading.Thread(target=wait, args=(number,)))
            waiting[-1].start()
            while len(turns._waiting["anonymous"]) <= number:  # noqa: SLF001 - in the queue by now
                pass
    for thread in waiting:
        thread.join()
    assert order == [0, 1, 2, 3]
