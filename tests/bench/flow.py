"""Duration of each step from a file to its publication.

Run ``python tests/bench/flow.py``: the invented pool, and the real files if present. Prints
seconds of wall time; run it on a quiet machine.
"""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from parvis.catalog.ontology import submission_shapes
from parvis.config import Settings, knowledge
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.texts.staging_view import as_data, stage_files
from parvis.validation import validate
from parvis.vocab.iris import DatasetKey

SHARED = Path(__file__).parents[3] / "shared" / "data"
REAL = {
    DatasetKey("ville-de-laval", "calendrier"): "laval_calendrier-activites.json",
    DatasetKey("statcan", "odcaf"): "ODCAF_v1.0.csv",
    DatasetKey("bibliotheques-montreal", "prets"): "bibliomtl_prets_public.json",
    DatasetKey("bibliotheques-montreal", "frequentation"): "bibliomtl_pdrfrequentation.xls",
}


def time_step(step: Callable[[], object]) -> float:
    """Run a step; return its seconds."""
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def measure_dataset(
    pool: Pool, key: DatasetKey, file: Path | None
) -> tuple[int, float, float, float]:
    """Return a dataset's number of triples, and the seconds to convert, validate and submit it."""
    source = file or pool.catalog.require(key).sources[0]
    mapping = pool.catalog.require(key).mapping_for(source)
    out = pool.settings.data / "bench.nt"
    out.parent.mkdir(parents=True, exist_ok=True)
    convert = time_step(lambda: pool.converter.convert(mapping, source, out))
    with stage_files([out]) as view:
        check = time_step(lambda: validate(as_data(view, [out]), submission_shapes()))
        triples = len(view)
    return triples, convert, check, time_step(lambda: submit(pool, key, file))


def lines(catalog: Path, files: dict[DatasetKey, Path | None]) -> Iterator[str]:
    """Measure each dataset of a catalogue folder, then its publication."""
    with (
        TemporaryDirectory() as data,
        Pool.open(Settings(data=Path(data), catalog=catalog)) as pool,
    ):
        for key in files or pool.catalog.datasets:
            triples, *seconds = measure_dataset(pool, key, files.get(key))
            yield f"{key!s:45}{triples:>8}" + "".join(
                f"{step_seconds:>10.2f}" for step_seconds in seconds
            )
        yield f"{'publish':75}{time_step(lambda: publish(pool)):>8.2f}"


def main() -> None:
    """Print the tables."""
    out = sys.stdout.write
    out(f"{'dataset':45}{'triples':>8}{'convert':>10}{'validate':>10}{'submit':>10}\n")
    pools: list[tuple[Path, dict[DatasetKey, Path | None]]] = [(knowledge("catalog") / "demo", {})]
    if SHARED.is_dir():
        pools.append((knowledge("catalog"), {key: SHARED / name for key, name in REAL.items()}))
    for catalog, files in pools:
        for line in lines(catalog, files):
            out(f"{line}\n")


if __name__ == "__main__":
    main()
