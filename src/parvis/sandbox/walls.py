"""Restrictions that a process sets on itself for good: no network, no programs, no writing.

A *seccomp* filter takes sockets and new programs away, *Landlock* the writing of files; without
seccomp, Landlock (version 4) at least blocks TCP. Both are Linux's, need no rights, hold for all
threads started afterwards, and cannot be undone.
"""

# The calls go through ctypes: the Python bindings are unfinished or need a system library.
import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Walls:
    """The mechanism that blocks the network, and the one that blocks writing; empty for none."""

    network: str = ""
    files: str = ""


def raise_walls(writable: Iterable[Path] | None = None, *, network: bool = False) -> Walls:
    """Remove this process's network and programs, and return what the kernel granted.

    It keeps the network if `network`, to query another store. Files stay writable when `writable`
    is None, else only those of these folders and devices. Call it before the process starts any
    threads.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if platform.system() != "Linux" or libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        return Walls()
    filtered = _filter_calls(libc, network=network)
    version = max(libc.syscall(_CREATE, None, 0, _VERSION), 0)
    files = writable is not None and version > 0
    tcp = version >= _TCP_FROM and not network
    ruled = (files or tcp) and _restrict(libc, version, writable, tcp=tcp)
    network_wall = "seccomp" if filtered and not network else "landlock" if ruled and tcp else ""
    return Walls(network_wall, "landlock" if ruled and files else "")


# Constants from the manual pages prctl and seccomp, and from BPF's header.
_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_ARCHITECTURE, _NUMBER = 4, 0  # offsets in struct seccomp_data
_X32 = 0x40000000  # x86-64's second set of numbers for the same calls

_REFUSED = {
    # socket, execve, execveat, ptrace, process_vm_readv, process_vm_writev, io_uring_setup,
    # pidfd_getfd: the last four are other ways to a socket or into another process
    "x86_64": (0xC000003E, (41, 59, 322, 101, 310, 311, 425, 438)),
    "aarch64": (0xC00000B7, (198, 221, 281, 117, 270, 271, 425, 438)),
}
"""By machine: its audit number, and the numbers of the refused calls, sockets first."""


class _Program(ctypes.Structure):
    """A filter, as the kernel takes it: struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def _filter_calls(libc: ctypes.CDLL, *, network: bool) -> bool:
    """Refuse the calls with EPERM from now on, sockets only if not `network`."""
    calls = _REFUSED.get(platform.machine())
    if calls is None or sys.maxsize < _X32:  # a 32-bit Python makes its calls by other numbers
        return False
    architecture, numbers = calls
    # Each line of the filter is operation, jump if true, jump if false, value.
    lines = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _REFUSE),
    ]
    for number in numbers[1:] if network else numbers:
        lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    lines.append((_RETURN, 0, 0, _ALLOW))
    code = b"".join(struct.pack("HBBI", *line) for line in lines)
    program = _Program(len(code) // 8, code)
    return not libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)


# Constants from the manual page landlock.
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION = 1
_BENEATH = 1
_EXECUTE, _WRITE_FILE = 1 << 0, 1 << 1
_CHANGE = {1: _EXECUTE | _WRITE_FILE | 0x1FF0, 2: 1 << 13, 3: 1 << 14}
"""By the version that brought them: rights to execute, to write, make and remove, move, cut."""
_TCP, _TCP_FROM = 0b11, 4
_SIGNALS, _SIGNALS_FROM = 0b11, 6  # to processes outside, and their abstract sockets


def _restrict(
    libc: ctypes.CDLL, version: int, writable: Iterable[Path] | None, *, tcp: bool
) -> bool:
    """Apply the Landlock rules that this kernel has; return whether it accepted them."""
    files = sum(right for since, right in _CHANGE.items() if version >= since)
    scoped = _SIGNALS if version >= _SIGNALS_FROM else 0
    attributes = struct.pack("QQQ", 0 if writable is None else files, _TCP if tcp else 0, scoped)
    rules = libc.syscall(_CREATE, attributes, len(attributes), 0)
    if rules < 0:
        return False
    try:
        for path in writable or ():
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            rights = files & ~_EXECUTE if path.is_dir() else _WRITE_FILE  # else a device
            libc.syscall(_ADD, rules, _BENEATH, struct.pack("=Qi", rights, place), 0)
            os.close(place)
        return not libc.syscall(_RESTRICT, rules, 0)
    finally:
        os.close(rules)
