"""Long jobs: they run one after the other in a process of their own, whatever page is closed.

A job is a row of the ledger. Its process calls the function of the command of the same name; it is
killed when somebody cancels it, which leaves the old or the new state, as with the command.
"""

from parvis.pooling.stewardship.jobs.foresight import Foresight, foresee, require_typed
from parvis.pooling.stewardship.jobs.kinds import (
    KINDS,
    STATE_NAMES,
    JobKind,
    require_kind,
    subject_of,
)
from parvis.pooling.stewardship.jobs.runner import (
    cancel_job,
    get_job,
    list_jobs,
    resume_jobs,
    run_again,
    start_job,
    wait_for_jobs,
)

__all__ = [
    "KINDS",
    "STATE_NAMES",
    "Foresight",
    "JobKind",
    "cancel_job",
    "foresee",
    "get_job",
    "list_jobs",
    "require_kind",
    "require_typed",
    "resume_jobs",
    "run_again",
    "start_job",
    "subject_of",
    "wait_for_jobs",
]
