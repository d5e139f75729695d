"""Effects of kill -9 of a writer at random moments: nothing is lost, nothing is visible in part.

`campaign` lets a process repeatedly load, submit, publish and back up, and kills it. What it
acknowledged must exist afterwards; anything else must exist completely or not at all. The
moments are proportionate to the duration of each command, so that each is hit equally often.
Run as a script it is the process that forks the writers, which saves a start of Python per cycle.
"""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Store

from parvis.config import Settings
from parvis.errors import NothingPublished
from parvis.pooling.intake.load import load
from parvis.pooling.intake.submit import submit
from parvis.pooling.intake.templates import init
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.stewardship.backup import backup, check_backup
from parvis.pooling.stewardship.generations import ensure_sound_generation
from parvis.store.generation.generation import current, verify
from parvis.store.record.graph_record import GraphRecord
from parvis.vocab.iris import DatasetKey, Iris

KEY = DatasetKey("exemple", "programmation")
GRAPHS = ("http://bench.example/a", "http://bench.example/b")
VALUE = NamedNode("http://bench.example/value")
TITLE = re.compile(rb"Le phare (\d+)")
KINDS = ("load", "submit", "publish", "backup")
TRIPLES = 300
LONGEST = 5.0
"""The maximum seconds of a reopening."""
BEYOND = 1.15
"""The maximum life of a writer in multiples of its command's duration."""
PATIENCE = 60.0
"""The maximum seconds of a command."""


@dataclass
class Tally:
    """Results of a campaign: kills by command, acknowledgements, slowest reopening.

    `seconds` are the durations of commands, weighted towards the latest.
    """

    killed: Counter[str] = field(default_factory=Counter)
    acknowledged: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    slowest: float = 0.0


