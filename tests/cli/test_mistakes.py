"""Mistakes on the command line print one line in the reader's language, with exit code 2."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from parvis.config import Settings

Run = Callable[..., CompletedProcess[str]]

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
