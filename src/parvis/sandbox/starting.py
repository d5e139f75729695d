"""How child processes are started, and how their memory is managed."""

import ctypes
import gc
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Sequence

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
