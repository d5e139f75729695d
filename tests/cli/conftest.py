"""The real command, run in this process, over small pools of its own making."""

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
from parvis.vocab.iris import DatasetKey

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no setting of the machine's own reach a command."""
    for name in ("PARVIS_DATA", "PARVIS_CATALOG", "PARVIS_BASE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Give a function that runs a command and gives its exit code and what it printed."""

    def command(*words: object) -> CompletedProcess[str]:
        capsys.readouterr()
        told = [str(word) for word in words]
        with pytest.raises(SystemExit) as ended:
            main(told)
        printed = capsys.readouterr()
        return CompletedProcess(told, int(ended.value.code or 0), printed.out, printed.err)

    return command


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give a new pool that holds nothing yet; commands find it by the environment."""
    init(tmp_path / "catalogue")
    monkeypatch.setenv("PARVIS_CATALOG", str(tmp_path / "catalogue"))
    monkeypatch.setenv("PARVIS_DATA", str(tmp_path / "data"))
    return Settings.load()


@pytest.fixture
def dataset(pool: Settings) -> Path:
    """Give the folder of the pool's one dataset: its record, its mapping, its file."""
    return pool.catalog / "exemple" / "programmation"


@pytest.fixture(scope="session")
def submitted_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the data folder of a new pool whose one dataset has been submitted."""
    folder = tmp_path_factory.mktemp("kept")
    init(folder / "catalogue")
    settings = Settings.load(data=folder / "data", catalog=folder / "catalogue")
    with Pool.open(settings) as opened:
        assert submit(opened, DatasetKey("exemple", "programmation")).accepted
    return settings.data


@pytest.fixture
def kept(pool: Settings, submitted_once: Path) -> Settings:
    """Give a pool whose one dataset has been submitted."""
    shutil.copytree(submitted_once, pool.data)
    return pool


@pytest.fixture
def snapshot(pool: Settings) -> Callable[[], dict[str, str]]:
    """Give a function that tells all that the data folder holds, by path: digest or "folder"."""

    def all_of_it() -> dict[str, str]:
        return {
            str(path.relative_to(pool.data)): _digest(path) for path in sorted(pool.data.rglob("*"))
        }

    return all_of_it


def _digest(path: Path) -> str:
    """Digest a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
