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
)
from parvis.report.since import ReportChanges
from parvis.report.titles import RuleTitle, title_message

__all__ = [
    "HOPELESS",
    "MOST",
    "Finding",
    "FindingGroup",
    "Kind",
    "Place",
    "Report",
    "ReportChanges",
    "RuleTitle",
    "Score",
    "Severity",
    "title_message",
]
