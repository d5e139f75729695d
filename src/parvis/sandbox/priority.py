"""The priority at which a process gets the processor (nice(2))."""

import os
import threading
from contextlib import suppress
from functools import cache

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
