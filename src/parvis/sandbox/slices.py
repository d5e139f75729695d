"""How long a process runs once it is its turn: the slice of Linux's scheduler, from 6.12 on.

Beside processes that compute without a pause, who wakes for an instant waits until the turn of one
of them is over, however low their priority is; unless their slice is longer than its own. Python
binds no such call: it is made through ``ctypes``.
"""

import ctypes
import os
import platform
import struct
import sys
from contextlib import suppress

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
