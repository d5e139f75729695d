"""How fast the catalogue answers harvesters, as it grows: 100 datasets, then 10,000.

Run ``python tests/bench/catalogue.py [DATASETS...]``: for each number a generation of invented
datasets is written after one that was published, with its files and its provenance, and the
application is asked in this process, so that no network is counted. Each line tells a median in
milliseconds, first without what is kept of earlier answers (and what of it the processor was at
work, which says more on a busy machine), then as harvesters find it, and what is wanted of it.

With ``--publish`` so many datasets of three triples are put into a catalogue folder and a record,
and published twice: each line tells the seconds of a step, and the peak of memory until then.
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

from parvis.catalog import Submission
from parvis.config import Limits, Settings
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publication.records import BOUND, FOLDER, prefixes
from parvis.store.files import workplace
from parvis.store.generation.generation import GenerationContent, build, current
from parvis.store.generation.manifest import Bundle, BundleWriter
from parvis.store.record.content import pack
from parvis.vocab import media
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
class Asked:
    """What is asked, and in how many milliseconds it should be answered."""

    name: str
    paths: tuple[str, ...]
    wanted: float
    headers: dict[str, str]


def site(folder: Path, datasets: int, place: Path) -> dict[str, bytes | Path]:
    """Write the small files of a generation of so many datasets, after those of a real one.

    All are open to all, and as the one that was published from a catalogue folder. Records go to a
    new place.
    """
    files = (path for path in folder.rglob("*") if path.is_file())
    one: dict[str, bytes | Path] = {str(f.relative_to(folder)): f for f in files}
    first, names = pool.KEY, [pool.KEY, *(f"{pool.KEY}-{n:05}" for n in range(1, datasets))]
    (card,) = json.loads((folder / "datasets.json").read_bytes())
    changes = json.loads((folder / "changes.json").read_bytes())
    named = {key: {"key": key, "iri": card["iri"].replace(first, key)} for key in names}
    return one | {
        **{f"{FOLDER}/{name}": path for name, path in records(folder, names, place).items()},
        "agreements.nt": b"".join(
            line.replace(f"/{first}>".encode(), f"/{key}>".encode())
            for line in (folder / "agreements.nt").read_bytes().splitlines(keepends=True)
            for key in (names if b"/target>" in line else names[:1])
        ),
        "datasets.json": json.dumps([card | named[key] for key in names]).encode(),
        "changes.json": json.dumps(
            changes | {"records": dict.fromkeys(names, changes["records"][first])}
        ).encode(),
    }


def records(folder: Path, names: list[str], place: Path) -> dict[str, Path]:
    """Write the first record once for each name."""
    given, first = Bundle(folder / FOLDER), names[0]
    forms = {form: given.get(first, form) or b"" for form in media.RDF}
    with BundleWriter(place) as writer:
        writer.put(BOUND, {"json": prefixes()})
        for key in names:
            texts = forms.items()
            writer.put(key, {f: one.replace(first.encode(), key.encode()) for f, one in texts})
    return writer.paths()


def asked(datasets: int, client: FlaskClient) -> Iterator[Asked]:
    """Say what is asked of a catalogue of so many datasets."""
    state = client.get("/catalog.ttl").headers
    held = {"If-None-Match": state["ETag"]}
    dated = {"If-Modified-Since": state["Last-Modified"]}
    last = max(1, datasets // 100)
    pages = tuple(f"/catalog.ttl?page={1 + n % last}" for n in range(TURNS))
    records = tuple(f"/dataset/bench/events-{1 + n:05}.ttl" for n in range(TURNS))
    small = datasets <= 100
    yield Asked("page of 100, Turtle", pages, 10 if small else 20, {})
    for ending in ("jsonld", "rdf", "nt"):
        paths = tuple(path.replace("ttl", ending) for path in pages)
        yield Asked(f"page of 100, {ending}", paths, 10 if small else 20, {})
    yield Asked("dataset document", records, 5, {})
    yield Asked("304 by tag", ("/catalog.ttl",) * TURNS, 2, held)
    yield Asked("304 by date", ("/catalog.ttl",) * TURNS, 2, dated)


def timed(client: FlaskClient, one: Asked) -> tuple[float, float]:
    """Give the medians of asking, in milliseconds: of the clock, and of this processor's work."""
    wanted = 304 if one.headers else 200

    def ask(path: str) -> tuple[float, float]:
        began, worked = time.perf_counter(), time.thread_time()
        response = client.get(path, headers=one.headers)
        response.get_data()
        took = time.perf_counter() - began, time.thread_time() - worked
        assert response.status_code == wanted, (path, response.status)
        return took[0] * 1_000, took[1] * 1_000

    wall, work = zip(*(ask(path) for path in one.paths), strict=True)
    return median(wall), median(work)


