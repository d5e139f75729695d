"""A deposited file waits, and is accepted by rule or by the steward, refused, or expires."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import parvis.pooling.intake.submit as submitting
from parvis.cli import main
from parvis.config.clock import set_clock
from parvis.errors import StoreError, UnknownThing, UsageError
from parvis.ledger import Act, Audit, Author, Deposit, Deposits, DepositState
from parvis.pooling.intake.deposits import (
    FOLDER,
    RULE,
    accept,
    file_of,
    folders,
    give,
    read_account,
    refuse,
    settle,
    waiting,
)
from parvis.pooling.intake.examination import Examination
from parvis.pooling.intake.file_rules import OF_ANOTHER
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.retention import withdraw
from parvis.report import Severity
from parvis.store.files import writing
from parvis.vocab.iris import DatasetKey

KEY = DatasetKey("theatre-b", "spectacles")
WHY = {"fr": "une raison", "en": "a reason"}
STEWARD = Author("urn:x:tiers", "steward", "p-1")


@pytest.fixture
def write_sample(pool: Pool, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes the partner's sample, with a replacement."""
    text = pool.catalog.require(KEY).sources[0].read_text(encoding="utf-8")

    def write(old: str = "", new: str = "") -> Path:
        assert old in text
        file = tmp_path / "été 2026.csv"
        file.write_text(text.replace(old, new) if old else text, encoding="utf-8")
        return file

    return write


def deposit_file(pool: Pool, file: Path) -> Deposit:
    """Deposit a file that may be accepted."""
    _, deposit = give(pool, KEY, file, f"{pool.settings.base}id/partner/theatre-b")
    assert deposit is not None
    return deposit


@pytest.fixture
def pool_with_rule(pool: Pool) -> Iterator[Pool]:
    """Open the pool with a rule that accepts the dataset's files."""
    record = pool.settings.catalog / str(KEY) / "dataset.ttl"
    text = record.read_text(encoding="utf-8")
    changed = text.replace(
        "parvis:invented true", "parvis:acceptedByRule true ; parvis:invented true"
    )
    record.write_text(changed, encoding="utf-8")
    with Pool.open(pool.settings) as opened:
        yield opened


def read_digest(pool: Pool) -> str | None:
    """Return the digest of the dataset's content."""
    version = pool.record.versions().get(pool.iris.graph(KEY))
    return None if version is None else version.digest


def test_a_file_waits_with_its_report_until_the_steward_accepts_it(
    pool: Pool, write_sample: Callable[..., Path]
) -> None:
    """Then it becomes the content, under its original name."""
    deposit = deposit_file(pool, write_sample())
    assert deposit.state is DepositState.WAITING
    assert "n’a pas de règle qui accepte" in deposit.waits[0]["fr"]
    assert read_digest(pool) is None
    account = read_account(pool.settings.data, deposit)
    assert account is not None
    assert account.report.rows == deposit.facts["rows"] == 2
    accepted = accept(pool, deposit.id, STEWARD)
    assert accepted.state is DepositState.ACCEPTED
    assert accepted.by == STEWARD.party
    for act in (Act.DECIDE, Act.SUBMIT):
        (link,) = Audit(pool.settings.data).latest([act], 5)
        assert (link.entry["by"], link.entry["person"]) == (STEWARD.party, "p-1")
    assert read_digest(pool) is not None
    assert (pool.settings.data / "incoming" / str(KEY) / deposit.digest / deposit.file).is_file()
    assert not folders(pool.settings.data)
    assert not waiting(pool.settings)


def test_a_refusal_has_a_reason_and_deletes_the_file(
    pool: Pool, write_sample: Callable[..., Path]
) -> None:
    """The partner reads it in the history; a decision is final."""
    deposit = deposit_file(pool, write_sample())
    refuse(pool.settings, deposit.id, WHY)
    (refused,) = Deposits(pool.settings.data).of(deposit.dataset)
    assert (refused.state, refused.reason) == (DepositState.REFUSED, WHY)
    assert not folders(pool.settings.data)
    assert read_digest(pool) is None
    with pytest.raises(UsageError):
        accept(pool, deposit.id)
    with pytest.raises(UnknownThing):
        accept(pool, "nothing")


