"""The command as a shell runs it: another process, its own environment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).parent / "parvis"
CALL = (
    [str(PROGRAM)]
    if PROGRAM.exists()
    else [sys.executable, "-c", "from parvis.cli import main; main()"]
)


def shell(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder, with what a bare shell gives it."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return subprocess.run(  # noqa: S603 - our own program
        [*CALL, *words], cwd=folder, env=kept | environment, capture_output=True, text=True,
        check=False, encoding="utf-8",
    )  # fmt: skip


def test_the_command_speaks_french_where_no_locale_is_set(tmp_path: Path) -> None:
    """French comes first."""
    found = shell(tmp_path, "--help")
    assert found.returncode == 0
    assert "Commandes" in found.stdout


@pytest.mark.parametrize("name", ["LC_ALL", "LC_MESSAGES", "LANG"])
def test_the_command_speaks_the_language_of_the_locale(tmp_path: Path, name: str) -> None:
    """A locale need not be installed for its language to be understood."""
    found = shell(tmp_path, "--help", **{name: "en_CA.UTF-8"})
    assert "Commands:" in found.stdout


def test_an_error_leaves_no_traceback(tmp_path: Path) -> None:
    """One line on stderr, exit code 2."""
    found = shell(tmp_path, "submit", "a/b", "--catalog", "nowhere", "--lang", "en")
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == "parvis: the catalogue folder nowhere does not exist\n"


def test_folders_can_be_told_by_the_environment(tmp_path: Path) -> None:
    """PARVIS_CATALOG and PARVIS_DATA stand for the options, which win over them."""
    shell(tmp_path, "init", "catalogue")
    told = {"PARVIS_CATALOG": "catalogue", "PARVIS_DATA": "data"}
    found = shell(tmp_path, "submit", "exemple/programmation", **told)
    assert found.returncode == 0, found.stderr
    assert (tmp_path / "data" / "state.json").is_file()
    other = shell(tmp_path, "generations", "--data", "other", "--json", **told)
    assert (other.returncode, other.stdout) == (0, "[]\n")