def campaign(folder: Path, cycles: int, seed: int = 0) -> Tally:
    """Kill writers; raises `AssertionError` at the first error.

    The first of each command runs to its end, to measure its duration.
    """
    init(folder / "catalog")
    generator, tally, acknowledged = random.Random(seed), Tally(), Counter[str]()  # noqa: S311 - moments
    command = [sys.executable, __file__, str(folder)]
    with subprocess.Popen(  # noqa: S603 - this file
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as forker:
        for cycle in range(cycles):
            kind = KINDS[cycle % len(KINDS)]
            pid = start_writer(forker, folder, f"{(cycle + 1) * 1000} {kind}")
            if kind in tally.seconds:
                await_line(folder, f"doing {kind}")
                time.sleep(generator.uniform(0, BEYOND * tally.seconds[kind]))
            else:
                await_line(folder, f"done {kind}")
            os.kill(pid, signal.SIGKILL)
            tally.killed[read_log(folder, acknowledged, tally)] += 1
            start = time.perf_counter()
            _check(folder, acknowledged)
            tally.slowest = max(tally.slowest, time.perf_counter() - start)
            assert tally.slowest < LONGEST
        assert forker.stdin is not None
        forker.stdin.close()
    return tally


def start_writer(forker: "subprocess.Popen[str]", folder: Path, words: str) -> int:
    """Request a writer; return its process."""
    assert forker.stdin is not None
    assert forker.stdout is not None
    (folder / "told").unlink(missing_ok=True)
    forker.stdin.write(f"{words}\n")
    forker.stdin.flush()
    return int(forker.stdout.readline())


def await_line(folder: Path, beginning: str) -> None:
    """Wait for a line of a writer's log."""
    end = time.monotonic() + PATIENCE
    while not any(line.startswith(beginning) for line in log_lines(folder)):
        assert time.monotonic() < end, f"no writer told: {beginning}"
        time.sleep(0.002)


def log_lines(folder: Path) -> list[str]:
    """Return the lines of a writer's log."""
    path = folder / "told"
    return path.read_text().splitlines() if path.exists() else []


def read_log(folder: Path, acknowledged: Counter[str], tally: Tally) -> str:
    """Read what a writer acknowledged; return what it was doing when it died."""
    doing = "nothing"
    for line in log_lines(folder):
        word, kind, number, *seconds = line.split()
        doing = kind if word == "doing" else "nothing"
        if word == "done":
            acknowledged[kind] = int(number)
            tally.acknowledged[kind] += 1
            duration = float(seconds[0])
            tally.seconds[kind] = (tally.seconds.get(kind, duration) + duration) / 2
    return doing


def _check(folder: Path, acknowledged: Counter[str]) -> None:
    """Reopen everything and compare it with what was acknowledged."""
    settings = _settings(folder)
    ensure_sound_generation(settings)
    record = GraphRecord(settings.data)
    record.verify()
    loaded = {
        loaded_number(record.read_lines(version))
        for graph, version in record.versions().items()
        if graph in GRAPHS
    }
    assert len(loaded) <= 1, "graphs of two loads stand side by side"
    assert max(loaded, default=0) >= acknowledged["load"], "a load that was acknowledged is lost"
    version_ = record.versions().get(Iris(settings.base).graph(KEY))
    assert (
        submitted_number(record.read_lines(version_) if version_ else ()) >= acknowledged["submit"]
    )
    _check_served(settings, acknowledged)
    for backup_ in folder.glob("backup-*"):
        check_backup(backup_)
    if acknowledged["backup"]:
        assert (folder / f"backup-{acknowledged['backup']}").is_dir(), "a backup is lost"


def loaded_number(lines: Iterable[bytes]) -> int:
    """Return the number in all triples of a graph, which must be complete."""
    numbers = [int(line.rsplit(b'"', 2)[1]) for line in lines]
    assert len(numbers) == TRIPLES, "a part of a graph is in the record"
    assert len(set(numbers)) == 1
    return numbers[0]


def submitted_number(lines: Iterable[bytes]) -> int:
    """Return the number in the title of the last submission."""
    return max((int(match[1]) for line in lines if (match := TITLE.search(line))), default=0)


def _check_served(settings: Settings, acknowledged: Counter[str]) -> None:
    """Check the served generation."""
    try:
        generation = current(settings.data)
    except NothingPublished:
        assert not acknowledged["publish"], "a publication that was acknowledged is lost"
        return
    assert generation.number >= acknowledged["publish"], (
        "a publication that was acknowledged is lost"
    )
    verify(generation)
    store = Store.read_only(str(generation.open_store))
    served = {
        graph: _values(store, graph)
        for graph in GRAPHS
        if store.contains_named_graph(NamedNode(graph))
    }
    assert len(set(served.values())) <= 1, "graphs of two loads are served side by side"


def _values(store: Store, graph: str) -> str:
    """Return the single value of a served graph, which must be complete."""
    quads = list(store.quads_for_pattern(None, VALUE, None, NamedNode(graph)))
    values = {quad.object.value for quad in quads if isinstance(quad.object, Literal)}
    assert (len(quads), len(values)) == (TRIPLES, 1), "a part of a graph is served"
    return values.pop()


def _settings(folder: Path) -> Settings:
    return Settings.load(data=folder / "data", catalog=folder / "catalog")


def write(folder: Path, number: int, kind: str) -> None:
    """Run one command after another until killed, logging each before and after."""
    generator, settings = random.Random(number), _settings(folder)  # noqa: S311 - the order of commands
    with (folder / "told").open("w") as log, Pool.open(settings) as pool:
        while True:
            number += 1
            append_log(log.fileno(), f"doing {kind} {number}\n")
            start = time.perf_counter()
            result = run_command(kind, pool, folder, number)
            append_log(log.fileno(), f"done {kind} {result} {time.perf_counter() - start}\n")
            kind = generator.choice(KINDS)


def append_log(handle: int, line: str) -> None:
    os.write(handle, line.encode())


def run_command(kind: str, pool: Pool, folder: Path, number: int) -> int:
    """Run one command; return the number that identifies it later."""
    if kind == "publish":
        return int(publish(pool)["generation"])
    if kind == "backup":
        backup(pool.settings, folder / f"backup-{number}")
    elif kind == "load":
        load(pool, _quads(folder, number))
    else:
        assert submit(pool, KEY, _table(folder, number)).stored
    return number


def _quads(folder: Path, number: int) -> Path:
    """Write quads whose values are all the number."""
    path = folder / "load.nq"
    lines = (
        f'<http://bench.example/{n}> {VALUE} "{number}" <{graph}> .\n'
        for graph in GRAPHS
        for n in range(TRIPLES)
    )
    path.write_text("".join(lines))
    return path


def _table(folder: Path, number: int) -> Path:
    """Write the sample's table with the number in one title."""
    sample = folder / "catalog" / "exemple" / "programmation" / "programmation.csv"
    path = folder / "programmation.csv"
    text = sample.read_text(encoding="utf-8")
    path.write_text(text.replace("Le phare", f"Le phare {number}"), encoding="utf-8")
    return path


def main() -> None:
    """Fork a writer for each requested number, and print its process."""
    folder = Path(sys.argv[1])
    for line in sys.stdin:
        number, kind = line.split()
        pid = os.fork()
        if not pid:
            write(folder, int(number), kind)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
