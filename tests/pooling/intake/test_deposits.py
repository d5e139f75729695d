"""A file that a partner gives waits, and is accepted by rule or by somebody, or goes."""

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
from parvis.errors import StoreError, UnknownThing, UsageError
from parvis.ledger import Deposit, Deposits, DepositState
from parvis.pooling.intake.deposit_files import FOLDER, file_of, folders, read_account
from parvis.pooling.intake.deposits import RULE, accept, give, refuse, settle, waiting
from parvis.pooling.intake.examination import Examination
from parvis.pooling.intake.refusals import OF_ANOTHER
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.retention import withdraw
from parvis.report import Severity
from parvis.store.files import writing
from parvis.vocab.iris import DatasetKey

KEY = DatasetKey("theatre-b", "spectacles")
WHY = {"fr": "une raison", "en": "a reason"}


@pytest.fixture
def written(pool: Pool, tmp_path: Path) -> Callable[..., Path]:
    """Give a function that writes the sample as its partner would send it, some of it changed."""
    text = pool.catalog.require(KEY).sources[0].read_text(encoding="utf-8")

    def write(old: str = "", new: str = "") -> Path:
        assert old in text
        file = tmp_path / "été 2026.csv"
        file.write_text(text.replace(old, new) if old else text, encoding="utf-8")
        return file

    return write


def given(pool: Pool, file: Path) -> Deposit:
    """Give a file that may be accepted."""
    found = give(pool, KEY, file, f"{pool.settings.base}id/partner/theatre-b")
    assert found.deposit is not None
    return found.deposit


@pytest.fixture
def by_rule(pool: Pool) -> Iterator[Pool]:
    """Give the pool, the dataset's files let in by rule."""
    record = pool.settings.catalog / str(KEY) / "dataset.ttl"
    text = record.read_text(encoding="utf-8")
    told = text.replace("parvis:invented true", "parvis:acceptedByRule true ; parvis:invented true")
    record.write_text(told, encoding="utf-8")
    with Pool.open(pool.settings) as opened:
        yield opened


def content(pool: Pool) -> str | None:
    """Give the digest of the dataset's content."""
    version = pool.record.versions().get(pool.iris.graph(KEY))
    return None if version is None else version.digest


def test_a_file_waits_with_its_report_until_somebody_accepts_it(
    pool: Pool, written: Callable[..., Path]
) -> None:
    """Then it is the content, under the name that its giver knows, and waits no more."""
    one = given(pool, written())
    assert one.state is DepositState.WAITING
    assert "parvis:acceptedByRule" in one.waits[0]["fr"]
    assert content(pool) is None
    account = read_account(pool.settings.data, one)
    assert account is not None
    assert account.report.rows == one.facts["rows"] == 2
    done = accept(pool, one.id, None)
    assert done.state is DepositState.ACCEPTED
    assert content(pool) is not None
    assert (pool.settings.data / "incoming" / str(KEY) / one.digest / one.file).is_file()
    assert not folders(pool.settings.data)
    assert not waiting(pool.settings)


def test_a_refusal_has_a_reason_and_keeps_no_file(pool: Pool, written: Callable[..., Path]) -> None:
    """The partner reads it in the history; nobody decides twice."""
    one = given(pool, written())
    refuse(pool.settings, one.id, None, WHY)
    (told,) = Deposits(pool.settings.data).of(one.dataset)
    assert (told.state, told.reason) == (DepositState.REFUSED, WHY)
    assert not folders(pool.settings.data)
    assert content(pool) is None
    with pytest.raises(UsageError):
        accept(pool, one.id, None)
    with pytest.raises(UnknownThing):
        accept(pool, "nothing", None)


def test_what_could_not_be_accepted_is_not_kept(pool: Pool, written: Callable[..., Path]) -> None:
    """Its giver has the report, and mends the file."""
    found = give(pool, KEY, written("2026-11-25", "31/02/2025"), "x")
    assert found.deposit is None
    assert not found.account.good
    assert not folders(pool.settings.data)


def test_a_rule_accepts_what_is_no_worse_than_before(
    by_rule: Pool, written: Callable[..., Path]
) -> None:
    """The first file is looked at by somebody; so is one that scores lower, or loses much."""
    pool = by_rule
    first = given(pool, written())
    assert [one["en"] for one in first.waits] == [
        "it is the first file of the dataset: somebody looks at it"
    ]
    accept(pool, first.id, None)
    second = given(pool, written("du large", "au loin"))
    assert (second.state, second.by) == (DepositState.ACCEPTED, RULE)
    shorter = given(pool, written("hiver,L’hiver", "printemps,L’hiver"))
    assert shorter.state is DepositState.WAITING
    assert "are not in it" in shorter.waits[0]["en"]
    worse = given(pool, written("d’été,https://theatre-b.example/h", "d’hiver,https://b.example/h"))
    assert worse.state is DepositState.WAITING
    assert "its score is" in worse.waits[0]["en"]


