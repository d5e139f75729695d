"""Throughput of the SPARQL endpoint over HTTP, next to ``oxigraph serve`` on the same triples.

Run ``python tests/bench/endpoint.py [TRIPLES]``: 1 million triples of invented events, both
servers running, 8 clients on persistent connections, the two in turn, seven times. Each line shows
the medians, the median ratio of the turns and its target: a temporarily slow machine
slows both. Processor time is more reliable if the machine is busy. The
Oxigraph server is downloaded from PyPI into its own virtual environment. First-time look-ups are
also sent to two bare servers (`bare_server.py`): what they cost at least in Python.
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

from parvis.store.generation.generation import GenerationContent, build, current

PEER = Peer("oxigraph", ("oxigraph==0.5.13",), frozenset(), lambda _: [])
TRIPLES = 1_000_000
CLIENTS = 8
TURNS = 7
FEW = 300
MOST = 3.0
"""The maximum ratio of a look-up's time during two heavy queries to its idle time."""
JSON = "application/sparql-results+json"
GRAPH = f"{BASE}graph"
UNLIMITED = """
[limits.anonymous]
parallel = 100
query_seconds = 1_000_000
site_seconds = 0
seconds = 100
"""
"""All clients have the same address, and would share its limits; busy cores need more seconds."""
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
    """An endpoint: its path, its port on this machine, and its process."""

    path: str
    port: int
    pid: int

    def cpu(self) -> float:
        """Return the seconds of processor time of the process tree, including ended processes."""
        ticks = 0
        for pid in tree(self.pid):
            with suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks += sum(
                    map(int, fields[11:15])
                )  # proc_pid_stat(5): its own, and those of ended children
        return ticks / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Measure:
    """Responses per second, and seconds of the server's processor for each."""

    rate: float
    cpu: float


def write_events(file: Path, triples: int) -> int:
    """Write valid events and their offers; return the number of events."""
    written = 0
    with file.open("w", encoding="utf-8") as out:
        for number in count(1):
            entities = [(f"event/x/{number}", event(number)), (f"offer/x/{number}", offer(number))]
            for name, lines in entities:
                out.writelines(f"<{BASE}{name}> {p} {o} .\n" for p, o in lines)
                written += len(lines)
            if written >= triples:
                return number
    raise AssertionError


def free_port() -> int:
    """Find an unused port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def ours(folder: Path, file: Path) -> Iterator[Server]:
    """Serve the triples of a file with parvis."""
    build(folder / "data", GenerationContent({GRAPH: file}, files=SITE))
    with serve_pool(folder) as server:
        yield server


@contextmanager
def serve_pool(folder: Path) -> Iterator[Server]:
    """Serve the data folder with parvis, without limits."""
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
    with start_process([sys.executable, "-c", code], port, env) as pid:
        yield Server("/sparql", port, pid)


@contextmanager
def theirs(folder: Path, file: Path) -> Iterator[Server]:
    """Serve the triples of a file with Oxigraph's server."""
    binary = str(PEER.python(Path(gettempdir()) / "parvis-bench").with_name("oxigraph"))
    store, port = str(folder / "oxigraph"), free_port()
    load = [binary, "load", "--location", store, "--file", str(file), "--graph", GRAPH]
    subprocess.run(load, check=True, capture_output=True)  # noqa: S603 - the benchmark's own command
    serve = [binary, "serve-read-only", "--location", store, "--bind", f"127.0.0.1:{port}"]
    with start_process([*serve, "--union-default-graph"], port, dict(os.environ)) as pid:
        yield Server("/query", port, pid)


@contextmanager
def bare(folder: Path, *process: str) -> Iterator[Server]:
    """Serve the store that parvis serves, without anything else that parvis does."""
    port, store = free_port(), current(folder / "data").open_store
    here = Path(__file__).parent
    command = [sys.executable, str(here / "bare_server.py"), str(store), str(port), *process]
    # The worker of granian imports the module by its name.
    with start_process(command, port, os.environ | {"PYTHONPATH": str(here)}) as pid:
        yield Server("/", port, pid)


@contextmanager
def start_process(command: list[str], port: int, env: dict[str, str]) -> Iterator[int]:
    """Start a server and wait until it listens; yield its process."""
    process = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)  # noqa: S603 - ours
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if not probe.connect_ex(("127.0.0.1", port)):
                    break
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def send_requests(server: Server, requests_: list[bytes], clients: int = CLIENTS) -> Measure:
    """Send requests, all of which must succeed."""
    before = server.cpu()
    result = run(server.port, requests_, clients)
    if result.failures:
        reason = f"{result.failures} of {len(requests_)} requests failed"
        raise FailedError(reason)
    return Measure(result.rate, (server.cpu() - before) / len(requests_))


