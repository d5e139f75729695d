"""Duration and memory of validation by engine, next to loading the same data.

Run ``python tests/bench/validation.py``: generated data with planted violations at 10 thousand,
100 thousand and 1 million triples; pyshacl up to 100 thousand. Prints seconds of processor time
and the peak memory of a separate process for each line. For core shapes the table shows whether
the results equal the planted violations; SPARQL shapes look for some only, and show their number.
The line `again` is an incremental validation, as if a thousand triples had changed since the first.
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

from planted import write_data
from pyoxigraph import RdfFormat, Store
from rdflib import Graph
from rdflib.namespace import SH

from parvis.config import knowledge
from parvis.pooling.texts.staging_view import as_data, stage_files
from parvis.rdf.lines import canonical_triples
from parvis.validation import (
    PreviousValidation,
    SubmissionContext,
    Validation,
    load_data,
    load_own_shapes,
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
    """Return parvis's shapes without their SPARQL constraints, or only SPARQL constraints."""
    if kind == "sparql":
        return Graph().parse(data=IN_SPARQL, format="turtle")
    graph = load_own_shapes(knowledge("shapes"))
    for triple in list(graph.triples((None, SH.sparql, None))):
        graph.remove(triple)
    return graph


def bulk(file: Path) -> dict[str, Any]:
    """Only load a file: the reference for validation."""
    start = time.process_time()
    with file.open("rb") as lines:
        Store().bulk_load(lines, RdfFormat.N_TRIPLES)
    return {"load": time.process_time() - start, "validate": 0.0, "found": []}


def changed(file: Path, first: Validation) -> PreviousValidation | None:
    """Return a previous validation as if the first triples had changed since."""
    with file.open("rb") as lines:
        return PreviousValidation.of(
            first.reusable_results, canonical_triples(islice(lines, CHANGED))
        )


def measure_file(file: Path, kind: str, engine: str) -> dict[str, Any]:
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
            validation_ = validate(data, rules, submitted=SubmissionContext(previous=before))
        else:
            validation_ = validate(data, rules, engine=engine)
        end = time.process_time()
    counts = Counter((finding.rule, finding.focus or "") for finding in validation_.findings)
    results = sorted([rule, focus, count] for (rule, focus), count in counts.items())
    return {"load": loaded - start, "validate": end - loaded, "found": results}


def measure_in_process(file: Path, kind: str, engine: str) -> dict[str, Any]:
    """Measure in a separate process."""
    command = [sys.executable, __file__, str(file), kind, engine]
    result = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    return cast("dict[str, Any]", json.loads(result.stdout))


def lines(folder: Path) -> Iterator[str]:
    """Measure every size, kind of shapes and engine."""
    for size in SIZES:
        file = folder / f"{size}.nt"
        planted = sorted([*key, count] for key, count in write_data(file, size).items())
        reference = measure_in_process(file, "-", "bulk load")
        compiled = 0.0
        yield line(size, "-", "bulk load", reference, "")
        for kind in ("core", "sparql"):
            for engine in ("compiled", AGAIN, "pyshacl"):
                if engine == "pyshacl" and size > MOST_FOR_PYSHACL:
                    continue
                measure = measure_in_process(file, kind, engine)
                if engine == "compiled":
                    compiled = measure["validate"]
                ratio = (measure["load"] + measure["validate"]) / reference["load"]
                verdict = "as planted" if measure["found"] == planted else "NOT as planted"
                if kind == "sparql":  # these shapes detect some of the defects only
                    verdict = f"{len(measure['found'])} results"
                if engine == "pyshacl":
                    verdict += f", validates in {measure['validate'] / compiled:.0f} x compiled"
                yield line(size, kind, engine, measure, f"{ratio:>8.1f}  {verdict}")


def line(size: int, kind: str, engine: str, measure: dict[str, Any], suffix: str) -> str:
    """Format one measure."""
    times = f"{measure['load']:>8.2f}{measure['validate']:>10.2f}{measure['peak']:>8}"
    return f"{size:>9}  {kind:7}{engine:10}{times}{suffix}"


def main(arguments: list[str]) -> None:
    """Print the table, or run one measurement for it."""
    out = sys.stdout.write
    if arguments:
        file, kind, engine = Path(arguments[0]), *arguments[1:]
        measure = bulk(file) if engine == "bulk load" else measure_file(file, kind, engine)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        out(json.dumps(measure | {"peak": peak}))
        return
    headings = f"{'load':>8}{'validate':>10}{'MB':>8}{'ratio':>8}"
    out(f"{'triples':>9}  {'shapes':7}{'engine':10}{headings}\n")
    with TemporaryDirectory() as folder:
        for row in lines(Path(folder)):
            out(f"{row}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
