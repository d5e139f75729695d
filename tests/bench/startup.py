"""What starting a command costs, beside a Python that does nothing.

    python tests/bench/startup.py [--times 5]

Each command runs in a process of its own over a pool of the demonstration's texts; the best of
several times counts, in seconds of processor and in wall seconds. Exit code 1 where a command takes
more than its budget: on idle processors only does that mean something.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from subprocess import DEVNULL, Popen
from time import perf_counter

from parvis.config import knowledge

READER, DATASET = "anonymous", "theatre-lanterne/programmation"
COMMANDS = {
    "--version": 200,
    "--help": 300,
    "may --help": 300,
    f"may {READER} {DATASET}": 500,
    f"check {DATASET}": 1_000,
    "token list": 500,
    "today": 1_000,
    "generations": 700,
}
"""Commands, with the milliseconds that each may take."""
PROGRAM = "from parvis.cli import main; main()"


def measure(arguments: list[str], times: int) -> tuple[float, float]:
    """Return the best wall time and the best processor time of a process, in milliseconds."""
    walls, used = [], []
    for _ in range(times):
        start = perf_counter()
        process = Popen([sys.executable, *arguments], stdout=DEVNULL, stderr=DEVNULL)  # noqa: S603 - our own interpreter
        _, _, usage = os.wait4(process.pid, 0)
        walls.append(perf_counter() - start)
        used.append(usage.ru_utime + usage.ru_stime)
    return 1_000 * min(walls), 1_000 * min(used)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    times, slow = parser.parse_args().times, 0
    with tempfile.TemporaryDirectory(prefix="parvis-bench-") as folder:
        catalog, data = Path(folder, "catalog"), Path(folder, "data")
        shutil.copytree(knowledge("catalog") / "demo", catalog)
        data.mkdir()
        os.environ |= {"PARVIS_CATALOG": str(catalog), "PARVIS_DATA": str(data)}
        nothing, _ = measure(["-c", "pass"], times)
        print(f"{'command':44}{'wall ms':>9}{'processor':>11}{'budget':>8}{'× python':>10}")  # noqa: T201 - the result
        print(f"{'python -c pass':44}{nothing:9.0f}")  # noqa: T201
        for command, budget in COMMANDS.items():
            wall, used = measure(["-c", PROGRAM, *command.split()], times)
            slow += wall > budget
            print(f"{command:44}{wall:9.0f}{used:11.0f}{budget:8}{wall / nothing:10.0f}")  # noqa: T201
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