def test_a_file_that_a_rule_accepts_is_converted_once(
    by_rule: Pool, written: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was checked enters as it is; if the content changed meanwhile, it is checked anew."""
    pool, times = by_rule, list[str]()
    accept(pool, given(pool, written()).id, None)

    examine = submitting.SubmissionInput.examine

    def counting(
        submission: submitting.SubmissionInput, pool: Pool
    ) -> AbstractContextManager[Examination]:
        times.append(submission.digest)
        return examine(submission, pool)

    monkeypatch.setattr(submitting.SubmissionInput, "examine", counting)
    second = given(pool, written("du large", "au loin"))
    assert (second.state, len(times)) == (DepositState.ACCEPTED, 1)
    before = content(pool)
    with submitting.check_file(pool, KEY, written("du large", "tout près")) as looked:
        pool.record.remove(pool.iris.graph(KEY))
        assert looked.enter().stored
    assert len(times) == 3
    assert content(pool) != before


def test_a_later_file_takes_the_place_of_one_that_waits(
    pool: Pool, written: Callable[..., Path]
) -> None:
    """One file at most waits for a dataset, so that nobody fills the disk."""
    first, second = given(pool, written()), given(pool, written("du large", "au loin"))
    states = {one.id: one.state for one in Deposits(pool.settings.data).of(first.dataset)}
    assert states == {first.id: DepositState.REPLACED, second.id: DepositState.WAITING}
    assert [one.name for one in folders(pool.settings.data)] == [second.id]


def test_a_file_that_nobody_decides_about_goes(pool: Pool, written: Callable[..., Path]) -> None:
    """After the days of the setting, and is told as such from that instant on."""
    one = given(pool, written())
    assert one.until - one.given == timedelta(days=30)
    assert one.at(one.until).state is DepositState.EXPIRED
    late = replace(one, until=datetime.now(UTC))
    Deposits(pool.settings.data).add(late)
    assert not waiting(pool.settings)
    age(pool)
    assert [over.id for over in settle(pool)] == [one.id]
    assert not folders(pool.settings.data)
    assert Deposits(pool.settings.data).require(one.id).state is DepositState.EXPIRED


def test_what_waits_goes_with_its_dataset(pool: Pool, written: Callable[..., Path]) -> None:
    """Nothing is left of what was given for a dataset that was withdrawn, its history neither."""
    accept(pool, given(pool, written()).id, None)
    given(pool, written("du large", "au loin"))
    withdraw(pool, str(KEY), {})
    assert not folders(pool.settings.data)
    assert not Deposits(pool.settings.data).of(pool.iris.dataset(KEY))


def test_one_who_comes_while_another_writes_is_told_to_come_again(
    pool: Pool, written: Callable[..., Path]
) -> None:
    """The file waits on, and is accepted then."""
    one = given(pool, written())
    command = [sys.executable, "-c", HOLD, str(pool.settings.data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:  # noqa: S603 - ours
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(StoreError):
            accept(pool, one.id, None)
        other.kill()
    with writing(pool.settings.data):
        assert accept(pool, one.id, None).state is DepositState.ACCEPTED


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
from parvis.pooling.intake import deposits as depositing
from parvis.pooling.pool import Pool
from parvis.vocab.iris import DatasetKey

data, catalog, file, moment, when = sys.argv[1:]
owner, _, name = moment.rpartition(".")
holder = getattr(depositing, owner) if owner else depositing
known = getattr(holder, name)

def killed(*args, **more):
    if when == "after":
        known(*args, **more)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(holder, name, killed)
with Pool.open(Settings.load(data=Path(data), catalog=Path(catalog))) as pool:
    party = pool.settings.base + "id/partner/theatre-b"
    found = depositing.give(pool, DatasetKey("theatre-b", "spectacles"), Path(file), party)
    depositing.accept(pool, found.deposit.id, None)
"""


def age(pool: Pool) -> None:
    """Let every folder be old enough to be cleared away."""
    for folder in folders(pool.settings.data):
        os.utime(folder, (time.time() - 3600,) * 2)


@pytest.mark.parametrize(
    ("moment", "when", "left"),
    [
        ("move", "after", None),
        ("Deposits.add", "after", DepositState.WAITING),
        ("Deposits.begin", "after", DepositState.ACCEPTED),
        ("submit", "after", DepositState.ACCEPTED),
    ],
)
def test_a_process_that_is_killed_leaves_nothing_half_done(
    pool: Pool, written: Callable[..., Path], moment: str, when: str, left: DepositState | None
) -> None:
    """What was begun is finished by the next command, or was never given."""
    submit(pool, KEY)
    before = content(pool)
    settings = pool.settings
    words = (settings.data, settings.catalog, written("du large", "au loin"), moment, when)
    command = [sys.executable, "-c", KILL, *map(str, words)]
    assert subprocess.run(command, check=False).returncode == -9  # noqa: S603 - ours
    age(pool)
    settle(pool)
    found = Deposits(settings.data).of(pool.iris.dataset(KEY))
    assert [one.state for one in found] == ([left] if left else [])
    assert (content(pool) != before) == (left is DepositState.ACCEPTED)
    open_ones = waiting(settings)
    assert {one.name for one in folders(settings.data)} == {one.id for one in open_ones}
    assert all(file_of(settings.data, one).is_file() for one in open_ones)
    assert (settings.data / FOLDER).is_dir() or not open_ones


def test_a_clock_set_forward_throws_away_no_file_that_waits(
    pool: Pool, written: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another partner's file settles the queue, too; a day that somebody says is believed."""
    deposit = given(pool, written())
    later = datetime.now(UTC) + timedelta(days=5 * 365)
    monkeypatch.setattr("parvis.pooling.intake.deposits._now", lambda: later)
    assert settle(pool) == []
    assert file_of(pool.settings.data, deposit).is_file()
    age(pool)
    assert [one.id for one in settle(pool, later)] == [deposit.id]
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
"""What is another partner's, or the third party's, to describe, however it is written."""
OWN = (
    "id/event/theatre-b/2",
    "id/partner/theatre-b",
    "id/dataset/theatre-b/spectacles",
    "id/place/salle-commune",
    "id/event/theatre-bis/2",
)


def saying_of(pool: Pool, thing: str) -> Pool:
    """Let the dataset's mapping describe a thing too, and link its shows to another's."""
    mapping = pool.settings.catalog / str(KEY) / "mapping.yml"
    text = mapping.read_text(encoding="utf-8")
    link = "      - [owl:sameAs, id/event/tiers/9~iri]\n"
    about = f"""  more:
    sources: shows
    s: {thing}
    po:
      - [dct:description, Dit par un autre, fr~lang]
"""
    first = text.index("    po:\n") + len("    po:\n")
    mapping.write_text(text[:first] + link + text[first:].rstrip("\n") + "\n" + about, "utf-8")
    return pool


@pytest.mark.parametrize("thing", FOREIGN)
def test_what_is_said_of_anothers_things_waits_for_the_steward(
    by_rule: Pool, written: Callable[..., Path], thing: str
) -> None:
    """Whatever the dataset's rule accepts: who reads it would take it for the other's word."""
    accept(by_rule, given(by_rule, written()).id, None)
    pool, before = saying_of(by_rule, thing), content(by_rule)
    refused = submit(pool, KEY, written("du large", "au loin"))
    assert (refused.accepted, refused.stored, refused.wants_approval) == (True, False, True)
    (finding,) = [one for one in refused.report.findings if one.rule == OF_ANOTHER]
    assert finding.severity is Severity.WARNING
    assert content(pool) == before
    one = given(pool, written("du large", "au loin"))
    assert (one.state, content(pool)) == (DepositState.WAITING, before)
    assert one.waits[0]["en"].startswith("it says something of things that are another’s")
    assert accept(pool, one.id, None).state is DepositState.ACCEPTED
    assert content(pool) != before


@pytest.mark.parametrize("thing", OWN)
def test_what_is_said_of_ones_own_things_and_links_to_others_enter_by_rule(
    by_rule: Pool, written: Callable[..., Path], thing: str
) -> None:
    """To say that a show is another's show is no statement of the other's."""
    accept(by_rule, given(by_rule, written()).id, None)
    pool = saying_of(by_rule, thing)
    found = submit(pool, KEY, written("du large", "au loin"))
    assert (found.stored, found.wants_approval) == (True, False)


def test_the_steward_approves_from_the_command_line(
    pool: Pool, written: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says what waits and how to let it in; nothing is stored without."""
    saying_of(pool, "id/event/tiers/1")
    where = ["--data", str(pool.settings.data), "--catalog", str(pool.settings.catalog)]
    for more, code in (("--lang=en", 1), ("--approve", 0)):
        with pytest.raises(SystemExit) as end:
            main(["submit", str(KEY), str(written()), *where, more])
        assert end.value.code == code
        assert (content(pool) is not None) is (code == 0)
        if code:
            assert "parvis submit --approve" in " ".join(capsys.readouterr().out.split())
