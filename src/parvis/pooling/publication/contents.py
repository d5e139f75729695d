"""Make what goes with each content that is served: its statistics and its download files.

Both are made once for a content, and reused from generation to generation.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain, product, repeat
from pathlib import Path
from typing import Any

from parvis.catalog.distributions import DatasetFile, dump_path
from parvis.catalog.entries import Dataset
from parvis.catalog.quality import DuplicateCounts, duplicates_dqv
from parvis.catalog.void import dataset_void, loaded_void, pool_void
from parvis.config import Settings
from parvis.config.json_data import to_json
from parvis.errors import LimitError, ParvisError
from parvis.i18n import both
from parvis.pooling.cards import read_optional
from parvis.pooling.publication.state import Access, PoolState
from parvis.pooling.publication.tables import EventTables, count_events
from parvis.pooling.publication.unchanged import BASES, digest_basis, read_served
from parvis.rdf.files import sorted_lines
from parvis.rdf.formats import PARQUET_ENDING
from parvis.sandbox.client import ProcessClient
from parvis.store.files import RECORDED, sha256
from parvis.store.generation.generation import Generation
from parvis.store.record.statistics import Statistics, StatisticsCounter
from parvis.vocab.iris import DatasetKey

STATISTICS = "statistics"
"""The site folder of the statistics, by the digest of the content.

They are part of the generation, so that an erased content leaves no figures behind.
"""


@dataclass(frozen=True)
class ContentFigures:
    """The statistics of the contents that are served, and what describes them (VoID, N-Triples).

    `statistics` are by the digest of the content: None for one that exceeds the limits of the
    process that counts; `uncounted` are the datasets of these. `duplicates` are by graph. `pool`
    describes the pool as a whole, `descriptions` each dataset. `public` are the parts of the graph
    that everyone may read, `restricted` the graphs of the other datasets by their IRI. `bases` are
    of each description, `statistics_files` the site files of the statistics. `events` are the
    tables of events, which are among the public parts.
    """

    statistics: Mapping[str, Statistics | None]
    uncounted: Sequence[str]
    duplicates: Mapping[str, DuplicateCounts]
    pool: bytes
    descriptions: Mapping[DatasetKey, bytes]
    public: Sequence[bytes]
    restricted: Mapping[str, bytes]
    bases: Mapping[str, str]
    statistics_files: Mapping[str, bytes | Path]
    events: EventTables


def count_contents(
    state: PoolState, access: Access, duplicates: Mapping[str, DuplicateCounts]
) -> ContentFigures:
    """Count each content, or take its figures from the served generation, and describe it."""
    catalog, iris, limits = state.pool.catalog, state.pool.iris, state.pool.settings.limits
    statistics: dict[str, Statistics | None] = {}
    files: dict[str, bytes | Path] = {}
    uncounted, descriptions, restricted, bases = [], {}, {}, {}
    former_bases = json.loads(read_served(state.served, BASES) or b"{}").get("void", {})
    pool_lines = sorted_lines(pool_void(catalog))
    loaded = {graph: v.triples for graph, v in state.loaded.items() if graph in access.open}
    public = [pool_lines, sorted_lines(loaded_void(loaded, iris))]
    with StatisticsCounter(limits.conversion_seconds, limits.conversion_memory) as counter:
        for dataset, version in access.contents:
            key, digest = dataset.key, version.digest
            source, name = access.members[dataset.graph], f"{STATISTICS}/{digest}.json"
            if digest not in statistics:
                before = None if dataset.graph in access.changed else state.served
                statistics[digest], files[name] = _count(counter, before, source, name)
            counted = statistics[digest]
            if counted is None:
                uncounted.append(str(key))
                files.pop(name, None)
            triples = version.triples if counted is None else counted.triples
            basis = digest_basis(dataset.iri, iris.base, source.name, triples, counted is None)
            former = state.served if former_bases.get(str(key)) == basis else None
            lines = read_served(former, f"void/{key}.nt")
            if lines is None:
                lines = sorted_lines(dataset_void(dataset, triples, counted, iris))
            descriptions[key], bases[str(key)] = lines, basis
            if dataset.graph not in access.open:
                # Who may not read a graph may not read its counts either.
                restricted[iris.statistics_of(key)] = lines
                continue
            public.append(lines)
            if dataset.graph in duplicates:
                measures = duplicates_dqv(dataset.iri, duplicates[dataset.graph])
                public.append(sorted_lines(measures))
        events = count_events(state, access, counter)
    public += events.lines
    for dataset, _ in access.contents:
        if dataset.graph in events.restricted:
            restricted[iris.statistics_of(dataset.key)] += events.restricted[dataset.graph]
    return ContentFigures(
        *(statistics, uncounted, duplicates, pool_lines, descriptions, public, restricted),
        *(bases, files, events),
    )


def _count(
    counter: StatisticsCounter, served: Generation | None, source: Path, name: str
) -> tuple[Statistics | None, bytes | Path]:
    """Return the statistics of a content, those that are served if any, and their site file."""
    if served is not None and (body := read_served(served, name)) is not None:
        with suppress(ValueError, KeyError, TypeError):  # of an earlier version: counted again
            return Statistics.from_json(json.loads(body)), served.site / name
    counted = counter.count(source)
    return counted, json.dumps(to_json(counted)).encode()


# Download files.

DUMPS = "dumps.json"
"""The site file that lists a generation's download files, by dataset."""
PROCESSES = 2
"""How many processes write forms: each takes the next when it has written some."""
FORMS_TOGETHER = (("xlsx", "csv.zip", PARQUET_ENDING), ("ttl", "jsonld", "nq.gz"))
"""The forms that one process writes of a dataset: it reads the tables once for all of theirs.

These take some five times as long as the others, so they come first.
"""
FORMS = 2
"""The version of the file formats: a change of number rewrites every file."""


