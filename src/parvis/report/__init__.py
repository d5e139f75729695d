"""What was found in data: each finding with its place, a score, what changed since before."""

from parvis.report.report import (
    HOPELESS,
    MOST,
    Finding,
    Group,
    Kind,
    Place,
    Report,
    Severity,
    groups,
)
from parvis.report.score import Score
from parvis.report.since import Since

__all__ = [
    "HOPELESS",
    "MOST",
    "Finding",
    "Group",
    "Kind",
    "Place",
    "Report",
    "Score",
    "Severity",
    "Since",
    "groups",
]
