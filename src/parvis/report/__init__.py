"""Reports about data: findings with their places, a score, the changes since another report."""

from parvis.report.report import (
    HOPELESS,
    MOST,
    Finding,
    FindingGroup,
    Kind,
    Place,
    Report,
    Score,
    Severity,
    groups,
)
from parvis.report.since import ReportChanges

__all__ = [
    "HOPELESS",
    "MOST",
    "Finding",
    "FindingGroup",
    "Kind",
    "Place",
    "Report",
    "ReportChanges",
    "Score",
    "Severity",
    "groups",
]
