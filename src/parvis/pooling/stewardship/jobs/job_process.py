"""The process that runs one job: ``python -I -m parvis.pooling.stewardship.jobs.job_process``.

A request has the pool's ``data``, ``catalog`` and ``base``, the job's ``kind`` and ``arguments``
and its ``author``. Its parts are what it does now; the answer is its result.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from parvis.config import Settings
from parvis.config.json_data import from_json, to_object
from parvis.errors import StoreError
from parvis.i18n import N_, both
from parvis.ledger import Author
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.jobs.runs import RUNS
from parvis.sandbox.child import Channel, end_with_parent
from parvis.sandbox.serving import send_part, serve
from parvis.store.files import writing

STARTS_PROCESSES = True
"""For `parvis.sandbox.forker`: it may ask for processes of its own."""
WAITING = N_("waiting for another command to end")
PATIENCE, PAUSE = 120.0, 0.5
"""Seconds to wait for another command, and between two tries."""


def run(request: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """Run a job by the function of its command; raises what that raises."""

    def report(step: Mapping[str, str], fraction: float | None) -> None:
        send_part(channel, {"step": dict(step), "fraction": fraction})

    settings = Settings.load(Path(request["data"]), Path(request["catalog"]))
    settings = replace(settings, base=request["base"])
    _await_turn(settings.data, lambda: report(both(WAITING), None))
    author = from_json(Author, request["author"])
    # What is due is deleted whatever text is wrong, as by the command.
    lenient = request["kind"] == "expire"
    with Pool.open(settings, progress=report, lenient=lenient) as pool:
        return to_object(RUNS[request["kind"]](pool, request["arguments"], author))


def _await_turn(data: Path, report: Any) -> None:  # noqa: ANN401
    """Wait until no other command writes; raises `StoreError` when that takes too long."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with writing(data):
                return
        except StoreError:
            if time.monotonic() > end:
                raise
            report()
            time.sleep(PAUSE)


if __name__ == "__main__":
    end_with_parent()
    channel = Channel()
    serve(lambda request: run(request, channel), channel, walled=False)
