"""Ten minutes of mixed traffic on a pool of a million triples, at four fifths of the machine.

Run ``python tests/bench/load.py [--minutes 10] [--quads 1000000] [--share 0.8]``. The invented
pool, copied as `questions.py` does, is served by ``parvis serve``. People, programs that query,
harvesters, a partner who sends files and a box office that sends figures visit it, while each
minute a changed graph is loaded and published. The visitors' pauses follow the load of the
processors (those of this program included), so that `share` of their time is used. Prints requests,
median and 95th percentile of the durations by kind, failures (target 0), and the memory of the
server minute by minute, also by kind of process, with its slope after the second (target < 1 MB a
minute). Pages of files that they read are not counted.
"""

import argparse
import http.client
import itertools
import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import questions
from endpoint import free_port
from measuring import anonymous_memory, measure_command, tree
from table import busy, mega, tell

from parvis.config import Settings
from parvis.pooling.serving.readers import create_token

KEY = "theatre-lanterne/programmation"
FIGURES = "guichet"
WARM = 2
"""Minutes until caches are warm."""
SLOPE = 1e6
"""Bytes a minute that memory may grow by, at most."""
SUCCESS = range(200, 300)
PATIENCE = 60.0
IDLE = 5.0
"""Seconds after which a visitor connects anew: the server ends what is idle for ten."""
PREFIX = "PREFIX schema: <http://schema.org/> "
LOOK_UP = "SELECT ?p ?o {{ ?s ?p ?o }} LIMIT {}"
COUNT = PREFIX + "SELECT ?t (COUNT(*) AS ?n) {{ ?s a ?t . ?s schema:name ?n{} }} GROUP BY ?t"
JOIN = (
    PREFIX + "SELECT ?n ?m {{ ?e schema:name ?n ; schema:location ?p . ?p schema:name ?m }}"
    " OFFSET {} LIMIT 100"
)
PAGES = (
    *("/", "/fr/catalog", "/en/queries", "/charter", "/ontology", "/search?q=hiver"),
    *("/fr/events", "/en/docs/querying", "/fr/portrait"),
)
HARVESTS = (
    *("/catalog.ttl", "/catalog.jsonld?page=1&per_page=5", "/feed.trig", "/catalog.atom"),
    *("/oai?verb=ListRecords&metadataPrefix=dcat", "/sitemap.xml", "/void.ttl", "/events.json"),
)
KINDS = {"look-up": 6, "count": 1, "join": 1, "page": 5, "harvest": 3, "upload": 1, "figures": 2}
"""The number of visitors of each kind."""
PAUSE = {
    "look-up": 0.02,
    "count": 0.5,
    "join": 0.5,
    "page": 0.1,
    "harvest": 0.2,
    "upload": 10.0,
    "figures": 1.0,
}
"""Seconds between two requests of a visitor, before they follow the load."""
RECORD = """\
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix parvis: <https://w3id.org/parvis/ns#> .
<id/dataset/theatre-lanterne/guichet> a dcat:Dataset ;
  dct:title "Guichet (inventé)"@fr , "Box office (invented)"@en ;
  dct:description "Données inventées pour mesurer."@fr , "Data invented to measure."@en ;
  dct:publisher <id/partner/theatre-lanterne> ;
  dct:license <https://creativecommons.org/licenses/by/4.0/> ;
  dct:accrualPeriodicity <http://publications.europa.eu/resource/authority/frequency/DAILY> ;
  dcat:theme <http://publications.europa.eu/resource/authority/data-theme/EDUC> ;
  dcat:keyword "théâtre"@fr , "theatre"@en ;
  <https://w3id.org/dpv#hasPurpose> <https://w3id.org/dpv#ServiceUsageAnalytics> ;
  <https://w3id.org/dpv#hasResponsibleEntity> <id/partner/theatre-lanterne> ;
  parvis:errorThreshold 0.05 ;
  parvis:invented true .
"""
AGREEMENT = """
<id/agreement/theatre-lanterne> odrl:permission [
    odrl:target <id/dataset/theatre-lanterne/guichet> ; odrl:assignee parvis:everyone ;
    odrl:action parvis:discover ] ;
  odrl:obligation [ odrl:target <id/dataset/theatre-lanterne/guichet> ; odrl:assignee parvis:host ;
    odrl:action odrl:delete ; odrl:constraint [ odrl:leftOperand odrl:dateTime ;
      odrl:operator odrl:gteq ; odrl:rightOperand "2038-01-01T00:00:00-05:00"^^xsd:dateTime ] ] .
"""
KINDS_OF_PROCESS = (
    ("parvis.sandbox.forker", "fork server"),
    ("resource_tracker", "resource tracker"),
    ("spawn_main", "web server"),
)
"""Words of the command of a process that was not forked, and its kind."""
Request = tuple[str, str, bytes | None, dict[str, str]]
"""Method, path, body and headers."""


