"""Jobs run in processes of their own, can be cancelled, and leave the old or the new state."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measuring import tree

from parvis.config import Settings
from parvis.errors import LimitError, ParvisError, UnknownThing, UsageError
from parvis.i18n import LANGUAGES
from parvis.ledger import Act, Audit, Author, Job, Jobs, JobState
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import BUILDING
from parvis.pooling.stewardship.generations import verify
from parvis.pooling.stewardship.jobs import (
    KINDS,
    cancel_job,
    get_job,
    list_jobs,
    resume_jobs,
    run_again,
    runner,
    start_job,
    wait_for_jobs,
)
from parvis.store.files import writing
from parvis.store.generation.generation import current, numbers

STEWARD = Author("http://pool.test/id/partner/tiers", "steward", "p-1")
PATIENCE = 60.0
START = """
import sys, time
from pathlib import Path
from parvis.config import Settings
from parvis.pooling.stewardship.jobs import start_job
start_job(Settings.load(Path(sys.argv[1]), Path(sys.argv[2])), "publish", {})
time.sleep(60)
"""


def run(settings: Settings, kind: str, author: Author = STEWARD, **arguments: object) -> Job:
    """Run a job to its end."""
    job = start_job(settings, kind, arguments, author)
    assert wait_for_jobs(settings, PATIENCE)
    return get_job(settings, job.number)


def await_job(settings: Settings, number: int, ready: Callable[[Job], bool]) -> Job:
    """Wait until a job is as expected."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(UnknownThing):
            job = get_job(settings, number)
            if ready(job):
                return job
        time.sleep(0.02)
    pytest.fail("the job is never as expected")


@contextmanager
def hold_worker(settings: Settings) -> Iterator[None]:
    """Let jobs wait, as while another process runs one."""
    with runner._worker_lock(settings.data):  # noqa: SLF001
        yield


def test_identical_jobs_that_wait_are_one_and_jobs_run_in_order(published: Pool) -> None:
    settings = published.settings
    with hold_worker(settings):
        first = start_job(settings, "verify", {})
        assert start_job(settings, "verify", {}, STEWARD) == first
        other = start_job(settings, "publish", {"anew": "on"})
        assert start_job(settings, "publish", {"anew": True}) == other
        assert start_job(settings, "publish", {}).number > other.number
        for job in list_jobs(settings)[:1]:
            cancel_job(settings, job.number)
    assert wait_for_jobs(settings, PATIENCE)
    cancelled, after, before = list_jobs(settings)
    assert (before.kind, before.state) == ("verify", JobState.DONE)
    assert after.state is JobState.DONE
    assert before.ended is not None
    assert after.started is not None
    assert before.ended <= after.started
    assert cancelled.state is JobState.CANCELLED
    assert cancelled.started is None


def test_a_job_cancelled_halfway_leaves_the_old_state(published: Pool) -> None:
    """Until then it says how far it is; the next one works."""
    settings = published.settings
    job = start_job(settings, "publish", {"anew": True})
    running = await_job(settings, job.number, lambda job: (job.step or {}).get("en") == BUILDING)
    assert running.state is JobState.RUNNING
    assert 0 < (running.fraction or 0) < 1
    assert cancel_job(settings, job.number).state in {JobState.CANCELLING, JobState.CANCELLED}
    assert wait_for_jobs(settings, PATIENCE)
    assert get_job(settings, job.number).state is JobState.CANCELLED
    assert numbers(settings.data) == [1]
    verify(settings)
    with pytest.raises(UsageError):
        cancel_job(settings, job.number)
    again = run_again(settings, job.number)
    assert wait_for_jobs(settings, PATIENCE)
    assert get_job(settings, again.number).state is JobState.DONE
    assert numbers(settings.data) == [1, 2]


def test_a_job_of_a_server_that_stopped_is_interrupted_and_can_run_again(filled: Pool) -> None:
    """Its process ends with its server; the next server says so, and goes on with what waits."""
    settings = filled.settings
    folders = (str(settings.data), str(settings.catalog))
    with subprocess.Popen([sys.executable, "-c", START, *folders]) as server:  # noqa: S603
        await_job(settings, 1, lambda job: bool(job.fraction))
        waiting = Jobs(settings.data).add("verify", {}, STEWARD, filled_at := job_time(settings))
        server.kill()
    assert get_job(settings, 1).state is JobState.RUNNING
    (stopped,) = resume_jobs(settings)
    assert stopped.number == 1
    interrupted = get_job(settings, 1)
    assert interrupted.state is JobState.INTERRUPTED
    assert "server stopped" in interrupted.problems[0]["en"]
    assert waiting.created == filled_at
    again = run_again(settings, 1, STEWARD)
    assert wait_for_jobs(settings, PATIENCE)
    assert get_job(settings, waiting.number).is_over
    done = get_job(settings, again.number)
    assert (done.state, done.author, done.result) == (JobState.DONE, STEWARD, {"generation": 1})
    assert "triples open to all" in done.log[1]["en"]
    assert all(sentence[lang] for sentence in done.log for lang in LANGUAGES)
    (entry,) = Audit(settings.data).latest([Act.PUBLISH], 5)
    who = (entry.entry["by"], entry.entry["role"], entry.entry["person"])
    assert who == (STEWARD.party, "steward", "p-1")
    assert current(settings.data).number == 1


def job_time(settings: Settings) -> Any:  # noqa: ANN401
    """Return the instant of the first job."""
    return get_job(settings, 1).created


