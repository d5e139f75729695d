"""Forks processes that have loaded their modules: ``python -I -m parvis.sandbox.forker SOCKET``.

Python and one of our modules take 0.1 to 1.3 s of a processor to load; a fork of a process that has
loaded them takes some hundredths. This one imports what is asked of it, once, and does no more: it
reads nothing of anybody's, and has no thread, whose locks a fork would keep for ever.

`parvis.sandbox.processes` sends the name of a module, and the open files of the process to be:
first a socket for its id, then its exit code. A module with `STARTS_PROCESSES` gets a connection of
its own to ask by, and no other; what it asks for has the limits that it has itself. A function
`load_ahead` of a module is called once, for what all its processes read of parvis's own files.
"""

import gc
import importlib
import json
import os
import resource
import runpy
import select
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Self

from parvis.errors import ParvisError
from parvis.sandbox.processes import (
    NUMBER,
    ForkServer,
    use_fork_server,
    variables_at_start,
)

LONGEST, MOST = 1_000, 100
"""Bytes and open files of a message."""
LIMITS = [number for name, number in vars(resource).items() if name.startswith("RLIMIT_")]
NAME = 15
"""Characters that the system shows of the name of a process."""


@dataclass(frozen=True)
class Heritage:
    """What a new program would have of the process that starts it."""

    folder: int
    mask: int
    limits: dict[int, tuple[int, int]]
    priority: int
    badness: str

    @classmethod
    def of(cls, pid: int) -> Self:
        process = Path(f"/proc/{pid}")
        status = dict(
            line.split(":", 1) for line in (process / "status").read_text("utf-8").splitlines()
        )
        return cls(
            os.open(process / "cwd", os.O_PATH | os.O_CLOEXEC),
            int(status["Umask"], 8),
            {limit: resource.prlimit(pid, limit) for limit in LIMITS},
            os.getpriority(os.PRIO_PROCESS, pid),
            (process / "oom_score_adj").read_text("ascii"),
        )

    def take_on(self) -> None:
        os.fchdir(self.folder)
        os.close(self.folder)
        os.umask(self.mask)
        for limit, both in self.limits.items():
            resource.setrlimit(limit, both)
        with suppress(PermissionError):  # where this process came to have less
            os.setpriority(os.PRIO_PROCESS, 0, self.priority)
            Path("/proc/self/oom_score_adj").write_text(self.badness, encoding="ascii")


class Forker:
    """Forks a process for each message, and reports how it ended."""

    def __init__(self, connection: socket.socket) -> None:
        self._poll = select.poll()
        self._parent = connection.fileno()
        self._askers: dict[int, tuple[socket.socket, int]] = {}
        self._children: dict[int, tuple[socket.socket, int]] = {}
        self._add_asker(connection, os.getppid())

    def run(self) -> None:
        """Fork until the parent ends; in each child this runs its module, and exits."""
        while True:
            for number, _ in self._poll.poll():
                if number in self._children:
                    self._report_end(number)
                else:
                    self._answer(number)

    def _add_asker(self, connection: socket.socket, pid: int) -> None:
        self._askers[connection.fileno()] = connection, pid
        self._poll.register(connection, select.POLLIN)

    def _answer(self, number: int) -> None:
        connection, asker = self._askers[number]
        message, files, _, _ = socket.recv_fds(connection, LONGEST, MOST)
        if message:
            # Closed without an answer, the socket says that no process could be forked.
            with socket.socket(fileno=files[0]) as status:
                self._fork(message.decode(), asker, status, files[1:])
            for file in files[1:]:
                os.close(file)
        elif number == self._parent:
            os._exit(0)
        else:
            self._poll.unregister(number)
            del self._askers[number]
            connection.close()

    def _fork(self, name: str, asker: int, status: socket.socket, files: list[int]) -> None:
        module = _load(name)
        may_ask = getattr(module, "STARTS_PROCESSES", False)
        try:
            heritage = Heritage.of(asker)
        except OSError:  # whoever asked has ended
            return
        own, end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = try_to_fork()
        if pid == 0:
            for connection, _ in [*self._askers.values(), *self._children.values(), (own, 0)]:
                connection.close()
            for handle in self._children:
                os.close(handle)
            if not may_ask:
                end.close()
            run(name, status, files, heritage, end if may_ask else None)
        os.close(heritage.folder)
        end.close()
        if pid and may_ask:
            self._add_asker(own, pid)
        else:
            own.close()
        if pid:
            os.setpgid(pid, pid)
            handle = os.pidfd_open(pid)
            self._children[handle] = status.dup(), pid
            self._poll.register(handle, select.POLLIN)
            with suppress(OSError):  # whoever asked has ended
                socket.send_fds(status, [NUMBER.pack(pid)], [handle])

    def _report_end(self, handle: int) -> None:
        self._poll.unregister(handle)
        os.close(handle)
        status, pid = self._children.pop(handle)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with suppress(OSError), status:  # whoever asked has ended
            status.send(NUMBER.pack(code))


@cache
def _load(name: str) -> ModuleType | None:
    """Import a module; what is wrong with it is for the process that runs it."""
    try:
        module = importlib.import_module(name)
        getattr(module, "load_ahead", int)()
    except (ImportError, OSError, ParvisError):
        return None
    return module


def try_to_fork() -> int | None:
    """Fork this process; None if the system has no room, or a library has started a thread."""
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        return None
    gc.freeze()  # a collection in the child would copy the memory that they share
    try:
        return os.fork()
    except OSError:
        return None


def run(
    name: str,
    status: socket.socket,
    files: Sequence[int],
    heritage: Heritage,
    connection: socket.socket | None,
) -> None:
    """Become the program that was asked for, run it to its end, and exit."""
    Path("/proc/self/comm").write_text(name.rpartition(".")[2][:NAME], encoding="ascii")
    heritage.take_on()
    with status, status.makefile("rb") as details:
        size = NUMBER.unpack(details.read(NUMBER.size))[0]
        arguments, environment = json.loads(details.read(size))
    at_start = variables_at_start(os.environ)
    os.environ.clear()
    os.environ |= environment
    time.tzset()
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
        os.close(file)
    sys.argv[1:] = [*arguments, *map(str, files[3:])]
    if connection is not None:
        use_fork_server(ForkServer(connection, at_start))
    gc.enable()
    sys.modules.pop(name, None)  # it becomes the main module, as which it is loaded anew
    runpy.run_module(name, run_name="__main__", alter_sys=True)
    sys.exit()


def main() -> None:
    gc.disable()
    # Each child takes two files here; the limits of the children are those of whoever asks.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    Forker(socket.socket(fileno=int(sys.argv[1]))).run()


if __name__ == "__main__":
    main()
