"""Lines sorted and without duplicates, however many, in bounded memory."""

import heapq
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import count, groupby, islice
from pathlib import Path

from parvis.rdf.opening import opened

RUN = 400_000
"""How many lines are sorted in memory at a time: about 100 MB."""


def lines_of(path: Path) -> Iterator[bytes]:
    """Read the triples of an N-Triples file, compressed if it ends with ``.gz``, a line each."""
    with opened(path) as file:
        for line in file:
            triple = line.strip()
            if triple and not triple.startswith(b"#"):
                yield triple + b"\n"


def sorted_unique(lines: Iterable[bytes], folder: Path, run: int = RUN) -> Iterator[bytes]:
    """Sort lines by their bytes and drop duplicates; what memory does not hold waits in `folder`.

    Sorted runs are written there and merged: folder and disk must hold the lines once.
    """
    source = iter(lines)
    first = sorted(set(islice(source, run)))
    second = sorted(set(islice(source, run)))
    if not second:
        yield from first
        return
    runs = [_written(folder / "0", first), _written(folder / "1", second)]
    del first, second
    for number in count(2):
        if not (more := sorted(set(islice(source, run)))):
            break
        runs.append(_written(folder / str(number), more))
    yield from _merged(runs)


def _written(path: Path, lines: list[bytes]) -> Path:
    """Write a sorted run."""
    with path.open("wb") as file:
        file.writelines(lines)
    return path


def _merged(runs: list[Path]) -> Iterator[bytes]:
    """Merge sorted runs; what several hold comes once."""
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("rb")) for path in runs]
        for line, _ in groupby(heapq.merge(*files)):
            yield line