def measure(datasets: int, say: Callable[[str], object]) -> None:
    """Publish a catalogue and time it."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        kept = catalogue(folder, [pool.KEY.rpartition("/")[2]])
        fill(kept)
        publish(Pool.open(kept))
        files = site(current(kept.data).site, datasets, folder / "records")
        build(kept.data, GenerationContent(open={}, files=files))
        say(f"{datasets} datasets")
        none = Settings(kept.data, kept.catalog, kept.base, limits=Limits(kept_bytes=0))
        clients = [create_app(one).test_client() for one in (none, kept)]
        for one in asked(datasets, clients[0]):
            anew, work = timed(clients[0], one)
            timed(clients[1], one)
            again, _ = timed(clients[1], one)
            told = f"{anew:7.2f} ms anew ({work:5.2f} at work) {again:7.2f} ms kept"
            say(f"  {one.name:<22} {told}  ≤ {one.wanted}")


def catalogue(folder: Path, names: list[str]) -> Settings:
    """Write a catalogue folder with datasets of these names, all open to all."""
    pool.write(folder / "catalog", 60)
    partner = folder / "catalog" / "bench"
    text = (partner / "events" / "dataset.ttl").read_text("utf-8")
    for name in names:
        (partner / name).mkdir(exist_ok=True)
        named = text.replace(f"{pool.KEY}>", f"bench/{name}>")
        (partner / name / "dataset.ttl").write_text(named, encoding="utf-8")
    law = partner / "agreement.ttl"
    targets = " , ".join(f"<id/dataset/bench/{name}>" for name in names)
    text = law.read_text("utf-8").replace(f"<id/dataset/{pool.KEY}>", targets)
    law.write_text(text, encoding="utf-8")
    return Settings.load(data=folder / "data", catalog=folder / "catalog")


def fill(settings: Settings) -> None:
    """Put three triples into each dataset's graph, as if they had been submitted."""
    opened = Pool.open(settings)
    contents, about = {}, {}
    with workplace(settings.data) as folder:
        for key, dataset in opened.catalog.datasets.items():
            place = folder / key.dataset
            place.mkdir()
            (place / "given.nt").write_text(TRIPLES.format(key=key), encoding="utf-8")
            contents[dataset.graph] = pack(place / "given.nt", place)
            about[dataset.graph] = {"submission": json.dumps(given(key).to_json())}
        opened.record.put_all(contents)
    file = settings.data / "state.json"
    state = json.loads(file.read_bytes())
    for graph, told in about.items():
        state["graphs"][graph]["about"] = told
    file.write_text(json.dumps(state), encoding="utf-8")


def given(key: DatasetKey) -> Submission:
    """Invent who gave a content."""
    digest = sha256(str(key).encode()).hexdigest()
    return Submission(key, NOON, NOON, "events.csv", digest, digest, digest, 1, 0, 0)


def publishing(datasets: int, say: Callable[[str], object]) -> None:
    """Publish so many datasets, twice, and tell what each step takes."""

    def step(name: str, do: Callable[[], T]) -> T:
        began = time.perf_counter()
        found = do()
        peak = getrusage(RUSAGE_SELF).ru_maxrss / 1_024
        say(f"  {name:<22} {time.perf_counter() - began:8.1f} s {peak:7.0f} MB")
        return found

    with TemporaryDirectory() as name:
        say(f"{datasets} datasets")
        names = [f"events-{number:05}" for number in range(datasets)]
        settings = step("catalogue folder", lambda: catalogue(Path(name), names))
        step("record", lambda: fill(settings))
        opened = step("opening the folder", lambda: Pool.open(settings))
        step("publishing", lambda: publish(opened))
        step("publishing again", lambda: publish(opened))


def main() -> None:
    """Measure what is asked for."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("datasets", nargs="*", type=int, default=[100, 10_000])
    parser.add_argument("--publish", action="store_true")
    asked = parser.parse_args()
    for number in asked.datasets:
        one = publishing if asked.publish else measure
        one(number, lambda line: print(line, flush=True))  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
