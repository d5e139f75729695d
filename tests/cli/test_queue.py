"""The steward decides about files that partners gave, at the command line."""

import json
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.pooling.intake.deposits import give
from parvis.pooling.pool import Pool
from parvis.vocab.iris import DatasetKey
from tests.cli.conftest import Run

KEY = DatasetKey("exemple", "programmation")


def deposit(settings: Settings, dataset: Path) -> str:
    """Give the sample as its partner would, and tell its id."""
    (file,) = dataset.glob("*.csv")
    with Pool.open(settings) as pool:
        found = give(pool, KEY, file, f"{settings.base}id/partner/exemple")
    assert found.deposit is not None
    return found.deposit.id


def test_a_file_is_listed_then_accepted(pool: Settings, dataset: Path, run: Run) -> None:
    """With why it waits, for people and for programs."""
    assert "aucun fichier" in run("queue", "list", "--lang", "fr").stdout
    name = deposit(pool, dataset)
    listed = run("queue", "list", "--lang", "en").stdout
    assert name in listed
    assert "parvis:acceptedByRule" in listed
    (told,) = json.loads(run("queue", "list", "--json").stdout)
    assert (told["id"], told["state"]) == (name, "waiting")
    done = run("queue", "accept", name, "--lang", "en")
    assert (done.returncode, "next: parvis publish" in done.stdout) == (0, True)
    assert run("queue", "accept", name).returncode == 2


def test_a_file_is_refused_with_a_reason(pool: Settings, dataset: Path, run: Run) -> None:
    """It is required, for the partner reads it."""
    name = deposit(pool, dataset)
    assert run("queue", "refuse", name).returncode == 2
    told = json.loads(
        run("queue", "refuse", name, "--reason", "trop tôt", "--json", "--lang", "fr").stdout
    )
    assert (told["state"], told["reason"]) == ("refused", {"fr": "trop tôt"})
    assert json.loads(run("queue", "list", "--json").stdout) == []


@pytest.mark.usefixtures("pool")
def test_a_token_to_give_is_a_partners(run: Run) -> None:
    """One that only reads has nothing to give."""
    made = json.loads(run("token", "create", "exemple", "--scope", "give", "--json").stdout)
    assert made["scope"] == "give"
    texts = ("--name-fr", "Équipe", "--name-en", "Team")
    assert run("add", "party", "equipe", *texts).returncode == 0
    assert run("token", "create", "equipe", "--scope", "give").returncode == 2
