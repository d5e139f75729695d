"""How our processes' memory is given and taken back: glibc is told before a process begins."""

import ctypes
import gc
import os

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
