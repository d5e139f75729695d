"""Effects of kill -9 of ``parvis expire`` at random moments: nothing is deleted in part.

`campaign` lets a process delete due data in copies of a pool, and kills it. Afterwards either
nothing has begun and everything exists, or the next run finishes the deletion and proves it once.
The moments are spread over the duration of the command. Run as a script, with a number, it is the
benchmark: ``python tests/bench/erasing.py 200``.
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
from parvis.store.record.graph_record import GraphRecord

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
SPANS = (0.05, 0.7, 1.3, 2.0)
"""Limits of a command's life in multiples of its duration: early, and just after its end."""


def campaign(folder: Path, cycles: int, seed: int = 0, *, published: bool = True) -> Counter[str]:
    """Kill commands; return how many were killed before, during and after their deletions.

    Raises `AssertionError` at the first error.
    """
    original = build_pool(folder / "made", published=published)
    chance, states = random.Random(seed), Counter[str]()  # noqa: S311 - moments
    # The first deletion also imports what the killed ones have already.
    duration = min(_time_expiry(copy_pool(original, folder / "first")) for _ in range(2))
    for cycle in range(cycles):
        settings = copy_pool(original, folder / "killed")
        expire_and_kill(settings, chance.uniform(0, SPANS[cycle % len(SPANS)] * duration))
        states[_state(settings)] += 1
        _expire(settings)
        _check(settings)
        if cycle % 2:
            _expire(settings)  # again: nothing is left to do
            _check(settings)
    return states


def build_pool(folder: Path, *, published: bool) -> Path:
    """Build a pool in which two datasets are due for deletion."""
    shutil.copytree(CASE, folder / "catalog")
    with Pool.open(_settings(folder)) as pool:
        for key in pool.catalog.datasets:
            assert submit(pool, key).accepted
        if published:
            publish(pool)
    with (folder / "catalog" / "theatre-b" / "agreement.ttl").open("a") as file:
        file.write(OBLIGATION)
    return folder


def copy_pool(original: Path, folder: Path) -> Settings:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(original, folder)
    return _settings(folder)


def _settings(folder: Path) -> Settings:
    return Settings.load(data=folder / "data", catalog=folder / "catalog")


def _expire(settings: Settings) -> None:
    """Delete due data."""
    with Pool.open(settings) as pool:
        expire(pool, datetime.now(UTC))


def _time_expiry(settings: Settings) -> float:
    start = time.perf_counter()
    _expire(settings)
    return time.perf_counter() - start


def expire_and_kill(settings: Settings, delay: float) -> None:
    """Delete due data in a separate process, and kill it after some seconds."""
    pid = os.fork()
    if not pid:
        try:
            _expire(settings)
        finally:
            os._exit(0)
    time.sleep(delay)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _state(settings: Settings) -> str:
    """Return the progress of a killed command; before it has begun, everything must exist."""
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
    """Check that the data are deleted, proved once, and that the rest is sound."""
    record, deletions = GraphRecord(settings.data), Deletions(settings.data)
    assert deletions.pending() == {}
    assert Counter(deletion.entry["graph"] for deletion in deletions.all()) == Counter(GRAPHS)
    assert all(deletion.entry["search"]["remains"] == {} for deletion in deletions.all())
    assert verify_chains(Database(settings.data / FILE))["deletions"].number == len(GRAPHS)
    assert set(GRAPHS) <= record.tombstones().keys()
    assert record.verify() == len(list((settings.data / "graphs").iterdir())) == 1
    assert search(settings.data, GRAPHS, Traces([CANARY]), ()).remains == {}
    if numbers(settings.data):
        assert len(numbers(settings.data)) == 1
        verify_generation(current(settings.data))
        assert not set(GRAPHS) & current(settings.data).manifest.members.graphs.keys()


def main() -> None:
    """Kill the given number of commands."""
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(f"{dict(campaign(Path(folder), int(sys.argv[1])))}\n")


if __name__ == "__main__":
    main()
