"""The table of one source: a line for each engine, with counts of its output."""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from meaning import meanings
from measuring import FailedError, Usage, measure_command

COMPARED = 200_000
"""The maximum rows for which outputs are compared, which is done in memory."""
HEAD = ("engine", "CPU s", "wall s", "MB", "child MB", "triples", "distinct", "as ours", "x ours")
LINE = "{:22}" + "{:>10}" * (len(HEAD) - 1) + "  {}"

Words = list[str | Path]


@dataclass
class Table:
    """A source of some size and its measurements; the first line is ours.

    Of several `runs` the one with the least processor time counts.
    """

    kind: str
    rows: int
    source: Path
    patience: float
    runs: int
    first: Usage | None = None
    meaning: set[int] = field(default_factory=set)

    @property
    def folder(self) -> Path:
        """Return the working folder."""
        return self.source if self.source.is_dir() else self.source.parent

    def begin(self) -> None:
        """Print the title and the headings."""
        ending = "csv" if self.source.is_dir() else self.source.suffix[1:]
        size = sum(file.stat().st_size for file in self.folder.glob(f"*.{ending}"))
        tell(f"\n{self.kind}, {self.rows} rows, {mega(size)} MB; {busy()}")
        tell(LINE.format(*HEAD, "wanted"))

    def run(self, name: str, command: Words, out: Path, target: str = "") -> Usage | None:
        """Measure an engine that writes `out`, and print its line."""
        out.unlink(missing_ok=True)
        try:
            usage = self._least(command)
            counts = self._counts(out)
        except (FailedError, OSError, SyntaxError) as error:
            self.fail(name, error)
            return None
        self.first = self.first or usage
        ratio = f"{usage.cpu / self.first.cpu:.2f}"
        tell(LINE.format(name, *_figures(usage), *counts, ratio, target))
        return usage

    def step(self, name: str, command: Words) -> float | None:
        """Measure a step that prints its own processor seconds last."""
        try:
            usage = self._least(command)
        except (FailedError, OSError) as error:
            self.fail(name, error)
            return None
        cpu = float(usage.output.splitlines()[-1])
        tell(LINE.format(name, f"{cpu:.2f}", "", mega(usage.peak), *[""] * 6))
        return cpu

    def submission(self, command: Words) -> float | None:
        """Measure a submission, which writes no output to compare: only once, as it is stored."""
        try:
            usage = measure_command(command, self.folder, self.patience)
        except (FailedError, OSError) as error:
            self.fail("submit", error)
            return None
        tell(LINE.format("submit", *_figures(usage), *[""] * 5))
        return usage.cpu

    def fail(self, name: str, reason: object, outcome: str = "failed") -> None:
        """Print why there is no figure."""
        tell(f"{name:22}  {outcome}: {str(reason)[:100]}")

    def _least(self, command: Words) -> Usage:
        """Run a command several times and return its best run."""
        usages = [measure_command(command, self.folder, self.patience) for _ in range(self.runs)]
        return min(usages, key=lambda usage: usage.cpu)

    def _counts(self, out: Path) -> list[str]:
        """Count the lines of an output, its distinct triples, and those equal to ours."""
        with out.open("rb") as stream:
            lines = str(sum(1 for _ in stream))
        if self.rows > COMPARED:
            return [lines, "", ""]
        distinct = meanings(out)
        self.meaning = self.meaning or distinct
        return [lines, str(len(distinct)), str(len(distinct & self.meaning))]


def _figures(usage: Usage) -> list[str]:
    child = mega(usage.child_peak) if usage.child_peak else ""
    return [f"{usage.cpu:.2f}", f"{usage.wall:.2f}", mega(usage.peak), child]


def tell(text: str) -> None:
    """Print a line immediately: a run is long."""
    sys.stdout.write(f"{text.rstrip()}\n")
    sys.stdout.flush()


def mega(size: int) -> str:
    """Write a size in megabytes."""
    return f"{size / 1e6:.0f}"


def busy() -> str:
    """Describe the load of the machine, including this benchmark."""
    return f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
