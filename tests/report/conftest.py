"""Hand-made findings."""

from collections.abc import Callable

import pytest

from parvis.i18n import both
from parvis.report import Finding, Place, Severity

Make = Callable[..., Finding]


@pytest.fixture
def finding() -> Make:
    """Return a function that makes a finding about a focus node of a shape, or about a row."""

    def make(
        rule: str,
        severity: Severity,
        focus: str | None = None,
        row: int | None = None,
        value: str | None = None,
    ) -> Finding:
        place = None if row is None else Place("f.csv", row=row, column="Prix")
        shape = None if focus is None else "Event"
        text = both("{row} rows", row=row)
        return Finding(severity, rule, text, place, value=value, focus=focus, shape=shape)

    return make
