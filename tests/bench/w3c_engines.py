"""The W3C's SPARQL 1.1 query cases on each engine, through parvis and without it.

Run ``python tests/bench/w3c_engines.py [--engine all]`` beside the folder of public suites. Every
data file is a graph of one publication; a case names its dataset. Prints how many cases pass either
way, and those that only one way passes; exit code 1 if the engine alone passes more.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import requests
from pyoxigraph import QueryBoolean, QueryResultsFormat, QuerySolutions, RdfFormat, serialize
from table import tell
from w3c_sparql import DATA, W3C, Case, cases, differs, triples

sys.path.append(str(Path(__file__).parents[2]))  # the servers below are those of the tests

from parvis.config import RemoteStore
from parvis.errors import ParvisError
from parvis.store.generation.generation import GenerationContent, build
from parvis.store.query.request import QueryDataset, QueryText
from parvis.store.remote.publisher import RemoteStores
from parvis.store.remote.remote_process import open_engine
from parvis.store.remote.repository import Repository
from tests.remote.engines import ENGINES, repositories
from tests.web.test_suites import QUERIES

SUITE = Path(__file__).parents[3] / "shared" / "suites" / "sparql11"
JSON, GRAPH = "application/sparql-results+json", "application/n-triples"
NOWHERE = "urn:x-parvis:no-such-graph"
FAILURES = (ParvisError, SyntaxError, ValueError, OSError, KeyError, requests.RequestException)


def evaluation_cases(suite: Path) -> Iterator[Case]:
    """Yield the cases that have a result and call no other endpoint."""
    for folder in QUERIES:
        for case in cases(suite / folder):
            if case.result is not None and "SERVICE" not in case.text.upper():
                yield case


def write_graphs(suite: Path, folder: Path) -> dict[str, Path]:
    """Write each data file as N-Triples; return them by address."""
    paths = {}
    files = (file for name in QUERIES for file in sorted((suite / name).iterdir()))
    for number, file in enumerate(file for file in files if file.suffix in DATA):
        address = f"{W3C}{file.parent.name}/{file.name}"
        try:
            lines = serialize(
                [quad.triple for quad in triples(file, address)], format=RdfFormat.N_TRIPLES
            )
        except SyntaxError:
            continue
        paths[address] = folder / f"{number}.nt"
        paths[address].write_bytes(b"".join(sorted(set((lines or b"").splitlines(keepends=True)))))
    return paths


def lists_of(case: Case) -> QueryDataset | None:
    """Return the dataset of a case; None if its query has one."""
    if "FROM" in case.text:
        return None
    return QueryDataset(case.default or (NOWHERE,), case.named or (NOWHERE,))


def verdict(case: Case, media_type: str, body: bytes) -> bool:
    return not differs(case, media_type, body)


def through_parvis(case: Case, remote: RemoteStore, folder: Path) -> bool:
    """Return whether a case passes through parvis."""
    engine = open_engine(remote, folder)
    results = engine.run(
        QueryText.read(case.text), allowed=None, requested=lists_of(case), values={}, seconds=20
    )
    if isinstance(results, QuerySolutions | QueryBoolean):
        return verdict(case, JSON, results.serialize(format=QueryResultsFormat.JSON) or b"")
    return verdict(case, GRAPH, serialize(results, format=RdfFormat.N_TRIPLES) or b"")


def alone(case: Case, remote: RemoteStore) -> bool:
    """Return whether a case passes on the engine, sent as it is."""
    dataset, form = lists_of(case), [("query", case.text)]
    if dataset is not None:
        form += [("default-graph-uri", graph) for graph in dataset.default]
        form += [("named-graph-uri", graph) for graph in dataset.named]
    address = remote.open[0] + remote.profile.query
    answer = requests.post(address, form, headers={"Accept": f"{JSON}, {GRAPH}"}, timeout=20)
    answer.raise_for_status()
    kind = answer.headers["Content-Type"].partition(";")[0]
    return verdict(case, JSON if "json" in kind else GRAPH, answer.content)


def passes(way: object, *arguments: object) -> bool:
    """Return whether a case passes one way; a failure is none."""
    try:
        return bool(way(*arguments))  # type: ignore[operator]
    except FAILURES:
        return False


def run(engine: str, suite: Path) -> bool:
    """Print the lines of an engine; return whether parvis loses no case."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
        repositories(engine, Path(name) / "engine", {"open": 1}) as remote,
    ):
        folder = Path(name)
        content = GenerationContent(write_graphs(suite, folder))
        generation = build(folder / "data", content, maker=RemoteStores(remote, W3C))
        with closing(Repository(remote, remote.open[0])) as repository:
            repository.ping()
        every, ours, theirs = [*evaluation_cases(suite)], set[str](), set[str]()
        for case in every:
            if passes(through_parvis, case, remote, generation.open_store):
                ours.add(case.name)
            if passes(alone, case, remote):
                theirs.add(case.name)
    tell(f"{engine}: of {len(every)} cases {len(ours)} through parvis, {len(theirs)} alone")
    for title, names in (("alone only", theirs - ours), ("through parvis only", ours - theirs)):
        for case_name in sorted(names):
            tell(f"  {title}: {case_name}")
    return not theirs - ours


def main() -> int:
    """Run the cases on each engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=[*ENGINES, "all"], default="all")
    options = parser.parse_args()
    engines = sorted(ENGINES) if options.engine == "all" else [options.engine]
    return 0 if all([run(engine, SUITE) for engine in engines]) else 1  # noqa: C419 - all are wanted


if __name__ == "__main__":
    sys.exit(main())
