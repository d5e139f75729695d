"""The steward's commands, from a new partner to a decision and a recall."""

import json

from parvis.config import Settings
from tests.cli.conftest import Run

NAMES = ("--name-fr", "Le musée", "--name-en", "The museum")
TEXTS = (
    *("--title-fr", "Visites", "--title-en", "Visits"),
    *("--description-fr", "Les visites.", "--description-en", "The visits."),
)
ROLE = ("--role-fr", "direction", "--role-en", "director")
CC = "https://creativecommons.org/licenses/by/4.0/"


def test_an_agreement_goes_from_draft_to_decision(pool: Settings, run: Run) -> None:
    """Each command says in the reader's language what it wrote and the next step."""
    assert run("add", "partner", "musee", *NAMES, "--kind", "museum").returncode == 0
    assert run("add", "dataset", "musee/visites", *TEXTS, "--licence", CC).returncode == 0
    drafted = run("add", "agreement", "musee", "--lang", "fr")
    assert "projet d’entente, pas encore en vigueur" in drafted.stdout
    assert run("may", "musee", "musee/visites").returncode == 1
    assert "is signed: version 1" in run("agreement", "sign", "musee", *ROLE, "--lang", "en").stdout
    result = run("may", "musee", "musee/visites", "--lang", "fr")
    assert result.returncode == 0
    assert "la règle qui a tranché\u00a0: Le musée peut lire ces données." in result.stdout
    decision = json.loads(run("may", "musee", "musee/visites", "--json").stdout)
    assert decision["agreement"]["iri"] == f"{pool.base}id/agreement/musee"
    assert decision["rule"]["en"] == "The museum may read these data."
    assert [
        agreement["state"] for agreement in json.loads(run("agreement", "list", "--json").stdout)
    ] == [
        "in force",
        "in force",
    ]
    assert "en vigueur  " in run("agreement", "list", "--lang", "fr").stdout


def test_a_mistake_prints_one_line_and_writes_nothing(pool: Settings, run: Run) -> None:
    before = sorted(pool.catalog.rglob("*"))
    for arguments in (
        ("add", "partner", "exemple", *NAMES, "--kind", "museum"),
        ("add", "dataset", "nobody/x", *TEXTS, "--licence", CC),
        ("add", "agreement", "nobody"),
        ("agreement", "sign", "exemple", "--date", "hier", *ROLE),
        ("project", "close", "nothing", "--learned-fr", "x", "--learned-en", "x"),
        ("recall", "7"),
        ("recall", "exemple/programmation"),
    ):
        result = run(*arguments, "--lang", "fr")
        assert (result.returncode, result.stdout) == (2, "")
        assert len(result.stderr.splitlines()) == 1
    assert sorted(pool.catalog.rglob("*")) == before


def test_a_project_is_closed_and_a_bad_release_recalled(submitted_pool: Settings, run: Run) -> None:
    """Closing the project closes what it opened to everyone."""
    assert run("publish").returncode == 0
    learned = ("--learned-fr", "Qui vient.", "--learned-en", "Who comes.")
    closed = run("project", "close", "premier-projet", *learned, "--lang", "en")
    assert closed.returncode == 0
    assert "exemple/programmation: kept" in closed.stdout
    recalled = run("recall", "1", "--reason", "erreur", "--lang", "en")
    assert "recalled and deleted: generations 1" in recalled.stdout
    decision = run("may", "anonymous", "exemple/programmation", "--lang", "en")
    assert decision.returncode == 1
    assert "is closed" in decision.stdout
    assert (submitted_pool.catalog / "projects" / "premier-projet.closing.md").is_file()
