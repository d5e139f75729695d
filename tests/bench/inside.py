"""Steps timed inside their process, after imports: ``convert``, or a bulk ``load``.

The last line of output is the processor seconds of the step, including threads.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from pyoxigraph import NamedNode, RdfFormat, Store

from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.program import Sinks
from parvis.mapping.language import load


def conversion(mapping: str, source: str, out: str, base: str) -> Callable[[], object]:
    """Return the conversion without reading its mapping."""
    document, concepts = load(Path(mapping)), Concepts({})

    def run() -> None:
        with Path(out).open("wb") as stream:
            convert(document, Path(source), Sinks(stream), base=base, concepts=concepts)

    return run


def bulk_load(triples: str, folder: str) -> Callable[[], object]:
    """Return the load of a file into one graph of a new store on disk, in an existing folder."""

    def run() -> None:
        with TemporaryDirectory(dir=folder) as place, Path(triples).open("rb") as stream:
            store = Store(place)
            store.bulk_load(stream, RdfFormat.N_TRIPLES, to_graph=NamedNode("urn:x-bench:graph"))
            store.flush()

    return run


STEPS: dict[str, Callable[..., Callable[[], object]]] = {"convert": conversion, "load": bulk_load}


def main(step: str, *arguments: str) -> None:
    """Time one step."""
    run = STEPS[step](*arguments)
    start = time.process_time()
    run()
    sys.stdout.write(f"{time.process_time() - start:.3f}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
