"""What kill -9 of a writer does at random moments: nothing is lost, nothing is seen in part.

`campaign` lets a process load, submit, publish and back up, over and over, and kills it. What it
acknowledged before must be there after; what it did not must be there whole or not at all.
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
from parvis.pooling.backup import backup, check_backup
from parvis.pooling.begin import init
from parvis.pooling.generations import settle
from parvis.pooling.load import load
from parvis.pooling.pool import Pool
from parvis.pooling.publish import publish
from parvis.pooling.submit import submit
from parvis.store.generation import current, verify
from parvis.store.record import Record
from parvis.vocab.iris import DatasetKey, Iris

KEY = DatasetKey("exemple", "programmation")
GRAPHS = ("http://bench.example/a", "http://bench.example/b")
VALUE = NamedNode("http://bench.example/value")
TITLE = re.compile(rb"Le phare (\d+)")
KINDS = ("load", "submit", "publish", "backup")
TRIPLES = 300
LONGEST = 5.0
"""Seconds that reopening may take."""


@dataclass
class Tally:
    """What a campaign saw: kills by what was being done, acknowledgements, slowest reopening."""

    killed: Counter[str] = field(default_factory=Counter)
    acknowledged: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0


def campaign(folder: Path, cycles: int, longest: float = 1.5, seed: int = 0) -> Tally:
    """Kill as many writers; raises `AssertionError` at the first thing that is wrong.

    A writer lives up to `longest` seconds.
    """
    init(folder / "catalog")
    chance, tally, known = random.Random(seed), Tally(), Counter[str]()  # noqa: S311 - moments
    words = [sys.executable, __file__, str(folder)]
    with subprocess.Popen(  # noqa: S603 - this file
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as forker:
        assert forker.stdin is not None
        assert forker.stdout is not None
        for cycle in range(cycles):
            forker.stdin.write(f"{(cycle + 1) * 1000}\n")
            forker.stdin.flush()
            pid = int(forker.stdout.readline())
            time.sleep(chance.uniform(0.02, longest))
            os.kill(pid, signal.SIGKILL)
            doing = _told(folder, known, tally)
            tally.killed[doing] += 1
            start = time.perf_counter()
            _check(folder, known)
            tally.slowest = max(tally.slowest, time.perf_counter() - start)
            assert tally.slowest < LONGEST
        forker.stdin.close()
    return tally


def _told(folder: Path, known: Counter[str], tally: Tally) -> str:
    """Read what a writer acknowledged; gives what it was doing when it died."""
    doing = "start"
    lines = (folder / "told").read_text().splitlines()
    for line in lines:
        word, kind, number = line.split()
        if word == "done":
            known[kind] = int(number)
            tally.acknowledged[kind] += 1
        doing = kind
    return doing


def _check(folder: Path, known: Counter[str]) -> None:
    """Open everything again and compare it with what was acknowledged."""
    settings = _settings(folder)
    settle(settings)
    record = Record(settings.data)
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


def write(folder: Path, number: int) -> None:
    """Do one thing after another until killed, telling each before and after."""
    chance, settings = random.Random(number), _settings(folder)  # noqa: S311 - an order
    with (folder / "told").open("w") as told, Pool.open(settings) as pool:
        while True:
            kind = chance.choice(KINDS)
            number += 1
            _tell(told.fileno(), f"doing {kind} {number}\n")
            done = _do(kind, pool, folder, number)
            _tell(told.fileno(), f"done {kind} {done}\n")


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
        pid = os.fork()
        if not pid:
            write(folder, int(line))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
