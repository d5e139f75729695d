"""How long a process runs at a time, as Linux tells it; an older kernel pays no heed."""

import ctypes
import os
import platform
import struct
import sys

import pytest

from parvis.sandbox.scheduling import LONG, USUAL, give_slice
from parvis.sandbox.worker import Worker

GET = {"x86_64": 315, "aarch64": 275}
"""By machine: the number of sched_getattr(2)."""
ATTRIBUTES = struct.Struct("IIQiIQQQ")


def told(pid: int) -> tuple[int, float]:
    """Give the nice value and the slice of a process, in seconds."""
    held = ctypes.create_string_buffer(ATTRIBUTES.size)
    assert not ctypes.CDLL(None).syscall(GET[platform.machine()], pid, held, ATTRIBUTES.size, 0)
    _, _, _, nice, _, runtime, _, _ = ATTRIBUTES.unpack(held.raw)
    return nice, runtime / 1e9


def knows_slices() -> bool:
    """Say whether this kernel tells a slice."""
    return sys.platform == "linux" and platform.machine() in GET and told(os.getpid())[1] > 0


@pytest.mark.skipif(not knows_slices(), reason="this kernel has no slices of one's own")
def test_a_child_runs_long_until_it_comes_forward() -> None:
    """Its priority is left alone, and the slice that all have comes back."""
    with Worker("timeit", "-n1", "-r1", "import time; time.sleep(30)") as worker:
        nice, usual = told(worker.pid)
        worker.run_long()
        assert told(worker.pid)[0] == nice
        assert told(worker.pid)[1] == pytest.approx(LONG)
        worker.stand_back()
        assert told(worker.pid)[1] == pytest.approx(LONG)
        worker.come_forward()
        assert told(worker.pid)[1] == usual < LONG


def test_a_slice_for_a_process_that_has_ended_is_no_error() -> None:
    """It may end at any time."""
    worker = Worker("timeit", "-n1", "-r1", "pass")
    pid = worker.pid
    worker.kill()
    give_slice(pid, LONG)
    give_slice(pid, USUAL)
