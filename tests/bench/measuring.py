"""The cost of a command: a process tree, observed from outside (Linux)."""

import os
import re
import resource
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

INTERVAL = 0.02
"""Seconds between two measurements of the memory."""


class FailedError(Exception):
    """A failed command; its text states the reason."""


@dataclass(frozen=True)
class Usage:
    """Processor seconds (user and system, whole tree) and wall seconds; bytes of resident memory.

    `peak` is that of the largest process, `child_peak` that of its largest child, `sum_peak` the
    greatest sum of all at one time: pages that they share count for each.
    """

    cpu: float
    wall: float
    peak: int
    child_peak: int
    sum_peak: int
    output: str


def measure_command(command: Sequence[str | Path], folder: Path, patience: float) -> Usage:
    """Run a command to its end; raises `FailedError` if it fails or takes too long.

    Its modules are compiled once, as in any installation, even if this process stores no bytecode.
    """
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        start = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - the benchmark's own commands
            list(map(str, command)),
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        peaks: dict[int, int] = {}
        usage, sum_peak = observe(process, peaks, start + patience)
        wall = time.perf_counter() - start
        output, errors = _read(out), _read(err)
    if process.returncode:
        reason = f"ended after {patience:g} s" if process.returncode < 0 else errors or output
        raise FailedError((reason or f"exit {process.returncode}").splitlines()[-1])
    own = peaks.pop(process.pid, 0)
    child = max(peaks.values(), default=0)
    return Usage(usage.ru_utime + usage.ru_stime, wall, max(own, child), child, sum_peak, output)


def observe(
    process: "subprocess.Popen[bytes]", peaks: dict[int, int], deadline: float
) -> tuple[resource.struct_rusage, int]:
    """Wait for a process and observe the memory of its tree; kill it after the deadline."""
    sum_peak = 0
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage, sum_peak
        sizes = {pid: size for pid in tree(process.pid) if (size := sizes_of(pid))}
        peaks |= {pid: peak for pid, (peak, _) in sizes.items()}
        sum_peak = max(sum_peak, sum(size for _, size in sizes.values()))
        if time.perf_counter() > deadline:
            _end([*tree(process.pid)])
        time.sleep(INTERVAL)


def _read(stream: IO[str]) -> str:
    """Read a file of output from its beginning."""
    stream.seek(0)
    return stream.read().strip()


def tree(pid: int) -> Iterator[int]:
    """List a process and its descendants."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in task.read_text().split():
                yield from tree(int(child))


def sizes_of(pid: int) -> tuple[int, int] | None:
    """Return the peak and the present memory of a process in bytes; None if it has ended.

    Unlike ``ru_maxrss``, which a child inherits from its parent, the peak is reset at ``exec``.
    """
    with suppress(OSError):
        fields = dict(
            line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        )
        if "VmHWM" in fields:
            return int(fields["VmHWM"].split()[0]) * 1024, int(fields["VmRSS"].split()[0]) * 1024
    return None


def anonymous_memory(pid: int) -> int:
    """Return the bytes of a process that are not pages of files, its part of what it shares.

    The system takes pages of files back when it needs them. 0 if the process has ended.
    """
    with suppress(OSError):
        rolled = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return 1024 * sum(map(int, re.findall(r"Pss_(?:Anon|Shmem):\s+(\d+) kB", rolled)))
    return 0


def processor_seconds(pids: Iterable[int]) -> float:
    """Return the seconds of processor of processes, and of their children that have ended."""
    ticks = 0
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime: proc_pid_stat(5)
    return ticks / os.sysconf("SC_CLK_TCK")


def _end(pids: Sequence[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