class Bench:
    """The measures of both servers in turn, and those of bare ones beside the second."""

    def __init__(self, servers: tuple[Server, Server], bare_servers: dict[str, Server]) -> None:
        self.servers, self.bare = servers, bare_servers
        self.fresh = count(1)

    def lines(self) -> Iterator[str]:
        """List the lines of the table."""
        yield self.line("repeated look-ups, 8 clients", 1.0, self.repeated)
        yield self.line("first-time look-ups, 8 clients", 0.25, self.first)
        for name, server in self.bare.items():
            yield self.line(f"the same, {name}", 0, self.first, (server, self.servers[1]))
        yield self.line("counts by place, 8 clients", 1.0, self.grouped)
        yield self.line("100,000 rows, 1 client", 1.0, self.exported)
        yield self.disturbed()

    def line(
        self,
        name: str,
        target: float,
        measure: Callable[[Server], Measure],
        servers: tuple[Server, Server] | None = None,
    ) -> str:
        """Measure both in turn and format the medians."""
        pair = servers or self.servers
        turns = [[measure(server) for server in pair] for _ in range(TURNS)]
        ratio = median(our.rate / their.rate for our, their in turns)
        columns = [*zip(*turns, strict=True)]
        rates = "".join(f"{median(turn.rate for turn in measure):>12.1f}" for measure in columns)
        cpu = "".join(
            f"{1000 * median(turn.cpu for turn in measure):>12.3f}" for measure in columns
        )
        verdict = "" if ratio >= target else "  NOT REACHED"
        return f"{name:32}{rates}{ratio:>8.2f}{cpu}  wanted {target:g}{verdict}"

    def repeated(self, server: Server) -> Measure:
        """Repeat a hundred look-ups."""
        few = self.requests(server, LOOK_UP, 100)
        run(server.port, few, 1)
        return send_requests(server, few * 200)

    def first(self, server: Server) -> Measure:
        """Run new look-ups on running workers."""
        send_requests(server, self.requests(server, LOOK_UP, 50))
        return send_requests(server, self.requests(server, LOOK_UP, 3_000))

    def grouped(self, server: Server) -> Measure:
        """Count thousands of events, some tens of milliseconds each, on running workers."""
        send_requests(server, self.requests(server, GROUPED, 2 * CLIENTS))
        return send_requests(server, self.requests(server, GROUPED, 8 * CLIENTS))

    def exported(self, server: Server) -> Measure:
        """Export 100,000 rows, twice."""
        return send_requests(server, self.requests(server, EXPORT, 2), 1)

    def disturbed(self) -> str:
        """Compare our look-ups during two heavy queries with idle ones."""
        server = self.servers[0]
        idle = run(server.port, self.requests(server, LOOK_UP, FEW), 1).percentile(0.95)
        heavy = [
            threading.Thread(target=run, args=(server.port, [request_], 1))
            for request_ in self.requests(server, HEAVY, 2)
        ]
        for thread in heavy:
            thread.start()
        time.sleep(1)
        busy = run(server.port, self.requests(server, LOOK_UP, FEW), 1).percentile(0.95)
        alive = sum(thread.is_alive() for thread in heavy)
        for thread in heavy:
            thread.join()
        verdict = "" if busy / idle <= MOST and alive == len(heavy) else "  NOT REACHED"
        return (
            f"{'p95 beside two heavy queries':32}{1000 * busy:9.2f} ms{1000 * idle:9.2f} ms"
            f"{busy / idle:8.2f}  wanted at most {MOST:g} ({alive} still ran){verdict}"
        )

    def requests(self, server: Server, query: str, amount: int) -> list[bytes]:
        """Write requests for a query, each with a unique number."""
        numbers = (next(self.fresh) for _ in range(amount))
        return [request(server.path, query.format(n=n), JSON) for n in numbers]


def main(arguments: list[str]) -> None:
    """Print the table."""
    out = sys.stdout.write
    triples = int(arguments[0]) if arguments else TRIPLES
    with TemporaryDirectory() as folder, ExitStack() as stack:
        file = Path(folder) / "events.nt"
        write_events(file, triples)
        servers = [stack.enter_context(serve(Path(folder), file)) for serve in (ours, theirs)]
        bare_servers = {
            "bare, engine in a process": stack.enter_context(bare(Path(folder), "process")),
            "bare, engine in the server": stack.enter_context(bare(Path(folder))),
        }
        out(f"{triples:,} triples; answers per second; milliseconds of processor for each\n")
        out(f"{'':32}{'parvis':>12}{'oxigraph':>12}{'ratio':>8}{'parvis':>12}{'oxigraph':>12}\n")
        for line in Bench((servers[0], servers[1]), bare_servers).lines():
            out(f"{line}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
