"""Run a program of the machine: no shell, no input, an environment of its own, a limit of time."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MISSING = 127
"""The code of a program that is not there, as shells have it."""
LATE = 124
"""The code of a program that had to be killed, as `timeout` has it."""


@dataclass(frozen=True)
class ProgramResult:
    """How a program ended, and what it wrote; its errors are after its output."""

    code: int
    output: str


def run_program(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float
) -> ProgramResult:
    """Run a program in a folder until it ends, or kill it."""
    try:
        run = subprocess.run(  # noqa: S603 - the words of our own code, no shell
            words,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
            process_group=0,  # Ctrl-C at the terminal is ours to handle
        )
    except FileNotFoundError:
        return ProgramResult(MISSING, "")
    except subprocess.TimeoutExpired:
        return ProgramResult(LATE, "")
    return ProgramResult(run.returncode, run.stdout.decode("utf-8", "replace"))
