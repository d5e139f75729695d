"""How our processes' memory is given and taken back: glibc is told before a process begins."""

import os

VARIABLE = "GLIBC_TUNABLES"
TUNABLES = "glibc.malloc.tcache_count=2000:glibc.malloc.mxfast=0"
"""Keep what a query freed at hand for the next, and merge nothing meanwhile.

The engine makes and frees small things by the thousand, and each of its buffers that was freed had
all of them merged: a quarter of the time of a look-up. Another library takes no notice.
"""


def allocating() -> dict[str, str]:
    """Give what the environment must say; what a steward says in it comes last, and wins."""
    own = os.environ.get(VARIABLE, "")
    told = own if own.startswith(TUNABLES) else f"{TUNABLES}:{own}".rstrip(":")
    return {VARIABLE: told}
