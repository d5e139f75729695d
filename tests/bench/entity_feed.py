"""The feed of entities of 10,000 events: what it adds to a publication, and how fast its pages are.

Run ``python tests/bench/entity_feed.py [EVENTS] [--turns N]``. The same pool is published with the
feed and without it, by turns, from nothing and after one event in a hundred changed; then a page
is read, and the feed is replayed as a whole, through the application without network.
"""

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pool as bench_pool
from catalogue import invent_submission

from parvis.config import Limits, Settings, Share
from parvis.config.json_data import to_json
from parvis.pooling.pool import Pool
from parvis.pooling.publication import publish as publication
from parvis.pooling.publication.entity_feed import EntityFeed
from parvis.vocab.iris import DatasetKey
from parvis.web import create_app

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.web.api.ldes import Replica

PLACES = 50
KEY = DatasetKey.parse(bench_pool.KEY)
TYPE, SCHEMA = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "http://schema.org/"


def write_content(file: Path, base: str, events: int, version: int = 0) -> None:
    """Write events with an offer each, and their places; with a version, one in 100 is new."""
    with file.open("w", encoding="utf-8") as out:
        for n in range(events):
            at = version if n % 100 == 0 else 0
            event, offer = f"<{base}id/event/bench/{n}>", f"<{base}id/offer/bench/{n}>"
            out.write(
                f"{event} <{TYPE}> <{SCHEMA}TheaterEvent> .\n"
                f'{event} <{SCHEMA}name> "Soirée {n}, version {at}"@fr .\n'
                f'{event} <{SCHEMA}startDate> "2026-12-{1 + n % 28:02}T20:00:00-05:00"'
                f"^^<http://www.w3.org/2001/XMLSchema#dateTime> .\n"
                f"{event} <{SCHEMA}location> <{base}id/place/bench/{n % PLACES}> .\n"
                f"{event} <{SCHEMA}organizer> <{base}id/partner/bench> .\n"
                f"{event} <{SCHEMA}url> <https://bench.example/{n}> .\n"
                f"{event} <{SCHEMA}offers> {offer} .\n"
                f"{offer} <{TYPE}> <{SCHEMA}Offer> .\n"
                f'{offer} <{SCHEMA}price> "{n % 60}"'
                f"^^<http://www.w3.org/2001/XMLSchema#decimal> .\n"
            )
        for n in range(PLACES):
            place = f"<{base}id/place/bench/{n}>"
            out.write(f'{place} <{TYPE}> <{SCHEMA}Place> .\n{place} <{SCHEMA}name> "Salle {n}" .\n')


@contextmanager
def without_feed() -> Iterator[None]:
    with patch.object(publication, "write_entity_feed", lambda *_: EntityFeed({}, [])):
        yield


def publish(settings: Settings, *, feed: bool) -> tuple[float, float]:
    """Publish; return wall seconds, and seconds of processor of this process and its own."""
    with Pool.open(settings) as pool, nullcontext() if feed else without_feed():
        start, before = time.perf_counter(), _processor_seconds()
        publication.publish(pool)
        return time.perf_counter() - start, _processor_seconds() - before


def _processor_seconds() -> float:
    usages = (getrusage(who) for who in (RUSAGE_SELF, RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def time_publication(folder: Path, events: int, *, feed: bool) -> list[tuple[float, float]]:
    """Return the seconds of a first publication, and of one after a hundredth changed."""
    bench_pool.write(folder / "catalog", 600)
    settings = Settings.load(data=folder / "data", catalog=folder / "catalog")
    seconds = []
    for version in range(2):
        write_content(folder / "content.nt", settings.base, events, version)
        with Pool.open(settings) as pool:
            about = {"submission": json.dumps(to_json(invent_submission(KEY)))}
            pool.record.put(pool.iris.graph(KEY), folder / "content.nt", about)
        seconds.append(publish(settings, feed=feed))
    return seconds


def time_pages(settings: Settings) -> None:
    """Time a page without the response cache, and the whole feed."""
    free = Share(rows=0, query_seconds=0, parallel=8, site_seconds=0)
    app = create_app(replace(settings, limits=Limits(anonymous=free, kept_bytes=0)))
    client = app.test_client()
    root = f"{settings.base}feed/entities"

    def read(address: str) -> bytes:
        path = address.removeprefix(settings.base.rstrip("/"))
        # Closed, since one that is still sent counts among those of its reader.
        with client.get(path, headers={"Accept": "application/trig"}) as response:
            assert response.status_code == 200, response.get_data()
            return response.get_data()

    first = f"{root}/{bench_pool.KEY}"
    turns = []
    for _ in range(20):
        start = time.perf_counter()
        read(first)
        turns.append(1000 * (time.perf_counter() - start))
    replica, start = Replica(root), time.perf_counter()
    pages = sum(1 for _ in replica.follow(read))
    replayed, start = time.perf_counter() - start, time.perf_counter()
    assert not list(replica.follow(read))
    polled = time.perf_counter() - start
    report(f"page of 100: {median(turns):.1f} ms")
    report(f"{len(replica.entities)} entities on {pages} pages replayed in {replayed:.1f} s")
    report(f"nothing new: {1000 * polled:.1f} ms")
    app.extensions["parvis"].close()


def report(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - what it is for


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("events", type=int, nargs="?", default=10_000)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        seconds: dict[bool, list[list[tuple[float, float]]]] = {True: [], False: []}
        for turn in range(options.turns):
            for feed in (False, True):
                place = Path(folder) / f"{turn}-{feed}"
                place.mkdir()
                seconds[feed].append(time_publication(place, options.events, feed=feed))
        for number, name in enumerate(("first publication", "a hundredth changed")):
            for kind, unit in enumerate(("seconds", "seconds of processor")):
                plain, full = (
                    median(turn[number][kind] for turn in seconds[feed]) for feed in (False, True)
                )
                ratio = f"{full / plain:.2f} (wanted 1.1)"
                report(f"{name}: {plain:.1f} {unit} without the feed, {full:.1f} with it: {ratio}")
        last = Path(folder) / f"{options.turns - 1}-True"
        time_pages(Settings.load(data=last / "data", catalog=last / "catalog"))


if __name__ == "__main__":
    main()
