"""An installed wheel works outside the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
LARGEST = 4_000_000
"""Of these bytes, 1.1 million are programs for browsers, 0.4 million the guide and its French."""
CODE = """
from pathlib import Path
import parvis
from parvis.catalog.ontology import concepts, submission_shapes
from parvis.config import Settings, knowledge
from parvis.pooling.pool import Pool
here = Path(parvis.__file__).parent
assert knowledge("catalog").is_relative_to(here), knowledge("catalog")
settings = Settings(data=Path("data").resolve(), catalog=knowledge("catalog") / "demo")
with Pool.open(settings) as pool:
    print(len(pool.catalog.datasets), len(submission_shapes()) > 0, len(concepts().schemes) > 0)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True)  # noqa: S603 - our own
    (file,) = folder.glob("*.whl")
    return file


def test_the_wheel_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < LARGEST


def test_the_wheel_contains_ontology_shapes_and_demo(wheel: Path, tmp_path: Path) -> None:
    """Ontology, shapes and the demo pool are found in the unpacked wheel."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    result = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", CODE],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        check=True,
        capture_output=True,
        text=True,
    )
    assert result.stdout.split() == ["45", "True", "True"]
