"""Disaster drill: back up a pool while it is read and written, and restore it elsewhere.

Run ``python tests/bench/drill.py [--quads 10000000]``. Commands are whole processes. Target:
backup and restoration within two minutes together for ten million quads, the same counts and
digests graph by graph, no failed look-up, and the ledger's chain unbroken.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from measuring import FailedError, Usage
from store import PARVIS, Bench, ReaderTally, ask, read, serve
from table import busy, tell

from parvis.ledger import FILE, Audit, Database, verify_chains
from parvis.ledger.audit import Act
from parvis.store.generation.generation import current
from parvis.store.record.graph_record import GraphRecord

KEY = "exemple/programmation"
LIMIT = 120.0
LINE = "{:46}{:>9.1f} s wall{:>9.1f} s CPU"


class Writer(threading.Thread):
    """Submits one dataset repeatedly, like a partner."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench, self.stop = bench, threading.Event()
        self.stored, self.locked = 0, 0

    def run(self) -> None:
        """Submit until stopped; if the lock is taken, try again."""
        sample = next((self.bench.folder / "catalog" / KEY).glob("*.csv"))
        text = sample.read_text(encoding="utf-8")
        file = self.bench.folder / sample.name
        while not self.stop.is_set():
            file.write_text(text.replace("phare", f"phare {self.stored}"), encoding="utf-8")
            command = [PARVIS, "submit", KEY, file, *self.bench.where]
            code = subprocess.run(command, capture_output=True, check=False).returncode  # noqa: S603 - our own
            self.stored += code == 0
            self.locked += code == 3
            time.sleep(0.2)


def run_despite_lock(bench: Bench, *words: str | Path) -> Usage:
    """Run a command, again if another process holds the lock."""
    while True:
        try:
            return bench.parvis(*words)
        except FailedError as error:
            if "lock" not in str(error) and "verrou" not in str(error):
                raise
            time.sleep(0.1)


def drill(bench: Bench) -> bool:
    """Run the drill; return whether everything was as required."""
    saved, elsewhere = bench.folder / "saved", Bench(bench.folder, bench.size)
    tally, stop, writer = ReaderTally(), threading.Event(), Writer(bench)
    with serve(bench):
        readers = [threading.Thread(target=read, args=(tally, stop)) for _ in range(2)]
        for thread in (*readers, writer):
            thread.start()
        time.sleep(2)
        saved_usage = run_despite_lock(bench, "backup", saved)
        stop.set()
        writer.stop.set()
        for thread in (*readers, writer):
            thread.join()
    tell(LINE.format("parvis backup, while read and written", saved_usage.wall, saved_usage.cpu))
    data = bench.folder / "data"
    (bench.folder / "elsewhere").mkdir()
    data.rename(bench.folder / "former")
    restore_usage = elsewhere.parvis("restore", saved)
    tell(LINE.format("parvis restore, elsewhere", restore_usage.wall, restore_usage.cpu))
    publish_usage = elsewhere.parvis("publish")
    tell(LINE.format("parvis publish, from nothing", publish_usage.wall, publish_usage.cpu))
    total = saved_usage.wall + restore_usage.wall
    tell(f"backup and restoration: {total:.1f} s, wanted <= {LIMIT:g}")
    tell(f"{tally.answers:,} look-ups meanwhile, {tally.failures} failed, wanted 0")
    tell(f"{writer.stored} submissions meanwhile, {writer.locked} told to wait for the lock")
    return (
        is_restored(bench.folder / "former", data, saved) and not tally.failures and total <= LIMIT
    )


def is_restored(former: Path, data: Path, saved: Path) -> bool:
    """Compare the restored record, graph by graph, with the original, and with what is served."""
    state = json.loads((saved / "state.json").read_bytes())
    versions, before = GraphRecord(data).versions(), GraphRecord(former).versions()
    changed = {graph for graph, version in before.items() if versions.get(graph) != version}
    served_graphs = current(data).manifest.members.graphs
    are_equal = all(served_graphs[graph] == version.triples for graph, version in versions.items())
    heads = {name: head.entries for name, head in verify_chains(Database(data / FILE)).items()}
    restored = Audit(data).latest([Act.RESTORE], 1)
    tell(
        f"{len(versions)} graphs: counts {'equal' if are_equal else 'DIFFER'}, digests equal but of"
        f" {len(changed)} that was submitted after; ledger {heads}"
    )
    return are_equal and len(changed) <= 1 and bool(restored) and bool(state)


def main() -> int:
    """Build a pool and run the drill."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quads", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="where to work; several times the data")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        bench = Bench(Path(folder), options.quads)
        bench.write()
        tell(f"{bench.size:,} quads in graphs of 10,000; {busy()}")
        load_usage = bench.parvis("load", bench.source, "--replace-all")
        tell(LINE.format("parvis load", load_usage.wall, load_usage.cpu))
        bench.source.unlink()
        bench.parvis("submit", KEY)  # so that it is in the backup, whatever comes meanwhile
        publish_usage = bench.parvis("publish")
        tell(LINE.format("parvis publish", publish_usage.wall, publish_usage.cpu))
        ask("ASK {}")
        return 0 if drill(bench) else 1


if __name__ == "__main__":
    sys.exit(main())
