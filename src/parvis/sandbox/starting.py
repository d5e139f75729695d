"""How a child process is started."""

import os
import subprocess
import sys
from collections.abc import Sequence

from parvis.sandbox.allocating import allocating


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
