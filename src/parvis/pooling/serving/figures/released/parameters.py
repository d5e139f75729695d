"""What a release says of itself: its number, its instant, and the thresholds that may be known."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from importlib.resources import files

from parvis.governance import Reader
from parvis.pooling.serving.figures.figures import parse_number
from parvis.pooling.serving.service import PoolService

RELEASES = files(__package__).joinpath("releases.rq").read_text(encoding="utf-8")

KEYS_PATH = ".well-known/parvis-receipt-keys.json"
"""Where the public keys of receipts are, under the base."""
STATUS_PATH = "releases/status.json"
"""Where it is said whether a release was recalled."""


@dataclass(frozen=True)
class ReleaseParameters:
    """The parameters that a release states of itself, in UTC; None for the others."""

    release: int | None = None
    min_contributors: int | None = None
    min_persons: int | None = None
    min_inhabitants: int | None = None
    rounding_base: int | None = None
    released: datetime | None = None

    @property
    def thresholds(self) -> dict[str, int]:
        names = ("min_contributors", "min_persons", "min_inhabitants", "rounding_base")
        values = {name: getattr(self, name) for name in names}
        return {name: value for name, value in values.items() if value is not None}


def read_parameters(host: PoolService, reader: Reader, graph: str | None) -> ReleaseParameters:
    """Return the parameters of the release in a graph; raises as `PoolService.ask` does."""
    for row in host.rows(reader, RELEASES) if graph else ():
        if row["graph"] == graph:
            names = {field.name for field in fields(ReleaseParameters)} & row.keys() - {"released"}
            numbers = {name: int(parse_number(row[name]) or 0) for name in names}
            instant = row.get("released")
            released = instant and datetime.fromisoformat(instant).astimezone(UTC)
            return ReleaseParameters(**numbers, released=released or None)
    return ReleaseParameters()
