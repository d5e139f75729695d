"""What kill -9 of ``parvis expire`` does at random moments: nothing is ever deleted by halves.

`campaign` lets a process delete what is due in copies of a pool, and kills it. Afterwards nothing
has begun and all is there, or the next run finishes it and proves it once. The moments are spread
over the time that the command takes. Run as a script, with a number, it is the benchmark:
``python tests/bench/erasing.py 200``.
"""

import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from parvis.config import Settings
from parvis.ledger import FILE, Database, Deletions, verify_chains
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.stewardship.retention import expire
from parvis.store.generation.erasure import Traces, search
from parvis.store.generation.generation import current, numbers
from parvis.store.generation.generation import verify as verify_generation
from parvis.store.record.record import GraphRecord

CASE = Path(__file__).parents[1] / "cases" / "pool"
GRAPHS = ("http://pool.test/graph/theatre-b/reserve", "http://pool.test/graph/theatre-b/billets")
CANARY = b'<x:s> <x:p> "Soir\xc3\xa9e cach\xc3\xa9e" .\n'
OBLIGATION = """
<id/agreement/theatre-b> odrl:obligation [
  odrl:target <id/dataset/theatre-b/reserve> , <id/dataset/theatre-b/billets> ;
  odrl:assignee parvis:host ; odrl:action odrl:delete ; odrl:constraint [
    odrl:leftOperand odrl:dateTime ; odrl:operator odrl:gteq ;
    odrl:rightOperand "2026-01-01T00:00:00-05:00"^^xsd:dateTime ] ] .
"""
SPANS = (0.05, 0.4, 1.0, 1.6)
"""A command lives up to so many times what it takes: some die early, some a little after it."""


def campaign(folder: Path, cycles: int, seed: int = 0, *, published: bool = True) -> Counter[str]:
    """Kill as many commands; gives how many were killed before, amid and after what they do.

    Raises `AssertionError` at the first thing that is wrong.
    """
    made = _made(folder / "made", published=published)
    chance, seen = random.Random(seed), Counter[str]()  # noqa: S311 - moments
    start = time.perf_counter()
    _expire(_copied(made, folder / "first"))
    takes = time.perf_counter() - start
    for cycle in range(cycles):
        settings = _copied(made, folder / "killed")
        _killed(settings, chance.uniform(0, SPANS[cycle % len(SPANS)] * takes))
        seen[_state(settings)] += 1
        _expire(settings)
        _check(settings)
        if cycle % 2:
            _expire(settings)  # once more: nothing is left to do
            _check(settings)
    return seen


def _made(folder: Path, *, published: bool) -> Path:
    """Make a pool in which two datasets are due to be deleted."""
    shutil.copytree(CASE, folder / "catalog")
    with Pool.open(_settings(folder)) as pool:
        for key in pool.catalog.datasets:
            assert submit(pool, key).accepted
        if published:
            publish(pool)
    with (folder / "catalog" / "theatre-b" / "agreement.ttl").open("a") as file:
        file.write(OBLIGATION)
    return folder


def _copied(made: Path, folder: Path) -> Settings:
    """Copy the pool."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(made, folder)
    return _settings(folder)


def _settings(folder: Path) -> Settings:
    return Settings.load(data=folder / "data", catalog=folder / "catalog")


def _expire(settings: Settings) -> None:
    """Delete what is due."""
    with Pool.open(settings) as pool:
        expire(pool, datetime.now(UTC))


def _killed(settings: Settings, after: float) -> None:
    """Let a process of its own delete what is due, and kill it after some seconds."""
    pid = os.fork()
    if not pid:
        try:
            _expire(settings)
        finally:
            os._exit(0)
    time.sleep(after)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _state(settings: Settings) -> str:
    """Tell how far a killed command was; before it has begun, all must be there."""
    deletions = Deletions(settings.data)
    if deletions.pending():
        return "amid"
    if deletions.all():
        return "after"
    record = GraphRecord(settings.data)
    assert set(GRAPHS) <= record.versions().keys(), "a graph is gone that nothing tells of"
    assert record.verify() == 3
    for name in ("reserve", "billets"):
        assert (settings.data / "incoming" / "theatre-b" / name).is_dir()
    return "before"


def _check(settings: Settings) -> None:
    """See that all is gone, proved once, and that what stays is sound."""
    record, deletions = GraphRecord(settings.data), Deletions(settings.data)
    assert deletions.pending() == {}
    assert Counter(one.entry["graph"] for one in deletions.all()) == Counter(GRAPHS)
    assert all(one.entry["search"]["remains"] == {} for one in deletions.all())
    assert verify_chains(Database(settings.data / FILE))["deletions"].number == len(GRAPHS)
    assert set(GRAPHS) <= record.withdrawn().keys()
    assert record.verify() == len(list((settings.data / "graphs").iterdir())) == 1
    assert search(settings.data, GRAPHS, Traces([CANARY]), ()).remains == {}
    if numbers(settings.data):
        assert len(numbers(settings.data)) == 1
        verify_generation(current(settings.data))
        assert not set(GRAPHS) & current(settings.data).manifest.members.graphs.keys()


def main() -> None:
    """Kill as many as are asked for."""
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(f"{dict(campaign(Path(folder), int(sys.argv[1])))}\n")


if __name__ == "__main__":
    main()
