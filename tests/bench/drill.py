"""The drill: back a pool up while it is read and written, and make it again on another machine.

Run ``python tests/bench/drill.py [--quads 10000000]``. Commands are whole processes. Wanted: the
backup and the restoration within two minutes together for ten million quads, the same counts and
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
from store import PARVIS, Bench, Seen, ask, read, served
from table import busy, tell

from parvis.ledger import FILE, Audit, Database, verify_chains
from parvis.ledger.audit import Act
from parvis.store.generation.generation import current
from parvis.store.record.record import GraphRecord

KEY = "exemple/programmation"
LIMIT = 120.0
LINE = "{:46}{:>9.1f} s wall{:>9.1f} s CPU"


class Writer(threading.Thread):
    """Submits one dataset over and over, as its partner would."""

    def __init__(self, bench: Bench) -> None:
        """Begin with nothing done."""
        super().__init__()
        self.bench, self.over = bench, threading.Event()
        self.stored, self.locked = 0, 0

    def run(self) -> None:
        """Submit, until told to end; a lock that is taken is met by trying again."""
        sample = next((self.bench.folder / "catalog" / KEY).glob("*.csv"))
        text = sample.read_text(encoding="utf-8")
        given = self.bench.folder / sample.name
        while not self.over.is_set():
            given.write_text(text.replace("phare", f"phare {self.stored}"), encoding="utf-8")
            words = [PARVIS, "submit", KEY, given, *self.bench.where]
            code = subprocess.run(words, capture_output=True, check=False).returncode  # noqa: S603 - our own
            self.stored += code == 0
            self.locked += code == 3
            time.sleep(0.2)


def insisting(bench: Bench, *words: str | Path) -> Usage:
    """Run a command, again while another holds the lock."""
    while True:
        try:
            return bench.parvis(*words)
        except FailedError as error:
            if "lock" not in str(error) and "verrou" not in str(error):
                raise
            time.sleep(0.1)


def drill(bench: Bench) -> bool:
    """Do it; says whether all was as wanted."""
    saved, other = bench.folder / "saved", Bench(bench.folder, bench.size)
    seen, over, writer = Seen(), threading.Event(), Writer(bench)
    with served(bench):
        readers = [threading.Thread(target=read, args=(seen, over)) for _ in range(2)]
        for thread in (*readers, writer):
            thread.start()
        time.sleep(2)
        backed = insisting(bench, "backup", saved)
        over.set()
        writer.over.set()
        for thread in (*readers, writer):
            thread.join()
    tell(LINE.format("parvis backup, while read and written", backed.wall, backed.cpu))
    data = bench.folder / "data"
    (bench.folder / "elsewhere").mkdir()
    data.rename(bench.folder / "former")
    restored = other.parvis("restore", saved)
    tell(LINE.format("parvis restore, elsewhere", restored.wall, restored.cpu))
    published = other.parvis("publish")
    tell(LINE.format("parvis publish, from nothing", published.wall, published.cpu))
    together = backed.wall + restored.wall
    tell(f"backup and restoration: {together:.1f} s, wanted <= {LIMIT:g}")
    tell(f"{seen.answers:,} look-ups meanwhile, {seen.failures} failed, wanted 0")
    tell(f"{writer.stored} submissions meanwhile, {writer.locked} told to wait for the lock")
    return same(bench.folder / "former", data, saved) and not seen.failures and together <= LIMIT


def same(former: Path, data: Path, saved: Path) -> bool:
    """Compare the record, graph by graph, with that of the backup, and what is served with it."""
    told = json.loads((saved / "state.json").read_bytes())
    versions, before = GraphRecord(data).versions(), GraphRecord(former).versions()
    changed = {graph for graph, one in before.items() if versions.get(graph) != one}
    served_now = current(data).manifest.members.graphs
    counted = all(served_now[graph] == one.triples for graph, one in versions.items())
    heads = {name: head.entries for name, head in verify_chains(Database(data / FILE)).items()}
    restored = Audit(data).latest([Act.RESTORE], 1)
    tell(
        f"{len(versions)} graphs: counts {'equal' if counted else 'DIFFER'}, digests equal but of"
        f" {len(changed)} that was submitted after; ledger {heads}"
    )
    return counted and len(changed) <= 1 and bool(restored) and bool(told)


def main() -> int:
    """Make a pool, and drill."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quads", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="where to work; several times the data")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=told.folder) as folder:
        bench = Bench(Path(folder), told.quads)
        bench.write()
        tell(f"{bench.size:,} quads in graphs of 10,000; {busy()}")
        loaded = bench.parvis("load", bench.source, "--replace-all")
        tell(LINE.format("parvis load", loaded.wall, loaded.cpu))
        bench.source.unlink()
        bench.parvis("submit", KEY)  # so that it is in the backup, whatever comes meanwhile
        first = bench.parvis("publish")
        tell(LINE.format("parvis publish", first.wall, first.cpu))
        ask("ASK {}")
        return 0 if drill(bench) else 1


if __name__ == "__main__":
    sys.exit(main())
