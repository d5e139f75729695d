"""parvis and the engine read random texts alike."""

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench"


def test_both_parsers_read_random_texts_alike() -> None:
    """Some thousand texts; ``python tests/bench/query_readings.py`` tries for five minutes."""
    run = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, BENCH / "query_readings.py", "--seconds", "20"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert " agree" in run.stdout
