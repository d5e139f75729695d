"""What a command costs: a process with all it starts, watched from outside (Linux)."""

import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

INTERVAL = 0.02
"""Seconds between two looks at the memory."""


class FailedError(Exception):
    """A command that did not do what it was asked; its text says why."""


@dataclass(frozen=True)
class Usage:
    """Seconds of processor (user and system, whole tree) and of wall; bytes of resident memory.

    `peak` is the largest process's, `child_peak` the largest of those that it started.
    """

    cpu: float
    wall: float
    peak: int
    child_peak: int
    told: str


def measured(words: Sequence[str | Path], folder: Path, patience: float) -> Usage:
    """Run a command to its end; raises `FailedError` if it fails or takes too long.

    Its modules are compiled once, as in any installation, even where this process keeps none.
    """
    given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        start = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - the benchmark's own commands
            list(map(str, words)),
            cwd=folder,
            env=given,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        peaks: dict[int, int] = {}
        found = _watched(process, peaks, start + patience)
        wall = time.perf_counter() - start
        told, complaint = _read(out), _read(err)
    if process.returncode:
        why = f"ended after {patience:g} s" if process.returncode < 0 else complaint or told
        raise FailedError((why or f"exit {process.returncode}").splitlines()[-1])
    own = peaks.pop(process.pid, 0)
    child = max(peaks.values(), default=0)
    return Usage(found.ru_utime + found.ru_stime, wall, max(own, child), child, told)


def _watched(
    process: "subprocess.Popen[bytes]", peaks: dict[int, int], deadline: float
) -> resource.struct_rusage:
    """Wait for a process, looking at the memory of its tree; past the deadline it is killed."""
    while True:
        pid, status, found = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return found
        peaks |= {pid: peak for pid in tree(process.pid) if (peak := peak_of(pid))}
        if time.perf_counter() > deadline:
            _end([*tree(process.pid)])
        time.sleep(INTERVAL)


def _read(stream: IO[str]) -> str:
    """Read what was written to a file from its beginning."""
    stream.seek(0)
    return stream.read().strip()


def tree(pid: int) -> Iterator[int]:
    """Give a process and all below it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in task.read_text().split():
                yield from tree(int(child))


def peak_of(pid: int) -> int:
    """Give the most bytes a process was seen to hold; 0 when it is gone.

    Unlike ``ru_maxrss``, which a child inherits from who started it, this begins anew at ``exec``.
    """
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def _end(pids: Sequence[int]) -> None:
    """End processes that we started."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
