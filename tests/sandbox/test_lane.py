"""A child that many threads ask: each gets its own answer, or is told at once that it will not."""

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from parvis.sandbox.child import LARGEST
from parvis.sandbox.lane import SLOTS, Lane

ANSWER = """
import json, sys, time
from parvis.sandbox.child import channel_of
channel = channel_of(sys.argv[4:])
opening = channel.receive()
while (body := channel.receive()) is not None:
    asked = json.loads(body)
    time.sleep(asked.get('sleep', 0))
    end = time.process_time() + asked.get('work', 0)
    while time.process_time() < end: pass
    if 'exit' in asked: sys.exit(asked['exit'])
    if 'size' in asked: channel.send(b'x' * asked['size'])
    channel.send(opening + body)
    channel.end()
"""


@pytest.fixture
def lane() -> Iterator[Lane]:
    """Run some code in a lane: timeit is the standard library's module that runs its argument."""
    lane = Lane("timeit", "-n1", "-r1", ANSWER)
    assert lane.begin(b"told ", b"{}", 10)
    yield lane
    lane.close()


def asked(lane: Lane, **question: object) -> bytes | None:
    """Ask, and give the last frame of the answer."""
    told = lane.ask(json.dumps(question).encode())
    return None if told is None else told[0][-1]


def test_each_thread_gets_its_own_answer_from_one_process(lane: Lane) -> None:
    """Whatever the order in which they ask and are answered."""
    with ThreadPoolExecutor(SLOTS) as threads:
        numbers = range(2_000)
        found = list(threads.map(lambda number: asked(lane, number=number), numbers))
    assert found == [b'told {"number": %d}' % number for number in numbers]
    assert not lane.closed


def test_the_time_that_an_answer_took_is_told(lane: Lane) -> None:
    """The child's own, without what others took before."""
    told = lane.ask(b'{"sleep": 0.04}')
    assert told is not None
    assert 0.04 <= told[1] < 0.5


@pytest.mark.parametrize("size", [1, 65_535, 3_000_000])
def test_an_answer_of_any_size_comes_whole(lane: Lane, size: int) -> None:
    """Also one that comes in many pieces."""
    told = lane.ask(json.dumps({"size": size}).encode())
    assert told is not None
    assert [len(frame) for frame in told[0]][:-1] == [size]


def test_a_question_that_is_too_long_is_left_to_others(lane: Lane) -> None:
    """And the lane stays open."""
    assert lane.ask(b" " * LARGEST + b"{}") is None
    assert asked(lane) == b"told {}"


def test_who_finds_no_slot_is_left_to_others(lane: Lane) -> None:
    """All slots are taken while the child sleeps; then all are free again."""
    with ThreadPoolExecutor(2 * SLOTS) as threads:
        found = list(threads.map(lambda _: asked(lane, sleep=0.01), range(2 * SLOTS)))
    assert SLOTS <= sum(one is not None for one in found) < 2 * SLOTS
    assert asked(lane) == b"told {}"


def test_a_child_that_waits_for_the_machine_is_waited_for(lane: Lane) -> None:
    """What it does not work on is not its question's fault."""
    assert asked(lane, sleep=0.3) is not None
    assert not lane.closed


def test_a_child_that_works_long_is_ended_and_all_who_wait_are_told(lane: Lane) -> None:
    """Soon: each asks elsewhere then."""
    begun = time.monotonic()
    with ThreadPoolExecutor(9) as threads:
        heavy = threads.submit(asked, lane, work=60)
        time.sleep(0.02)
        others = list(threads.map(lambda _: asked(lane), range(8)))
    assert heavy.result() is None
    assert others == [None] * 8
    assert time.monotonic() - begun < 2
    assert lane.closed


def test_a_child_that_never_answers_is_ended(lane: Lane) -> None:
    """Even if it only sleeps."""
    begun = time.monotonic()
    assert asked(lane, sleep=60) is None
    assert time.monotonic() - begun < 5
    assert lane.closed


def test_the_death_of_the_child_is_told_at_once(lane: Lane) -> None:
    """To all who wait; no zombie is left, and nothing can be asked any more."""
    with ThreadPoolExecutor(8) as threads:
        waiting = [threads.submit(asked, lane, sleep=5) for _ in range(8)]
        time.sleep(0.02)
        begun = time.monotonic()
        os.kill(lane.pid, signal.SIGKILL)
        assert [one.result() for one in waiting] == [None] * 8
        assert time.monotonic() - begun < 1
    with pytest.raises(ProcessLookupError):
        os.kill(lane.pid, 0)
    assert asked(lane) is None


def test_a_child_that_ends_itself_is_told_at_once(lane: Lane) -> None:
    """As a worker does that had begun to answer when there came to be too many rows."""
    assert asked(lane, exit=3) is None
    assert lane.closed


def test_a_child_that_does_not_open_is_said_so() -> None:
    """And is ended."""
    lane = Lane("timeit", "-n1", "-r1", "pass")
    assert not lane.begin(b"told ", b"{}", 10)
    assert lane.closed


def test_a_closed_lane_leaves_no_file_open() -> None:
    """Neither where nobody waited, nor where somebody did."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    for question in ({}, {"exit": 1}):
        lane = Lane("timeit", "-n1", "-r1", ANSWER)
        assert lane.begin(b"", b"{}", 10)
        asked(lane, **question)
        lane.close()
        lane.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
