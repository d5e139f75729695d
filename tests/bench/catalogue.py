"""Response times of the catalogue for harvesters, as it grows: 100 datasets, then 10,000.

Run ``python tests/bench/catalogue.py [DATASETS...]``: for each number a generation of invented
datasets is copied from a published one, with its files and its provenance, and the
application is called in this process, without network. Each line shows a median in
milliseconds, first without the response cache (and the processor time of it,
which is more reliable on a busy machine), then with the cache, and the target.

With ``--publish`` so many datasets of three triples are put into a catalogue folder and a record,
and published twice: each line shows the seconds of a step, and the peak of memory until then.
"""

import json
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from typing import TypeVar

import pool
from flask.testing import FlaskClient

from parvis.catalog.provenance import Submission
from parvis.config import Limits, Settings
from parvis.config.json_data import to_json
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publication.records import BOUND, FOLDER, prefixes
from parvis.rdf.formats import GRAPH_TYPES
from parvis.store.files import workplace
from parvis.store.generation.generation import GenerationContent, build, current
from parvis.store.generation.manifest import Bundle, BundleWriter
from parvis.store.record.content import pack
from parvis.vocab.iris import DatasetKey
from parvis.web import create_app

TURNS = 15
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
TRIPLES = """\
<https://pool.example/id/event/{key}> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> \
<http://schema.org/Event> .
<https://pool.example/id/event/{key}> <http://schema.org/name> "Un soir ({key})"@fr .
<https://pool.example/id/event/{key}> <http://schema.org/startDate> \
"2026-06-15"^^<http://www.w3.org/2001/XMLSchema#date> .
"""

T = TypeVar("T")


@dataclass(frozen=True)
class Probe:
    """Requests, and the milliseconds in which each should be answered."""

    name: str
    paths: tuple[str, ...]
    target: float
    headers: dict[str, str]


def site(folder: Path, datasets: int, place: Path) -> dict[str, bytes | Path]:
    """Write the small files of a generation of many datasets, copied from those of a real one.

    All are public, like the published one. Records are written to a new folder.
    """
    files = (path for path in folder.rglob("*") if path.is_file())
    files_: dict[str, bytes | Path] = {str(file.relative_to(folder)): file for file in files}
    first, names = pool.KEY, [pool.KEY, *(f"{pool.KEY}-{n:05}" for n in range(1, datasets))]
    (card,) = json.loads((folder / "datasets.json").read_bytes())
    changes = json.loads((folder / "changes.json").read_bytes())
    identities = {key: {"key": key, "iri": card["iri"].replace(first, key)} for key in names}
    return files_ | {
        **{f"{FOLDER}/{name}": path for name, path in records(folder, names, place).items()},
        "agreements.nt": b"".join(
            line.replace(f"/{first}>".encode(), f"/{key}>".encode())
            for line in (folder / "agreements.nt").read_bytes().splitlines(keepends=True)
            for key in (names if b"/target>" in line else names[:1])
        ),
        "datasets.json": json.dumps([card | identities[key] for key in names]).encode(),
        "changes.json": json.dumps(
            changes | {"records": dict.fromkeys(names, changes["records"][first])}
        ).encode(),
    }


def records(folder: Path, names: list[str], place: Path) -> dict[str, Path]:
    """Write the first record once for each name."""
    bundle, first = Bundle(folder / FOLDER), names[0]
    forms = {form: bundle.get(first, form) or b"" for form in GRAPH_TYPES}
    with BundleWriter(place) as writer:
        writer.put(BOUND, {"json": prefixes()})
        for key in names:
            texts = forms.items()
            writer.put(key, {f: text.replace(first.encode(), key.encode()) for f, text in texts})
    return writer.paths()


