"""Drop a file of 50 MB on the workbench while others read: memory of the server, and their wait.

Run ``python tests/bench/workbench.py [--megabytes 48] [--seconds 20] [--readers 4]``. A small pool
is served by ``parvis serve``; readers ask for pages and queries, first alone, then while a steward
drops the file, has its columns named and asks for its page. Prints the median and the 95th
percentile of the readers in both, their ratio (wanted: 2 at most), the most memory of the serving
process (wanted: below 300 MB) and of the whole family. Other load affects the figures.
"""

import argparse
import http.client
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlencode

from measuring import sizes_of, tree
from table import busy, mega, tell

from parvis.config import Settings
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.readers import create_token

CASES = Path(__file__).parents[1] / "cases" / "pool"
PARVIS = Path(sys.executable).with_name("parvis")
QUERY = quote("SELECT ?e ?n { ?e schema:name ?n } ORDER BY ?n LIMIT ")
PATHS = (
    "/en/catalog",
    f"/sparql?query={QUERY}%(limit)s",
    "/fr/search?q=salle",
    "/en/",
    "/fr/check",
)
HEADINGS = "Titre;Date;Heure;Lieu;Ville;Discipline;Prix;Description\n"
ROW = "Spectacle {n};2026-{month:02}-{day:02};19:30;Salle {hall};Rimouski;Théâtre;25,50 $;{text}\n"
TEXT = "Une soirée de théâtre, de danse et de musique au bord du fleuve. " * 6
BOUNDARY = "parvis-bench"


def write_file(folder: Path, size: int) -> Path:
    """Write a programme of about `size` bytes."""
    file = folder / "grande-saison.csv"
    with file.open("w", encoding="utf-8") as stream:
        length, number = stream.write(HEADINGS), 0
        while length < size:
            number += 1
            row = ROW.format(
                n=number, month=number % 12 + 1, day=number % 28 + 1, hall=number % 50, text=TEXT
            )
            stream.write(row)
            length += len(row.encode())
    return file


class Readers:
    """Readers who ask for pages one after the other, and how long each waits."""

    def __init__(self, port: int, count: int) -> None:
        self._port = port
        self._ended = threading.Event()
        self.seconds: list[float] = []
        self.failures = 0
        self._threads = [
            threading.Thread(target=self._read, args=(place,)) for place in range(count)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _read(self, place: int) -> None:
        while not self._ended.is_set():
            place += 1
            # Another query each time: none is answered from memory.
            path = PATHS[place % len(PATHS)].replace("%(limit)s", str(1 + place % 500))
            began = time.monotonic()
            status = ask(self._port, "GET", path)[0]
            self.seconds.append(time.monotonic() - began)
            self.failures += status != 200
            time.sleep(0.05)

    def quantiles(self) -> tuple[float, float]:
        """Return the median and the 95th percentile, in milliseconds."""
        cuts = statistics.quantiles(self.seconds, n=20)
        return 1000 * cuts[9], 1000 * cuts[18]


def ask(
    port: int, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, str, bytes]:
    """Send a request; return the status, the place that it leads to, and the body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request(method, path, body, {"Accept": "text/html", **headers})  # type: ignore[arg-type] # bytes or an iterable
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, response.headers.get("Location", ""), content


def drop(port: int, file: Path, token: str) -> str:
    """Drop a file, name a column, and ask for its page; return the address of the draft."""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"'
        "\r\nContent-Type: text/csv\r\n\r\n"
    ).encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()

    def pieces() -> Iterator[bytes]:
        yield head
        with file.open("rb") as stream:
            while piece := stream.read(1 << 16):
                yield piece
        yield tail

    length = len(head) + file.stat().st_size + len(tail)
    auth = {"Authorization": f"Bearer {token}"}
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    began = time.monotonic()
    headers = {**auth, **kind, "Content-Length": str(length)}
    status, place, body = ask(port, "POST", "/en/drafts", pieces(), **headers)
    if not place:
        sys.exit(f"the file was not taken: {status} {body[:2000].decode(errors='replace')}")
    tell(f"dropped, judged and previewed in {time.monotonic() - began:.1f} s")
    page = ask(port, "GET", place, **auth)[2].decode()
    revision = re.findall(r'name="revision" value="(\d+)"', page)[0]
    form = urlencode({"revision": revision, "term-7": "schema:description", "cls": "schema:Event"})
    began = time.monotonic()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    status = ask(port, "POST", f"{place}/columns", form.encode(), **auth, **kind)[0]
    tell(f"columns named and previewed in {time.monotonic() - began:.1f} s ({status})")
    ask(port, "GET", place, **auth)
    return place


class Memory:
    """The most memory of a family of processes, looked at ten times a second (Linux)."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.server = self.family = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.1):
            sizes = {pid: size[1] for pid in tree(self._pid) if (size := sizes_of(pid))}
            servers = [size for pid, size in sizes.items() if serves(pid)]
            self.server = max(self.server, *servers, 0)
            self.family = max(self.family, sum(sizes.values()))


def serves(pid: int) -> bool:
    """Return whether a process is of the server, not of what reads files and answers queries."""
    try:
        return b"parvis.sandbox.forker" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@contextmanager
def served(settings: Settings, port: int) -> Iterator[int]:
    """Serve a pool by the command; yield the process's number."""
    env = os.environ | {"PARVIS_BASE": settings.base}
    command = [str(PARVIS), "serve", "--port", str(port), "--data", str(settings.data)]
    process = subprocess.Popen([*command, "--catalog", str(settings.catalog)], env=env)  # noqa: S603
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if ask(port, "GET", "/en/catalog")[0] == 200:
                    break
            except OSError:
                time.sleep(0.2)
        yield process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def main() -> None:
    """Run the readers alone, then beside the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=48)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--port", type=int, default=8129)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="parvis-bench-") as name:
        folder = Path(name)
        shutil.copytree(CASES, folder / "catalog")
        settings = Settings.load(folder / "data", folder / "catalog")
        with Pool.open(settings) as pool:
            for key in pool.catalog.datasets:
                submit(pool, key)
            publish(pool)
        token = create_token(settings, "tiers").text
        file = write_file(folder, int(options.megabytes * 1_000_000))
        tell(f"a file of {file.stat().st_size / 1e6:.1f} MB")
        with served(settings, options.port) as pid:
            with Readers(options.port, options.readers) as warm:
                time.sleep(options.seconds / 4)
            del warm
            with Readers(options.port, options.readers) as idle:
                time.sleep(options.seconds)
            with Readers(options.port, options.readers) as beside, Memory(pid) as memory:
                drop(options.port, file, token)
        for title, readers in (("alone", idle), ("beside the file", beside)):
            median, late = readers.quantiles()
            tell(
                f"{title:16} {len(readers.seconds):6} requests, {readers.failures} failures,"
                f" median {median:.0f} ms, p95 {late:.0f} ms"
            )
        ratio = beside.quantiles()[1] / idle.quantiles()[1]
        tell(f"p95 beside the file: {ratio:.2f} times that alone (wanted: 2 at most)")
        tell(f"memory: server {mega(memory.server)} (wanted: below 300), all {mega(memory.family)}")
        tell(busy())


if __name__ == "__main__":
    main()
