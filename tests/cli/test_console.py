"""Run the command as a shell does, in another process with its own environment."""

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


def run_in_shell(
    folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder, with the environment of a bare shell."""
    inherited = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return subprocess.run(  # noqa: S603 - our own program
        [*CALL, *arguments], cwd=folder, env=inherited | environment, capture_output=True,
        text=True, check=False, encoding="utf-8",
    )  # fmt: skip


def test_the_command_speaks_french_where_no_locale_is_set(tmp_path: Path) -> None:
    process = run_in_shell(tmp_path, "--help")
    assert process.returncode == 0
    assert "Commandes" in process.stdout


@pytest.mark.parametrize("name", ["LC_ALL", "LC_MESSAGES", "LANG"])
def test_the_command_speaks_the_language_of_the_locale(tmp_path: Path, name: str) -> None:
    """The locale need not be installed."""
    process = run_in_shell(tmp_path, "--help", **{name: "en_CA.UTF-8"})
    assert "Commands:" in process.stdout


def test_an_error_prints_one_line_without_traceback(tmp_path: Path) -> None:
    process = run_in_shell(tmp_path, "submit", "a/b", "--catalog", "nowhere", "--lang", "en")
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr == "parvis: the catalogue folder nowhere does not exist\n"


def test_environment_variables_name_the_folders(tmp_path: Path) -> None:
    """Options override PARVIS_CATALOG and PARVIS_DATA."""
    run_in_shell(tmp_path, "init", "catalogue")
    variables = {"PARVIS_CATALOG": "catalogue", "PARVIS_DATA": "data"}
    process = run_in_shell(tmp_path, "submit", "exemple/programmation", **variables)
    assert process.returncode == 0, process.stderr
    assert (tmp_path / "data" / "state.json").is_file()
    override = run_in_shell(tmp_path, "generations", "--data", "other", "--json", **variables)
    assert (override.returncode, override.stdout) == (0, "[]\n")
