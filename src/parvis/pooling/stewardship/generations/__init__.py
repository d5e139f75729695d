"""The stored generations: list, check, return to one, and recall a bad one."""

from parvis.pooling.stewardship.generations.recall import (
    Recall,
    foresee_recall,
    list_differing_graphs,
    recall,
    recall_generation,
    recall_version,
)
from parvis.pooling.stewardship.generations.versions import (
    ensure_sound_generation,
    generations,
    observe_engines,
    refuse_reopening,
    rollback,
    stamp_releases,
    verify,
)

__all__ = [
    "Recall",
    "ensure_sound_generation",
    "foresee_recall",
    "generations",
    "list_differing_graphs",
    "observe_engines",
    "recall",
    "recall_generation",
    "recall_version",
    "refuse_reopening",
    "rollback",
    "stamp_releases",
    "verify",
]
