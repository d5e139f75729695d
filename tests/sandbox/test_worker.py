"""A killable child process that communicates in frames."""

import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from parvis.errors import WorkerDied
from parvis.sandbox.child import to_frame
from parvis.sandbox.processes import (
    LAST,
    RECYCLERS,
    RECYCLING,
    TUNABLES,
    VARIABLE,
    allocator_environment,
    may_be_restored,
)
from tests.processes import ask, child

STEWARDS = "glibc.malloc.tcache_count=7"
ANSWER = """
import json
from parvis.sandbox.child import Channel, end_after, limit_memory
channel = Channel()
print('a stray line')
while (body := channel.receive()) is not None:
    question = json.loads(body)
    if 'memory' in question: limit_memory(question['memory'])
    if 'hold' in question: block = bytearray(question['hold'])
    if 'alarm' in question:
        end_after(question['alarm'])
        sum(range(10 ** 12))
    for size in question.get('sizes', []): channel.send(b'x' * size)
    channel.send(json.dumps(question).encode())
    channel.end()
"""


def test_a_child_answers_in_frames_whatever_it_prints() -> None:
    """Several frames and an end, in order, of any size; what it prints breaks none."""
    with child(ANSWER) as worker:
        worker.send(b'{"sizes": [1, 200000, 3]}')
        assert [len(worker.receive(10)) for _ in range(3)] == [1, 200_000, 3]
        assert worker.receive(10) == b'{"sizes": [1, 200000, 3]}'
        assert worker.receive(10) == b""
        assert worker.alive


def test_a_question_of_any_size_gets_its_answer() -> None:
    """Also beyond the capacity of a pipe."""
    with child(ANSWER) as worker:
        question = {"text": "é" * 1_000_000}
        assert ask(worker, question, 10) == question


@pytest.mark.parametrize(
    ("environment", "own"),
    [("", ""), (STEWARDS, STEWARDS), (TUNABLES, ""), (f"{RECYCLING}:{STEWARDS}", STEWARDS)],
)
def test_a_child_gets_the_settings_of_memory_allocation(
    environment: str, own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of a steward stay, and come last; those of parvis for another process do not."""
    monkeypatch.setenv(VARIABLE, environment)
    with child(ANSWER) as worker:
        ask(worker, {}, 10)
        variables = Path(f"/proc/{worker.pid}/environ").read_text(encoding="utf-8").split("\0")
    assert f"{VARIABLE}={TUNABLES}:{own}".rstrip(":") in variables


def test_only_processes_of_few_threads_keep_freed_memory_at_hand() -> None:
    """Each of a server's threads would keep its own, so that its memory grew with them."""
    kept = "tcache_count"
    assert kept not in allocator_environment()[VARIABLE]
    assert kept in allocator_environment("parvis.store.query.query_process")[VARIABLE]
    assert all(find_spec(module) for module in RECYCLERS)


def test_a_child_regains_its_priority_where_the_system_permits_it() -> None:
    """It takes a privilege, or a raised limit."""
    with child(ANSWER) as worker:
        assert worker.restore_priority()
        worker.lower_priority()
        assert os.getpriority(os.PRIO_PROCESS, worker.pid) == LAST
        assert worker.restore_priority() == may_be_restored()
        priority = os.getpriority(os.PRIO_PROCESS, 0)
        expected = priority if may_be_restored() else LAST
        assert os.getpriority(os.PRIO_PROCESS, worker.pid) == expected
    assert os.getpriority(os.PRIO_PROCESS, 0) == priority


def test_waiting_for_an_answer_has_a_limit() -> None:
    with child(ANSWER) as worker:
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            worker.receive(0.2)
        assert time.monotonic() - begun < 1


def test_a_killed_child_is_reported_with_its_signal_and_leaves_no_zombie() -> None:
    with child(ANSWER) as worker:
        os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(WorkerDied, match="SIGKILL"):
            worker.receive(10)
        with pytest.raises(ProcessLookupError):
            os.kill(worker.pid, 0)
        assert not worker.alive


def test_a_child_is_ended_by_its_own_alarm() -> None:
    """In addition to the parent's limit: the default action of the signal ends any computation."""
    with child(ANSWER) as worker, pytest.raises(WorkerDied, match="SIGALRM"):
        ask(worker, {"alarm": 0.3}, 10)


def test_a_child_cannot_exceed_its_memory_limit(capfd: pytest.CaptureFixture[str]) -> None:
    """The allocation fails in the child, and only there."""
    with child(ANSWER) as worker, pytest.raises(WorkerDied, match="exit 1"):
        ask(worker, {"memory": 500_000_000, "hold": 600_000_000}, 10)
    assert "MemoryError" in capfd.readouterr().err


def test_an_idle_child_ends_when_its_parent_closes_its_input() -> None:
    worker = child(ANSWER)
    ask(worker, {}, 10)
    begun = time.monotonic()
    worker.close()
    assert not worker.alive
    assert time.monotonic() - begun < 1


def test_asking_a_dead_child_is_reported() -> None:
    """Also when sending the question fails."""
    with child("pass") as worker:
        time.sleep(0.5)
        with pytest.raises(WorkerDied, match="exit 0"):
            ask(worker, {"text": "x" * 100_000}, 10)


@pytest.mark.parametrize("question", [b'{"sizes": [3]}', b'{"sizes": [1000000, 3]}'])
def test_a_child_without_a_parent_ends_silently(question: bytes) -> None:
    """Nobody reads a traceback, whether it notices during an answer or at its end."""
    with subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-I", "-m", "timeit", "-n1", "-r1", ANSWER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        _, errors = process.communicate(to_frame(question), timeout=30)
    assert (process.returncode, errors) == (1, b"")
