"""Time slices of processes, where the Linux kernel supports them."""

import ctypes
import os
import platform
import struct
import sys

import pytest

from parvis.sandbox.processes import LONG, USUAL, give_slice
from parvis.sandbox.worker import Worker

GET = {"x86_64": 315, "aarch64": 275}
"""By machine: the number of sched_getattr(2)."""
ATTRIBUTES = struct.Struct("IIQiIQQQ")


def read_scheduling(pid: int) -> tuple[int, float]:
    """Return the nice value and the time slice of a process, in seconds."""
    buffer = ctypes.create_string_buffer(ATTRIBUTES.size)
    assert not ctypes.CDLL(None).syscall(GET[platform.machine()], pid, buffer, ATTRIBUTES.size, 0)
    _, _, _, nice, _, runtime, _, _ = ATTRIBUTES.unpack(buffer.raw)
    return nice, runtime / 1e9


def knows_slices() -> bool:
    """Return whether this kernel reports time slices."""
    return (
        sys.platform == "linux"
        and platform.machine() in GET
        and read_scheduling(os.getpid())[1] > 0
    )


@pytest.mark.skipif(not knows_slices(), reason="this kernel has no slices of one's own")
def test_a_child_has_a_long_slice_until_it_comes_forward() -> None:
    """Its priority stays the same, and the default slice comes back."""
    with Worker("timeit", "-n1", "-r1", "import time; time.sleep(30)") as worker:
        nice, usual = read_scheduling(worker.pid)
        worker.lengthen_slice()
        assert read_scheduling(worker.pid)[0] == nice
        assert read_scheduling(worker.pid)[1] == pytest.approx(LONG)
        worker.lower_priority()
        assert read_scheduling(worker.pid)[1] == pytest.approx(LONG)
        worker.restore_priority()
        assert read_scheduling(worker.pid)[1] == usual < LONG


def test_setting_the_slice_of_an_ended_process_is_no_error() -> None:
    """A process may end at any time."""
    worker = Worker("timeit", "-n1", "-r1", "pass")
    pid = worker.pid
    worker.kill()
    give_slice(pid, LONG)
    give_slice(pid, USUAL)
