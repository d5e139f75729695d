"""Child processes: how they are started and scheduled, their memory, the time they have used."""

import ctypes
import gc
import multiprocessing
import os
import platform
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache

# How glibc manages the memory of our processes; it reads these settings when a process begins.

VARIABLE = "GLIBC_TUNABLES"
TUNABLES = "glibc.malloc.tcache_count=2000:glibc.malloc.mxfast=0:glibc.malloc.arena_max=2"
"""Keep freed memory at hand for the next query, without merging it meanwhile.

The engine allocates thousands of small objects, and each buffer that it freed had them all merged:
a quarter of the time of a short query. Two arenas are enough, since Python's threads take turns;
the usual eight per processor each keep the memory they once had. Other libraries ignore this.
"""


def allocator_environment() -> dict[str, str]:
    """Return the environment variable for glibc; the settings of a steward come last, and win."""
    own = os.environ.get(VARIABLE, "")
    return {VARIABLE: own if own.startswith(TUNABLES) else f"{TUNABLES}:{own}".rstrip(":")}


def release_memory() -> None:
    """Collect this process's garbage, and return unused memory to the system.

    It takes a tenth of a second or more, so call it when no request waits.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # only glibc has it
    if trim is not None:
        trim(0)


def start_process(
    module: str, arguments: Sequence[str], *, stdin: int, stdout: int, pass_fds: Sequence[int] = ()
) -> "subprocess.Popen[bytes]":
    """Start ``python -I -m MODULE ARGUMENT…``; it inherits the open files `pass_fds`."""
    return subprocess.Popen(  # noqa: S603 - our own module, no shell
        [sys.executable, "-I", "-m", module, *arguments],
        stdin=stdin,
        stdout=stdout,
        bufsize=0,
        # A panic of a library in Rust is reported as an error: its stack is of use to nobody here.
        env=os.environ | allocator_environment() | {"RUST_BACKTRACE": "0"},
        process_group=0,  # Ctrl-C at the terminal is ours to handle
        pass_fds=pass_fds,
    )


def spawn_never_fork() -> None:
    """Make libraries spawn their processes: a forked one keeps the locks of other threads."""
    # A fork while another thread resolved a name left a server that waited for ever.
    multiprocessing.set_start_method("spawn", force=True)


# The priority at which a process gets the processor (nice(2)).

LAST = 19
"""The lowest: almost no time on a processor that other processes want."""


def lower(group: int) -> None:
    """Set a group of processes to the lowest priority; does nothing if it has ended."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PGRP, group, LAST)


def restore(group: int) -> bool:
    """Set a group of processes to our own priority; return whether the kernel allowed it."""
    try:
        os.setpriority(os.PRIO_PGRP, group, os.getpriority(os.PRIO_PROCESS, 0))
    except OSError:
        return False
    return True


@cache
def may_be_restored() -> bool:
    """Return whether a lowered priority can be restored on this machine.

    It takes CAP_SYS_NICE or a suitable RLIMIT_NICE (see setpriority(2)).
    """
    results: list[bool] = []

    def attempt() -> None:
        own = threading.get_native_id()
        before = os.getpriority(os.PRIO_PROCESS, own)
        os.setpriority(os.PRIO_PROCESS, own, before + 1)
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, own, before)
        results.append(os.getpriority(os.PRIO_PROCESS, own) == before)

    # On Linux each thread has its own priority, so a thread that ends can try.
    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    return results == [True]


# The time slice of Linux's scheduler, from 6.12 on.
#
# A process that wakes for an instant waits until the slice of a computing process is over, however
# low the latter's priority, unless the latter's slice is longer than its own. Python has no binding
# for this call, so it is made through ``ctypes``.

LONG = 0.1
"""Seconds of the longest slice that can be requested."""

USUAL = 0.0
"""Stands for the default slice."""

_CALL = {"x86_64": 314, "aarch64": 274}
"""By machine: the number of sched_setattr(2)."""
_ATTRIBUTES = struct.Struct("IIQiIQQQ")
"""struct sched_attr: size, policy, flags, nice value, priority; runtime, deadline and period."""
_NANO = 1_000_000_000


def give_slice(pid: int, seconds: float) -> None:
    """Set the time slice of a process, in seconds; needs no right and leaves its priority.

    Does nothing if the process has ended, nor on another system or an older kernel.
    """
    number = _CALL.get(platform.machine())
    if sys.platform != "linux" or number is None:
        return
    with suppress(ProcessLookupError):
        nice = os.getpriority(os.PRIO_PROCESS, pid)
        size, runtime = _ATTRIBUTES.size, int(seconds * _NANO)
        attributes = _ATTRIBUTES.pack(size, os.SCHED_OTHER, 0, nice, 0, runtime, 0, 0)
        ctypes.CDLL(None).syscall(number, pid, attributes, 0)


# The time that a child process has used, and the time limit when waiting for it.

MICRO = 1_000_000
TIMEVAL = struct.Struct("ll")
"""Seconds and millionths of a second, as setsockopt(2) takes them."""


def cpu_seconds(pid: int) -> float:
    """Return the seconds of processor time that a process has used; 0 if it has ended."""
    try:
        return time.clock_gettime(~pid << 3 | 2)  # clock_getcpuclockid(3), as Linux has it
    except OSError:  # it has ended
        return 0.0


def wait_at_most(connection: socket.socket, seconds: float) -> None:
    """Make a socket's `recv` raise `BlockingIOError` after some seconds."""
    # The kernel's own timer: one call waits and reads, where a poll before it makes two.
    limit = TIMEVAL.pack(*divmod(max(int(seconds * MICRO), 1), MICRO))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
