"""How fast files become triples, ours and other engines side by side in one run.

Run ``python tests/bench/mapping.py --rows 10000 --rows 100000``. Each engine is a whole process
that reads the file and writes N-Triples; seconds are of processor, its children's included, and
``x ours`` is how many times those of ``parvis convert``. Peers are installed at the first run.

Ours alone validates each typed value, remembers where each subject came from, and writes its
triples sorted and without duplicates. ``as ours`` counts the distinct triples of a file that say
what ours says: see `peers` for what differs.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import gettempdir

import events
import languages
import pool
from meaning import meanings
from measuring import FailedError, Usage, measured
from peers import PEERS, Job, Peer

KINDS = (*events.WRITERS, "join")
COMPARED = 200_000
"""The most rows of which outputs are compared: the comparison is in memory."""
PARVIS = Path(sys.executable).with_name("parvis")
INSIDE = Path(__file__).with_name("inside.py")
HEAD = ("engine", "CPU s", "wall s", "MB", "child MB", "triples", "distinct", "as ours", "x ours")
LINE = "{:22}" + "{:>10}" * (len(HEAD) - 1) + "\n"


@dataclass
class Table:
    """A source of some size, and what has been measured of it; the first line is ours."""

    kind: str
    rows: int
    source: Path
    patience: float
    first: Usage | None = None
    meaning: set[int] = field(default_factory=set)

    @property
    def folder(self) -> Path:
        """Give the working folder."""
        return self.source if self.source.is_dir() else self.source.parent

    def run(self, name: str, words: list[str | Path], out: Path) -> Usage | None:
        """Measure an engine, print its line, delete its output unless it is ours."""
        out.unlink(missing_ok=True)
        try:
            usage = measured(words, self.folder, self.patience)
            counts = self._counts(out)
        except (FailedError, OSError, SyntaxError) as error:
            tell(f"{name:22}  failed: {str(error)[:100]}\n")
            return None
        self.first = self.first or usage
        figures = [f"{usage.cpu:.2f}", f"{usage.wall:.2f}", mega(usage.peak)]
        figures += [mega(usage.child_peak) if usage.child_peak else "", *counts]
        tell(LINE.format(name, *figures, f"{usage.cpu / self.first.cpu:.2f}"))
        return usage

    def _counts(self, out: Path) -> list[str]:
        """Count the lines of an output, its distinct triples, and those that ours has too."""
        with out.open("rb") as stream:
            lines = str(sum(1 for _ in stream))
        if self.rows > COMPARED:
            return [lines, "", ""]
        found = meanings(out)
        self.meaning = self.meaning or found
        return [lines, str(len(found)), str(len(found & self.meaning))]


def tell(text: str) -> None:
    """Print at once: a run is long."""
    sys.stdout.write(text)
    sys.stdout.flush()


def mega(size: int) -> str:
    """Write a size in millions of bytes."""
    return f"{size / 1e6:.0f}"


def prepared(cache: Path, kind: str, rows: int) -> Path:
    """Give the source of a kind and size, written once."""
    folder = cache / "data" / f"{kind}-{rows}"
    done = folder / "done"
    if not done.exists():
        tell(f"writing {rows} rows as {kind}\n")
        events.write(folder, kind, rows)
        done.touch()
    return folder if kind == "join" else folder / f"events.{kind}"


def mappings(table: Table) -> Iterator[tuple[str, Path]]:
    """Write the mapping for ours: YARRRML joins nothing, RML reads no workbook."""
    if table.kind != "join":
        file = table.folder / "mapping.yml"
        file.write_text(languages.yarrrml(table.kind), encoding="utf-8")
        yield "YARRRML", file
    if table.kind != "xlsx":
        file = table.folder / "mapping.ttl"
        file.write_text(languages.rml(table.kind, legacy=False), encoding="utf-8")
        yield "RML", file


def measure_ours(table: Table) -> list[float]:
    """Measure `parvis convert` as a whole, then the conversion alone; gives both seconds."""
    seconds: list[float] = []
    base = languages.BASE
    for language, mapping in mappings(table):
        out = table.folder / f"ours-{language}.nt"
        whole: list[str | Path] = [PARVIS, "convert", mapping, "--source", table.source]
        whole += ["-o", out, "--base", base]
        usage = table.run(f"parvis, {language}", whole, out)
        raw = table.folder / "alone.nt"
        words: list[str | Path] = [sys.executable, INSIDE, "convert", mapping]
        words += [table.source, raw, base]
        cpu = step(table, f"  alone, {language}", words)
        raw.unlink(missing_ok=True)
        if usage and cpu and not seconds:
            seconds = [usage.cpu, cpu]
    return seconds


def step(table: Table, name: str, words: list[str | Path]) -> float | None:
    """Time a step within a process, and print its line."""
    try:
        usage = measured(words, table.folder, table.patience)
    except (FailedError, OSError) as error:
        tell(f"{name:22}  failed: {str(error)[:100]}\n")
        return None
    cpu = float(usage.told.splitlines()[-1])
    tell(LINE.format(name, f"{cpu:.2f}", "", mega(usage.peak), *[""] * 5))
    return cpu


def measure_peer(table: Table, peer: Peer, cache: Path) -> None:
    """Measure a peer, or say why not."""
    if table.kind not in peer.kinds or table.rows > peer.most:
        why = "this kind of source" if table.kind not in peer.kinds else "so many rows"
        tell(f"{peer.name:22}  skipped: not for {why}\n")
        return
    try:
        python, version = peer.python(cache), peer.version(cache)
    except FailedError as error:
        tell(f"{peer.name:22}  skipped: {str(error)[:100]}\n")
        return
    out = table.folder / f"{peer.name}.nt"
    words = peer.words(Job(table.kind, table.source, out))
    table.run(f"{peer.name} {version}", [python, *words], out)
    out.unlink(missing_ok=True)


def measure_pool(table: Table, seconds: list[float], *, submits: bool) -> None:
    """Measure a bulk load of our triples, and a submission into a pool that holds nothing."""
    work = table.folder / "pool"
    shutil.rmtree(work, ignore_errors=True)
    (work / "data").mkdir(parents=True)
    triples = table.folder / "ours-YARRRML.nt"
    words: list[str | Path] = [sys.executable, INSIDE, "load", triples, work / "store"]
    load = step(table, "bulk load", words)
    if load and seconds:
        whole, alone = (one / load for one in seconds)
        tell(f"convert / load: {whole:.2f} whole, {alone:.2f} alone (wanted: at most 0.5)\n")
    if load and submits:
        pool.write(work / "catalog", table.patience)
        words = [PARVIS, "submit", pool.KEY, table.source]
        words += ["--data", work / "data", "--catalog", work / "catalog"]
        measure_submission(table, words, load)
    shutil.rmtree(work)


def measure_submission(table: Table, words: list[str | Path], load: float) -> None:
    """Measure a submission against the load of the same triples."""
    try:
        usage = measured(words, table.folder, table.patience)
    except FailedError as error:
        tell(f"submit  failed: {str(error)[:100]}\n")
        return
    figures = [f"{usage.cpu:.2f}", f"{usage.wall:.2f}", mega(usage.peak), mega(usage.child_peak)]
    tell(LINE.format("submit", *figures, *[""] * 4))
    tell(f"submit / load: {usage.cpu / load:.2f} (wanted: at most 4)\n")


def measure(asked: argparse.Namespace, kind: str, rows: int) -> None:
    """Measure all engines on one source."""
    source = prepared(asked.cache, kind, rows)
    table = Table(kind, rows, source, asked.patience)
    size = sum(file.stat().st_size for file in table.folder.glob(f"*.{source.suffix[1:] or 'csv'}"))
    tell(f"\n{kind}, {rows} rows, {mega(size)} MB; {busy()}\n{LINE.format(*HEAD)}")
    seconds = measure_ours(table)
    for peer in PEERS:
        if peer.name in asked.peers:
            measure_peer(table, peer, asked.cache)
    if kind == "csv":
        measure_pool(table, seconds, submits=rows <= asked.submit)
    tell(f"{busy()}\n")


def busy() -> str:
    """Tell how busy the machine is, this benchmark's own work included."""
    return f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"


def options() -> argparse.Namespace:
    """Read the command line."""
    names = ",".join(peer.name for peer in PEERS)
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--rows", type=int, action="append", help="how many rows; may be repeated (10000)")
    add("--peers", type=listed, default=names, help=f"which peers ({names}); empty for none")
    add("--sources", type=listed, default=",".join(KINDS), help=f"which ({','.join(KINDS)})")
    add(
        "--cache", type=Path, default=Path(gettempdir()) / "parvis-bench", help="where to keep data"
    )
    add("--patience", type=float, default=600.0, help="seconds a run may take (600)")
    add("--submit", type=int, default=1_000_000, help="the most rows that are submitted too")
    found = parser.parse_args()
    if unknown := {*found.sources} - {*KINDS} | {*found.peers} - {*names.split(",")}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return found


def listed(text: str) -> list[str]:
    """Read a list of words."""
    return [word for word in text.split(",") if word]


def main() -> None:
    """Print the tables."""
    asked = options()
    asked.cache = asked.cache.resolve()
    for rows in asked.rows or [10_000]:
        for kind in asked.sources:
            measure(asked, kind, rows)


if __name__ == "__main__":
    main()