@dataclass(frozen=True)
class DatasetFiles:
    """The files of one dataset: of which content, and why a form is left out."""

    content: str
    files: dict[str, dict[str, Any]]
    left_out: dict[str, dict[str, str]]


@dataclass(frozen=True)
class DownloadFiles:
    """The download files of one publication.

    `index` is the content of `DUMPS`; `files` describes those of each dataset; `paths` is where
    each is now, by its name in the generation.
    """

    index: Mapping[DatasetKey, DatasetFiles]
    files: Mapping[DatasetKey, Sequence[DatasetFile]]
    paths: Mapping[str, Path]

    @property
    def left_out(self) -> list[dict[str, Any]]:
        """The forms that could not be written, and why."""
        return [
            {"dataset": str(key), "form": ending, "reason": reason}
            for key, entry in self.index.items()
            for ending, reason in entry.left_out.items()
        ]


FormerFiles = Mapping[str, tuple[DatasetFiles, Mapping[str, Path]]]
"""By dataset: the files that there are already, and where each is."""


def prepare_contents(
    state: PoolState,
    access: Access,
    duplicates: Mapping[str, DuplicateCounts],
    folder: Path,
    early: Callable[[], FormerFiles] = dict,
) -> tuple[ContentFigures, DownloadFiles]:
    """Count each content and write its download files, at the same time in processes.

    Files that were written `early` are taken, if they are of a content that is served.
    """
    with ThreadPoolExecutor() as threads:
        counting = threads.submit(count_contents, state, access, duplicates)
        downloads = write_downloads(state, access, folder, early())
        return counting.result(), downloads


def write_downloads(
    state: PoolState, access: Access, folder: Path, early: FormerFiles
) -> DownloadFiles:
    """Write every form of each dataset that is served; unchanged ones are linked, not copied."""
    pool = state.pool
    former = {**(_read_downloads(state.served) if state.served else {}), **early}
    index: dict[DatasetKey, DatasetFiles] = {}
    paths: dict[str, Path] = {}
    requests: dict[DatasetKey, dict[str, str]] = {}
    for dataset, _ in access.contents:
        source = access.members[dataset.graph]
        content = describe_content(dataset, source, pool.settings)
        entry, entry_paths = former.get(str(dataset.key), (None, {}))
        if entry is not None and entry.content == content:
            index[dataset.key] = entry
            paths.update(entry_paths)
            continue
        index[dataset.key] = DatasetFiles(content, {}, {})
        requests[dataset.key] = request_forms(dataset, source)
    for form in _write_forms(pool.settings, requests, folder / "dumps"):
        paths |= take_form(index[form.key], form)
    files = {
        key: [
            DatasetFile.of(key, form, pool.iris.base, **file) for form, file in entry.files.items()
        ]
        for key, entry in index.items()
    }
    return DownloadFiles(index, files, paths)


