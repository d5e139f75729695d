"""The steward decides on deposits at the command line."""

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
    """Deposit the sample as its partner would, and return the deposit's id."""
    (file,) = dataset.glob("*.csv")
    with Pool.open(settings) as pool:
        outcome = give(pool, KEY, file, f"{settings.base}id/partner/exemple")
    assert outcome.deposit is not None
    return outcome.deposit.id


def test_a_deposit_is_listed_then_accepted(pool: Settings, dataset: Path, run: Run) -> None:
    """The list says why it waits, for people and for programs."""
    assert "aucun fichier" in run("queue", "list", "--lang", "fr").stdout
    name = deposit(pool, dataset)
    listed = run("queue", "list", "--lang", "en").stdout
    assert name in listed
    assert "parvis:acceptedByRule" in listed
    (entry,) = json.loads(run("queue", "list", "--json").stdout)
    assert (entry["id"], entry["state"]) == (name, "waiting")
    result = run("queue", "accept", name, "--lang", "en")
    assert (result.returncode, "next: parvis publish" in result.stdout) == (0, True)
    assert run("queue", "accept", name).returncode == 2


def test_a_deposit_is_refused_with_a_reason(pool: Settings, dataset: Path, run: Run) -> None:
    """The reason is required, because the partner reads it."""
    name = deposit(pool, dataset)
    assert run("queue", "refuse", name).returncode == 2
    refused = json.loads(
        run("queue", "refuse", name, "--reason", "trop tôt", "--json", "--lang", "fr").stdout
    )
    assert (refused["state"], refused["reason"]) == ("refused", {"fr": "trop tôt"})
    assert json.loads(run("queue", "list", "--json").stdout) == []


@pytest.mark.usefixtures("pool")
def test_only_a_partner_gets_a_token_to_deposit(run: Run) -> None:
    """A party that only reads has no data to deposit."""
    token = json.loads(run("token", "create", "exemple", "--scope", "give", "--json").stdout)
    assert token["scope"] == "give"
    names = ("--name-fr", "Équipe", "--name-en", "Team")
    assert run("add", "party", "equipe", *names).returncode == 0
    assert run("token", "create", "equipe", "--scope", "give").returncode == 2
