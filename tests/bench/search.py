"""Cost of building the text index, and its response times, as triples and as graphs grow.

Run ``python tests/bench/search.py [--triples N] [--graphs 100 1000 10000 100000]``.

First invented events are published with and without their index, then searched like on the site,
with the SPARQL pattern, and by a reader who may read one of ten graphs. Then pools of many small
graphs, ten events each, are indexed, and searched by readers of all graphs, of nine tenths of them,
and of three, beside one table of SQLite's FTS5, which confines nobody; in milliseconds of
processor, which a busy machine changes less. Prints seconds and megabytes, then milliseconds.
"""

import argparse
import gzip
import hashlib
import json
import random
import re
import resource
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, nullcontext
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from unittest import mock

from parvis.config import Limits
from parvis.linking.names import nearest_word
from parvis.pooling.serving.search import SHOWN
from parvis.store.generation.generation import Generation, GenerationContent, build
from parvis.store.generation.graph_file import GraphFile
from parvis.store.generation.indexer import Indexer
from parvis.store.query.pool import QueryPool
from parvis.store.query.request import QueryDataset, WorkerRequest
from parvis.store.search.index import Source
from parvis.store.search.results import GraphWords, NamedEntity
from parvis.store.search.search import TextIndex
from parvis.store.search.segment import Segment
from parvis.store.search.words import fold, query_forms

TRIPLES = 1_000_000
EACH = 16
"""Triples per event."""
GRAPHS = 10
FEWEST, TIMES = 5, 100
PATIENCE = 3_000
"""Milliseconds after which one step is not repeated any more."""
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
    no_index = mock.patch.object(Indexer, "indexing", return_value=nullcontext())
    with nullcontext() if indexed else no_index:
        generation = build(data, GenerationContent(graphs))
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return generation, f"{wall:>8.2f} s{cpu:>8.2f} s of processor"


def size(folder: Path) -> float:
    """Return the megabytes of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def time_step(step: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> str:
    """Format the median and the 95th percentile of many runs in milliseconds."""
    durations: list[float] = []
    # The peer takes seconds at 100,000 graphs.
    while len(durations) < FEWEST or (len(durations) < TIMES and sum(durations) < PATIENCE):
        start = clock()
        step()
        durations.append((clock() - start) * 1e3)
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
            yield f"{query:20}{''.join(cells)}{index.count(query, None):>8}"
        yield f"{'completing “the”':20}{time_step(lambda: index.complete('the', None, 10))}"


def search_page(index: TextIndex, query: str) -> list[NamedEntity]:
    """Search like the page."""
    return [
        index.describe(hit) for hit in index.find(query, None, SHOWN + 1, covered=GraphWords({}))
    ]


def body(pool: QueryPool, generation: Generation, request: WorkerRequest) -> bytes:
    """Read a result to its end."""
    return b"".join(pool.ask(generation.open_store, request).chunks)


# Many small graphs.

FEW_EVENTS = 10
WANTED = 20
"""Milliseconds that a search may take, however many graphs there are."""
RARE = 30_000
"""Words beyond those of `VOCABULARY`, each in few texts."""
NO_WORDS = GraphWords({})
WHOLE = "".join


def write_small_graphs(folder: Path, count: int) -> dict[str, Source]:
    """Write graphs of ten events and two venues each, as the record has them."""
    folder.mkdir()
    syllables = ("ba", "cor", "du", "fe", "gil", "mo", "na", "pe", "ri", "tou", "va", "zan")
    draw = random.Random(1)  # noqa: S311 - the same words at every run
    rare = [WHOLE(draw.choices(syllables, k=4)) for _ in range(RARE)]
    sources = {}
    for graph in range(count):
        draw = random.Random(graph)  # noqa: S311 - the same events at every run
        place = f"<https://pool.example/id/place/{graph}>"
        lines = [
            f'{place} <http://schema.org/addressLocality> "{draw.choice(CITIES)}" .\n',
            f'{place} <http://schema.org/name> "Salle {draw.choice(SECOND)}"@fr .\n',
        ]
        for number in range(FEW_EVENTS):
            event = f"<https://pool.example/id/event/{graph}-{number}>"
            words = [*draw.choices(VOCABULARY, k=15), *draw.choices(rare, k=10)]
            name = f"{draw.choice(FIRST)} {draw.choice(SECOND)} {draw.choice(rare)}"
            lines += [
                f'{event} <http://schema.org/description> "{" ".join(words)}."@fr .\n',
                f"{event} <http://schema.org/location> {place} .\n",
                f'{event} <http://schema.org/name> "{name}"@fr .\n',
            ]
        body = gzip.compress("".join(sorted(lines)).encode(), 1, mtime=0)
        name = f"{hashlib.sha256(body).hexdigest()}.nt.gz"
        (folder / name).write_bytes(body)
        sources[f"https://pool.example/graph/{graph}"] = folder / name, name
    return sources


def index_graphs(folder: Path, sources: Mapping[str, Source], former: Path) -> str:
    """Index graphs in a folder; format wall and processor seconds."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    files = {graph: GraphFile(*source) for graph, source in sources.items()}
    with (
        Indexer() as indexer,
        indexer.indexing(folder, {"open": files, "members": {}}, former, "UTC"),
    ):
        pass
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - start
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{wall:.1f} s, {cpu:.1f} s of processor, {size(folder):.0f} MB"


