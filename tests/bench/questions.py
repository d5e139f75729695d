"""Durations of the example queries on a pool of any size.

Run ``python tests/bench/questions.py [--quads 10000000] [--pool FOLDER]``: the invented pool, its
datasets loaded repeatedly as if of other partners, each with its own events, venues and audiences,
and with who submitted them, then published and served; a FOLDER is built once. Each query is run on
the endpoint once cold and once more with another comment, so that it is not cached; a question that
counts is asked of the tables, as its page does.
``over the limit`` means that an anonymous reader gets an error after ten seconds.
"""

import argparse
import http.client
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from endpoint import free_port
from measuring import measure_command
from pyoxigraph import NamedNode, Store
from table import busy, mega, tell

from parvis.catalog.queries import Query, load_queries
from parvis.config import Settings
from parvis.pooling.stewardship.demo.demo import build_demo
from parvis.store.generation.generation import current

DEMO = Path(__file__).parents[2] / "catalog" / "demo"
BASE = "http://localhost:8000/"
PARVIS = Path(sys.executable).with_name("parvis")
PATIENCE = 7_200.0
LIMIT = "[limits.anonymous]\nquery_seconds = 1_000_000\nsite_seconds = 0\n"
"""The limits per address, raised because the benchmark sends more than any reader."""

PLACED = re.compile(rf"<{re.escape(BASE)}(id/[a-z-]+|graph)/([a-z0-9-]+)/")

NAMED = re.compile(r'(<http://schema.org/name> ".*)("(?:@[a-z]+)? <)')
"""Entities with the same name would be the same event: each copy has its own names."""
OF_A_DATASET = re.compile(rf"{re.escape(BASE)}graph/(?!parvis/|tiers-neutre/)[a-z0-9-]+/[a-z0-9-]+")


PROV = "http://www.w3.org/ns/prov#"


def samples(data: Path) -> tuple[list[str], int]:
    """Return the quads of the demo's datasets with a placeholder for a number, and their count."""
    store = Store.read_only(str(current(data).open_store))
    lines = [
        NAMED.sub(r"\1 @@\2", PLACED.sub(rf"<{BASE}\1/\2-@@/", f"{quad} .\n"))
        for graph in store.named_graphs()
        if isinstance(graph, NamedNode) and OF_A_DATASET.fullmatch(graph.value)
        for quad in store.quads_for_pattern(None, None, None, graph)
    ]
    copied = rf"<{re.escape(BASE)}graph/[^>]*@@[^>]*>"
    lines += provenance(sorted({*re.findall(copied, "".join(lines))}))
    return lines, len(lines)


def provenance(graphs: list[str]) -> list[str]:
    """Say of each graph who submitted it, and that its events are of the catalogue, as of datasets.

    Without it, most graphs would be no answer to a question that asks who announces an event.
    """
    records = f"<{BASE}graph/records-@@/records>"
    table = f"<{BASE}void#loaded-events> <http://purl.org/dc/terms/isPartOf> <{BASE}catalog>"
    lines = [f"{table} <{BASE}graph/records/records> .\n"]  # once: in two graphs it is there twice
    for graph in graphs:
        version, submission = (f"{graph[:-1]}/{name}>" for name in ("version", "submission"))
        partner = f"<{BASE}id/partner/{graph.split('/')[-2]}>"
        lines += [
            f"{version} <{PROV}specializationOf> {graph} {records} .\n",
            f"{version} <{PROV}wasGeneratedBy> {submission} {records} .\n",
            f"{submission} <{PROV}wasAssociatedWith> {partner} {records} .\n",
        ]
    return lines


def write(file: Path, lines: list[str], copies: int) -> None:
    """Write the quads repeatedly, each time as if of other partners."""
    text = "".join(lines)
    with file.open("w", encoding="utf-8") as out:
        for number in range(copies):
            out.write(text.replace("@@", str(number)))


@contextmanager
def serve(folder: Path) -> Iterator[int]:
    """Serve the pool; yield its port."""
    port = free_port()
    command = [PARVIS, "serve", "--port", port, *_where(folder)]
    with subprocess.Popen(  # noqa: S603 - our own command
        list(map(str, command)), stderr=subprocess.DEVNULL
    ) as server:
        while ask(port, "ASK {}")[0] != http.client.OK:
            time.sleep(0.1)
        yield port
        server.terminate()


def ask(port: int, query: str) -> tuple[int, bytes]:
    """Run a query; status 0 while the server does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Accept": "application/sparql-results+json, text/turtle;q=0.5"}
    try:
        connection.request("GET", f"/sparql?query={quote(query)}", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError:
        return 0, b""
    finally:
        connection.close()


def line(port: int, query: Query) -> str:
    """Run a query twice and format both durations."""
    durations, text = [], query.by_tables or query.text
    for number in range(2):
        start = time.perf_counter()
        status, body = ask(port, f"{text}\n# {number}")
        durations.append(f"{time.perf_counter() - start:9.3f}")
    return f"{query.slug:44}{''.join(durations)}  {_rows(status, body)}"


def _rows(status: int, body: bytes) -> str:
    """Describe the size of a result, or the error."""
    if status != http.client.OK:
        return "over the limit" if b"seconds" in body else f"status {status}"
    if not body.startswith(b"{"):
        return f"{len(body.splitlines()):,} lines"
    results = json.loads(body)
    return f"{len(results['results']['bindings']):,} rows" if "results" in results else "boolean"


def _where(folder: Path) -> list[str]:
    return ["--data", str(folder / "data"), "--catalog", str(folder / "catalog")]


def prepare_pool(folder: Path) -> tuple[list[str], int]:
    """Build the demo pool in a folder; return its quads like `samples`."""
    catalog = folder / "catalog"
    subprocess.run(["cp", "-r", str(DEMO), str(catalog)], check=True)  # noqa: S603, S607 - our own
    config = catalog / "parvis.toml"
    config.write_text(f"{config.read_text(encoding='utf-8')}\n{LIMIT}", encoding="utf-8")
    settings = Settings.load(data=folder / "data", catalog=catalog)
    for _ in build_demo(settings):
        pass
    return samples(settings.data)


def build_pool(folder: Path, quads: int) -> None:
    """Build a pool of some quads in a folder, and publish it."""
    lines, size = prepare_pool(folder)
    copies = max(quads // size, 1)
    write(folder / "all.nq", lines, copies)
    tell(f"{copies * size:,} quads: the invented pool {copies:,} times; {busy()}")
    for step in (["load", folder / "all.nq"], ["publish"]):
        usage = measure_command([PARVIS, *step, *_where(folder)], folder, PATIENCE)
        tell(f"parvis {step[0]:10}{usage.wall:9.1f} s{mega(usage.peak):>8} MB")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quads", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="where to work; several times the data")
    parser.add_argument("--pool", type=Path, help="a pool to build once, and leave")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = options.pool or Path(name)
        if not (folder / "data").exists():
            folder.mkdir(parents=True, exist_ok=True)
            build_pool(folder, options.quads)
        tell(f"{'seconds, cold and again':44}")
        with serve(folder) as port:
            for query in load_queries(DEMO).values():
                tell(line(port, query))


if __name__ == "__main__":
    main()
