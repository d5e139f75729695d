"""How a process is scheduled: its priority (nice(2)), its slice, and the time it has used."""

import ctypes
import os
import platform
import socket
import struct
import sys
import threading
import time
from contextlib import suppress
from functools import cache

# The priority at which a process gets the processor (nice(2)).

LAST = 19
"""The lowest: almost nothing of a processor that others want."""


def lower(group: int) -> None:
    """Give a group of processes the lowest priority; one that has ended is left alone."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PGRP, group, LAST)


def restore(group: int) -> bool:
    """Give a group of processes our own priority again; says whether the kernel let us."""
    try:
        os.setpriority(os.PRIO_PGRP, group, os.getpriority(os.PRIO_PROCESS, 0))
    except OSError:
        return False
    return True


@cache
def may_be_restored() -> bool:
    """Say whether a priority that was lowered can be restored here: it takes a right, or a limit.

    A thread has a priority of its own in Linux, so that one tries, and ends. setpriority(2) tells
    of CAP_SYS_NICE and RLIMIT_NICE.
    """
    found: list[bool] = []

    def attempt() -> None:
        own = threading.get_native_id()
        before = os.getpriority(os.PRIO_PROCESS, own)
        os.setpriority(os.PRIO_PROCESS, own, before + 1)
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, own, before)
        found.append(os.getpriority(os.PRIO_PROCESS, own) == before)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    return found == [True]


# How long a process runs once it is its turn: the slice of Linux's scheduler, from 6.12 on.
#
# Beside processes that compute without a pause, who wakes for an instant waits until the turn of
# one of them is over, however low their priority is; unless their slice is longer than its own.
# Python binds no such call: it is made through ``ctypes``.

LONG = 0.1
"""Seconds of the longest slice that can be asked for."""

USUAL = 0.0
"""Stands for the slice that all have who ask for none."""

_CALL = {"x86_64": 314, "aarch64": 274}
"""By machine: the number of sched_setattr(2)."""
_ATTRIBUTES = struct.Struct("IIQiIQQQ")
"""struct sched_attr: size, policy, flags, nice value, priority; runtime, deadline and period."""
_NANO = 1_000_000_000


def give_slice(pid: int, seconds: float) -> None:
    """Let a process run for so many seconds at a time; its priority stays, and no right is needed.

    Nothing happens if it has ended, nor on another system; an older kernel pays no heed.
    """
    number = _CALL.get(platform.machine())
    if sys.platform != "linux" or number is None:
        return
    with suppress(ProcessLookupError):
        nice = os.getpriority(os.PRIO_PROCESS, pid)
        size, runtime = _ATTRIBUTES.size, int(seconds * _NANO)
        wanted = _ATTRIBUTES.pack(size, os.SCHED_OTHER, 0, nice, 0, runtime, 0, 0)
        ctypes.CDLL(None).syscall(number, pid, wanted, 0)


# The time that a child process has used, and the time that one waits for it.

MICRO = 1_000_000
TIMEVAL = struct.Struct("ll")
"""Seconds and millionths of a second, as setsockopt(2) takes them."""


def used(pid: int) -> float:
    """Tell the seconds of processor that a process has used since it was started."""
    try:
        return time.clock_gettime(~pid << 3 | 2)  # clock_getcpuclockid(3), as Linux has it
    except OSError:  # it has ended
        return 0.0


def wait_at_most(one: socket.socket, seconds: float) -> None:
    """Let a socket's `recv` raise `BlockingIOError` after so many seconds.

    The kernel's own timer is set: one call waits and reads, where a poll before it makes two.
    """
    limit = TIMEVAL.pack(*divmod(max(int(seconds * MICRO), 1), MICRO))
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
