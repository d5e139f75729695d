"""Child processes: how they are started and scheduled, their memory, the time they have used."""

import atexit
import ctypes
import gc
import json
import math
import multiprocessing
import os
import platform
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import cache

# How glibc manages the memory of our processes; it reads these settings when a process begins.

VARIABLE = "GLIBC_TUNABLES"
TUNABLES = "glibc.malloc.arena_max=2"
"""Two arenas are enough, since Python's threads take turns.

The usual eight per processor each keep the memory they once had. Other libraries ignore this.
"""
RECYCLING = f"glibc.malloc.tcache_count=2000:glibc.malloc.mxfast=0:{TUNABLES}"
"""Keep freed memory at hand for the next query, without merging it meanwhile.

The engine allocates thousands of small objects, and each buffer that it freed had them all merged:
a quarter of the time of a short query.
"""
RECYCLERS = frozenset({"parvis.store.query.query_process"})
"""The modules whose processes have few threads and the same work again and again.

What is kept is kept by each thread, up to 2,000 pieces of each size: the thirty threads of a server
kept 60 to 90 MB, more with each new thread, and a conversion a fifth of its memory.
"""


def allocator_environment(module: str = "") -> dict[str, str]:
    """Return the variable for glibc in a module's process; a steward's settings come last, and win.

    Those that parvis itself has set for another process do not count.
    """
    own = os.environ.get(VARIABLE, "").split(":")
    for words in (RECYCLING.split(":"), TUNABLES.split(":")):
        if own[: len(words)] == words:
            own = own[len(words) :]
    settings = RECYCLING if module in RECYCLERS else TUNABLES
    return {VARIABLE: ":".join([settings, *filter(None, own)])}


def release_memory() -> None:
    """Collect this process's garbage, and return unused memory to the system.

    It takes a tenth of a second or more, so call it when no request waits.
    """
    gc.collect()
    trim_memory()


def trim_memory() -> None:
    """Return unused memory to the system; other threads of Python go on meanwhile."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # only glibc has it
    if trim is not None:
        trim(0)


def start_process(
    module: str, arguments: Sequence[str], *, stdin: int, stdout: int, pass_fds: Sequence[int] = ()
) -> "Process":
    """Run ``python -I -m MODULE ARGUMENT… FILE…`` with these open files as input and output.

    It inherits the open files `pass_fds` too: its last arguments are their numbers.
    """
    # A panic of a library in Rust is reported as an error: its stack is of use to nobody here.
    environment = os.environ | allocator_environment(module) | {"RUST_BACKTRACE": "0"}
    if (server := _find_fork_server(environment)) is not None:
        try:
            return server.fork(module, (arguments, environment), (stdin, stdout, 2, *pass_fds))
        except ConnectionError:  # it was killed: the next process starts another
            with _fork_server_lock, suppress(ValueError):  # another thread has noticed it
                _fork_servers.remove(server)
        except OSError:  # it cannot fork: perhaps a new program can be started
            pass
    return subprocess.Popen(  # noqa: S603 - our own module, no shell
        [sys.executable, "-I", "-m", module, *arguments, *map(str, pass_fds)],
        stdin=stdin,
        stdout=stdout,
        env=environment,
        process_group=0,  # Ctrl-C at the terminal is ours to handle
        pass_fds=pass_fds,
    )


# Processes that `parvis.sandbox.forker` forks: what their modules import is loaded once.
#
# `multiprocessing.forkserver` does not fit: its children import our main program anew, keep the
# variables and limits with which the server began, and may call it although they are walled.

PATIENCE = 2.0
"""Seconds that a child has to end by itself."""
FORKER = "parvis.sandbox.forker"
AT_START = ("GLIBC_", "LANG", "LC_", "LD_", "MALLOC_")
"""How the names of variables begin that are read when a program starts, and never again."""
NO_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""Lets no library start threads as it is imported: numpy's has one for each processor."""
NUMBER = struct.Struct("i")
"""How the id of a forked process, its exit code or the size of its details are told."""


