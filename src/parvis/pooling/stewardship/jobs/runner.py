"""One worker a pool: a thread of the server takes the oldest job, and runs it in a child process.

A file lock says which process has the worker; the kernel gives it back however that process ends.
"""

import fcntl
import json
import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from parvis.config import Settings, clock, make_private
from parvis.config.json_data import from_json, to_object
from parvis.errors import ParvisError, StoreError, UsageError, WorkerDied, raise_reported
from parvis.i18n import LANGUAGES, N_, both, explain, machine_error
from parvis.ledger import SHELL, Author, Job, JobOutcome, Jobs, JobState
from parvis.pooling.stewardship.jobs.kinds import require_kind
from parvis.sandbox.worker import Worker

MODULE = "parvis.pooling.stewardship.jobs.job_process"
LOCK = "jobs.lock"
"""The file that is locked by the process that has the worker."""
LOOK = 0.25
"""Seconds between two looks whether a running job is to be cancelled."""
RETRY = 0.5
"""Seconds after which to look again whether another process still has the worker."""

BEGINNING = N_("beginning")
STOPPED = N_(
    "The server stopped while this ran. What was published before is still there, and nothing is"
    " half done: run it again."
)
DIED = N_(
    "The process of this job ended before its end ({how}), most often for lack of memory. Nothing"
    " is half done; the log of the server says more."
)
LOG = logging.getLogger("parvis")
NOT_OVER = N_("the job {number} has not ended")


def start_job(
    settings: Settings, kind: str, arguments: Mapping[str, Any], author: Author = SHELL
) -> Job:
    """Let a job wait for its turn, and make sure that the worker runs.

    One that waits already is not repeated. Raises `UsageError` or `UnknownThing` for arguments that
    mean nothing, `LimitError` where too many wait.
    """
    checked = require_kind(kind).read(settings, kind, arguments)
    job = Jobs(settings.data).add(kind, checked, author, clock.machine_time())
    _wake(settings)
    return job


def run_again(settings: Settings, number: int, author: Author = SHELL) -> Job:
    """Start a job anew that has ended; raises `UsageError` for one that has not."""
    job = Jobs(settings.data).get(number)
    if not job.is_over:
        raise UsageError(NOT_OVER, number=number)
    return start_job(settings, job.kind, job.arguments, author)


def get_job(settings: Settings, number: int) -> Job:
    """Return a job; raises `UnknownThing`."""
    return Jobs(settings.data).get(number)


def list_jobs(settings: Settings, most: int = 100) -> list[Job]:
    """Return the last jobs, the newest first."""
    return Jobs(settings.data).latest(most)


def cancel_job(settings: Settings, number: int, author: Author = SHELL) -> Job:
    """Cancel a job: one that runs ends within a second. Raises `UsageError` for one that ended."""
    job = Jobs(settings.data).cancel(number, clock.machine_time(), author)
    if job.state is JobState.CANCELLING:
        with suppress(BlockingIOError), _worker_lock(settings.data):
            # Nobody runs it: its server has stopped.
            _mark_interrupted(settings.data)
    return Jobs(settings.data).get(number)


def resume_jobs(settings: Settings) -> list[Job]:
    """Mark jobs as interrupted whose server stopped, and go on with those that wait.

    To be called when a server starts. Return the interrupted ones.
    """
    stopped: list[Job] = []
    if not Jobs(settings.data).unended():
        return stopped
    with suppress(BlockingIOError), _worker_lock(settings.data):
        stopped = _mark_interrupted(settings.data)
    if Jobs(settings.data).unended():
        _wake(settings)
    return stopped


def _mark_interrupted(data: Path) -> list[Job]:
    return Jobs(data).interrupt(clock.machine_time(), both(STOPPED))


@contextmanager
def _worker_lock(data: Path) -> Iterator[None]:
    """Hold the worker of a pool; raises `BlockingIOError` while another process has it."""
    make_private(data)
    handle = os.open(data / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


_mutex = threading.Lock()
_workers: dict[Path, threading.Thread] = {}


def _wake(settings: Settings) -> None:
    """Start the worker's thread unless it runs."""
    with _mutex:
        if settings.data not in _workers:
            thread = threading.Thread(target=_work, args=(settings,), name="jobs", daemon=True)
            _workers[settings.data] = thread
            thread.start()


def wait_for_jobs(settings: Settings, seconds: float) -> bool:
    """Wait until no job of this process is left; return whether that is so."""
    with _mutex:
        thread = _workers.get(settings.data)
    if thread is not None:
        thread.join(seconds)
    return thread is None or not thread.is_alive()


def _work(settings: Settings) -> None:
    """Run the jobs of a pool until none waits."""
    while True:
        try:
            with _worker_lock(settings.data):
                _mark_interrupted(settings.data)
                while (job := Jobs(settings.data).begin(clock.machine_time())) is not None:
                    _run(settings, job)
            # A job that is added while the thread ends must not wait for the next one.
            with _mutex:
                if not Jobs(settings.data).unended():
                    del _workers[settings.data]
                    return
        except BlockingIOError:  # another process has the worker
            time.sleep(RETRY)
        except (StoreError, OSError) as error:  # a full disk: the jobs wait
            LOG.error("jobs cannot go on for now: %s", error)  # noqa: TRY400 - one line
            time.sleep(RETRY)


def _run(settings: Settings, job: Job) -> None:
    jobs = Jobs(settings.data)
    jobs.note(job.number, both(BEGINNING), None)
    request = {
        "data": str(settings.data),
        "catalog": str(settings.catalog),
        "base": settings.base,
        "kind": job.kind,
        "arguments": dict(job.arguments),
        "author": to_object(job.author),
    }
    try:
        answer = _call(jobs, job.number, request)
        if answer is None:
            jobs.end(job.number, JobState.CANCELLED, clock.machine_time())
            return
        raise_reported(answer)
    except OSError as error:
        problem = _in_words(machine_error(error))
    except WorkerDied as error:
        problem = both(DIED, how=error.fields.get("how", "?"))
    except ParvisError as error:
        problem = _in_words(error)
    else:
        outcome = from_json(JobOutcome, answer)
        jobs.end(job.number, JobState.DONE, clock.machine_time(), outcome)
        return
    failure = JobOutcome(problems=[problem])
    jobs.end(job.number, JobState.FAILED, clock.machine_time(), failure)


def _call(jobs: Jobs, number: int, request: Mapping[str, Any]) -> dict[str, Any] | None:
    """Run a job in a child process, and return its answer; None when it was cancelled."""
    with Worker(MODULE) as worker:
        worker.send(b"{}")
        worker.send(json.dumps(request).encode())
        answer: dict[str, Any] = {}
        while True:
            try:
                frame = worker.receive(LOOK)
            except TimeoutError:
                if jobs.get(number).state is JobState.CANCELLING:
                    return None
                continue
            if not frame:
                return answer
            answer = json.loads(frame)
            if "part" in answer:
                jobs.note(number, answer["part"]["step"], answer["part"]["fraction"])
                if jobs.get(number).state is JobState.CANCELLING:
                    return None


def _in_words(error: ParvisError) -> dict[str, str]:
    return {lang: explain(error, lang) for lang in LANGUAGES}
