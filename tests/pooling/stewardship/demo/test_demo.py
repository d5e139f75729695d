"""What building a demo costs, by what can be counted."""

import os
from collections import Counter
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.pooling.stewardship.demo.demo import build_demo
from parvis.sandbox import processes

CATALOG = Path(__file__).parents[3] / "cases" / "publics"


@pytest.fixture
def costs(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count the processes that are started, by module, and the waits for the disk."""
    counts: Counter[str] = Counter()
    start, wait = processes.start_process, os.fsync

    def note_start(module: str, *rest: object, **more: object) -> object:
        counts[module] += 1
        return start(module, *rest, **more)  # type: ignore[arg-type] # passed on as they came

    def note_wait(handle: int) -> None:
        counts["waits"] += 1
        wait(handle)

    monkeypatch.setattr("parvis.sandbox.worker.start_process", note_start)
    monkeypatch.setattr(os, "fsync", note_wait)
    return counts


def test_a_demo_starts_few_processes_and_waits_for_no_disk(
    tmp_path: Path, costs: Counter[str]
) -> None:
    """One process converts all files, and as few as may be at work write all downloads."""
    settings = Settings.load(data=tmp_path, catalog=CATALOG)
    outcomes = [*build_demo(settings, passing=True)]
    assert outcomes
    assert all(outcome.accepted for outcome in outcomes)
    assert 1 <= costs.pop("parvis.rdf.dumps") <= 4  # two ahead and two in the publication
    assert costs == {
        "parvis.mapping.engine.conversion_process": 1,
        "parvis.store.record.statistics": 1,
        "parvis.store.events.index_process": 1,
        "parvis.store.generation.builder_process": 1,
        "parvis.store.generation.entity_log": 1,
    }


def test_a_demo_that_stays_is_as_durable_as_any_pool(tmp_path: Path, costs: Counter[str]) -> None:
    [*build_demo(Settings.load(data=tmp_path, catalog=CATALOG))]
    assert costs["waits"] > 100