@dataclass
class Visits:
    """What all visitors share: the server's port, a token to give, their pace, and results."""

    port: int
    token: str
    csv: bytes
    pace: float = 1.0
    stop: threading.Event = field(default_factory=threading.Event)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)


def write_figures(number: int, start: datetime) -> bytes:
    """Write the figures of a performance, more sold each time."""
    body = {
        "show": "La lueur",
        "start": start.isoformat(timespec="seconds"),
        "venue": "Salle du Quai",
        "area": "Capitale-Nationale",
        "discipline": "theatre",
        "asOf": start.date().isoformat(),
        "capacity": 10**6,
        "ticketsSold": number,
    }
    return json.dumps(body).encode()


def requests_of(kind: str, chance: random.Random, visits: Visits) -> Iterator[Request]:
    """Generate requests of one kind of visitor."""
    partner = {"Authorization": f"Bearer {visits.token}", "Accept": "application/json"}
    yesterday = datetime.now(UTC) - timedelta(days=1)
    room = chance.randrange(10**6)  # its own: figures that fall are refused
    for number in itertools.count():
        match kind:
            case "page":
                yield "GET", PAGES[number % len(PAGES)], None, {"Accept": "text/html"}
            case "harvest":
                yield "GET", HARVESTS[number % len(HARVESTS)], None, {"Accept": "*/*"}
            case "figures":
                path = f"/box-office/{FIGURES}/show-{room}-{number % 500}"
                headers = partner | {"Content-Type": "application/json"}
                yield "PUT", path, write_figures(number, yesterday), headers
            case "upload":
                mark = f"b{chance.randrange(10**9):09}"
                body = (
                    (
                        f'--{mark}\r\nContent-Disposition: form-data; name="file"; '
                        f'filename="programmation.csv"\r\n\r\n'
                    ).encode()
                    + visits.csv
                    + f"\r\n--{mark}--\r\n".encode()
                )
                headers = partner | {"Content-Type": f"multipart/form-data; boundary={mark}"}
                yield "POST", f"/give/{KEY.partition('/')[2]}", body, headers
            case _:
                query, most = {
                    "look-up": (LOOK_UP, 400),
                    "count": (COUNT, 1),
                    "join": (JOIN, 50),
                }[kind]
                text = query.format(chance.randrange(1, most + 1) if most > 1 else "")
                text = f"{text} # {chance.randrange(20)}"
                yield "GET", f"/sparql?query={quote(text)}", None, {"Accept": "*/*"}


