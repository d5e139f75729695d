"""A wrong clock closes data but deletes nothing; a quiet pool deletes what is due each day."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest

from parvis.config import Settings
from parvis.ledger import FILE

YEARS = 5 * 365
DATASET = "exemple/programmation"
OBLIGATION = """
<id/agreement/exemple> <http://www.w3.org/ns/odrl/2/obligation> [
  odrl:target <id/dataset/exemple/programmation> ; odrl:assignee parvis:host ;
  odrl:action odrl:delete ; odrl:constraint [
    odrl:leftOperand odrl:dateTime ; odrl:operator odrl:gteq ;
    odrl:rightOperand "{due}"^^<http://www.w3.org/2001/XMLSchema#dateTime> ] ] .
"""
SHIFTED = """
import contextlib, io, json, sys
from datetime import UTC, datetime, timedelta
from parvis.cli import main
from parvis.config.clock import set_clock

answers = []
for days, words in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        set_clock(lambda days=days: datetime.now(UTC) + timedelta(days)),
    ):
        try:
            main([*words, "--lang", "en"])
        except SystemExit as ended:
            answers.append((ended.code, out.getvalue(), err.getvalue()))
json.dump(answers, sys.stdout)
"""
"""Runs the real commands, each on a day counted from today."""


class Outcome(NamedTuple):
    """An exit code and what was printed."""

    code: int
    out: str
    err: str


Days = Callable[..., list[Outcome]]


@pytest.fixture
def run_on_days(submitted_pool: Settings) -> Days:
    """Return a function that runs commands one after the other, each on its day."""
    del submitted_pool

    def run_commands(*commands: tuple[int, str]) -> list[Outcome]:
        payload = json.dumps([(days, command_line.split()) for days, command_line in commands])
        process = subprocess.run(  # noqa: S603 - our own
            [sys.executable, "-c", SHIFTED],
            input=payload,
            capture_output=True,
            text=True,
            check=True,
            env=os.environ.copy(),
        )
        return [Outcome(*answer) for answer in json.loads(process.stdout)]

    return run_commands


def add_deletion_duty(settings: Settings, days: int) -> None:
    """Add the duty to delete the dataset in some days to the agreement."""
    due = (datetime.now(UTC) + timedelta(days)).isoformat(timespec="seconds")
    with (settings.catalog / "exemple" / "agreement.ttl").open("a", encoding="utf-8") as file:
        file.write(OBLIGATION.format(due=due))


def iso_day(days: int) -> str:
    """Return the date in so many days."""
    return (datetime.now(UTC) + timedelta(days)).date().isoformat()


def digest_files(settings: Settings) -> dict[str, str]:
    """Digest every file of the data folder."""
    return {
        str(path): sha256(path.read_bytes()).hexdigest()
        for path in sorted(settings.data.rglob("*"))
        if path.is_file() and path.name not in {"lock", f"{FILE}-wal", f"{FILE}-shm"}
    }


def test_a_quiet_pool_deletes_on_the_day_that_is_due(
    submitted_pool: Settings, run_on_days: Days
) -> None:
    """Nothing else happens for ten days."""
    add_deletion_duty(submitted_pool, 8)
    outcomes = run_on_days(*[(days, "expire") for days in range(11)])
    assert [outcome.code for outcome in outcomes] == [0] * 11
    deleted = [days for days, outcome in enumerate(outcomes) if "is deleted" in outcome.out]
    assert deleted in ([8], [9])


def test_a_clock_set_forward_deletes_nothing(submitted_pool: Settings, run_on_days: Days) -> None:
    """The message says what to do; data are closed until the clock is right again."""
    add_deletion_duty(submitted_pool, 365)
    assert run_on_days((0, "publish"))[0].code == 0
    before = digest_files(submitted_pool)
    refused, decision_then, decision_now = run_on_days(
        (YEARS, "expire"), (YEARS, f"may anonymous {DATASET}"), (0, f"may anonymous {DATASET}")
    )
    assert refused.code == 3
    assert f"parvis expire --date {iso_day(YEARS)}" in refused.err
    assert digest_files(submitted_pool) == before
    assert (decision_then.code, decision_now.code) == (1, 0)
    assert run_on_days((YEARS, "expire --dry-run"))[0].out == f"{DATASET} is due to be deleted\n"


def test_dates_written_under_a_wrong_clock_are_not_trusted(
    submitted_pool: Settings, run_on_days: Days, tmp_path: Path
) -> None:
    """A nightly backup and a publication come before the deletion of the morning."""
    add_deletion_duty(submitted_pool, 365)
    outcomes = run_on_days(
        (0, "expire"),
        (YEARS, f"backup {tmp_path / 'saved'}"),
        (YEARS, "publish"),
        (YEARS, f"submit {DATASET}"),
        (YEARS, "expire"),
        (1, "expire"),
    )
    assert [outcome.code for outcome in outcomes[-2:]] == [3, 0]
    assert "is deleted" not in "".join(outcome.out for outcome in outcomes)
    assert json.loads((submitted_pool.data / "state.json").read_text())["withdrawn"] == {}


def test_the_clock_of_a_machine_that_was_off_is_trusted_once_a_steward_confirms_it(
    run_on_days: Days,
) -> None:
    """It stays confirmed on the following days; less than three days need no confirmation."""
    outcomes = run_on_days(
        (2, "expire"),
        (33, "expire"),
        (33, f"expire --date {iso_day(33)}"),
        (34, "expire"),
        (36, "expire"),
        (40, "expire"),
    )
    assert [outcome.code for outcome in outcomes] == [0, 3, 0, 0, 0, 3]


def test_clock_days_sets_how_far_a_clock_may_jump(
    submitted_pool: Settings, run_on_days: Days
) -> None:
    file = submitted_pool.catalog / "parvis.toml"
    file.write_text("clock_days = 30\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    assert [outcome.code for outcome in run_on_days((29, "expire"), (60, "expire"))] == [0, 3]


def test_a_clock_set_back_is_reported(run_on_days: Days) -> None:
    """Otherwise a deletion could be years late, unnoticed; the steward may confirm it, too."""
    outcomes = run_on_days(
        (0, "expire"),
        (-400, "expire"),
        (-1, "expire"),
        (-400, f"expire --date {iso_day(-400)}"),
        (-399, "expire"),
    )
    assert [outcome.code for outcome in outcomes] == [0, 3, 0, 0, 0]
    assert "before the last day" in outcomes[1].err


def test_a_date_on_the_command_line_overrides_a_wrong_clock(
    submitted_pool: Settings, run_on_days: Days
) -> None:
    """What is due by that date is deleted, and the proof bears that date."""
    add_deletion_duty(submitted_pool, 4)
    outcomes = run_on_days(
        (0, "expire"),
        (YEARS, f"expire --date {iso_day(2)}"),
        (YEARS, f"expire --date {iso_day(6)} --json"),
    )
    assert [outcome.code for outcome in outcomes] == [0, 0, 0]
    assert "nothing is due" in outcomes[1].out
    report = json.loads(outcomes[2].out)
    assert report["forgotten"] == 0
    (proof,) = report["deleted"]
    for name in ("begun", "done"):
        assert iso_day(5) <= proof["entry"][name][:10] <= iso_day(7)
