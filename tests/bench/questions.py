"""How long the example queries take on a pool as large as one likes.

Run ``python tests/bench/questions.py [--quads 10000000]``: the invented pool, its datasets loaded
again and again as if of other partners, each with its own events, venues and publics, then
published and served. Each question is asked of the endpoint once cold and once more under another
name, so that no kept answer answers; ``over the limit`` is what an anonymous reader is told after
ten seconds.
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
from measuring import measured
from pyoxigraph import NamedNode, Store
from table import busy, mega, tell

from parvis.catalog.queries import Query, load_queries
from parvis.config import Settings
from parvis.pooling.stewardship.demo import build_demo
from parvis.store.generation.generation import current

DEMO = Path(__file__).parents[2] / "catalog" / "demo"
BASE = "http://localhost:8000/"
PARVIS = Path(sys.executable).with_name("parvis")
PATIENCE = 7_200.0
LIMIT = "[limits.anonymous]\nquery_seconds = 1_000_000\nsite_seconds = 0\n"
"""What one address may take together: here it is asked for more than any reader would."""

PLACED = re.compile(rf"<{re.escape(BASE)}(id/[a-z-]+|graph)/([a-z0-9-]+)/")

NAMED = re.compile(r'(<http://schema.org/name> ".*)("(?:@[a-z]+)? <)')
"""What is named alike would be one thing announced again and again: each copy has its own names."""
OF_A_DATASET = re.compile(rf"{re.escape(BASE)}graph/(?!parvis/|tiers-neutre/)[a-z0-9-]+/[a-z0-9-]+")


def samples(data: Path) -> tuple[list[str], int]:
    """Give the quads of the demo's datasets with a place for a number, and how many they are."""
    store = Store.read_only(str(current(data).open_store))
    lines = [
        NAMED.sub(r"\1 @@\2", PLACED.sub(rf"<{BASE}\1/\2-@@/", f"{quad} .\n"))
        for graph in store.named_graphs()
        if isinstance(graph, NamedNode) and OF_A_DATASET.fullmatch(graph.value)
        for quad in store.quads_for_pattern(None, None, None, graph)
    ]
    return lines, len(lines)


def write(file: Path, lines: list[str], copies: int) -> None:
    """Write the quads again and again, each time as if of other partners."""
    text = "".join(lines)
    with file.open("w", encoding="utf-8") as out:
        for number in range(copies):
            out.write(text.replace("@@", str(number)))


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """Serve the pool; gives its port."""
    port = free_port()
    words = [PARVIS, "serve", "--port", port, *_where(folder)]
    with subprocess.Popen(list(map(str, words))) as server:  # noqa: S603 - our own command
        while ask(port, "ASK {}")[0] != http.client.OK:
            time.sleep(0.1)
        yield port
        server.terminate()


def ask(port: int, query: str) -> tuple[int, bytes]:
    """Ask the server; status 0 while it does not answer."""
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
    """Ask a question twice, and tell how long the two took."""
    told = []
    for number in range(2):
        start = time.perf_counter()
        status, body = ask(port, f"{query.text}\n# {number}")
        told.append(f"{time.perf_counter() - start:9.3f}")
    return f"{query.slug:44}{''.join(told)}  {_rows(status, body)}"


def _rows(status: int, body: bytes) -> str:
    """Say how much came, or what was refused."""
    if status != http.client.OK:
        return "over the limit" if b"seconds" in body else f"status {status}"
    if not body.startswith(b"{"):
        return f"{len(body.splitlines()):,} lines"
    found = json.loads(body)
    return f"{len(found['results']['bindings']):,} rows" if "results" in found else "boolean"


def _where(folder: Path) -> list[str]:
    return ["--data", str(folder / "data"), "--catalog", str(folder / "catalog")]


def prepared(folder: Path) -> tuple[list[str], int]:
    """Make the demo’s pool in a folder; gives its quads as `samples` does."""
    catalog = folder / "catalog"
    subprocess.run(["cp", "-r", str(DEMO), str(catalog)], check=True)  # noqa: S603, S607 - our own
    config = catalog / "parvis.toml"
    config.write_text(f"{config.read_text(encoding='utf-8')}\n{LIMIT}", encoding="utf-8")
    settings = Settings.load(data=folder / "data", catalog=catalog)
    for _ in build_demo(settings):
        pass
    return samples(settings.data)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quads", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="where to work; several times the data")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=told.folder) as name:
        folder = Path(name)
        lines, size = prepared(folder)
        copies = max(told.quads // size, 1)
        write(folder / "all.nq", lines, copies)
        tell(f"{copies * size:,} quads: the invented pool {copies:,} times; {busy()}")
        for step in (["load", folder / "all.nq"], ["publish"]):
            found = measured([PARVIS, *step, *_where(folder)], folder, PATIENCE)
            tell(f"parvis {step[0]:10}{found.wall:9.1f} s{mega(found.peak):>8} MB")
        tell(f"{'seconds, cold and again':44}")
        with served(folder) as port:
            for query in load_queries(DEMO).values():
                tell(line(port, query))


if __name__ == "__main__":
    main()
