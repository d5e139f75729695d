"""A partner's sources, and the dates to come that agreements, sources and files set."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.governance import Reader
from parvis.ledger import SHELL, Deposit, Deposits, DepositState
from parvis.pooling.intake.sources import Deliveries, Delivery
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.exchange import list_exchange
from parvis.pooling.serving.snapshot import Snapshot
from parvis.pooling.stewardship.membership import Deadline, list_deadlines, list_own_sources
from parvis.store.generation.generation import current

POOL = Path(__file__).parents[2] / "cases" / "pool"
BASE = "http://pool.test/"
NOW = datetime.now(UTC)
DATES = """
<id/agreement/theatre-b> odrl:permission
    [ odrl:target <id/dataset/theatre-b/billets> ; odrl:assignee <id/partner/tiers> ;
      odrl:action odrl:aggregate ;
      odrl:constraint [ odrl:leftOperand odrl:dateTime ; odrl:operator odrl:lt ;
        odrl:rightOperand "2095-06-30T00:00:00-04:00"^^xsd:dateTime ] ] ;
  odrl:obligation
    [ odrl:target <id/dataset/theatre-b/reserve> ; odrl:assignee parvis:host ;
      odrl:action odrl:delete ;
      odrl:constraint [ odrl:leftOperand odrl:dateTime ; odrl:operator odrl:gteq ;
        odrl:rightOperand "2096-01-01T00:00:00-05:00"^^xsd:dateTime ] ] .
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Publish a pool whose partner's agreement has dates."""
    folder = tmp_path_factory.mktemp("membership")
    shutil.copytree(POOL, folder / "catalog")
    with (folder / "catalog" / "theatre-b" / "agreement.ttl").open("a", encoding="utf-8") as file:
        file.write(DATES)
    settings = Settings.load(data=folder / "data", catalog=folder / "catalog")
    with Pool.open(settings) as pool:
        for key in pool.catalog.datasets:
            assert submit(pool, key).accepted
        publish(pool)
    return settings


def make_deposit(settings: Settings, state: DepositState, given: datetime) -> Deposit:
    """Store the row of a file that was given for the shows."""
    deposit = Deposit(
        id=f"{state}-{given.day}",
        dataset=f"{settings.base}id/dataset/theatre-b/spectacles",
        party=f"{settings.base}id/partner/theatre-b",
        file="saison.csv",
        digest="0" * 64,
        size=1,
        given=given,
        until=given + timedelta(days=30),
        facts={"rows": 1, "score": 100.0},
    )
    deposits = Deposits(settings.data)
    deposits.add(deposit)
    if state is not DepositState.WAITING:
        deposits.decide(deposit.id, state, given, SHELL, {"fr": "illisible", "en": "unreadable"})
    return deposit


def read_deadlines(settings: Settings, now: datetime) -> list[Deadline]:
    with Pool.open(settings) as pool:
        published = Snapshot.read(current(settings.data), pool.iris)
    reader = Reader(f"{settings.base}id/partner/theatre-b")
    exchange = list_exchange(published, settings, reader, "theatre-b", now)
    sources = list_own_sources(settings, published, "theatre-b", now)
    return list_deadlines(published, "theatre-b", sources, exchange, now)


def test_the_dates_of_agreements_are_said_in_words_the_next_first(settings: Settings) -> None:
    """A permission that ends, then an obligation to delete; dates that are past are left out."""
    deadlines = [d for d in read_deadlines(settings, NOW) if d.at.year > NOW.year + 20]
    assert [deadline.text["fr"] for deadline in deadlines] == [
        "«\u00a0Billets (inventés)\u00a0» se ferme à\u00a0: Tiers neutre (inventé)",
        "«\u00a0Réserve (inventée)\u00a0» est supprimé, comme le dit votre entente",
    ]
    late = datetime(2095, 7, 1, tzinfo=UTC)
    assert [d.at.year for d in read_deadlines(settings, late)] == [2096]


def test_a_waiting_and_a_refused_file_are_actions_of_the_partner(settings: Settings) -> None:
    """A refusal is one for a month, until another file follows."""
    with Pool.open(settings) as pool:
        published = Snapshot.read(current(settings.data), pool.iris)

    def read_source(now: datetime) -> tuple[bool, bool]:
        sources = list_own_sources(settings, published, "theatre-b", now)
        (source,) = (source for source in sources if source.key.dataset == "spectacles")
        return source.waiting is not None, source.refused(now) is not None

    make_deposit(settings, DepositState.REFUSED, NOW - timedelta(days=3))
    assert read_source(NOW) == (False, True)
    assert read_source(NOW + timedelta(days=40)) == (False, False)
    make_deposit(settings, DepositState.WAITING, NOW - timedelta(days=1))
    assert read_source(NOW) == (True, False)


def test_a_source_that_announces_its_period_sets_a_date(settings: Settings) -> None:
    def note(delivery: Delivery) -> Delivery:
        return Delivery(delivery.dataset, days=30.0, changed=NOW, succeeded=NOW, tried=NOW)

    Deliveries(settings.data).note(note, "theatre-b/billets")
    expected = "a new file of “Tickets (invented)” is expected"
    (deadline,) = (d for d in read_deadlines(settings, NOW) if d.text["en"] == expected)
    assert deadline.at == NOW + timedelta(days=30)
    assert deadline.key is not None
    assert deadline.key.dataset == "billets"


def test_a_dataset_whose_deletion_is_due_is_hidden_from_its_partner_too(settings: Settings) -> None:
    """Even before it is deleted."""
    with Pool.open(settings) as pool:
        published = Snapshot.read(current(settings.data), pool.iris)
    names = {
        year: {
            source.key.dataset
            for source in list_own_sources(
                settings, published, "theatre-b", datetime(year, 6, 1, tzinfo=UTC)
            )
        }
        for year in (2095, 2096)
    }
    assert names[2095] - names[2096] == {"reserve"}
