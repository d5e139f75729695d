"""The commands on jobs: what pages started is listed, shown and cancelled."""

import json

from parvis.config import Settings, clock
from parvis.ledger import SHELL, Jobs
from parvis.pooling.stewardship.jobs import start_job, wait_for_jobs
from tests.cli.conftest import Run


def test_jobs_are_listed_and_shown(run: Run, submitted_pool: Settings) -> None:
    assert "no job" in run("job", "list", "--lang", "en").stdout
    job = start_job(submitted_pool, "publish", {})
    assert wait_for_jobs(submitted_pool, 60)
    listed = run("job", "list", "--lang", "fr")
    assert "Publier" in listed.stdout
    assert "terminée" in listed.stdout
    shown = run("job", "show", job.number, "--lang", "en")
    assert (shown.returncode, "published version 1" in shown.stdout) == (0, True)
    document = json.loads(run("job", "show", job.number, "--json").stdout)
    assert document["result"] == {"generation": 1}
    assert json.loads(run("job", "list", "--json").stdout) == [document]


def test_a_job_is_cancelled_once(run: Run, submitted_pool: Settings) -> None:
    """One that failed or ended cannot be; an unknown one is said to be."""
    job = Jobs(submitted_pool.data).add("verify", {}, SHELL, clock.machine_time())
    assert "cancelled" in run("job", "cancel", job.number, "--lang", "en").stdout
    again = run("job", "cancel", job.number, "--lang", "en")
    assert (again.returncode, "has ended already" in again.stderr) == (2, True)
    unknown = run("job", "show", "77", "--lang", "fr")
    assert (unknown.returncode, "pas de tâche 77" in unknown.stderr) == (2, True)
    assert run("job", "show", job.number).returncode == 1
