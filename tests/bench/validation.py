"""How long validation takes, by engine, beside loading the same data; and how much memory.

Run ``python tests/bench/validation.py``: generated data with planted violations at 10 thousand,
100 thousand and 1 million triples; pyshacl up to 100 thousand. Prints seconds of processor time
and the peak memory of a process of its own for each line. Core shapes say whether what was
planted is what was found; shapes in SPARQL look for some of it only, and say how much they found.
The line `again` is a second validation, as if a thousand triples had changed since the first.
"""

import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from planted import written
from pyoxigraph import RdfFormat, Store
from rdflib import Graph
from rdflib.namespace import SH

from parvis.config import knowledge
from parvis.pooling.staging_view import as_data, stage_files
from parvis.rdf.lines import canonical_triples
from parvis.validation import (
    PreviousValidation,
    SubmissionContext,
    Validation,
    load_data,
    load_shapes,
    validate,
)
from parvis.validation.data import Data

SIZES = (10_000, 100_000, 1_000_000)
MOST_FOR_PYSHACL = 100_000
AGAIN = "again"
CHANGED = 1_000
IN_SPARQL = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix bench: <https://bench.example/> .
bench:order a sh:NodeShape ; sh:targetClass <http://schema.org/TheaterEvent> ; sh:sparql [
  sh:select \"\"\"SELECT $this ?value WHERE {
    $this <http://schema.org/startDate> ?start ; <http://schema.org/endDate> ?value .
    FILTER (?value < ?start) }\"\"\" ] .
bench:price a sh:NodeShape ; sh:targetClass <http://schema.org/Offer> ; sh:sparql [
  sh:select \"\"\"SELECT $this ?value WHERE {
    $this <http://schema.org/price> ?value . FILTER (?value < 0) }\"\"\" ] .
"""


def shapes(kind: str) -> Graph:
    """Give parvis's shapes without SPARQL of their own, or shapes that are nothing else."""
    if kind == "sparql":
        return Graph().parse(data=IN_SPARQL, format="turtle")
    graph = load_shapes([knowledge("shapes")])
    for triple in list(graph.triples((None, SH.sparql, None))):
        graph.remove(triple)
    return graph


def bulk(file: Path) -> dict[str, Any]:
    """Load one file and nothing else: what validation is measured against."""
    start = time.process_time()
    with file.open("rb") as lines:
        Store().bulk_load(lines, RdfFormat.N_TRIPLES)
    return {"load": time.process_time() - start, "validate": 0.0, "found": []}


def changed(file: Path, first: Validation) -> PreviousValidation | None:
    """Say of data that have been validated that their first triples are others since."""
    with file.open("rb") as lines:
        return PreviousValidation.of(first.kept, canonical_triples(islice(lines, CHANGED)))


def measured(file: Path, kind: str, engine: str) -> dict[str, Any]:
    """Validate one file in this process."""
    rules = shapes(kind)
    start = time.process_time()
    with ExitStack() as stack:
        if engine == "pyshacl":
            graph = load_data([file])
            data = Data(lambda: graph)
        else:
            data = as_data(stack.enter_context(stage_files([file])), [file])
        loaded = time.process_time()
        if engine == AGAIN:
            before = changed(file, validate(data, rules))
            start += time.process_time() - loaded
            loaded = time.process_time()
            found = validate(data, rules, submitted=SubmissionContext(before=before))
        else:
            found = validate(data, rules, engine=engine)
        done = time.process_time()
    counted = Counter((one.rule, one.focus or "") for one in found.findings)
    results = sorted([rule, focus, count] for (rule, focus), count in counted.items())
    return {"load": loaded - start, "validate": done - loaded, "found": results}


def apart(file: Path, kind: str, engine: str) -> dict[str, Any]:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, str(file), kind, engine]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    return cast("dict[str, Any]", json.loads(done.stdout))


def lines(folder: Path) -> Iterator[str]:
    """Measure every size, kind of shapes and engine."""
    for size in SIZES:
        file = folder / f"{size}.nt"
        planted = sorted([*key, count] for key, count in written(file, size).items())
        base = apart(file, "-", "bulk load")
        yield line(size, "-", "bulk load", base, "")
        for kind in ("core", "sparql"):
            for engine in ("compiled", AGAIN, "pyshacl"):
                if engine == "pyshacl" and size > MOST_FOR_PYSHACL:
                    continue
                one = apart(file, kind, engine)
                ratio = (one["load"] + one["validate"]) / base["load"]
                verdict = "as planted" if one["found"] == planted else "NOT as planted"
                if kind == "sparql":  # these shapes look for some of the defects only
                    verdict = f"{len(one['found'])} results"
                yield line(size, kind, engine, one, f"{ratio:>8.1f}  {verdict}")


def line(size: int, kind: str, engine: str, one: dict[str, Any], rest: str) -> str:
    """Write one measure."""
    times = f"{one['load']:>8.2f}{one['validate']:>10.2f}{one['peak']:>8}"
    return f"{size:>9}  {kind:7}{engine:10}{times}{rest}"


def main(arguments: list[str]) -> None:
    """Print the table, or measure once for it."""
    out = sys.stdout.write
    if arguments:
        file, kind, engine = Path(arguments[0]), *arguments[1:]
        one = bulk(file) if engine == "bulk load" else measured(file, kind, engine)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        out(json.dumps(one | {"peak": peak}))
        return
    head = f"{'load':>8}{'validate':>10}{'MB':>8}{'ratio':>8}"
    out(f"{'triples':>9}  {'shapes':7}{'engine':10}{head}\n")
    with TemporaryDirectory() as folder:
        for row in lines(Path(folder)):
            out(f"{row}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
