"""What kill -9 of a writer does at random moments: nothing is lost, nothing is seen in part.

`campaign` lets a process load, submit, publish and back up, over and over, and kills it. What it
acknowledged before must be there after; what it did not must be there whole or not at all. The
moments are proportionate to how long each command takes, so that each is hit as often.
Run as a script it is the process that forks the writers, so that a cycle costs no start of Python.
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
from parvis.store.record.record import GraphRecord
from parvis.vocab.iris import DatasetKey, Iris

KEY = DatasetKey("exemple", "programmation")
GRAPHS = ("http://bench.example/a", "http://bench.example/b")
VALUE = NamedNode("http://bench.example/value")
TITLE = re.compile(rb"Le phare (\d+)")
KINDS = ("load", "submit", "publish", "backup")
TRIPLES = 300
LONGEST = 5.0
"""Seconds that reopening may take."""
BEYOND = 1.15
"""A writer lives up to so many times what its command takes: some die a little after it."""
PATIENCE = 60.0
"""Seconds that a command may take."""


@dataclass
class Tally:
    """What a campaign saw: kills by what was being done, acknowledgements, slowest reopening.

    `seconds` are those that each command takes, the latest counting most.
    """

    killed: Counter[str] = field(default_factory=Counter)
    acknowledged: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    slowest: float = 0.0


def campaign(folder: Path, cycles: int, seed: int = 0) -> Tally:
    """Kill as many writers; raises `AssertionError` at the first thing that is wrong.

    The first of each command runs to its end, which tells how long it takes.
    """
    init(folder / "catalog")
    chance, tally, known = random.Random(seed), Tally(), Counter[str]()  # noqa: S311 - moments
    words = [sys.executable, __file__, str(folder)]
    with subprocess.Popen(  # noqa: S603 - this file
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as forker:
        for cycle in range(cycles):
            kind = KINDS[cycle % len(KINDS)]
            pid = _started(forker, folder, f"{(cycle + 1) * 1000} {kind}")
            if kind in tally.seconds:
                _await(folder, f"doing {kind}")
                time.sleep(chance.uniform(0, BEYOND * tally.seconds[kind]))
            else:
                _await(folder, f"done {kind}")
            os.kill(pid, signal.SIGKILL)
            tally.killed[_told(folder, known, tally)] += 1
            start = time.perf_counter()
            _check(folder, known)
            tally.slowest = max(tally.slowest, time.perf_counter() - start)
            assert tally.slowest < LONGEST
        assert forker.stdin is not None
        forker.stdin.close()
    return tally


def _started(forker: "subprocess.Popen[str]", folder: Path, words: str) -> int:
    """Have a writer started; gives its process."""
    assert forker.stdin is not None
    assert forker.stdout is not None
    (folder / "told").unlink(missing_ok=True)
    forker.stdin.write(f"{words}\n")
    forker.stdin.flush()
    return int(forker.stdout.readline())


def _await(folder: Path, beginning: str) -> None:
    """Wait until a writer has told something."""
    end = time.monotonic() + PATIENCE
    while not any(line.startswith(beginning) for line in _lines(folder)):
        assert time.monotonic() < end, f"no writer told: {beginning}"
        time.sleep(0.002)


def _lines(folder: Path) -> list[str]:
    """Give what a writer told."""
    path = folder / "told"
    return path.read_text().splitlines() if path.exists() else []


def _told(folder: Path, known: Counter[str], tally: Tally) -> str:
    """Read what a writer acknowledged; gives what it was doing when it died."""
    doing = "nothing"
    for line in _lines(folder):
        word, kind, number, *seconds = line.split()
        doing = kind if word == "doing" else "nothing"
        if word == "done":
            known[kind] = int(number)
            tally.acknowledged[kind] += 1
            took = float(seconds[0])
            tally.seconds[kind] = (tally.seconds.get(kind, took) + took) / 2
    return doing


def _check(folder: Path, known: Counter[str]) -> None:
    """Open everything again and compare it with what was acknowledged."""
    settings = _settings(folder)
    ensure_sound_generation(settings)
    record = GraphRecord(settings.data)
    record.verify()
    loaded = {
        _only(record.read_lines(version))
        for graph, version in record.versions().items()
        if graph in GRAPHS
    }
    assert len(loaded) <= 1, "graphs of two loads stand side by side"
    assert max(loaded, default=0) >= known["load"], "a load that was acknowledged is lost"
    given = record.versions().get(Iris(settings.base).graph(KEY))
    assert _given(record.read_lines(given) if given else ()) >= known["submit"]
    _check_served(settings, known)
    for saved in folder.glob("backup-*"):
        check_backup(saved)
    if known["backup"]:
        assert (folder / f"backup-{known['backup']}").is_dir(), "a backup is lost"


def _only(lines: Iterable[bytes]) -> int:
    """Give the number that every triple of a graph bears; all of them must be there."""
    numbers = [int(line.rsplit(b'"', 2)[1]) for line in lines]
    assert len(numbers) == TRIPLES, "a part of a graph is in the record"
    assert len(set(numbers)) == 1
    return numbers[0]


def _given(lines: Iterable[bytes]) -> int:
    """Give the number in the title of what was last submitted."""
    return max((int(found[1]) for line in lines if (found := TITLE.search(line))), default=0)


def _check_served(settings: Settings, known: Counter[str]) -> None:
    """Look into the generation that is served, whole."""
    try:
        generation = current(settings.data)
    except NothingPublished:
        assert not known["publish"], "a publication that was acknowledged is lost"
        return
    assert generation.number >= known["publish"], "a publication that was acknowledged is lost"
    verify(generation)
    store = Store.read_only(str(generation.open_store))
    found = {
        graph: _values(store, graph)
        for graph in GRAPHS
        if store.contains_named_graph(NamedNode(graph))
    }
    assert len(set(found.values())) <= 1, "graphs of two loads are served side by side"


def _values(store: Store, graph: str) -> str:
    """Give the one value of a served graph, which must be whole."""
    quads = list(store.quads_for_pattern(None, VALUE, None, NamedNode(graph)))
    values = {quad.object.value for quad in quads if isinstance(quad.object, Literal)}
    assert (len(quads), len(values)) == (TRIPLES, 1), "a part of a graph is served"
    return values.pop()


def _settings(folder: Path) -> Settings:
    return Settings.load(data=folder / "data", catalog=folder / "catalog")


def write(folder: Path, number: int, kind: str) -> None:
    """Do one thing, then another, until killed, telling each before and after."""
    chance, settings = random.Random(number), _settings(folder)  # noqa: S311 - an order
    with (folder / "told").open("w") as told, Pool.open(settings) as pool:
        while True:
            number += 1
            _tell(told.fileno(), f"doing {kind} {number}\n")
            start = time.perf_counter()
            done = _do(kind, pool, folder, number)
            _tell(told.fileno(), f"done {kind} {done} {time.perf_counter() - start}\n")
            kind = chance.choice(KINDS)


def _tell(handle: int, line: str) -> None:
    os.write(handle, line.encode())


def _do(kind: str, pool: Pool, folder: Path, number: int) -> int:
    """Do one thing; gives the number by which to know it again."""
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
    """Write quads whose every value is the number."""
    path = folder / "load.nq"
    lines = (
        f'<http://bench.example/{n}> {VALUE} "{number}" <{graph}> .\n'
        for graph in GRAPHS
        for n in range(TRIPLES)
    )
    path.write_text("".join(lines))
    return path


def _table(folder: Path, number: int) -> Path:
    """Write the sample's table with one title that has the number."""
    sample = folder / "catalog" / "exemple" / "programmation" / "programmation.csv"
    path = folder / "programmation.csv"
    text = sample.read_text(encoding="utf-8")
    path.write_text(text.replace("Le phare", f"Le phare {number}"), encoding="utf-8")
    return path


def main() -> None:
    """Fork a writer for each number that is asked for, and tell its process."""
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
