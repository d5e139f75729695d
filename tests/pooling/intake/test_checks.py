"""Queue files to check: one for each reader, with turns reserved for partners and the steward."""

import threading
from contextlib import ExitStack
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis.strategies import integers, lists

from parvis.config import KINDS, Kind, Limits
from parvis.errors import LimitError, ShareError
from parvis.pooling.intake import checks as checking_turns
from parvis.pooling.intake.checks import CheckQueue

LIMITS = replace(Limits(), upload_bytes=50, pending_bytes=400)


@pytest.fixture(autouse=True)
def shorten_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing that is not available at once."""
    monkeypatch.setattr(checking_turns, "PATIENCE", 0.001)


def test_a_reader_has_one_file_in_the_queue() -> None:
    """The next is refused before it is read, until the first is done; another reader's is not."""
    turns = CheckQueue(LIMITS)
    with turns.receive("anonymous", "a", 10):
        with pytest.raises(ShareError, match="still being checked"), turns.receive("party", "a", 1):
            pass
        with turns.receive("anonymous", "b", 10):
            pass
    with turns.receive("anonymous", "a", 10):
        pass


def test_a_reader_whose_own_file_takes_the_turn_is_told_so() -> None:
    """Of the files of others, that there are some."""
    turns = CheckQueue(replace(LIMITS, checks=1))
    with turns.check("party", "a"):
        with (
            pytest.raises(ShareError, match="your file before this one"),
            turns.check("party", "a"),
        ):
            pass
        with pytest.raises(LimitError, match="other files"), turns.check("party", "b"):
            pass
    with turns.check("party", "b"):
        pass


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_readers_of_a_kind_never_take_the_turns_of_another_kind(kind: Kind) -> None:
    """All turns and all room of two kinds are taken: the third has its own."""
    turns = CheckQueue(LIMITS)
    with ExitStack() as stack:
        for other_kind in KINDS - {kind}:
            stack.enter_context(turns.check(other_kind))
            with pytest.raises(LimitError, match="being checked"), turns.check(other_kind):
                pass
            for number in range(8):
                stack.enter_context(ExitStack()).callback(int)
                with pytest.raises(LimitError) if number == 7 else ExitStack():
                    stack.enter_context(turns.receive(other_kind, f"{other_kind}{number}", 50))
        with turns.receive(kind, "me", 50), turns.check(kind):
            pass


@given(lists(integers(0, 50), max_size=60))
def test_the_bytes_in_the_queue_are_bounded_and_small_files_find_room(
    sizes: list[int],
) -> None:
    """Whatever the sizes and their order; at the end all room is free again."""
    turns = CheckQueue(LIMITS)
    with ExitStack() as stack:
        total = 0
        for number, size in enumerate(sizes):
            try:
                stack.enter_context(turns.receive("anonymous", str(number), size))
            except LimitError:
                assert 2 * size > 400 - total
            else:
                total += size
            assert total <= 400
    with turns.receive("anonymous", "0", 200):
        pass


def test_waiting_readers_are_served_in_order_of_arrival(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader with one file at a time comes after all who wait already."""
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
