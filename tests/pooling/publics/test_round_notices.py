"""Partners of a round are told of it: at its opening, before its last day, and at its end."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parvis.config import MailSettings, Settings
from parvis.ledger import FILE, Database, Details, Membership, Outbox, Person
from parvis.ledger.people.persons import insert_person, replace_details
from parvis.pooling.notifications.composing import notice_text
from parvis.pooling.notifications.dates import announce_dates
from parvis.pooling.pool import Pool
from parvis.pooling.publics.rounds.deciding import approve_round, refuse_round
from parvis.pooling.publics.rounds.document import read_round
from parvis.pooling.publics.rounds.ending import settle_rounds
from parvis.pooling.publics.rounds.merging import merge_round
from parvis.statistics.distinct.rounds import Kind
from tests import people_rounds
from tests.people_rounds import HOUSES, PROJECT, open_for, send_all, write_messages

PAIR = HOUSES[:2]


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    """Return a pool whose houses have somebody each who gives files."""
    people_rounds.write_catalog(tmp_path / "catalog")
    settings = Settings(data=tmp_path / "data", catalog=tmp_path / "catalog", base="http://x.test/")
    mail = MailSettings("127.0.0.1", 25, "none", sender="avis@x.test")
    with Pool.open(replace(settings, mail=mail)) as opened:
        for name in HOUSES:
            details = Details(name, f"{name}@x.test", "fr")
            membership = Membership(opened.iris.partner(name), "editor")
            person = Person(name, membership, datetime.now(UTC), details=details)
            with Database(settings.data / FILE).writing() as connection:
                insert_person(connection, person)
                replace_details(connection, name, details)
        yield opened


def texts_of(pool: Pool, house: str) -> list[str]:
    """Return what a house was told, the first first."""
    return [notice_text(n, "en") for n in reversed(Outbox(pool.settings.data).of(house, 9))]


def test_partners_are_told_what_to_do_and_reminded_of_a_missing_message(
    pool: Pool, tmp_path: Path
) -> None:
    record = open_for(pool, HOUSES[:3])
    (opening,) = texts_of(pool, "maison-0")
    assert opening.startswith("A round is open (distinct people, 2025): with the kit that Me Trem")
    assert texts_of(pool, "maison-3") == []
    files = write_messages(tmp_path / "messages", record)
    del files["maison-2"]
    send_all(pool, record, files)
    last = datetime.combine(read_round(record).until, datetime.min.time(), UTC)
    counts = [announce_dates(pool, last - timedelta(days=days, hours=-17)) for days in (4, 3, 2)]
    assert counts == [0, 1, 0]
    assert "is missing: send it by" in texts_of(pool, "maison-2")[1]
    assert len(texts_of(pool, "maison-0")) == 1
    refuse_round(pool, PROJECT, 1, {"fr": "zq-secret"})
    assert announce_dates(pool, last) == 0
    (_, ending) = texts_of(pool, "maison-0")
    assert ending.endswith("it is refused, and your page says why.")


def test_the_two_of_a_result_are_told_once_that_it_is_there_without_a_figure(
    pool: Pool, tmp_path: Path
) -> None:
    record = open_for(pool, PAIR, Kind.OVERLAP)
    send_all(pool, record, write_messages(tmp_path / "messages", record))
    merge_round(pool, PROJECT, 1)
    approve_round(pool, PROJECT, 1)
    settle_rounds(pool)
    for house in PAIR:
        (_, ending) = Outbox(pool.settings.data).of(house, 9)[::-1]
        assert "on your page, for its partners alone" in notice_text(ending, "en")
        assert "%" not in notice_text(ending, "fr")
        assert ending.facts["path"] == f"partner/{house}/rounds"
    assert texts_of(pool, "maison-2") == []