def fill_peer(folder: Path, file: sqlite3.Connection) -> str:
    """Write the texts of an index into one table of FTS5; format processor seconds."""
    file.execute(
        "CREATE VIRTUAL TABLE peer USING fts5(iri UNINDEXED, names, descriptions, context,"
        ' tokenize = "unicode61 remove_diacritics 2", detail = column)'
    )
    seconds = 0.0
    for path in sorted((folder / "search" / "open").glob("*.sqlite")):
        with closing(Segment(path)) as segment:
            rows = segment.read("SELECT iri, texts FROM entity JOIN text USING (id)")
        texts = [(iri, *(map(_join, json.loads(body)))) for iri, body in rows]
        start = time.process_time()
        file.executemany(
            "INSERT INTO peer VALUES (?, ?, ?, ?)",
            [
                (iri, names, descriptions, f"{places} {context}")
                for iri, names, descriptions, _, places, context in texts
            ],
        )
        seconds += time.process_time() - start
    start = time.process_time()
    file.execute("INSERT INTO peer(peer) VALUES ('optimize')")
    file.commit()
    return f"{seconds + time.process_time() - start:.1f} s of processor"


def _join(texts: list[str | list[str]]) -> str:
    return " ".join(text if isinstance(text, str) else text[0] for text in texts)


def ask_peer(file: sqlite3.Connection, query: str) -> list[tuple[str, float]]:
    """Return the best rows with all words of a query."""
    match = " AND ".join(f'"{fold(form)}"' for form in query_forms(query))
    return file.execute(
        "SELECT iri, bm25(peer, 0, 5, 1, 1) AS rank FROM peer WHERE peer MATCH ?"
        " ORDER BY rank LIMIT ?",
        (match, SHOWN + 1),
    ).fetchall()


def many_graphs(folder: Path, count: int) -> Iterator[str]:
    """Index and search many graphs, and the peer."""
    sources = write_small_graphs(folder / "record", count)
    *_, last = sources
    former, served = folder / "former", folder / "served"
    fewer = {graph: source for graph, source in sources.items() if graph != last}
    yield f"\n{count} graphs of {FEW_EVENTS} events"
    yield f"  indexed in {index_graphs(former, fewer, folder)}"
    yield f"  one graph added in {index_graphs(served, sources, former)}"
    shutil.rmtree(former)
    with closing(sqlite3.connect(folder / "peer.sqlite")) as peer:
        yield f"  FTS5 filled in {fill_peer(served, peer)}"
        most, three = tuple(list(sources)[count // 10 :]), tuple(list(sources)[:3])
        readers = {"all graphs": None, "nine tenths": most, "three": three}
        for name, graphs in readers.items():
            start = time.thread_time()
            with closing(TextIndex(served, "open")) as index:
                index.find(QUERIES[0], graphs, SHOWN + 1, covered=NO_WORDS)
            spent = (time.thread_time() - start) * 1e3
            yield f"  first search after a publication, {name}: {spent:.0f} ms"
        yield f"  {'median and p95, ms':20}{'FTS5':>16}" + "".join(f"{n:>24}" for n in readers)
        with closing(TextIndex(served, "open")) as index:
            yield from (f"  {line}" for line in compare(index, peer, readers))
    shutil.rmtree(folder / "record")


def compare(
    index: TextIndex, peer: sqlite3.Connection, readers: Mapping[str, tuple[str, ...] | None]
) -> Iterator[str]:
    """Search as each reader and beside the peer, with the ratio of the medians."""
    for query in QUERIES:
        theirs = time_step(partial(ask_peer, peer, query), time.thread_time)
        line = f"{query:20}{theirs}"
        for graphs in readers.values():
            find = partial(index.find, query, graphs, SHOWN + 1, covered=NO_WORDS)
            ours = time_step(find, time.thread_time)
            line += f"{ours}{float(ours[:8]) / float(theirs[:8]):>6.2f} ×"
        yield f"{line}{index.count(query, None):>9}"
    steps: dict[str, Callable[[tuple[str, ...] | None], object]] = {
        "completing “t”": lambda graphs: index.complete("t", graphs, 20),
        "completing “danse la”": lambda graphs: index.complete("danse la", graphs, 20),
        "misspelt “montagme”": lambda graphs: index.correct_unused_words(
            "montagme", graphs, nearest_word
        ),
        "names near": lambda graphs: index.find_near(
            "Théâtre de la Lanterme", graphs, 80, lambda *_: True
        ),
        "20,000 of “théâtre”": lambda graphs: index.find_iris("théâtre", graphs, 20_000, NO_WORDS),
    }
    for name, step in steps.items():
        cells = (
            f"{time_step(partial(step, graphs), time.thread_time)}{'':8}"
            for graphs in readers.values()
        )
        yield f"{name:36}{''.join(cells)}"


def main() -> None:
    """Build, then search."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--triples", type=int, default=TRIPLES)
    parser.add_argument("--graphs", type=int, nargs="*", default=[100, 1_000, 10_000, 100_000])
    options = parser.parse_args()
    if options.triples:
        with TemporaryDirectory() as name:
            for line in few_graphs(Path(name), options.triples):
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
    for count in options.graphs:
        with TemporaryDirectory() as name:
            for line in many_graphs(Path(name), count):
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()


def few_graphs(folder: Path, triples: int) -> Iterator[str]:
    """Publish with and without the index, then search."""
    graphs = write_graphs(folder, triples)
    yield f"{triples} triples, {GRAPHS} graphs"
    for indexed in (False, True):
        shutil.rmtree(folder / "data", ignore_errors=True)
        generation, times = measure_build(folder / "data", graphs, indexed=indexed)
        yield f"{'with' if indexed else 'without':8}the index{times}"
    stores, index = size(generation.open_store), size(generation.folder / "search")
    yield f"open store {stores:.0f} MB, index {index:.0f} MB"
    yield from answers(generation, graphs)


if __name__ == "__main__":
    main()