def visit(kind: str, visits: Visits, number: int) -> None:
    """Send requests on one connection until stopped; anything but a complete 2xx is a failure.

    Each visitor has an address of its own, as behind a proxy: an address is a reader.
    """
    chance = random.Random(number)  # noqa: S311 - no secret
    address = {"X-Forwarded-For": f"198.51.100.{number}"}
    connection = http.client.HTTPConnection("127.0.0.1", visits.port, timeout=PATIENCE)
    for method, path, body, headers in requests_of(kind, chance, visits):
        pause = PAUSE[kind] * visits.pace * chance.uniform(0.5, 1.5)
        if visits.stop.wait(pause):
            break
        if pause > IDLE:
            connection.close()
        start = time.perf_counter()
        try:
            connection.request(method, path, body, headers | address)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            visits.failures.append(f"{kind} {path}: {error!r}")
            connection.close()
            continue
        if answer.status not in SUCCESS:
            visits.failures.append(f"{kind} {path}: {answer.status} {text[:300]!r}")
        visits.seconds[kind].append(time.perf_counter() - start)
    connection.close()


def follow_load(visits: Visits, share: float) -> None:
    """Lengthen or shorten all pauses until that share of the processors' time is used."""
    idle, total = read_processors()
    while not visits.stop.wait(2.0):
        idle_now, total_now = read_processors()
        used = 1 - (idle_now - idle) / max(total_now - total, 1)
        idle, total = idle_now, total_now
        visits.pace = min(max(visits.pace * (used / share) ** 0.5, 0.05), 20.0)


def read_processors() -> tuple[int, int]:
    """Return the ticks of all processors: idle ones, and all."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


def measure_memory(root: int) -> Counter[str]:
    """Return the bytes of the server's processes by kind, counting shared memory once."""
    sizes = Counter[str]()
    for process in tree(root):
        with suppress(OSError):
            name = Path(f"/proc/{process}/comm").read_text().strip()
            command = Path(f"/proc/{process}/cmdline").read_text()
            # A process that was forked has its parent's command, and the name of its own module.
            if name.startswith("python"):
                name = next((kind for word, kind in KINDS_OF_PROCESS if word in command), name)
            sizes[name] += anonymous_memory(process)
    return sizes


def fit_slope(sizes: list[int]) -> float:
    """Return the slope of the least squares through a size for each minute."""
    middle, mean = (len(sizes) - 1) / 2, sum(sizes) / len(sizes)
    spread = sum((n - middle) ** 2 for n in range(len(sizes)))
    return sum((n - middle) * (size - mean) for n, size in enumerate(sizes)) / max(spread, 1)


