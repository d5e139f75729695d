"""A killable child process that speaks frames."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from parvis.errors import AddressError, SourceError, WorkerDied, raise_reported
from parvis.sandbox.child import to_frame
from parvis.sandbox.scheduling import LAST, may_be_restored
from parvis.sandbox.starting import TUNABLES, VARIABLE
from parvis.sandbox.worker import Worker

ANSWER = """
import json
from parvis.sandbox.child import Channel, end_after, limit_memory
channel = Channel()
print('a stray line')
while (body := channel.receive()) is not None:
    asked = json.loads(body)
    if 'memory' in asked: limit_memory(asked['memory'])
    if 'hold' in asked: held = bytearray(asked['hold'])
    if 'alarm' in asked:
        end_after(asked['alarm'])
        sum(range(10 ** 12))
    for size in asked.get('sizes', []): channel.send(b'x' * size)
    channel.send(json.dumps(asked).encode())
    channel.end()
"""


def child(code: str = ANSWER) -> Worker:
    """Run some code as a worker: timeit is the standard library's module that runs its argument."""
    return Worker("timeit", "-n1", "-r1", code)


def test_a_child_answers_in_frames_whatever_it_prints() -> None:
    """Several frames and an end, in order, whatever their size; a stray print breaks none."""
    with child() as worker:
        worker.send(b'{"sizes": [1, 200000, 3]}')
        assert [len(worker.receive(10)) for _ in range(3)] == [1, 200_000, 3]
        assert worker.receive(10) == b'{"sizes": [1, 200000, 3]}'
        assert worker.receive(10) == b""
        assert worker.alive


def test_a_question_of_any_size_gets_its_answer() -> None:
    """More than a pipe holds goes through."""
    with child() as worker:
        question = {"text": "é" * 1_000_000}
        assert worker.ask(question, 10) == question


@pytest.mark.parametrize("own", ["", "glibc.malloc.tcache_count=7"])
def test_a_child_is_told_how_memory_is_given(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the steward says in the environment stays, and comes last."""
    monkeypatch.setenv(VARIABLE, own)
    with child() as worker:
        worker.ask({}, 10)
        told = Path(f"/proc/{worker.pid}/environ").read_text(encoding="utf-8").split("\0")
    assert f"{VARIABLE}={TUNABLES}:{own}".rstrip(":") in told


def test_a_child_that_stood_back_comes_forward_where_it_may() -> None:
    """It takes a right: the steward of a machine has it, or gives it by a limit."""
    with child() as worker:
        assert worker.come_forward()
        worker.stand_back()
        assert os.getpriority(os.PRIO_PROCESS, worker.pid) == LAST
        assert worker.come_forward() == may_be_restored()
        own = os.getpriority(os.PRIO_PROCESS, 0)
        wanted = own if may_be_restored() else LAST
        assert os.getpriority(os.PRIO_PROCESS, worker.pid) == wanted
    assert os.getpriority(os.PRIO_PROCESS, 0) == own


def test_waiting_has_a_limit() -> None:
    """A child that says nothing is given up at the time asked for."""
    with child() as worker:
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            worker.receive(0.2)
        assert time.monotonic() - begun < 1


def test_a_killed_child_is_said_to_have_died_and_leaves_no_zombie() -> None:
    """The signal is named."""
    with child() as worker:
        os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(WorkerDied, match="SIGKILL"):
            worker.receive(10)
        with pytest.raises(ProcessLookupError):
            os.kill(worker.pid, 0)
        assert not worker.alive


def test_a_child_s_own_alarm_ends_it() -> None:
    """The wall behind the parent's: the signal's default action ends any computation."""
    with child() as worker, pytest.raises(WorkerDied, match="SIGALRM"):
        worker.ask({"alarm": 0.3}, 10)


def test_a_child_cannot_hold_more_memory_than_it_may(capfd: pytest.CaptureFixture[str]) -> None:
    """Beyond its limit an allocation fails there, and only there."""
    with child() as worker, pytest.raises(WorkerDied, match="exit 1"):
        worker.ask({"memory": 500_000_000, "hold": 600_000_000}, 10)
    assert "MemoryError" in capfd.readouterr().err


def test_an_idle_child_ends_when_its_parent_closes() -> None:
    """End of file on its input is enough."""
    worker = child()
    worker.ask({}, 10)
    begun = time.monotonic()
    worker.close()
    assert not worker.alive
    assert time.monotonic() - begun < 1


def test_a_dead_child_cannot_be_asked() -> None:
    """Sending to a child that has gone is the same error."""
    with child("pass") as worker:
        time.sleep(0.5)
        with pytest.raises(WorkerDied, match="exit 0"):
            worker.ask({"text": "x" * 100_000}, 10)


@pytest.mark.parametrize("question", [b'{"sizes": [3]}', b'{"sizes": [1000000, 3]}'])
def test_a_child_whose_parent_is_gone_ends_in_silence(question: bytes) -> None:
    """There is nobody left for a traceback, whether it is found out in an answer or at its end."""
    with subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-I", "-m", "timeit", "-n1", "-r1", ANSWER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        _, told = process.communicate(to_frame(question), timeout=30)
    assert (process.returncode, told) == (1, b"")


FAILING = """
import json
from pathlib import Path
from parvis.errors import AddressError
from parvis.sandbox.child import Channel, encode_outcome
channel = Channel()
class Panic(BaseException): pass
def fail(kind):
    if kind == 'ours': raise AddressError('{host} is at {number}', host='h', number=3)
    if kind == 'machine': raise OSError(28, 'No space left on device', 'f')
    if kind == 'set': return {'answers': set()}
    if kind == 'panic': raise Panic('capacity overflow')
    return {}[kind]
while (body := channel.receive()) is not None:
    kind = json.loads(body)
    channel.send(encode_outcome(Path('/far/away/été.csv'), lambda: fail(kind)))
    channel.end()
"""


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("ours", AddressError, "h is at 3"),
        ("machine", OSError, "No space left"),
        ("set", SourceError, "“été.csv” cannot be read: .*TypeError"),
        ("panic", SourceError, "“été.csv” cannot be read: .*Panic"),
        ("x", SourceError, "“été.csv” cannot be read: .*KeyError"),
    ],
)
def test_whatever_a_child_raises_is_raised_again_as_what_it_is(
    kind: str, error: type[Exception], words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The child goes on, and of what nobody foresaw the log has one line without the file."""
    with child(FAILING) as worker:
        with pytest.raises(error, match=words):
            raise_reported(worker.ask(kind, 10))
        assert worker.alive
    log = capfd.readouterr().err
    assert len(log.splitlines()) == (error is SourceError)
    assert "far" not in log
