"""How fast the SPARQL endpoint answers over HTTP, beside ``oxigraph serve`` on the same triples.

Run ``python tests/bench/endpoint.py [TRIPLES]``: 1 million triples of invented events, both
servers up, 8 clients on kept connections, the two in turn, seven times. Each line tells the
medians, the median of the turns' ratios and what is wanted of it: a machine that is slower for a
while slows both. The processor's time tells more where other work goes on at the same time. The
Oxigraph server is downloaded from PyPI into a virtual environment of its own.
"""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory, gettempdir

from clients import request, run
from measuring import FailedError, tree
from peers import Peer
from planted import BASE, event, offer

from parvis.store.generation.generation import GenerationContent, build

PEER = Peer("oxigraph", ("oxigraph==0.5.13",), frozenset(), lambda _: [])
TRIPLES = 1_000_000
CLIENTS = 8
TURNS = 7
FEW = 300
MOST = 3.0
"""How many times its idle time a look-up may take beside two heavy queries."""
JSON = "application/sparql-results+json"
GRAPH = f"{BASE}graph"
UNLIMITED = """
[limits.anonymous]
parallel = 100
query_seconds = 1_000_000
site_seconds = 0
"""
"""All clients of a measure come from one address, and would wait for one another."""
SITE = {f"{name}.json": b"[]" for name in ("datasets", "partners", "queries")}
SITE |= {"agreements.nt": b"", "catalog.nt": b""}
LOOK_UP = "SELECT ?p ?o WHERE {{ <" + BASE + "event/x/{n}> ?p ?o }}"
GROUPED = (
    "PREFIX schema: <http://schema.org/> SELECT ?place (COUNT(?show) AS ?shows) WHERE {{"
    " ?show schema:organizer <" + BASE + "organization/x/7> ; schema:location ?place ;"
    " schema:name ?name FILTER(STRLEN(?name) != {n}) }}"
    " GROUP BY ?place ORDER BY DESC(?shows) LIMIT 100"
)
EXPORT = (
    "PREFIX schema: <http://schema.org/> SELECT ?show ?name ?start WHERE {{"
    " ?show schema:name ?name ; schema:startDate ?start FILTER(?name != '{n}') }} LIMIT 100000"
)
HEAVY = "SELECT (COUNT(*) AS ?n) WHERE {{ ?a ?b ?c . ?d ?e ?f FILTER(STR(?c) != STR({n})) }}"


@dataclass(frozen=True)
class Server:
    """An endpoint: its path, its port on this machine, and the process that serves it."""

    path: str
    port: int
    pid: int

    def cpu(self) -> float:
        """Give the seconds of processor that it and all below it have used, the dead too."""
        ticks = 0
        for pid in tree(self.pid):
            with suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks += sum(map(int, fields[11:15]))  # proc_pid_stat(5): its own, and its dead's
        return ticks / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Measure:
    """Answers per second, and seconds of the server's processor for each."""

    rate: float
    cpu: float


def written(file: Path, triples: int) -> int:
    """Write sound events and their offers; gives the number of events."""
    made = 0
    with file.open("w", encoding="utf-8") as out:
        for number in count(1):
            facts = [(f"event/x/{number}", event(number)), (f"offer/x/{number}", offer(number))]
            for name, lines in facts:
                out.writelines(f"<{BASE}{name}> {p} {o} .\n" for p, o in lines)
                made += len(lines)
            if made >= triples:
                return number
    raise AssertionError


def free_port() -> int:
    """Find a port that nobody listens to."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def ours(folder: Path, file: Path) -> Iterator[Server]:
    """Serve the file's triples with parvis."""
    build(folder / "data", GenerationContent({GRAPH: file}, files=SITE))
    with served(folder) as server:
        yield server


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """Serve the data folder in a folder with parvis, without limits."""
    port = free_port()
    (folder / "catalog").mkdir()
    (folder / "catalog" / "parvis.toml").write_text(UNLIMITED, encoding="utf-8")
    env = os.environ | {
        "PARVIS_DATA": str(folder / "data"),
        "PARVIS_CATALOG": str(folder / "catalog"),
        "PARVIS_BASE": f"http://127.0.0.1:{port}/",
    }
    code = "import sys; from parvis.config import Settings; from parvis.web.server import serve;"
    code += f"serve(Settings.load(), '127.0.0.1', {port})"
    with started([sys.executable, "-c", code], port, env) as pid:
        yield Server("/sparql", port, pid)


@contextmanager
def theirs(folder: Path, file: Path) -> Iterator[Server]:
    """Serve the file's triples with Oxigraph's own server."""
    binary = str(PEER.python(Path(gettempdir()) / "parvis-bench").with_name("oxigraph"))
    store, port = str(folder / "oxigraph"), free_port()
    load = [binary, "load", "--location", store, "--file", str(file), "--graph", GRAPH]
    subprocess.run(load, check=True, capture_output=True)  # noqa: S603 - the benchmark's own words
    serve = [binary, "serve-read-only", "--location", store, "--bind", f"127.0.0.1:{port}"]
    with started([*serve, "--union-default-graph"], port, dict(os.environ)) as pid:
        yield Server("/query", port, pid)


