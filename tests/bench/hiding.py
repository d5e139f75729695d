"""Response times for hidden and for absent data.

Run ``python -m tests.bench.hiding``.

In one process, alternately, 1,000 requests each: medians and their difference in percent. A reader
could otherwise detect hidden data by timing. Responses are not cached.
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
    """Return the median milliseconds for hidden and for absent data, requested alternately."""
    durations: dict[str, list[float]] = {"hidden": [], ABSENT: []}
    for number in range(times):
        for name in sorted(durations, reverse=bool(number % 2)):
            address = f"{way.replace('@', name)}{'&' if '?' in way else '?'}n={number}"
            start = time.perf_counter()
            ask(address, Accept="*/*")
            durations[name].append(time.perf_counter() - start)
    return 1000 * statistics.median(durations["hidden"]), 1000 * statistics.median(
        durations[ABSENT]
    )


def rows(folder: Path, times: int) -> Iterator[tuple[str, str, float, float]]:
    """Measure each kind of request for each reader."""
    write_catalog(folder)
    loaded = settings_in(folder)
    settings = replace(loaded, limits=replace(loaded.limits, kept_bytes=0))
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
            difference = 100 * (hidden - absent) / absent
            line = f"{reader:16} {name:20} {hidden:7.3f} ms {absent:7.3f} ms {difference:+6.1f} %\n"
            sys.stdout.write(line)
            sys.stdout.flush()


if __name__ == "__main__":
    main()