def prepare(folder: Path, quads: int) -> tuple[list[str], Settings]:
    """Build and publish a pool of that size, with a dataset for figures."""
    lines, size = questions.prepare_pool(folder)
    config = folder / "catalog" / "parvis.toml"
    config.write_text(f"proxies = 1\n{config.read_text(encoding='utf-8')}", encoding="utf-8")
    partner = folder / "catalog" / "theatre-lanterne"
    (partner / FIGURES).mkdir()
    (partner / FIGURES / "dataset.ttl").write_text(RECORD, encoding="utf-8")
    with (partner / "agreement.ttl").open("a", encoding="utf-8") as file:
        file.write(AGREEMENT)
    questions.write(folder / "all.nq", lines, max(quads // size, 1))
    settings = Settings.load(data=folder / "data", catalog=folder / "catalog")
    run(folder, "load", folder / "all.nq")
    run(folder, "publish")
    return lines, settings


def run(folder: Path, *words: str | Path) -> float:
    """Run a command on the pool, apart; return its seconds."""
    where: list[str | Path] = ["--data", folder / "data", "--catalog", folder / "catalog"]
    return measure_command([questions.PARVIS, *words, *where], folder, 600.0).wall


def republish(folder: Path, lines: list[str], number: int) -> float:
    """Load and publish a changed graph; return the seconds."""
    graph = lines[0].rsplit(" ", 2)[1]
    subject = lines[0].split(" ", 1)[0]
    changed = [line for line in lines if line.rsplit(" ", 2)[1] == graph]
    extra = f'{subject} <http://schema.org/alternateName> "change {number}" {graph} .\n'
    questions.write(folder / "changed.nq", [*changed, extra], 1)
    return run(folder, "load", folder / "changed.nq") + run(folder, "publish")


def measure(folder: Path, lines: list[str], visits: Visits, minutes: int, share: float) -> bool:
    """Run all visitors; return whether nothing failed and the memory is flat."""
    where = [f"--data={folder / 'data'}", f"--catalog={folder / 'catalog'}"]
    command = [str(questions.PARVIS), "serve", f"--port={visits.port}", *where]
    sizes = list[Counter[str]]()
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:  # noqa: S603 - ours
        while questions.ask(visits.port, "ASK {}")[0] != HTTPStatus.OK:
            time.sleep(0.1)
        kinds = itertools.chain.from_iterable([kind] * n for kind, n in KINDS.items())
        threads = [
            threading.Thread(target=visit, args=(kind, visits, number))
            for number, kind in enumerate(kinds)
        ]
        threads.append(threading.Thread(target=follow_load, args=(visits, share)))
        for thread in threads:
            thread.start()
        start, ticks = time.monotonic(), read_processors()
        for minute in range(1, minutes + 1):
            seconds = republish(folder, lines, minute)
            time.sleep(max(0.0, start + 60 * minute - time.monotonic()))
            sizes.append(measure_memory(server.pid))
            done = sum(map(len, visits.seconds.values()))
            former, ticks = ticks, read_processors()
            used = 1 - (ticks[0] - former[0]) / (ticks[1] - former[1])
            tell(
                f"minute {minute:2}: {done:7,} requests, {len(visits.failures)} failed,"
                f" {mega(sizes[-1].total())} MB, published in {seconds:.1f} s,"
                f" {used:.0%} of processors"
            )
            parts = (f"{name} {mega(size)}" for name, size in sizes[-1].most_common())
            tell(f"           MB: {', '.join(parts)}")
        visits.stop.set()
        elapsed = time.monotonic() - start
        for thread in threads:
            thread.join()
        server.terminate()
    return print_figures(visits, sizes, elapsed)


def print_figures(visits: Visits, sizes: list[Counter[str]], elapsed: float) -> bool:
    """Print the figures."""
    heads = ("requests", "a second", "median ms", "p95 ms", "slowest ms")
    tell(f"\n{'':10}{''.join(f'{head:>12}' for head in heads)}")
    for kind, durations in visits.seconds.items():
        line = sorted(durations)
        middle, percentile = line[len(line) // 2], line[int(0.95 * (len(line) - 1))]
        tell(
            f"{kind:10}{len(line):12,}{len(line) / elapsed:12.1f}{1000 * middle:12.1f}"
            f"{1000 * percentile:12.1f}{1000 * line[-1]:12.0f}"
        )
    for failure, count in Counter(visits.failures).most_common(20):
        tell(f"FAILED {count} times: {failure}")
    later = sizes[WARM:] or sizes
    for name in sorted(set().union(*later)):
        slope = fit_slope([counts[name] for counts in later])
        tell(f"{name:20}{slope / 1e6:+8.2f} MB a minute after {WARM}")
    slope = fit_slope([counts.total() for counts in later])
    tell(
        f"{len(visits.failures)} failed, wanted 0; memory {mega(sizes[-1].total())} MB,"
        f" {slope / 1e6:+.2f} MB a minute after {WARM}, wanted < 1"
    )
    return not visits.failures and slope < SLOPE


def main() -> int:
    """Build the pool and run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--quads", type=int, default=1_000_000)
    parser.add_argument("--share", type=float, default=0.8)
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        lines, settings = prepare(folder, options.quads)
        sample = next((settings.catalog / KEY).glob("*.csv")).read_bytes()
        token = create_token(settings, KEY.partition("/")[0], scope="give").text
        visits = Visits(free_port(), token, sample)
        tell(f"{sum(KINDS.values())} visitors, {options.minutes} minutes; {busy()}")
        return 0 if measure(folder, lines, visits, options.minutes, options.share) else 1


if __name__ == "__main__":
    sys.exit(main())