def test_a_job_that_fails_says_why_in_both_languages(published: Pool) -> None:
    job = run(published.settings, "portray")
    assert job.state is JobState.FAILED
    (problem,) = job.problems
    assert "tiers/portrait" in problem["fr"]
    assert problem["fr"] != problem["en"]
    assert numbers(published.settings.data) == [1]


def test_a_job_whose_process_dies_says_so(published: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here it is a program that ends at once; most often memory lacks."""
    monkeypatch.setattr(runner, "MODULE", "zipfile")
    job = run(published.settings, "verify")
    assert job.state is JobState.FAILED
    assert "lack of memory" in job.problems[0]["en"]


def test_a_killed_process_is_a_failed_job(published: Pool) -> None:
    settings = published.settings
    job = start_job(settings, "publish", {"anew": True})
    await_job(settings, job.number, lambda job: bool(job.fraction))
    for child in children_running_jobs():
        os.kill(child, signal.SIGKILL)
    assert wait_for_jobs(settings, PATIENCE)
    assert get_job(settings, job.number).state is JobState.FAILED
    assert "SIGKILL" in get_job(settings, job.number).problems[0]["fr"]
    verify(settings)


def children_running_jobs() -> list[int]:
    """Return the processes of jobs that descend from this process."""
    name = f"{runner.MODULE.rpartition('.')[2]}\n"
    return [pid for pid in tree(os.getpid()) if Path(f"/proc/{pid}/comm").read_text() == name]


def test_a_job_waits_for_another_command(published: Pool) -> None:
    settings = published.settings
    with writing(settings.data):
        job = start_job(settings, "verify", {})
        waiting = await_job(
            settings, job.number, lambda job: "another command" in (job.step or {}).get("en", "")
        )
        assert waiting.state is JobState.RUNNING
    assert wait_for_jobs(settings, PATIENCE)
    assert get_job(settings, job.number).state is JobState.DONE


def test_a_backup_goes_to_a_folder_of_its_own(published: Pool) -> None:
    """Beside the data folder, never to one that somebody names."""
    job = run(published.settings, "backup")
    (folder,) = published.settings.data.with_name("data-backups").iterdir()
    assert json.loads((folder / "backup.json").read_text("utf-8"))["generation"] == 1
    assert job.log[0]["en"].startswith(f"The backup {folder.name} is made")


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("delete-all", {}),
        ("backup", {"folder": "/etc"}),
        ("publish", {"anew": "perhaps"}),
        ("rollback", {}),
        ("rollback", {"number": "-1"}),
        ("rollback", {"number": "1" * 30}),
        ("withdraw", {}),
        ("withdraw", {"name": "../../etc"}),
        ("withdraw", {"name": "a/b", "reason": "x" * 501}),
        ("withdraw", {"name": "a/b", "reason": ["x"]}),
        ("recall", {"name": "a/b", "reason_lang": "xx"}),
        ("refresh", {"name": "A B"}),
    ],
)
def test_arguments_are_checked_when_a_job_is_created(
    published: Pool, kind: str, arguments: dict[str, object]
) -> None:
    with pytest.raises((UsageError, UnknownThing)) as caught:
        start_job(published.settings, kind, arguments)
    assert isinstance(caught.value, ParvisError)
    assert not list_jobs(published.settings)


def test_no_more_than_fifty_jobs_wait(published: Pool) -> None:
    settings = published.settings
    with hold_worker(settings):
        for number in range(50):
            start_job(settings, "rollback", {"number": number})
        with pytest.raises(LimitError):
            start_job(settings, "rollback", {"number": 50})
        for job in list_jobs(settings):
            cancel_job(settings, job.number)
    assert len(list_jobs(settings)) == 50
    assert wait_for_jobs(settings, PATIENCE)
    with pytest.raises(UnknownThing):
        get_job(settings, 1000)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=3), parts),
)


@given(st.sampled_from(sorted(KINDS)), JSON)
def test_an_argument_of_any_type_is_read_or_refused(kind: str, value: object) -> None:
    """A program sends what JSON holds, a list where a text is meant too."""
    settings = Settings(data=Path("absent"), catalog=Path("absent"))
    for name in KINDS[kind].parameters:
        with suppress(ParvisError):
            KINDS[kind].read(settings, kind, {name: value})


def test_a_list_is_no_flag_and_a_long_number_no_number() -> None:
    settings = Settings(data=Path("absent"), catalog=Path("absent"))
    for kind, arguments in (
        ("publish", {"anew": ["true"]}),
        ("withdraw", {"name": "theatre-b", "reason_lang": ["fr"]}),
        ("rollback", {"number": 10**5_000}),
        ("rollback", {"number": True}),
    ):
        with pytest.raises(UsageError):
            KINDS[kind].read(settings, kind, arguments)


def test_no_number_of_a_page_is_too_large_for_the_ledger(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    jobs.add("verify", {}, STEWARD, datetime.now(UTC))
    for ask in (jobs.get, lambda number: jobs.cancel(number, datetime.now(UTC))):
        with pytest.raises(UnknownThing):
            ask(10**20)


def test_who_cancels_a_job_stands_in_the_audit_trail(tmp_path: Path) -> None:
    """The job itself has who started it."""
    jobs, now = Jobs(tmp_path), datetime.now(UTC)
    number = jobs.add("verify", {}, STEWARD, now).number
    jobs.cancel(number, now, STEWARD)
    (link,) = Audit(tmp_path).latest([Act.JOB_CANCELLED], 10)
    expected = {"act": "job-cancelled", "by": STEWARD.party, "person": "p-1", "job": number}
    assert expected.items() <= link.entry.items()