def list_probes(datasets: int, client: FlaskClient) -> Iterator[Probe]:
    """List the requests for a catalogue of many datasets."""
    state = client.get("/catalog.ttl").headers
    conditional = {"If-None-Match": state["ETag"]}
    dated = {"If-Modified-Since": state["Last-Modified"]}
    last = max(1, datasets // 100)
    pages = tuple(f"/catalog.ttl?page={1 + n % last}" for n in range(TURNS))
    records = tuple(f"/dataset/bench/events-{1 + n:05}.ttl" for n in range(TURNS))
    small = datasets <= 100
    yield Probe("page of 100, Turtle", pages, 10 if small else 20, {})
    for ending in ("jsonld", "rdf", "nt"):
        paths = tuple(path.replace("ttl", ending) for path in pages)
        yield Probe(f"page of 100, {ending}", paths, 10 if small else 20, {})
    yield Probe("dataset document", records, 5, {})
    yield Probe("304 by tag", ("/catalog.ttl",) * TURNS, 2, conditional)
    yield Probe("304 by date", ("/catalog.ttl",) * TURNS, 2, dated)


def time_probe(client: FlaskClient, probe: Probe) -> tuple[float, float]:
    """Return median milliseconds: of wall time and of processor time."""
    status = 304 if probe.headers else 200

    def ask(path: str) -> tuple[float, float]:
        start, work_start = time.perf_counter(), time.thread_time()
        response = client.get(path, headers=probe.headers)
        response.get_data()
        seconds = time.perf_counter() - start, time.thread_time() - work_start
        assert response.status_code == status, (path, response.status)
        return seconds[0] * 1_000, seconds[1] * 1_000

    wall, work = zip(*(ask(path) for path in probe.paths), strict=True)
    return median(wall), median(work)


def measure(datasets: int, say: Callable[[str], object]) -> None:
    """Publish a catalogue and time it."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        settings = catalogue(folder, [pool.KEY.rpartition("/")[2]])
        fill(settings)
        publish(Pool.open(settings))
        files = site(current(settings.data).site, datasets, folder / "records")
        build(settings.data, GenerationContent(open={}, files=files))
        say(f"{datasets} datasets")
        uncached = Settings(
            settings.data, settings.catalog, settings.base, limits=Limits(kept_bytes=0)
        )
        clients = [
            create_app(configuration).test_client() for configuration in (uncached, settings)
        ]
        for probe in list_probes(datasets, clients[0]):
            first, work = time_probe(clients[0], probe)
            time_probe(clients[1], probe)
            second, _ = time_probe(clients[1], probe)
            times = f"{first:7.2f} ms anew ({work:5.2f} at work) {second:7.2f} ms kept"
            say(f"  {probe.name:<22} {times}  ≤ {probe.target}")


def catalogue(folder: Path, names: list[str]) -> Settings:
    """Write a catalogue folder with datasets of these names, all public."""
    pool.write(folder / "catalog", 60)
    partner = folder / "catalog" / "bench"
    text = (partner / "events" / "dataset.ttl").read_text("utf-8")
    for name in names:
        (partner / name).mkdir(exist_ok=True)
        dataset_text = text.replace(f"{pool.KEY}>", f"bench/{name}>")
        (partner / name / "dataset.ttl").write_text(dataset_text, encoding="utf-8")
    agreement = partner / "agreement.ttl"
    targets = " , ".join(f"<id/dataset/bench/{name}>" for name in names)
    text = agreement.read_text("utf-8").replace(f"<id/dataset/{pool.KEY}>", targets)
    agreement.write_text(text, encoding="utf-8")
    return Settings.load(data=folder / "data", catalog=folder / "catalog")


def fill(settings: Settings) -> None:
    """Put three triples into each dataset's graph, as if they had been submitted."""
    pool_ = Pool.open(settings)
    contents, metadata = {}, {}
    with workplace(settings.data) as folder:
        for key, dataset in pool_.catalog.datasets.items():
            place = folder / key.dataset
            place.mkdir()
            (place / "given.nt").write_text(TRIPLES.format(key=key), encoding="utf-8")
            contents[dataset.graph] = pack(place / "given.nt", place)
            metadata[dataset.graph] = {"submission": json.dumps(to_json(invent_submission(key)))}
        pool_.record.put_all(contents)
    file = settings.data / "state.json"
    state = json.loads(file.read_bytes())
    for graph, values in metadata.items():
        state["graphs"][graph]["about"] = values
    file.write_text(json.dumps(state), encoding="utf-8")


def invent_submission(key: DatasetKey) -> Submission:
    """Invent the submission of a content."""
    digest = sha256(str(key).encode()).hexdigest()
    return Submission(key, NOON, NOON, "events.csv", digest, digest, digest, 1, 0, 0)


def publishing(datasets: int, say: Callable[[str], object]) -> None:
    """Publish many datasets twice and print the duration of each step."""

    def step(name: str, action: Callable[[], T]) -> T:
        start = time.perf_counter()
        result = action()
        peak = getrusage(RUSAGE_SELF).ru_maxrss / 1_024
        say(f"  {name:<22} {time.perf_counter() - start:8.1f} s {peak:7.0f} MB")
        return result

    with TemporaryDirectory() as name:
        say(f"{datasets} datasets")
        names = [f"events-{number:05}" for number in range(datasets)]
        settings = step("catalogue folder", lambda: catalogue(Path(name), names))
        step("record", lambda: fill(settings))
        pool_ = step("opening the folder", lambda: Pool.open(settings))
        step("publishing", lambda: publish(pool_))
        step("publishing again", lambda: publish(pool_))


def main() -> None:
    """Run the chosen measurements."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("datasets", nargs="*", type=int, default=[100, 10_000])
    parser.add_argument("--publish", action="store_true")
    options = parser.parse_args()
    for number in options.datasets:
        measurement = publishing if options.publish else measure
        measurement(number, lambda line: print(line, flush=True))  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
