"""The time that a child process has used, and the time that one waits for it."""

import socket
import struct
import time

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
