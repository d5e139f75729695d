"""Writing in the audit trail what changes the pool."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from parvis.ledger import Act, Audit, Event


def recorded(
    data: Path,
    act: Act,
    at: datetime,
    facts: Mapping[str, str | int | float | None],
    datasets: Iterable[tuple[str, str | None]] = (),
) -> None:
    """Write one act of the steward's down: it is on the disk when this ends."""
    event = Event(act, at, datasets=tuple(datasets), facts=tuple(facts.items()))
    Audit(data).append([event])
