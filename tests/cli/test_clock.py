"""A clock that was set wrong closes, and destroys nothing; a quiet pool does its duty each day."""

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
import contextlib, datetime, io, json, sys

class Shifted(datetime.datetime):
    days = 0

    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + datetime.timedelta(days=cls.days)

datetime.datetime = Shifted
from parvis.cli import main

answers = []
for days, words in json.load(sys.stdin):
    Shifted.days, out, err = days, io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main([*words, "--lang", "en"])
        except SystemExit as ended:
            answers.append((ended.code, out.getvalue(), err.getvalue()))
json.dump(answers, sys.stdout)
"""
"""The real commands, each on a day of its own: so many days after today."""


class Answer(NamedTuple):
    """An exit code, and what was printed."""

    code: int
    out: str
    err: str


Days = Callable[..., list[Answer]]


@pytest.fixture
def on_days(kept: Settings) -> Days:
    """Give a function that runs commands, each on its day, one after the other."""
    del kept

    def run(*commands: tuple[int, str]) -> list[Answer]:
        told = json.dumps([(days, words.split()) for days, words in commands])
        done = subprocess.run(  # noqa: S603 - our own
            [sys.executable, "-c", SHIFTED],
            input=told,
            capture_output=True,
            text=True,
            check=True,
            env=os.environ.copy(),
        )
        return [Answer(*answer) for answer in json.loads(done.stdout)]

    return run


def oblige(settings: Settings, days: int) -> None:
    """Let the agreement oblige the pool to delete its dataset after some days."""
    due = (datetime.now(UTC) + timedelta(days)).isoformat(timespec="seconds")
    with (settings.catalog / "exemple" / "agreement.ttl").open("a", encoding="utf-8") as file:
        file.write(OBLIGATION.format(due=due))


def day(days: int) -> str:
    """Give a day, so many after today."""
    return (datetime.now(UTC) + timedelta(days)).date().isoformat()


def contents(settings: Settings) -> dict[str, str]:
    """Tell all that the data folder holds."""
    return {
        str(path): sha256(path.read_bytes()).hexdigest()
        for path in sorted(settings.data.rglob("*"))
        if path.is_file() and path.name not in {"lock", f"{FILE}-wal", f"{FILE}-shm"}
    }


def test_a_quiet_pool_does_its_duty_each_day(kept: Settings, on_days: Days) -> None:
    """Nothing else happens for ten days: on the ninth what is due is deleted, not before."""
    oblige(kept, 8)
    answers = on_days(*[(days, "expire") for days in range(11)])
    assert [answer.code for answer in answers] == [0] * 11
    deleted = [days for days, answer in enumerate(answers) if "is deleted" in answer.out]
    assert deleted in ([8], [9])


def test_a_clock_set_forward_destroys_nothing(kept: Settings, on_days: Days) -> None:
    """It is said what to do; reading is closed at once, and open again when the clock is right."""
    oblige(kept, 365)
    assert on_days((0, "publish"))[0].code == 0
    before = contents(kept)
    refused, read_then, read_now = on_days(
        (YEARS, "expire"), (YEARS, f"may anonymous {DATASET}"), (0, f"may anonymous {DATASET}")
    )
    assert refused.code == 3
    assert f"parvis expire --date {day(YEARS)}" in refused.err
    assert contents(kept) == before
    assert (read_then.code, read_now.code) == (1, 0)
    assert on_days((YEARS, "expire --dry-run"))[0].out == f"{DATASET} is due to be deleted\n"


def test_what_is_written_under_a_wrong_clock_vouches_for_nothing(
    kept: Settings, on_days: Days, tmp_path: Path
) -> None:
    """The backup of the night and a publication come before the deletion of the morning."""
    oblige(kept, 365)
    answers = on_days(
        (0, "expire"),
        (YEARS, f"backup {tmp_path / 'saved'}"),
        (YEARS, "publish"),
        (YEARS, f"submit {DATASET}"),
        (YEARS, "expire"),
        (1, "expire"),
    )
    assert [answer.code for answer in answers[-2:]] == [3, 0]
    assert "is deleted" not in "".join(answer.out for answer in answers)
    assert json.loads((kept.data / "state.json").read_text())["withdrawn"] == {}


def test_a_machine_that_was_off_is_believed_once_somebody_says_so(on_days: Days) -> None:
    """From then on it is so each day; less than three days are no reason to ask."""
    answers = on_days(
        (2, "expire"),
        (33, "expire"),
        (33, f"expire --date {day(33)}"),
        (34, "expire"),
        (36, "expire"),
        (40, "expire"),
    )
    assert [answer.code for answer in answers] == [0, 3, 0, 0, 0, 3]


def test_the_setting_says_how_far_a_clock_is_believed(kept: Settings, on_days: Days) -> None:
    """In whole days."""
    file = kept.catalog / "parvis.toml"
    file.write_text("clock_days = 30\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    assert [answer.code for answer in on_days((29, "expire"), (60, "expire"))] == [0, 3]


def test_a_clock_set_back_is_told(on_days: Days) -> None:
    """Else a promise would be broken for years, and nobody know; one may confirm it, too."""
    answers = on_days(
        (0, "expire"),
        (-400, "expire"),
        (-1, "expire"),
        (-400, f"expire --date {day(-400)}"),
        (-399, "expire"),
    )
    assert [answer.code for answer in answers] == [0, 3, 0, 0, 0]
    assert "before the last day" in answers[1].err


def test_a_day_that_is_said_wins_over_a_wrong_clock(kept: Settings, on_days: Days) -> None:
    """What is due by that day goes, with a proof that bears it; nothing else is forgotten."""
    oblige(kept, 4)
    answers = on_days(
        (0, "expire"),
        (YEARS, f"expire --date {day(2)}"),
        (YEARS, f"expire --date {day(6)} --json"),
    )
    assert [answer.code for answer in answers] == [0, 0, 0]
    assert "nothing is due" in answers[1].out
    told = json.loads(answers[2].out)
    assert told["forgotten"] == 0
    (proof,) = told["deleted"]
    for name in ("begun", "done"):
        assert day(5) <= proof["entry"][name][:10] <= day(7)
