"""How long what is hidden takes to answer, beside what does not exist.

Run ``python -m tests.bench.hiding``.

In one process, by turns, 1,000 requests each: medians and their difference in percent. A reader
who measured would else learn that something is there. Nothing is kept in memory between two.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.readers import create_token
from parvis.web import create_app
from tests.web.leaks.asking import Ask, asking
from tests.web.leaks.pool import BASE, settings_in, submit_all, write_catalog

ABSENT = "absent"
QUERY = quote(f"SELECT * FROM <{BASE}graph/alpha/zq@> {{ ?s ?p ?o }}").replace("%40", "@")  # noqa: S608
THING = quote(f"ASK {{ <{BASE}id/event/alpha/vw@-1> ?p ?o }}").replace("%40", "@")
WAYS = {
    "page of a dataset": "/dataset/alpha/zq@",
    "record": "/dataset/alpha/zq@.ttl",
    "data package": "/dataset/alpha/zq@/datapackage.json",
    "file": "/dumps/alpha/zq@.csv.zip",
    "thing": "/id/event/alpha/vw@-1.ttl",
    "description": f"/describe?format=ttl&iri={BASE}id/event/alpha/vw@-1",
    "FROM a graph": f"/sparql?format=csv&query={QUERY}",
    "ASK of a thing": f"/sparql?format=json&query={THING}",
    "search": "/search?format=json&q=vw@",
    "OAI-PMH": f"/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier={BASE}id/dataset/alpha/zq@",
}
READERS = {"anonymous": "", "gamma, a party": "gamma"}


def medians(ask: Ask, way: str, times: int) -> tuple[float, float]:
    """Give the medians in milliseconds of the hidden and of the absent, asked by turns."""
    taken: dict[str, list[float]] = {"hidden": [], ABSENT: []}
    for number in range(times):
        for name in sorted(taken, reverse=bool(number % 2)):
            address = f"{way.replace('@', name)}{'&' if '?' in way else '?'}n={number}"
            begun = time.perf_counter()
            ask(address, Accept="*/*")
            taken[name].append(time.perf_counter() - begun)
    return 1000 * statistics.median(taken["hidden"]), 1000 * statistics.median(taken[ABSENT])


def rows(folder: Path, times: int) -> Iterator[tuple[str, str, float, float]]:
    """Measure each way of each reader."""
    write_catalog(folder)
    found = settings_in(folder)
    settings = replace(found, limits=replace(found.limits, kept_bytes=0))
    with Pool.open(settings) as pool:
        submit_all(pool)
        publish(pool)
    app = create_app(settings)
    for reader, party in READERS.items():
        token = create_token(settings, party).text if party else None
        ask = asking(app.test_client(use_cookies=False), token)
        for name, way in WAYS.items():
            yield reader, name, *medians(ask, way, times)
    app.extensions["parvis"].close()


def main() -> None:
    """Print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=1000)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for reader, name, hidden, absent in rows(Path(folder), times):
            apart = 100 * (hidden - absent) / absent
            line = f"{reader:16} {name:20} {hidden:7.3f} ms {absent:7.3f} ms {apart:+6.1f} %\n"
            sys.stdout.write(line)
            sys.stdout.flush()


if __name__ == "__main__":
    main()
