"""An engine is killed at random moments: what it loses is found and sent again, nothing is wrong.

Run ``python tests/bench/engine_kills.py [--engine oxigraph] [--kills 50] [--graphs 16]``. A
publication is made in a process while the engine is killed at a random moment and started again;
meanwhile a server answers a reader, whose every answer must be that of one whole generation. Then
the check must find the engine whole, or repair it without help. At last the engine is killed during
a thousand look-ups: while it is away the answers are 503 with Retry-After, and none is wrong.
"""

import argparse
import http.client
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from questions import BASE, PARVIS, prepare_pool, serve, write
from remote import OF_A_COPY, change, publish
from table import busy, tell

sys.path.append(str(Path(__file__).parents[2]))  # the servers below are those of the tests

from parvis.config import Settings
from parvis.errors import ParvisError
from parvis.pooling.publication.remote import check_engines, repair_engines
from tests.remote.engines import ENGINES, PASSWORD, Running

CHANGED = f"{BASE}graph/bench/changed"
# Of one answer both must be true of one generation: its version, and the number of its triples.
VERSION = f"""SELECT ?name (COUNT(*) AS ?n) {{ <{BASE}id/x> <http://schema.org/name> ?name .
  GRAPH ?g {{ ?s ?p ?o }} }} GROUP BY ?name"""
LOOK_UPS = 1_000
PATIENCE = 120.0


@dataclass
class Reader:
    """Asks without end, and tallies the answers by version and count."""

    port: int
    answers: Counter[str] = field(default_factory=Counter)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        number = 0
        while not self.stop.is_set():
            number += 1
            status, _, body = get(self.port, f"{VERSION}\n#{number}")
            if status != 200:
                self.answers[str(status)] += 1
                continue
            for row in json.loads(body)["results"]["bindings"] or [{}]:
                key = f"{row['name']['value']} {row['n']['value']}" if row else "nothing"
                self.answers[key] += 1


def get(port: int, query: str) -> tuple[int, str | None, bytes]:
    """Return status, Retry-After and body; status 0 if the server does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", f"/sparql?query={quote(query)}", headers={"Accept": "*/*"})
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Retry-After"), answer.read()
    except (OSError, http.client.HTTPException):
        return 0, None, b""
    finally:
        connection.close()


def campaign(
    folder: Path, engines: list[Running], kills: int, chance: random.Random
) -> Counter[str]:
    """Publish again and again while engines are killed; return what happened."""
    tally, seconds = Counter[str](), publish(folder)[0]
    settings = Settings.load(data=folder / "data", catalog=folder / "catalog")
    for number in range(kills):
        change(folder, number + 1)
        command = [PARVIS, "publish", "--data", folder / "data", "--catalog", folder / "catalog"]
        with subprocess.Popen(  # noqa: S603 - our own command
            [str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            # The first publications fill the repositories; others take a fraction of their time.
            begun = time.monotonic()
            time.sleep(chance.uniform(0, 1.2 * seconds))
            engine = chance.choice(engines)
            engine.kill()
            time.sleep(chance.uniform(0, 1))
            engine.start()
            is_published = process.wait() == 0
            tally["published" if is_published else "refused"] += 1
            seconds = time.monotonic() - begun if is_published else seconds
        try:
            repaired = repair_engines(settings, digests=True)
        except ParvisError as error:
            tally[f"not repaired: {error}"[:90]] += 1
            continue
        tally["losses repaired"] += bool(repaired)
        if not all(check.is_sound for check in check_engines(settings, digests=True)):
            tally["unsound after the repair"] += 1
        tell(f"  {number + 1} kills: {dict(tally)}")  # an interrupted run tells what it has shown
    return tally


def look_ups(port: int, engines: list[Running], chance: random.Random) -> str:
    """Kill the engines during look-ups; describe what the reader got."""
    tally, back = Counter[str](), list[float]()
    for _ in range(200):  # until the server has noticed that the engines are there
        if get(port, "ASK {}")[0] == 200:
            break
        time.sleep(0.1)
    right, number, started = None, 0, None
    moments = {chance.randrange(50, LOOK_UPS - 300) for _ in range(3)}
    restarted: list[float] = []

    def restart() -> None:
        time.sleep(2)
        for engine in engines:
            engine.start()
        restarted.append(time.monotonic())

    while number < LOOK_UPS:
        number += 1
        if started is None and moments and number >= min(moments):
            moments.remove(min(moments))
            restarted.clear()
            for engine in engines:
                engine.kill()
            started = threading.Thread(target=restart)
            started.start()
        status, retry, body = get(port, f"{VERSION}\n# {number}")
        if status == 200:
            right = right or body
            tally["right" if body == right else "WRONG"] += 1
            if started is not None and restarted:
                back.append(time.monotonic() - restarted[0])
                started = None
        else:
            tally[f"{status}, Retry-After {retry}"] += 1
            time.sleep(0.02)
            number -= started is not None  # a failure is no look-up
    return f"{dict(tally)}; back after {', '.join(f'{seconds:.1f}' for seconds in back)} s"


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=[*ENGINES], default="oxigraph")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--graphs", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)  # noqa: S311 - to be repeated
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, ExitStack() as stack:
        folder = Path(name)
        lines, _ = prepare_pool(folder)
        if options.graphs > 2 * OF_A_COPY:
            write(folder / "all.nq", lines, options.graphs // OF_A_COPY)
            load = [str(PARVIS), "load", str(folder / "all.nq"), "--data", str(folder / "data")]
            load += ["--catalog", str(folder / "catalog")]
            subprocess.run(load, check=True, capture_output=True)  # noqa: S603
        (folder / "password").write_text(f"{PASSWORD}\n")
        running = []
        for number in range(2):
            (folder / str(number)).mkdir()
            running.append(stack.enter_context(ENGINES[options.engine](folder / str(number))))
        config = folder / "catalog" / "parvis.toml"
        remote = f'\n[remote]\nengine = "{options.engine}"\ntries = 2\n'
        remote += f"open = {json.dumps([engine.address for engine in running])}\n"
        if options.engine == "virtuoso":
            remote += f'user = "dba"\npassword_file = "{folder / "password"}"\n'
        config.write_text(config.read_text(encoding="utf-8") + remote, encoding="utf-8")
        change(folder, 0)
        publish(folder)
        with serve(folder) as port:
            reader = Reader(port)
            thread = threading.Thread(target=reader.run)
            thread.start()
            tally = campaign(folder, running, options.kills, chance)
            reader.stop.set()
            thread.join()
            tell(f"{options.kills} kills of {options.engine}: {dict(tally)}; {busy()}")
            versions = Counter(key.split()[0] for key in reader.answers if " " in key)
            mixed = {version: n for version, n in versions.items() if n > 1}
            failures = {key: n for key, n in reader.answers.items() if " " not in key}
            tell(
                f"readers meanwhile: {sum(reader.answers.values())} answers of {len(versions)}"
                f" versions, errors {failures}, versions with two contents {mixed}"
            )
            tell(f"{LOOK_UPS} look-ups, 3 kills: {look_ups(port, running, chance)}")


if __name__ == "__main__":
    main()
