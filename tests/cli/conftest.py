"""Run the real commands in this process, over small pools."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from parvis.cli import main
from parvis.config import Settings
from parvis.pooling.intake.submit import submit
from parvis.pooling.intake.templates import init
from parvis.pooling.pool import Pool
from parvis.pooling.texts.valid import VALID
from parvis.vocab.iris import DatasetKey

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's own settings from the commands."""
    for name in ("PARVIS_DATA", "PARVIS_CATALOG", "PARVIS_BASE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs a command and returns its exit code and output."""

    def run_command(*args: object) -> CompletedProcess[str]:
        capsys.readouterr()
        arguments = [str(arg) for arg in args]
        with pytest.raises(SystemExit) as exit_info:
            main(arguments)
        printed = capsys.readouterr()
        return CompletedProcess(arguments, int(exit_info.value.code or 0), printed.out, printed.err)

    return run_command


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Make an empty pool that commands find through environment variables."""
    init(tmp_path / "catalogue")
    monkeypatch.setenv("PARVIS_CATALOG", str(tmp_path / "catalogue"))
    monkeypatch.setenv("PARVIS_DATA", str(tmp_path / "data"))
    return Settings.load()


@pytest.fixture
def dataset(pool: Settings) -> Path:
    """Return the folder of the pool's only dataset: its record, mapping and file."""
    return pool.catalog / "exemple" / "programmation"


@pytest.fixture(scope="session")
def submitted_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the data folder of a pool whose only dataset has been submitted."""
    folder = tmp_path_factory.mktemp("kept")
    init(folder / "catalogue")
    settings = Settings.load(data=folder / "data", catalog=folder / "catalogue")
    with Pool.open(settings) as pool:
        assert submit(pool, DatasetKey("exemple", "programmation")).accepted
    return settings.data


@pytest.fixture
def submitted_pool(pool: Settings, submitted_data: Path) -> Settings:
    """Return a pool whose only dataset has been submitted."""
    shutil.copytree(submitted_data, pool.data)
    return pool


@pytest.fixture
def digest_data(pool: Settings) -> Callable[[], dict[str, str]]:
    """Return a function that lists the data folder by path: a digest or "folder".

    The copy of the last valid texts is left out: any command that reads them may renew it.
    """

    def list_digests() -> dict[str, str]:
        paths = sorted(pool.data.rglob("*"))
        return {
            str(path.relative_to(pool.data)): _digest(path)
            for path in paths
            if path.relative_to(pool.data).parts[0] != VALID
        }

    return list_digests


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