def test_an_unacceptable_file_is_not_stored(pool: Pool, write_sample: Callable[..., Path]) -> None:
    """The partner gets the report."""
    account, stored = give(pool, KEY, write_sample("2026-11-25", "31/02/2025"), "x")
    assert stored is None
    assert not account.good
    assert not folders(pool.settings.data)


def test_a_rule_accepts_a_file_that_is_no_worse_than_the_former(
    pool_with_rule: Pool, write_sample: Callable[..., Path]
) -> None:
    """The steward decides on the first file, and on files with a lower score or much fewer rows."""
    pool = pool_with_rule
    first = deposit_file(pool, write_sample())
    assert [reason["en"] for reason in first.waits] == [
        "it is the first file of the dataset: somebody looks at it"
    ]
    accept(pool, first.id)
    second = deposit_file(pool, write_sample("du large", "au loin"))
    assert (second.state, second.by) == (DepositState.ACCEPTED, RULE.party)
    shorter = deposit_file(pool, write_sample("hiver,L’hiver", "printemps,L’hiver"))
    assert shorter.state is DepositState.WAITING
    assert "are not in it" in shorter.waits[0]["en"]
    worse = deposit_file(
        pool, write_sample("d’été,https://theatre-b.example/h", "d’hiver,https://b.example/h")
    )
    assert worse.state is DepositState.WAITING
    assert "its score is" in worse.waits[0]["en"]