class ForkedProcess:
    """A process that was forked for us, used as a `subprocess.Popen`. Thread-safe."""

    def __init__(self, pid: int, handle: int, status: socket.socket) -> None:
        """Take the file that stands for the process, and the socket that tells how it ended."""
        self.pid = pid
        self.returncode: int | None = None
        self._handle, self._status = handle, status
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        with self._lock:
            if self.returncode is None:
                try:
                    code = self._status.recv(NUMBER.size, socket.MSG_DONTWAIT)
                except BlockingIOError:
                    return None
                except ConnectionResetError:
                    code = b""
                if not code:  # the fork server was killed: nobody learns how this one ends
                    self._send_kill()
                self.returncode = NUMBER.unpack(code)[0] if code else -signal.SIGKILL
                self._status.close()
                os.close(self._handle)
        return self.returncode

    def wait(self, timeout: float = math.inf) -> int:
        end = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if (seconds := end - time.monotonic()) <= 0:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            waiting = select.poll()
            with suppress(ValueError):  # another thread has just noticed the end
                waiting.register(self._status, select.POLLIN)
                waiting.poll(None if seconds == math.inf else seconds * 1_000)
        return code

    def kill(self) -> None:
        with self._lock:
            if self.returncode is None:
                self._send_kill()

    def _send_kill(self) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)


Process = subprocess.Popen[bytes] | ForkedProcess


class ForkServer:
    """Our end of the connection to the process that forks. Thread-safe."""

    def __init__(self, connection: socket.socket, at_start: Mapping[str, str]) -> None:
        self._connection, self.at_start = connection, at_start

    def fork(self, module: str, details: object, files: Sequence[int]) -> ForkedProcess:
        """Fork a process that runs a module. Raises `OSError`."""
        status, end = socket.socketpair()
        with ExitStack() as undo:
            undo.enter_context(status)
            with end:
                socket.send_fds(self._connection, [module.encode()], [end.fileno(), *files])
            # The forked process alone reads these: the server learns no argument and no variable.
            body = json.dumps(details).encode()
            status.sendall(NUMBER.pack(len(body)) + body)
            number, handles, _, _ = socket.recv_fds(status, NUMBER.size, 1)
            if not handles:
                raise ChildProcessError
            undo.pop_all()
        return ForkedProcess(NUMBER.unpack(number)[0], handles[0], status)


_fork_servers: list[ForkServer] = []
"""One for each set of variables at the start, as those of the allocator differ."""
_fork_server_lock = threading.Lock()
_is_forked = False


def use_fork_server(server: ForkServer) -> None:
    """Let this process, which a server has forked, ask that one for its own, and no other."""
    global _is_forked  # noqa: PLW0603 - one for the process, as its environment
    _is_forked = True
    _fork_servers[:] = [server]


def variables_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a process which is forked later cannot change."""
    return {name: text for name, text in environment.items() if name.startswith(AT_START)}


def _find_fork_server(environment: Mapping[str, str]) -> ForkServer | None:
    """Return the fork server, started if need be; None where a new program must be started."""
    if not hasattr(os, "pidfd_open"):  # on another system than Linux
        return None
    at_start = variables_at_start(environment)
    with _fork_server_lock:
        for server in _fork_servers:
            differing = {name for name, _ in server.at_start.items() ^ at_start.items()}
            # In a forked process, a new program costs more than settings of memory are worth.
            if not differing or (_is_forked and differing == {VARIABLE}):
                return server
            if differing != {VARIABLE}:
                return None
        if _is_forked:
            return None
        own, end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with end:
            process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                [sys.executable, "-I", "-m", FORKER, str(end.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=at_start | NO_THREAD,  # no other variable: it keeps no secret
                process_group=0,
                pass_fds=[end.fileno()],
            )
        atexit.register(_end_fork_server, process, own)
        server = ForkServer(own, at_start)
        _fork_servers.append(server)
        return server


def _end_fork_server(process: "subprocess.Popen[bytes]", connection: socket.socket) -> None:
    """End the fork server as the end of its parent would, and leave no zombie."""
    connection.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)


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
