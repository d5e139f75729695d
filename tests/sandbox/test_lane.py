"""A child process shared by many threads: each gets its own answer or a refusal at once."""

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
    question = json.loads(body)
    time.sleep(question.get('sleep', 0))
    end = time.process_time() + question.get('work', 0)
    while time.process_time() < end: pass
    if 'exit' in question: sys.exit(question['exit'])
    if 'size' in question: channel.send(b'x' * question['size'])
    channel.send(opening + body)
    channel.end()
"""


@pytest.fixture
def lane() -> Iterator[Lane]:
    """Run code in a lane: timeit is a module of the standard library that runs its argument."""
    lane = Lane("timeit", "-n1", "-r1", ANSWER)
    assert lane.begin(b"told ", b"{}", 10)
    yield lane
    lane.close()


def ask_lane(lane: Lane, **question: object) -> bytes | None:
    """Ask, and return the last frame of the answer."""
    answer = lane.ask(json.dumps(question).encode())
    return None if answer is None else answer[0][-1]


def test_each_thread_gets_its_own_answer_from_one_process(lane: Lane) -> None:
    """In any order of questions and answers."""
    with ThreadPoolExecutor(SLOTS) as threads:
        numbers = range(2_000)
        answers = list(threads.map(lambda number: ask_lane(lane, number=number), numbers))
    assert answers == [b'told {"number": %d}' % number for number in numbers]
    assert not lane.is_closed


def test_the_computing_time_of_an_answer_is_reported(lane: Lane) -> None:
    """Without the time of earlier questions."""
    answer = lane.ask(b'{"sleep": 0.04}')
    assert answer is not None
    assert 0.04 <= answer[1] < 0.5


@pytest.mark.parametrize("size", [1, 65_535, 3_000_000])
def test_an_answer_of_any_size_is_complete(lane: Lane, size: int) -> None:
    """Also an answer in many pieces."""
    answer = lane.ask(json.dumps({"size": size}).encode())
    assert answer is not None
    assert [len(frame) for frame in answer[0]][:-1] == [size]


def test_a_too_long_question_is_refused_and_the_lane_stays_open(lane: Lane) -> None:
    assert lane.ask(b" " * LARGEST + b"{}") is None
    assert ask_lane(lane) == b"told {}"


def test_a_question_without_a_free_slot_is_refused(lane: Lane) -> None:
    """All slots are taken while the child sleeps; then all are free again."""
    with ThreadPoolExecutor(2 * SLOTS) as threads:
        answers = list(threads.map(lambda _: ask_lane(lane, sleep=0.01), range(2 * SLOTS)))
    assert SLOTS <= sum(answer is not None for answer in answers) < 2 * SLOTS
    assert ask_lane(lane) == b"told {}"


def test_a_child_that_waits_for_the_machine_is_not_ended(lane: Lane) -> None:
    """Only its own computing time counts."""
    assert ask_lane(lane, sleep=0.3) is not None
    assert not lane.is_closed


def test_a_child_that_computes_too_long_is_ended_and_all_waiting_threads_are_refused(
    lane: Lane,
) -> None:
    """Soon, so that each thread asks elsewhere."""
    begun = time.monotonic()
    with ThreadPoolExecutor(9) as threads:
        heavy = threads.submit(ask_lane, lane, work=60)
        time.sleep(0.02)
        answers = list(threads.map(lambda _: ask_lane(lane), range(8)))
    assert heavy.result() is None
    assert answers == [None] * 8
    assert time.monotonic() - begun < 2
    assert lane.is_closed


def test_a_child_that_never_answers_is_ended(lane: Lane) -> None:
    """Even if it only sleeps."""
    begun = time.monotonic()
    assert ask_lane(lane, sleep=60) is None
    assert time.monotonic() - begun < 5
    assert lane.is_closed


def test_all_waiting_threads_are_refused_as_soon_as_the_child_dies(lane: Lane) -> None:
    """No zombie is left, and later questions are refused."""
    with ThreadPoolExecutor(8) as threads:
        waiting = [threads.submit(ask_lane, lane, sleep=5) for _ in range(8)]
        time.sleep(0.02)
        begun = time.monotonic()
        os.kill(lane.pid, signal.SIGKILL)
        assert [future.result() for future in waiting] == [None] * 8
        assert time.monotonic() - begun < 1
    with pytest.raises(ProcessLookupError):
        os.kill(lane.pid, 0)
    assert ask_lane(lane) is None


def test_a_child_that_exits_is_noticed_at_once(lane: Lane) -> None:
    """A worker exits if it has begun an answer that turns out too long."""
    assert ask_lane(lane, exit=3) is None
    assert lane.is_closed


def test_a_child_that_fails_to_open_is_reported_and_ended() -> None:
    lane = Lane("timeit", "-n1", "-r1", "pass")
    assert not lane.begin(b"told ", b"{}", 10)
    assert lane.is_closed


def test_a_lane_that_cannot_start_leaves_no_file_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr("parvis.sandbox.lane.start_process", refuse)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError):  # noqa: PT011 - of any kind
        Lane("timeit")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_closed_lane_leaves_no_file_open() -> None:
    """Whether or not a thread waited."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    for question in ({}, {"exit": 1}):
        lane = Lane("timeit", "-n1", "-r1", ANSWER)
        assert lane.begin(b"", b"{}", 10)
        ask_lane(lane, **question)
        lane.close()
        lane.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
