"""How a child process is started."""

import ctypes
import gc
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Sequence

# How our processes' memory is given and taken back: glibc is told before a process begins.

VARIABLE = "GLIBC_TUNABLES"
TUNABLES = "glibc.malloc.tcache_count=2000:glibc.malloc.mxfast=0:glibc.malloc.arena_max=2"
"""Keep what a query freed at hand for the next, and merge nothing meanwhile.

The engine makes and frees small things by the thousand, and each of its buffers that was freed had
all of them merged: a quarter of the time of a look-up. Two arenas are enough, for threads of Python
take turns: with the usual eight for each processor, each keeps what it was once given. Another
library takes no notice.
"""


def allocating() -> dict[str, str]:
    """Give what the environment must say; what a steward says in it comes last, and wins."""
    own = os.environ.get(VARIABLE, "")
    told = own if own.startswith(TUNABLES) else f"{TUNABLES}:{own}".rstrip(":")
    return {VARIABLE: told}


def give_back() -> None:
    """Collect this process's garbage, and give the system the memory that it no longer uses.

    It takes a tenth of a second or more: it is for when nobody waits.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's alone
    if trim is not None:
        trim(0)


def started(
    module: str, arguments: Sequence[str], *, stdin: int, stdout: int, kept: Sequence[int] = ()
) -> "subprocess.Popen[bytes]":
    """Start ``python -I -m MODULE ARGUMENT…`` in a process group of its own.

    So a Ctrl-C at the terminal stays ours to handle. Of our open files it has those of `kept`.
    """
    return subprocess.Popen(  # noqa: S603 - our own module, no shell
        [sys.executable, "-I", "-m", module, *arguments],
        stdin=stdin,
        stdout=stdout,
        bufsize=0,
        # A panic of a library in Rust is reported as an error: its stack is of use to nobody here.
        env=os.environ | allocating() | {"RUST_BACKTRACE": "0"},
        process_group=0,
        pass_fds=kept,
    )


# How libraries that start processes of their own must start them.


def spawn_never_fork() -> None:
    """Let children begin anew: one forked from a process with threads keeps their locks.

    A fork while another thread looked up a name left a server that waited for ever.
    """
    multiprocessing.set_start_method("spawn", force=True)
