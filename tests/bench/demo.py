"""What building the demo takes: seconds, and seconds of processor, by step.

    python tests/bench/demo.py [--durable]

With `--durable` every write waits for the disk, as in a pool that stays. The seconds of processor
are those of all processes, whenever they began; on two idle processors the steps take at least half
of them.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from measuring import tree

START = time.perf_counter()
TICK = os.sysconf("SC_CLK_TCK")
STEPS = {
    "link": ("opening and submitting", "linking"),
    "portray": ("judging", "releasing"),
    "publish": ("", "publishing"),
}
"""Functions of `parvis.pooling.stewardship.demo`: what comes before each, and what it does."""


def used_seconds() -> float:
    """Return the seconds of processor of this process and of all its children, ended or not."""
    ticks = 0
    for pid in tree(os.getpid()):
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / TICK


class Steps:
    """Prints what each step took since the one before."""

    def __init__(self) -> None:
        self.wall, self.used = START, 0.0
        print(f"{'step':28}{'seconds':>9}{'processor':>11}")  # noqa: T201 - the result

    def end(self, name: str) -> None:
        wall, used = time.perf_counter(), used_seconds()
        print(f"{name:28}{wall - self.wall:9.2f}{used - self.used:11.2f}", flush=True)  # noqa: T201
        self.wall, self.used = wall, used

    def around(self, before: str, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Make a function a step of its own, after another one."""

        def run(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - passed on
            if before:
                self.end(before)
            result = function(*arguments, **options)
            self.end(name)
            return result

        return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--durable", action="store_true")
    durable = parser.parse_args().durable
    steps = Steps()
    # The imports are the first step of the command.
    import parvis.cli.serving  # noqa: PLC0415, F401
    from parvis.config import Settings, knowledge  # noqa: PLC0415
    from parvis.pooling.stewardship.demo import demo  # noqa: PLC0415

    steps.end("imports")
    for function, (before, name) in STEPS.items():
        setattr(demo, function, steps.around(before, name, getattr(demo, function)))
    with tempfile.TemporaryDirectory(prefix="parvis-bench-") as folder:
        settings = Settings.load(Path(folder), knowledge("catalog") / "demo")
        outcomes = [*demo.build_demo(settings, passing=not durable)]
    steps.end("clearing up")
    steps.wall, steps.used = START, 0.0
    steps.end(f"all, {len(outcomes)} files")


if __name__ == "__main__":
    main()
