"""The priority at which a process gets the processor (nice(2)): 19 is the lowest."""

import os
import threading
from contextlib import suppress
from functools import cache

BACK = 10
"""A ninth of what others get of a processor that several want."""
LAST = 19
"""Almost nothing of it, while others want it."""


def lower(group: int, nice: int) -> None:
    """Give a group of processes a lower priority; one that has ended is left alone."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PGRP, group, nice)


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
