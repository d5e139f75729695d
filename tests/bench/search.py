"""Cost of building the text index, and its response times, for a million triples.

Run ``python tests/bench/search.py [TRIPLES]``: invented events are published with and without
their index, then searched like on the site, with the SPARQL pattern, and by a reader who may
read one of many graphs. Prints seconds and megabytes, then milliseconds; run it on an idle machine.
"""

import random
import re
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from unittest import mock

from parvis.config import Limits
from parvis.pooling.serving.search import SHOWN
from parvis.store.generation.generation import Generation, GenerationContent, build
from parvis.store.query.pool import QueryPool
from parvis.store.query.request import QueryDataset, WorkerRequest
from parvis.store.search.ranking import NamedEntity
from parvis.store.search.search import TextIndex

TRIPLES = 1_000_000
EACH = 16
"""Triples per event."""
GRAPHS = 10
TIMES = 100
FIRST = ("Théâtre", "Danse", "Musique", "Concert", "Atelier", "Spectacle", "Lecture", "Cirque")
SECOND = (
    "de la Lanterne",
    "du Petit Nord",
    "des Marées",
    "en famille",
    "d’hiver",
    "d’été",
    "de quartier",
    "à ciel ouvert",
    "du fleuve",
    "des neiges",
)
VOCABULARY = re.findall(
    r"\w+",
    "une soirée où la scène rencontre le public avec des artistes venus de partout pour partager"
    " leur passion des arts vivants et de la mémoire dans un lieu ouvert à tous les âges théâtre"
    " danse musique lumière corps voix territoire rivière forêt ville quartier jeunesse aînés",
)
CITIES = ("Montréal", "Québec", "Laval", "Gatineau", "Rimouski", "Sherbrooke")
VENUES = 200
QUERIES = (
    "danse montréal",
    "théâtre",
    "theatre",
    "theatre lanterne",
    "danse d’été",
    "scène public",
    "introuvable",
)


def events(count: int, begin: int) -> Iterator[str]:
    """Write events: a name and a description of 25 words among 16 triples."""
    draw = random.Random(begin)  # noqa: S311 - the same events at every run
    for number in range(begin, begin + count):
        event = f"<https://pool.example/id/event/x/{number:07}>"
        words = " ".join(draw.choices(VOCABULARY, k=25)).capitalize()
        name = f"{draw.choice(FIRST)} {draw.choice(SECOND)}, {draw.choice(SECOND)} n° {number}"
        yield f'{event} <http://schema.org/description> "{words}."@fr .\n'
        yield f'{event} <http://schema.org/name> "{name}"@fr .\n'
        venue = f"<https://pool.example/id/place/x/{number % VENUES}>"
        yield f"{event} <http://schema.org/location> {venue} .\n"
        yield f'{event} <http://schema.org/startDate> "2026-{number % 12 + 1:02}-15" .\n'
        for step in range(EACH - 5):
            yield f'{event} <http://schema.org/p{step:02}> "{number * step}" .\n'
        yield (
            f"{event} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
            " <http://schema.org/TheaterEvent> .\n"
        )


def venues() -> Iterator[str]:
    """Write the venues of events, each with a name and an address."""
    draw = random.Random(0)  # noqa: S311 - the same venues at every run
    for number in range(VENUES):
        venue = f"<https://pool.example/id/place/x/{number}>"
        address = f"<https://pool.example/id/address/x/{number}>"
        yield f'{venue} <http://schema.org/name> "Salle {draw.choice(SECOND)} {number}"@fr .\n'
        yield f"{venue} <http://schema.org/address> {address} .\n"
        yield f'{address} <http://schema.org/addressLocality> "{draw.choice(CITIES)}" .\n'


def write_graphs(folder: Path, triples: int) -> dict[str, Path]:
    """Write the graphs."""
    count = triples // EACH // GRAPHS
    graph_files = {f"http://pool.example/graph/x/{n}": folder / f"{n}.nt" for n in range(GRAPHS)}
    for number, path in enumerate(graph_files.values()):
        with path.open("w", encoding="utf-8") as file:
            file.writelines(events(count, number * count))
            file.writelines(venues())
    return graph_files


def measure_build(data: Path, graphs: dict[str, Path], *, indexed: bool) -> tuple[Generation, str]:
    """Build a generation; format wall and processor seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    no_index = mock.patch("parvis.store.generation.generation.indexing", return_value=nullcontext())
    with nullcontext() if indexed else no_index:
        generation = build(data, GenerationContent(graphs))
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return generation, f"{wall:>8.2f} s{cpu:>8.2f} s of processor"


def size(folder: Path) -> float:
    """Return the megabytes of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def time_step(step: Callable[[], object]) -> str:
    """Format the median and the 95th percentile of many runs in milliseconds."""
    durations = []
    for _ in range(TIMES):
        start = time.perf_counter()
        step()
        durations.append((time.perf_counter() - start) * 1e3)
    return f"{median(durations):>8.2f}{quantiles(durations, n=20)[-1]:>8.2f}"


def answers(generation: Generation, graphs: dict[str, Path]) -> Iterator[str]:
    """Search like the site, as a reader of one graph, and with the SPARQL pattern."""
    readable, first = QueryDataset.of(graphs), next(iter(graphs))
    with (
        closing(TextIndex.of(generation.open_store)) as index,
        QueryPool(Limits(seconds=60)) as pool,
    ):
        yield f"{'median and p95, ms':20}{'site':>16}{'one graph':>16}{'SPARQL':>16}{'found':>8}"
        for query in QUERIES:
            pattern = f'SELECT * {{ ?t parvis:search ("{query}" ?score 50) ; schema:name ?n }}'
            request = WorkerRequest(pattern, allowed=readable)
            cells = [
                time_step(partial(search_page, index, query)),
                time_step(partial(index.find, query, [first], 51)),
                time_step(partial(body, pool, generation, request)),
            ]
            yield f"{query:20}{''.join(cells)}{index.count(query, None, 100_000):>8}"
        yield f"{'completing “the”':20}{time_step(lambda: index.complete('the', None, 10))}"


def search_page(index: TextIndex, query: str) -> list[NamedEntity]:
    """Search like the page."""
    return [index.describe(hit) for hit in index.find(query, None, SHOWN + 1, covered={})]


def body(pool: QueryPool, generation: Generation, request: WorkerRequest) -> bytes:
    """Read a result to its end."""
    return b"".join(pool.ask(generation.open_store, request).chunks)


def main() -> None:
    """Build, then search."""
    triples = int(sys.argv[1]) if len(sys.argv) > 1 else TRIPLES
    with TemporaryDirectory() as name:
        folder = Path(name)
        graphs = write_graphs(folder, triples)
        sys.stdout.write(f"{triples} triples, {GRAPHS} graphs\n")
        for indexed in (False, True):
            shutil.rmtree(folder / "data", ignore_errors=True)
            generation, times = measure_build(folder / "data", graphs, indexed=indexed)
            sys.stdout.write(f"{'with' if indexed else 'without':8}the index{times}\n")
        stores, index = size(generation.open_store), size(generation.folder / "search")
        sys.stdout.write(f"open store {stores:.0f} MB, index {index:.0f} MB\n")
        for line in answers(generation, graphs):
            sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
