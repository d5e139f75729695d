"""How fast the catalogue answers harvesters, as it grows: 100 datasets, then 10,000.

Run ``python tests/bench/catalogue.py [DATASETS...]``: for each number a catalogue of invented
datasets is published (nothing is submitted), and the application is asked in this process, so that
no network is counted. Each line tells a median in milliseconds, first without what is kept of
earlier answers, then as harvesters find it, and what is wanted of it.
"""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import pool
from flask.testing import FlaskClient

from parvis.config import Limits, Settings
from parvis.pooling.pool import Pool
from parvis.pooling.publish import publish
from parvis.web import create_app

TURNS = 15


@dataclass(frozen=True)
class Asked:
    """What is asked, and in how many milliseconds it should be answered."""

    name: str
    paths: tuple[str, ...]
    wanted: float
    headers: dict[str, str]


def write(folder: Path, datasets: int) -> None:
    """Write a catalogue folder of so many datasets of one partner, open to all."""
    pool.write(folder, 60)
    first = folder / "bench" / "events" / "dataset.ttl"
    text = first.read_text(encoding="utf-8")
    targets = ["<id/dataset/bench/events>"]
    for number in range(1, datasets):
        name = f"events-{number:05}"
        targets.append(f"<id/dataset/bench/{name}>")
        file = folder / "bench" / name / "dataset.ttl"
        file.parent.mkdir()
        file.write_text(text.replace("bench/events>", f"bench/{name}>"), encoding="utf-8")
    agreement = folder / "bench" / "agreement.ttl"
    law = agreement.read_text(encoding="utf-8")
    agreement.write_text(law.replace(targets[0], " , ".join(targets)), encoding="utf-8")


def asked(datasets: int, client: FlaskClient) -> Iterator[Asked]:
    """Say what is asked of a catalogue of so many datasets."""
    state = client.get("/catalog.ttl").headers
    held = {"If-None-Match": state["ETag"]}
    dated = {"If-Modified-Since": state["Last-Modified"]}
    last = max(1, datasets // 100)
    pages = tuple(f"/catalog.ttl?page={1 + n % last}" for n in range(TURNS))
    records = tuple(f"/dataset/bench/events-{1 + n:05}.ttl" for n in range(TURNS))
    small = datasets <= 100
    yield Asked("page of 100, Turtle", pages, 10 if small else 20, {})
    for ending in ("jsonld", "rdf", "nt"):
        paths = tuple(path.replace("ttl", ending) for path in pages)
        yield Asked(f"page of 100, {ending}", paths, 10 if small else 20, {})
    yield Asked("dataset document", records, 5, {})
    yield Asked("304 by tag", ("/catalog.ttl",) * TURNS, 2, held)
    yield Asked("304 by date", ("/catalog.ttl",) * TURNS, 2, dated)


def timed(client: FlaskClient, one: Asked) -> float:
    """Give the median of asking, in milliseconds."""
    wanted = 304 if one.headers else 200

    def ask(path: str) -> float:
        began = time.perf_counter()
        response = client.get(path, headers=one.headers)
        response.get_data()
        took = time.perf_counter() - began
        assert response.status_code == wanted, (path, response.status)
        return took * 1_000

    return median(ask(path) for path in one.paths)


def measure(datasets: int, say: Callable[[str], object]) -> None:
    """Publish a catalogue and time it."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "catalog", datasets)
        began = time.perf_counter()
        kept = Settings.load(data=folder / "data", catalog=folder / "catalog")
        publish(Pool.open(kept))
        say(f"{datasets} datasets, published in {time.perf_counter() - began:.1f} s")
        none = Settings(kept.data, kept.catalog, kept.base, limits=Limits(kept_bytes=0))
        clients = [create_app(one).test_client() for one in (none, kept)]
        for one in asked(datasets, clients[0]):
            anew = timed(clients[0], one)
            timed(clients[1], one)
            again = timed(clients[1], one)
            say(f"  {one.name:<22} {anew:7.2f} ms anew {again:7.2f} ms kept  ≤ {one.wanted}")


if __name__ == "__main__":
    for number in [int(one) for one in sys.argv[1:]] or [100, 10_000]:
        measure(number, lambda line: sys.stdout.write(f"{line}\n"))