def describe_content(dataset: Dataset, source: Path, settings: Settings) -> str:
    """Return all that the bytes of a dataset's download files depend on."""
    content = f"{FORMS} {source.name.removesuffix(RECORDED)} {dataset.graph}"
    return content + " escaped" * settings.escape_formulas


def request_forms(dataset: Dataset, source: Path) -> dict[str, str]:
    """Return the request for the forms of a dataset, without the form."""
    return {"path": str(source), "dataset": dataset.iri, "graph": dataset.graph}


@dataclass(frozen=True)
class WrittenForm:
    """A form of a dataset, and where it is, or why it is not."""

    key: DatasetKey
    ending: str
    outcome: Path | dict[str, str]


def take_form(entry: DatasetFiles, form: WrittenForm) -> dict[str, Path]:
    """Enter the files of a form into those of its dataset; return where each is, by its name."""
    outcome = form.outcome
    if not isinstance(outcome, Path):
        entry.left_out[form.ending] = outcome
        return {}
    # A form of several files is a folder of them.
    files = {form.ending: outcome}
    if outcome.is_dir():
        files = {path.name: path for path in sorted(outcome.iterdir())}
    paths = {}
    for name, path in files.items():
        entry.files[name] = {"size": path.stat().st_size, "sha256": sha256(path)}
        paths[dump_path(form.key, name)] = path
    return paths


def _write_forms(
    settings: Settings, requests: Mapping[DatasetKey, Mapping[str, str]], folder: Path
) -> list[WrittenForm]:
    """Write all forms of datasets in several processes; return them in a lasting order."""
    waiting = product(FORMS_TOGETHER, requests)  # all threads draw from it
    write = partial(write_while_waiting, settings, requests, folder)
    with ThreadPoolExecutor() as threads:
        written = [*chain(*threads.map(write, repeat(waiting, PROCESSES)))]
    endings, keys = [*chain(*FORMS_TOGETHER)], [*requests]
    return sorted(written, key=lambda form: (endings.index(form.ending), keys.index(form.key)))


def write_while_waiting(
    settings: Settings,
    requests: Mapping[DatasetKey, Mapping[str, str]],
    folder: Path,
    waiting: Iterator[tuple[Sequence[str], DatasetKey]],
) -> list[WrittenForm]:
    """Write forms in one process while some are waiting."""
    limits = settings.limits
    too_much = LimitError("making it takes more memory or time than it may")
    written: list[WrittenForm] = []
    with ProcessClient(
        "parvis.rdf.dumps",
        limits.conversion_seconds,
        memory=limits.conversion_memory,
        escape=settings.escape_formulas,
    ) as writer:
        for ending, key in ((ending, key) for endings, key in waiting for ending in endings):
            path = folder / (str(key) if ending == PARQUET_ENDING else f"{key}.{ending}")
            path.parent.mkdir(parents=True, exist_ok=True)
            request = {**requests[key], "ending": ending, "to": str(path)}
            try:
                writer.call(request, too_much, too_much)
            except ParvisError as error:  # the limits of a sheet, or of the process
                written.append(WrittenForm(key, ending, both(error.template, **error.fields)))
            else:
                written.append(WrittenForm(key, ending, path))
    return written


def _read_downloads(generation: Generation) -> dict[str, tuple[DatasetFiles, dict[str, Path]]]:
    """Return the files of each dataset that has all of its own, with their paths."""
    complete = {}
    for key, fields in read_optional(generation.site / DUMPS).items():
        entry = DatasetFiles(**fields)
        names = [dump_path(DatasetKey.parse(key), form) for form in entry.files]
        paths = {name: generation.dumps / name for name in names}
        sizes = [path.stat().st_size if path.is_file() else -1 for path in paths.values()]
        if sizes == [file["size"] for file in entry.files.values()]:
            complete[key] = entry, paths
    return complete