@contextmanager
def started(words: list[str], port: int, env: dict[str, str]) -> Iterator[int]:
    """Run a server, and wait until it listens; gives its process."""
    process = subprocess.Popen(words, env=env, stderr=subprocess.DEVNULL)  # noqa: S603 - ours
    try:
        for _ in range(200):
            with socket.socket() as one:
                if not one.connect_ex(("127.0.0.1", port)):
                    break
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def measured(server: Server, asked: list[bytes], many: int = CLIENTS) -> Measure:
    """Send requests, every one of which must be answered."""
    before = server.cpu()
    found = run(server.port, asked, many)
    if found.failures:
        why = f"{found.failures} of {len(asked)} requests failed"
        raise FailedError(why)
    return Measure(found.rate, (server.cpu() - before) / len(asked))


class Bench:
    """The measures, each of both servers in turn."""

    def __init__(self, servers: tuple[Server, Server]) -> None:
        """Begin with numbers that nobody asked for yet."""
        self.servers = servers
        self.fresh = count(1)

    def lines(self) -> Iterator[str]:
        """Give the lines of the table."""
        yield self.line("repeated look-ups, 8 clients", 1.0, self.repeated)
        yield self.line("first-time look-ups, 8 clients", 0.25, self.first)
        yield self.line("counts by place, 8 clients", 1.0, self.grouped)
        yield self.line("100,000 rows, 1 client", 1.0, self.exported)
        yield self.disturbed()

    def line(self, name: str, wanted: float, one: Callable[[Server], Measure]) -> str:
        """Measure both in turn, and write the medians."""
        turns = [[one(server) for server in self.servers] for _ in range(TURNS)]
        ratio = median(ours.rate / theirs.rate for ours, theirs in turns)
        columns = [*zip(*turns, strict=True)]
        rates = "".join(f"{median(turn.rate for turn in one):>12.1f}" for one in columns)
        cpu = "".join(f"{1000 * median(turn.cpu for turn in one):>12.3f}" for one in columns)
        verdict = "" if ratio >= wanted else "  NOT REACHED"
        return f"{name:32}{rates}{ratio:>8.2f}{cpu}  wanted {wanted:g}{verdict}"

    def repeated(self, server: Server) -> Measure:
        """Ask a hundred look-ups over and over."""
        few = self.requests(server, LOOK_UP, 100)
        run(server.port, few, 1)
        return measured(server, few * 200)

    def first(self, server: Server) -> Measure:
        """Ask look-ups that nobody asked before, of workers that have started."""
        measured(server, self.requests(server, LOOK_UP, 50))
        return measured(server, self.requests(server, LOOK_UP, 3_000))

    def grouped(self, server: Server) -> Measure:
        """Count over thousands of events, some tens of milliseconds each, of workers that run."""
        measured(server, self.requests(server, GROUPED, 2 * CLIENTS))
        return measured(server, self.requests(server, GROUPED, 8 * CLIENTS))

    def exported(self, server: Server) -> Measure:
        """Take 100,000 rows, twice."""
        return measured(server, self.requests(server, EXPORT, 2), 1)

    def disturbed(self) -> str:
        """Tell how much slower our look-ups are beside two heavy queries."""
        server = self.servers[0]
        idle = run(server.port, self.requests(server, LOOK_UP, FEW), 1).percentile(0.95)
        heavy = [
            threading.Thread(target=run, args=(server.port, [asked], 1))
            for asked in self.requests(server, HEAVY, 2)
        ]
        for thread in heavy:
            thread.start()
        time.sleep(1)
        found = run(server.port, self.requests(server, LOOK_UP, FEW), 1).percentile(0.95)
        alive = sum(thread.is_alive() for thread in heavy)
        for thread in heavy:
            thread.join()
        verdict = "" if found / idle <= MOST and alive == len(heavy) else "  NOT REACHED"
        return (
            f"{'p95 beside two heavy queries':32}{1000 * found:9.2f} ms{1000 * idle:9.2f} ms"
            f"{found / idle:8.2f}  wanted at most {MOST:g} ({alive} still ran){verdict}"
        )

    def requests(self, server: Server, query: str, amount: int) -> list[bytes]:
        """Write requests for a query, each with a number that no other request had."""
        numbers = (next(self.fresh) for _ in range(amount))
        return [request(server.path, query.format(n=n), JSON) for n in numbers]


def main(arguments: list[str]) -> None:
    """Print the table."""
    out = sys.stdout.write
    triples = int(arguments[0]) if arguments else TRIPLES
    with TemporaryDirectory() as folder, ExitStack() as stack:
        file = Path(folder) / "events.nt"
        written(file, triples)
        servers = [stack.enter_context(serve(Path(folder), file)) for serve in (ours, theirs)]
        out(f"{triples:,} triples; answers per second; milliseconds of processor for each\n")
        out(f"{'':32}{'parvis':>12}{'oxigraph':>12}{'ratio':>8}{'parvis':>12}{'oxigraph':>12}\n")
        for line in Bench((servers[0], servers[1])).lines():
            out(f"{line}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
