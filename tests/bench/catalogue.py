"""How fast the catalogue answers harvesters, as it grows: 100 datasets, then 10,000.

Run ``python tests/bench/catalogue.py [DATASETS...]``: for each number a generation of invented
datasets is written after one that was published, and the application is asked in this process, so
that no network is counted. Each line tells a median in milliseconds, first without what is kept of
earlier answers, then as harvesters find it, and what is wanted of it.
"""

import json
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
from parvis.store.generation import Content, build, current
from parvis.web import create_app

TURNS = 15


@dataclass(frozen=True)
class Asked:
    """What is asked, and in how many milliseconds it should be answered."""

    name: str
    paths: tuple[str, ...]
    wanted: float
    headers: dict[str, str]


def site(folder: Path, datasets: int) -> dict[str, bytes]:
    """Write the small files of a generation of so many datasets, after those of a real one.

    All are open to all, and as the one that was published from a catalogue folder.
    """
    one = {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}
    first, names = pool.KEY, [pool.KEY, *(f"{pool.KEY}-{n:05}" for n in range(1, datasets))]
    record = one.pop(f"records/{first}.nt")
    (card,) = json.loads(one["datasets.json"])
    changes = json.loads(one["changes.json"])
    named = {key: {"key": key, "iri": card["iri"].replace(first, key)} for key in names}
    return one | {
        **{f"records/{k}.nt": record.replace(first.encode(), k.encode()) for k in names},
        "agreements.nt": b"".join(
            line.replace(f"/{first}>".encode(), f"/{key}>".encode())
            for line in one["agreements.nt"].splitlines(keepends=True)
            for key in (names if b"/target>" in line else names[:1])
        ),
        "datasets.json": json.dumps([card | named[key] for key in names]).encode(),
        "changes.json": json.dumps(
            changes | {"records": dict.fromkeys(names, changes["records"][first])}
        ).encode(),
    }


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
        pool.write(folder / "catalog", 60)
        kept = Settings.load(data=folder / "data", catalog=folder / "catalog")
        publish(Pool.open(kept))
        files = site(current(kept.data).site, datasets)
        build(kept.data, Content(open={}, files=files))
        say(f"{datasets} datasets")
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
