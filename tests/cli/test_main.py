"""The program: its processes, its modules, and the mistakes of its users."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from parvis.cli import PARTS, parvis
from parvis.config import Settings
from tests.cli.conftest import Run

MISTAKES = [
    (["submit"], "PARTNER/DATASET", "PARTENAIRE/JEU"),
    (
        ["add", "partner", "x", "--kind", "museum"],
        "missing: “--name-fr”, “--name-en”",
        "«\u00a0--name-fr\u00a0», «\u00a0--name-en\u00a0»",
    ),
    (["frobnicate"], "no command “frobnicate”", "commande «\u00a0frobnicate\u00a0» n’existe pas"),
    (["publish", "--fast"], "no option “--fast”", "option «\u00a0--fast\u00a0» n’existe pas"),
    (["serve", "--port"], "“--port” needs a value", "«\u00a0--port\u00a0» demande une valeur"),
    (["serve", "--port", "x"], "a whole number", "un nombre entier"),
    (
        ["may", "a", "b/c", "--action", "x"],
        "one of read, discover",
        "les choix sont read, discover",
    ),
    ([], "a command is missing", "il manque une commande"),
    (["publish", "a", "b"], "fewer words", "moins de mots"),
    (["submit", "laval"], "“laval” does not name a dataset", "«\u00a0laval\u00a0» ne nomme pas"),
    (["may", "x", "y/z", "--date", "hier"], "not an ISO 8601", "format ISO 8601"),
    (["may", "x", "y/z", "--date", "2026-01-01"], "has no offset", "décalage horaire"),
    (["publish", "--catalog", "nowhere"], "nowhere does not exist", "nowhere n’existe pas"),
]


@pytest.mark.parametrize(("arguments", "english", "french"), MISTAKES)
def test_a_mistake_prints_one_line_in_either_language(
    run: Run, arguments: list[str], english: str, french: str
) -> None:
    for lang, expected in (("en", english), ("fr", french)):
        # What follows an option that lacks its value would be its value.
        result = run(*arguments[:1], "--lang", lang, *arguments[1:])
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr.count("\n") == 1
        assert result.stderr.startswith("parvis: ")
        assert expected in result.stderr


@pytest.mark.usefixtures("pool")
def test_a_json_error_holds_the_sentence_in_both_languages(run: Run) -> None:
    result = run("submit", "exemple/rien", "--json")
    assert result.returncode == 2
    assert json.loads(result.stderr) == {
        "error": {
            "fr": "il n’y a pas de jeu de données exemple/rien",
            "en": "there is no dataset exemple/rien",
        }
    }


def test_an_unknown_setting_is_refused_by_name(run: Run, pool: Settings) -> None:
    """A misspelt setting would have no effect."""
    (pool.catalog / "parvis.toml").write_text("bas = 1\n", encoding="utf-8")
    result = run("publish", "--lang", "en")
    assert result.returncode == 2
    assert "unknown setting: bas" in result.stderr


def test_a_failure_of_the_machine_exits_with_3_without_traceback(
    run: Run, dataset: Path, tmp_path: Path
) -> None:
    report = tmp_path / "no" / "report.json"
    result = run("convert", dataset / "mapping.yml", "--report", report, "--lang", "en")
    assert result.returncode == 3
    assert result.stderr.startswith("parvis: the machine could not do it")
    assert str(report) in result.stderr


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


def test_every_command_is_in_its_declared_module() -> None:
    """No module has an undeclared command."""
    assert parvis.all_commands.keys() == PARTS.keys()
