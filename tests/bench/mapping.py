"""Conversion of files to triples, by parvis and other engines in one run.

Run ``python tests/bench/mapping.py --rows 10000 --rows 100000``. Each engine is a whole process
that reads the file and writes N-Triples; seconds are processor time, including children, and
``x ours`` is the ratio to those of ``parvis convert``. Peers are installed at the first run.

Only parvis validates each typed value, records the place of each subject, and writes its
triples sorted and without duplicates. ``as ours`` counts the distinct triples of a file that equal
ours by value: see `peers` for the differences.
"""

import argparse
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir

import events
import languages
import pool
from measuring import FailedError
from peers import PEERS, Job, Peer
from table import Table, Words, busy, tell

KINDS = (*events.WRITERS, "join")
PARVIS = Path(sys.executable).with_name("parvis")
INSIDE = Path(__file__).with_name("inside.py")


def prepare_source(cache: Path, kind: str, rows: int) -> Path:
    """Return the source of a format and size, which is written once."""
    folder = cache / "data" / f"{kind}-{rows}"
    marker = folder / "done"
    if not marker.exists():
        tell(f"writing {rows} rows as {kind}")
        events.write(folder, kind, rows)
        marker.touch()
    return folder if kind == "join" else folder / f"events.{kind}"


def mappings(table: Table) -> Iterator[tuple[str, Path]]:
    """Write the mapping for parvis: YARRRML has no joins, RML reads no workbooks."""
    if table.kind != "join":
        file = table.folder / "mapping.yml"
        file.write_text(languages.yarrrml(table.kind), encoding="utf-8")
        yield "YARRRML", file
    if table.kind != "xlsx":
        file = table.folder / "mapping.ttl"
        file.write_text(languages.rml(table.kind, legacy=False), encoding="utf-8")
        yield "RML", file


def measure_ours(table: Table, chosen: list[str]) -> list[float]:
    """Measure `parvis convert` as a whole, then only the conversion; return the first's seconds."""
    seconds: list[float] = []
    base = languages.BASE
    for language, mapping in mappings(table):
        if language not in chosen:
            continue
        out = table.folder / f"ours-{language}.nt"
        command: Words = [PARVIS, "convert", mapping, "--source", table.source, "-o", out]
        usage = table.run(f"parvis, {language}", [*command, "--base", base], out, "at most 120 MB")
        raw = table.folder / "alone.nt"
        command = [sys.executable, INSIDE, "convert", mapping, table.source, raw, base]
        cpu = table.step(f"  alone, {language}", command)
        raw.unlink(missing_ok=True)
        if usage and cpu and not seconds:
            seconds = [usage.cpu, cpu]
    return seconds


def measure_peer(table: Table, peer: Peer, cache: Path) -> None:
    """Measure a peer, or print why not."""
    if table.kind not in peer.kinds:
        table.fail(peer.name, "it does not read this, or not by the same mapping", "skipped")
        return
    if table.rows > peer.most:
        table.fail(peer.name, f"it is tried with {peer.most} rows", "skipped")
        return
    try:
        python, version = peer.python(cache), peer.version(cache)
    except FailedError as error:
        table.fail(peer.name, error, "skipped")
        return
    out = table.folder / f"{peer.name}.nt"
    target = peer.target and f"at least {peer.target}"
    arguments = peer.words(Job(table.kind, table.source, out))
    table.run(f"{peer.name} {version}", [python, *arguments], out, target)
    out.unlink(missing_ok=True)


def measure_pool(table: Table, seconds: list[float], *, submits: bool) -> None:
    """Measure a bulk load of our triples, and a submission into an empty pool."""
    work = table.folder / "pool"
    work.mkdir(exist_ok=True)
    triples = next(table.folder.glob("ours-*.nt"))
    command: Words = [sys.executable, INSIDE, "load", triples, work]
    load = table.step("bulk load", command)
    if load and seconds:
        whole_ratio, alone = (seconds_ / load for seconds_ in seconds)
        tell(f"convert / load: {whole_ratio:.2f} whole, {alone:.2f} alone (wanted: at most 0.5)")
    if load and submits:
        pool.write(work / "catalog", table.patience)
        command = [PARVIS, "submit", pool.KEY, table.source]
        command += ["--data", work / "data", "--catalog", work / "catalog"]
        cpu = table.submission(command)
        tell(f"submit / load: {cpu / load:.2f} (wanted: at most 4)" if cpu else "")
    shutil.rmtree(work, ignore_errors=True)


def measure(settings: argparse.Namespace, kind: str, rows: int) -> None:
    """Measure all engines on one source; without ours there is nothing to compare."""
    table = Table(
        kind, rows, prepare_source(settings.cache, kind, rows), settings.patience, settings.runs
    )
    table.begin()
    seconds = measure_ours(table, settings.languages)
    if table.first is None:
        return
    for peer in PEERS:
        if peer.name in settings.peers:
            measure_peer(table, peer, settings.cache)
    if kind == "csv":
        measure_pool(table, seconds, submits=rows <= settings.submit)
    for out in table.folder.glob("ours-*.nt"):
        out.unlink()
    tell(busy())


def options() -> argparse.Namespace:
    """Read the command line."""
    names, kinds = ",".join(peer.name for peer in PEERS), ",".join(KINDS)
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--rows", type=int, action="append", help="how many rows; may be repeated (10000)")
    add("--peers", type=split_words, default=names, help=f"which peers ({names}); empty for none")
    add("--sources", type=split_words, default=kinds, help=f"which sources ({kinds})")
    add("--languages", type=split_words, default="YARRRML,RML", help="ours (YARRRML,RML)")
    add(
        "--cache", type=Path, default=Path(gettempdir()) / "parvis-bench", help="where data is kept"
    )
    add("--patience", type=float, default=600.0, help="seconds that a run may take (600)")
    add("--runs", type=int, default=1, help="how often each is run: the best counts (1)")
    add("--submit", type=int, default=100_000, help="the most rows that are submitted (100000)")
    parsed = parser.parse_args()
    parsed.cache = parsed.cache.resolve()
    if unknown := {*parsed.sources} - {*KINDS} | {*parsed.peers} - {*split_words(names)}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return parsed


def split_words(text: str) -> list[str]:
    """Split a list of words."""
    return [word for word in text.split(",") if word]


def main() -> None:
    """Print the tables."""
    settings = options()
    for rows in settings.rows or [10_000]:
        for kind in settings.sources:
            measure(settings, kind, rows)


if __name__ == "__main__":
    main()
