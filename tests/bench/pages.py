"""Time to the first byte of pages of the demo pool, served by ``parvis serve``.

Run ``python tests/bench/pages.py [TIMES]``. Pages are requested like by a browser, on one
connection, from a server without response cache (``kept_bytes = 0``); prints the median and the
95th percentile in milliseconds, and the weight of the page, gzipped and with its style sheet.
"""

import gzip
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from parvis.config import Settings, knowledge
from parvis.pooling.stewardship.demo.demo import build_demo

TIMES = 200
PATIENCE = 60
LIMITS = "\n[limits]\nkept_bytes = 0\n[limits.anonymous]\nsite_seconds = 0\n"
TARGET = 20.0
"""The maximum median in milliseconds."""
PAGES = (
    "/fr/",
    "/fr/catalog",
    "/fr/catalog?q=danse&type=offerings&sort=changed",
    "/fr/dataset/theatre-lanterne/programmation",
    "/fr/dataset/danse-petit-nord/publics",
    "/fr/partner/theatre-lanterne",
    "/fr/check",
    "/fr/id/partner/theatre-lanterne.html",
)


@contextmanager
def serving(folder: Path) -> Iterator[HTTPConnection]:
    """Build and serve the demo pool; yield a connection to it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    catalog = folder / "catalog"
    shutil.copytree(knowledge("catalog") / "demo", catalog)
    with (catalog / "parvis.toml").open("a") as file:
        file.write(LIMITS)
    settings = Settings.load(data=folder / "data", catalog=catalog)
    for _ in build_demo(settings):
        pass
    env = os.environ | {"PARVIS_DATA": str(settings.data), "PARVIS_CATALOG": str(catalog)}
    command = [
        sys.executable,
        "-c",
        "from parvis.cli import main; main()",
        "serve",
        "--port",
        str(port),
    ]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            yield connect(port)
        finally:
            process.terminate()


def connect(port: int) -> HTTPConnection:
    """Wait until the site answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        connection = HTTPConnection("127.0.0.1", port)
        try:
            connection.request("GET", "/robots.txt")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return connection
    raise SystemExit("the site does not answer")


def first_byte(connection: HTTPConnection, path: str) -> tuple[float, bytes]:
    """Return the milliseconds to the first byte of a response, and its body."""
    start = time.perf_counter()
    connection.request("GET", path, headers={"Accept": "text/html"})
    response = connection.getresponse()
    first = response.read(1)
    milliseconds = 1000 * (time.perf_counter() - start)
    assert response.status == 200, (path, response.status)
    return milliseconds, first + response.read()


def measure_page(connection: HTTPConnection, path: str, times: int) -> tuple[float, float, int]:
    """Return the median, the 95th percentile, and the size of a page in bytes."""
    first_byte(connection, path)
    durations = []
    for _ in range(times):
        milliseconds, body = first_byte(connection, path)
        durations.append(milliseconds)
    return median(durations), quantiles(durations, n=20)[-1], len(gzip.compress(body))


def main() -> int:
    """Print a line per page; the exit code is 1 if a median exceeds the target."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    is_slow = False
    with TemporaryDirectory() as folder, serving(Path(folder)) as connection:
        _, style = first_byte(connection, "/static/parvis.css")
        weight = len(gzip.compress(style))
        for path in PAGES:
            middle, percentile, size = measure_page(connection, path, times)
            is_slow = is_slow or middle > TARGET
            figures = (
                f"{middle:6.1f} ms  95 %: {percentile:6.1f} ms  {(size + weight) / 1000:5.1f} kB"
            )
            print(f"{figures}  {path}")  # noqa: T201 - its output
    return int(is_slow)


if __name__ == "__main__":
    sys.exit(main())