def test_a_file_accepted_by_rule_is_converted_once(
    pool_with_rule: Pool, write_sample: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checked content is stored; if the dataset changed meanwhile, it is checked again."""
    pool, digests = pool_with_rule, list[str]()
    accept(pool, deposit_file(pool, write_sample()).id)

    examine = submitting.SubmissionInput.examine

    def count_examinations(
        submission: submitting.SubmissionInput, pool: Pool
    ) -> AbstractContextManager[Examination]:
        digests.append(submission.digest)
        return examine(submission, pool)

    monkeypatch.setattr(submitting.SubmissionInput, "examine", count_examinations)
    second = deposit_file(pool, write_sample("du large", "au loin"))
    assert (second.state, len(digests)) == (DepositState.ACCEPTED, 1)
    before = read_digest(pool)
    with submitting.check_file(pool, KEY, write_sample("du large", "tout près")) as checked_file:
        pool.record.remove(pool.iris.graph(KEY))
        assert checked_file.enter().stored
    assert len(digests) == 3
    assert read_digest(pool) != before


def test_a_later_file_replaces_a_waiting_one(pool: Pool, write_sample: Callable[..., Path]) -> None:
    """At most one file waits for a dataset, so that nobody fills the disk."""
    first, second = (
        deposit_file(pool, write_sample()),
        deposit_file(pool, write_sample("du large", "au loin")),
    )
    states = {
        deposit.id: deposit.state for deposit in Deposits(pool.settings.data).of(first.dataset)
    }
    assert states == {first.id: DepositState.REPLACED, second.id: DepositState.WAITING}
    assert [deposit.name for deposit in folders(pool.settings.data)] == [second.id]


def test_an_undecided_file_expires(pool: Pool, write_sample: Callable[..., Path]) -> None:
    """After the days of the setting; from that instant its state says so."""
    deposit = deposit_file(pool, write_sample())
    assert deposit.until - deposit.given == timedelta(days=30)
    assert deposit.at(deposit.until).state is DepositState.EXPIRED
    expiring = replace(deposit, until=datetime.now(UTC))
    Deposits(pool.settings.data).add(expiring)
    assert not waiting(pool.settings)
    make_older(pool)
    assert [expired.id for expired in settle(pool)] == [deposit.id]
    assert not folders(pool.settings.data)
    assert Deposits(pool.settings.data).require(deposit.id).state is DepositState.EXPIRED


def test_a_withdrawn_dataset_takes_its_waiting_files_along(
    pool: Pool, write_sample: Callable[..., Path]
) -> None:
    """And its history."""
    accept(pool, deposit_file(pool, write_sample()).id)
    deposit_file(pool, write_sample("du large", "au loin"))
    withdraw(pool, str(KEY), {})
    assert not folders(pool.settings.data)
    assert not Deposits(pool.settings.data).of(pool.iris.dataset(KEY))


def test_a_file_accepted_during_another_write_waits_on(
    pool: Pool, write_sample: Callable[..., Path]
) -> None:
    """It is accepted at the next attempt."""
    deposit = deposit_file(pool, write_sample())
    command = [sys.executable, "-c", HOLD, str(pool.settings.data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:  # noqa: S603 - ours
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(StoreError):
            accept(pool, deposit.id)
        writer.kill()
    with writing(pool.settings.data):
        assert accept(pool, deposit.id).state is DepositState.ACCEPTED


HOLD = """
import sys, time
from pathlib import Path
from parvis.report import Severity
from parvis.store.files import writing
with writing(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""
KILL = """
import os, signal, sys
from pathlib import Path
from parvis.config import Settings
from parvis.config.clock import set_clock
from parvis.pooling.intake import deposits as depositing
from parvis.pooling.pool import Pool
from parvis.vocab.iris import DatasetKey

data, catalog, file, moment, when = sys.argv[1:]
owner, _, name = moment.rpartition(".")
holder = getattr(depositing, owner) if owner else depositing
original = getattr(holder, name)

def kill(*args, **options):
    if when == "after":
        original(*args, **options)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(holder, name, kill)
with Pool.open(Settings.load(data=Path(data), catalog=Path(catalog))) as pool:
    party = pool.settings.base + "id/partner/theatre-b"
    _, deposit = depositing.give(pool, DatasetKey("theatre-b", "spectacles"), Path(file), party)
    depositing.accept(pool, deposit.id)
"""


def make_older(pool: Pool) -> None:
    """Let every folder appear old enough to be cleared."""
    for folder in folders(pool.settings.data):
        os.utime(folder, (time.time() - 3600,) * 2)


@pytest.mark.parametrize(
    ("moment", "when", "state"),
    [
        ("move", "after", None),
        ("Deposits.add", "after", DepositState.WAITING),
        ("Deposits.begin", "after", DepositState.ACCEPTED),
        ("submit", "after", DepositState.ACCEPTED),
    ],
)
def test_a_killed_process_leaves_nothing_half_done(
    pool: Pool,
    write_sample: Callable[..., Path],
    moment: str,
    when: str,
    state: DepositState | None,
) -> None:
    """An operation that began is completed by the next command, or the file was never deposited."""
    submit(pool, KEY)
    before = read_digest(pool)
    settings = pool.settings
    arguments = (settings.data, settings.catalog, write_sample("du large", "au loin"), moment, when)
    command = [sys.executable, "-c", KILL, *map(str, arguments)]
    assert subprocess.run(command, check=False).returncode == -9  # noqa: S603 - ours
    make_older(pool)
    settle(pool)
    deposits = Deposits(settings.data).of(pool.iris.dataset(KEY))
    assert [deposit.state for deposit in deposits] == ([state] if state else [])
    assert (read_digest(pool) != before) == (state is DepositState.ACCEPTED)
    waiting_deposits = waiting(settings)
    assert {deposit.name for deposit in folders(settings.data)} == {
        deposit.id for deposit in waiting_deposits
    }
    assert all(file_of(settings.data, deposit).is_file() for deposit in waiting_deposits)
    assert (settings.data / FOLDER).is_dir() or not waiting_deposits


def test_a_clock_set_forward_expires_no_waiting_file(
    pool: Pool, write_sample: Callable[..., Path]
) -> None:
    """Deposits of other partners settle the queue, too; only an explicit date is trusted."""
    deposit = deposit_file(pool, write_sample())
    later = datetime.now(UTC) + timedelta(days=5 * 365)
    with set_clock(lambda: later):
        assert settle(pool) == []
    assert file_of(pool.settings.data, deposit).is_file()
    make_older(pool)
    assert [expired.id for expired in settle(pool, later)] == [deposit.id]
    assert not file_of(pool.settings.data, deposit).exists()


FOREIGN = (
    "id/event/tiers/1",
    "id/partner/tiers",
    "id/EVENT/Tiers/1",
    "id/event/%74iers/1",
    "id/place/0123456789",
    "id/dataset/tiers/portrait",
    "id/agreement/tiers",
    "id/party/chercheuse",
    "id/project/saison",
    "graph/tiers/portrait",
    "graph/parvis/catalog",
    "catalog",
)
"""IRIs of another partner or of the third party, in any spelling."""
OWN = (
    "id/event/theatre-b/2",
    "id/partner/theatre-b",
    "id/dataset/theatre-b/spectacles",
    "id/place/salle-commune",
    "id/event/theatre-bis/2",
)


def describe_entity(pool: Pool, iri: str) -> Pool:
    """Let the dataset's mapping describe an entity too, and link its shows to another partner's."""
    mapping = pool.settings.catalog / str(KEY) / "mapping.yml"
    text = mapping.read_text(encoding="utf-8")
    link = "      - [owl:sameAs, id/event/tiers/9~iri]\n"
    rules = f"""  more:
    sources: shows
    s: {iri}
    po:
      - [dct:description, Dit par un autre, fr~lang]
"""
    first = text.index("    po:\n") + len("    po:\n")
    mapping.write_text(text[:first] + link + text[first:].rstrip("\n") + "\n" + rules, "utf-8")
    return pool


@pytest.mark.parametrize("iri", FOREIGN)
def test_statements_about_entities_of_others_wait_for_the_steward(
    pool_with_rule: Pool, write_sample: Callable[..., Path], iri: str
) -> None:
    """Whatever the rule accepts: readers would take them for the other partner's statements."""
    accept(pool_with_rule, deposit_file(pool_with_rule, write_sample()).id)
    pool, before = describe_entity(pool_with_rule, iri), read_digest(pool_with_rule)
    outcome = submit(pool, KEY, write_sample("du large", "au loin"))
    assert (outcome.accepted, outcome.stored, outcome.wants_approval) == (True, False, True)
    (finding,) = [deposit for deposit in outcome.report.findings if deposit.rule == OF_ANOTHER]
    assert finding.severity is Severity.WARNING
    assert read_digest(pool) == before
    deposit = deposit_file(pool, write_sample("du large", "au loin"))
    assert (deposit.state, read_digest(pool)) == (DepositState.WAITING, before)
    assert deposit.waits[0]["en"].startswith("it says something of things that are another’s")
    assert accept(pool, deposit.id).state is DepositState.ACCEPTED
    assert read_digest(pool) != before


@pytest.mark.parametrize("iri", OWN)
def test_statements_about_own_entities_and_links_to_others_are_accepted_by_rule(
    pool_with_rule: Pool, write_sample: Callable[..., Path], iri: str
) -> None:
    """A link between two shows is no statement about the other partner's show."""
    accept(pool_with_rule, deposit_file(pool_with_rule, write_sample()).id)
    pool = describe_entity(pool_with_rule, iri)
    outcome = submit(pool, KEY, write_sample("du large", "au loin"))
    assert (outcome.stored, outcome.wants_approval) == (True, False)


def test_the_steward_approves_a_submission_on_the_command_line(
    pool: Pool, write_sample: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says what waits and how to approve it; otherwise nothing is stored."""
    describe_entity(pool, "id/event/tiers/1")
    folders = ["--data", str(pool.settings.data), "--catalog", str(pool.settings.catalog)]
    for option, code in (("--lang=en", 1), ("--approve", 0)):
        with pytest.raises(SystemExit) as exit_info:
            main(["submit", str(KEY), str(write_sample()), *folders, option])
        assert exit_info.value.code == code
        assert (read_digest(pool) is not None) is (code == 0)
        if code:
            assert "parvis submit --approve" in " ".join(capsys.readouterr().out.split())
